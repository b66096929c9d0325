import type { TreeNode } from '../../analysis/tree.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { SessionValue } from '../../plan/expr.ts';
import type { Column, Plan, ProjectItem } from '../../plan/logical.ts';
import { mapInputs } from '../../plan/walk.ts';
import { stagedColumns, type WritePlan } from '../../plan/write.ts';
import type { LongValues } from '../../sql/long-values.ts';
import { OID, type SqlType, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { requireFlat } from '../nested-arrays.ts';
import { pruneColumns } from '../prune-columns.ts';
import { deriveTypes } from '../types.ts';
import { type BoundValues, bindParameters } from './bind.ts';
import type { FromTreeContext } from './conversion.ts';
import { newConversion, sessionValues } from './from-tree.ts';
import { LongLists } from './long-lists.ts';
import { VALUES_RELATION } from './long-values.ts';
import { convertWrite } from './write.ts';

/** A statement that changes rows, before its parameters are bound. */
export interface LogicalWrite {
  readonly write: WritePlan;
  readonly usesSession: readonly SessionValue[];
}

/** As `fromTree`, of an INSERT, UPDATE, DELETE or MERGE. Pure. @param long what the text had more of than its tree. */
export function writeFromTree(tree: TreeNode, context: FromTreeContext, long?: LongValues): LogicalWrite {
  const write = convertWrite(newConversion(context, new LongLists(new Map())), tree, long);
  const changes = deriveTypes(pruneColumns(write.changes, stagedColumns(write.staged)));
  const usesSession = [changes, checksPlan(write), returningPlan(write)].flatMap((plan) =>
    plan === undefined ? [] : sessionValues(plan),
  );
  return { write: { ...write, changes }, usesSession: [...new Set(usesSession)] };
}

/** The relation that the changes are staged in, as plans over it name it. */
export const STAGE = 'stage';

/** The column of a stage that counts its rows. */
export const ORDINAL_COLUMN = { id: 0, name: 'ordinal', type: { oid: OID.int8, typmod: -1 } } as const;

/** The number of a new row, then whether each CHECK holds for it. undefined: there is none. */
export function checksPlan({ checks, staged, changes }: WritePlan): Plan | undefined {
  if (checks.length === 0 || staged.fresh.length === 0) return undefined;
  const next = highestId(changes) + 1;
  const items = checks.map(({ name, holds }, index): ProjectItem => {
    return { column: { id: next + index, name, type: sqlType(OID.bool) }, expr: holds };
  });
  const ordinal = { column: ORDINAL_COLUMN, expr: reference(ORDINAL_COLUMN) };
  return { kind: 'project', input: stagePlan(outputColumns(changes)), items: [ordinal, ...items] };
}

/** What RETURNING gives. undefined: there is none. */
function returningPlan({ returning, changes }: WritePlan): Plan | undefined {
  return returning && { kind: 'project', input: stagePlan(outputColumns(changes)), items: returning };
}

function stagePlan(columns: readonly Column[]): Plan {
  return { kind: 'relation', name: STAGE, columns: [ORDINAL_COLUMN, ...columns] };
}

function highestId(plan: Plan): number {
  return outputColumns(plan).reduce((highest, { id }) => Math.max(highest, id), 0);
}

/** What is to run: the changes as a query, and what is asked of the stage. */
export interface BoundWrite {
  readonly write: WritePlan;
  readonly checks: Plan | undefined;
  readonly returning: Plan | undefined;
}

/** The literals' columns with the types that hold them: a numeric's digits are known once they are read. */
export function withInputTypes(logical: LogicalWrite, types: ReadonlyMap<number, SqlType>): LogicalWrite {
  const change = (plan: Plan): Plan => {
    if (plan.kind !== 'relation' || plan.name !== VALUES_RELATION) return mapInputs(plan, change);
    const columns = plan.columns.map((column) => ({ ...column, type: types.get(column.id) ?? column.type }));
    return { ...plan, columns };
  };
  return { ...logical, write: { ...logical.write, changes: change(logical.write.changes) } };
}

/** @param stored the types that the columns of the new row are stored with, by their ids: as which they are staged. */
export function bindWrite(
  { write, usesSession }: LogicalWrite,
  values: BoundValues,
  stored: (columns: readonly Column[]) => readonly Column[],
): BoundWrite {
  const bind = (plan: Plan) => bindParameters({ plan, outputs: [], usesSession }, values).plan;
  const changes = bind(write.changes);
  requireFlat(
    outputColumns(changes).map(({ type }) => type),
    'a table',
  );
  const staged = stagePlan(stored(outputColumns(changes)));
  const over = (plan: Plan | undefined): Plan | undefined =>
    plan?.kind === 'project' ? bind({ ...plan, input: staged }) : undefined;
  const returning = over(returningPlan(write));
  return {
    write: { ...write, changes },
    checks: over(checksPlan(write)),
    returning: returning && deriveTypes(pruneColumns(returning, outputColumns(returning))),
  };
}
