import type { TreeNode } from '../../analysis/tree.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { SessionValue } from '../../plan/expr.ts';
import type { Column, Plan, ProjectItem } from '../../plan/logical.ts';
import { stagedColumns, type WritePlan } from '../../plan/write.ts';
import { pruneColumns } from '../prune-columns.ts';
import { deriveTypes } from '../types.ts';
import { type BoundValues, bindParameters } from './bind.ts';
import type { FromTreeContext } from './conversion.ts';
import { newConversion, sessionValues } from './from-tree.ts';
import { LongLists } from './long-lists.ts';
import { convertWrite } from './write.ts';

/** A statement that changes rows, before its parameters are bound. */
export interface LogicalWrite {
  readonly write: WritePlan;
  readonly usesSession: readonly SessionValue[];
}

/** As `fromTree`, of an INSERT, UPDATE, DELETE or MERGE. Pure. */
export function writeFromTree(tree: TreeNode, context: FromTreeContext): LogicalWrite {
  const write = convertWrite(newConversion(context, new LongLists(new Map())), tree);
  const changes = deriveTypes(pruneColumns(write.changes, stagedColumns(write.staged)));
  const usesSession = [changes, checksPlan(write), returningPlan(write)].flatMap((plan) =>
    plan === undefined ? [] : sessionValues(plan),
  );
  return { write: { ...write, changes }, usesSession: [...new Set(usesSession)] };
}

/** The relation that the changes are staged in, as plans over it name it. */
export const STAGE = 'stage';

/** Whether each CHECK holds for a new row: a boolean column for each. undefined: there is none. */
export function checksPlan({ checks, staged, changes }: WritePlan): Plan | undefined {
  if (checks.length === 0 || staged.fresh.length === 0) return undefined;
  const items = checks.map(({ name, holds }, index): ProjectItem => {
    const id = highestId(changes) + 1 + index;
    return { column: { id, name, type: { oid: 16, typmod: -1 } }, expr: holds };
  });
  return { kind: 'project', input: stagePlan(changes), items };
}

/** What RETURNING gives. undefined: there is none. */
export function returningPlan({ returning, changes }: WritePlan): Plan | undefined {
  return returning && { kind: 'project', input: stagePlan(changes), items: returning };
}

function stagePlan(changes: Plan): Plan {
  return { kind: 'relation', name: STAGE, columns: outputColumns(changes) };
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

/** @param stored the types that the columns of the new row are stored with, by their ids: as which they are staged. */
export function bindWrite(
  { write, usesSession }: LogicalWrite,
  values: BoundValues,
  stored: (columns: readonly Column[]) => readonly Column[],
): BoundWrite {
  const bind = (plan: Plan) => bindParameters({ plan, outputs: [], usesSession }, values).plan;
  const changes = bind(write.changes);
  const staged: Plan = { kind: 'relation', name: STAGE, columns: stored(outputColumns(changes)) };
  const over = (plan: Plan | undefined): Plan | undefined =>
    plan?.kind === 'project' ? bind({ ...plan, input: staged }) : undefined;
  return {
    write: { ...write, changes },
    checks: over(checksPlan(write)),
    returning: over(returningPlan(write)),
  };
}
