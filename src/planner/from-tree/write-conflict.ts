import type { TreeNode } from '../../analysis/tree.ts';
import { defined } from '../../base/assert.ts';
import { refuse, SkeinError } from '../../base/errors.ts';
import type { OwnedConstraint, OwnedTable } from '../../catalog/owned.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Column, Plan, ProjectItem } from '../../plan/logical.ts';
import { ACTION, type OnConflict } from '../../plan/write.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { conjunction, equalityOf, reference } from '../exprs.ts';
import { constant } from '../types.ts';
import { type Conversion, newColumn, openNode, type Scope } from './conversion.ts';
import {
  type AssignedTarget,
  type ConvertedChanges,
  readAssigned,
  type WriteContext,
} from './write-query.ts';
import { stagedChanges } from './write-returning.ts';
import { newRow, type RowColumns } from './write-rows.ts';
import { columnsRange, type StoredTarget, targetRows } from './write-target.ts';
import { actionItem, assignedValues, insertedRow, updatedValues } from './write-values.ts';

type UniqueConstraint = Extract<OwnedConstraint, { readonly kind: 'primary' | 'unique' }>;

interface Conflict {
  readonly action: OnConflict['action'];
  /** undefined: any conflict counts. */
  readonly arbiter: UniqueConstraint | undefined;
  readonly set: readonly AssignedTarget[];
  readonly where: TreeNode | undefined;
  /** Index of `excluded` in the range table, from 1. */
  readonly excluded: number;
}

const DO_UPDATE = 2;

function readConflict(tree: TreeNode, table: OwnedTable): Conflict {
  const node = openNode(tree, 'ONCONFLICTEXPR').absent(
    'arbiterWhere',
    'ON CONFLICT with WHERE for its index',
  );
  // The columns of `excluded` are the table's.
  node.ignore('exclRelTlist');
  const elements = node.nodes('arbiterElems');
  const constraint = node.int('constraint');
  const conflict = {
    action: node.int('action') === DO_UPDATE ? ('update' as const) : ('nothing' as const),
    arbiter: arbiterOf(table, elements, constraint),
    set: node.nodes('onConflictSet').map(readAssigned),
    where: node.optionalNode('onConflictWhere'),
    excluded: node.int('exclRelIndex'),
  };
  node.done();
  return conflict;
}

/** The constraint of exactly these columns. @param constraint OID, where it was named: PostgreSQL then lists no columns. */
function arbiterOf(
  table: OwnedTable,
  elements: readonly TreeNode[],
  constraint: number,
): UniqueConstraint | undefined {
  if (elements.length === 0 && constraint === 0) return undefined;
  const unique = table.constraints.filter((one): one is UniqueConstraint => one.kind !== 'check');
  if (elements.length === 0) {
    const named = unique.find(({ oid }) => oid === constraint);
    if (named !== undefined) return named;
    throw new SkeinError({ sqlstate: '42809' }, 'constraint in ON CONFLICT clause has no associated index');
  }
  const attributes = new Set(elements.map(attributeOf));
  const found = unique.find(
    ({ columns }) => columns.length === attributes.size && columns.every((column) => attributes.has(column)),
  );
  if (found !== undefined) return found;
  throw new SkeinError(
    { sqlstate: '42P10' },
    'there is no unique or exclusion constraint matching the ON CONFLICT specification',
  );
}

function attributeOf(element: TreeNode): number {
  const node = openNode(element, 'INFERENCEELEM')
    .absent('infercollid', 'COLLATE in ON CONFLICT')
    .absent('inferopclass', 'an operator class in ON CONFLICT');
  const expr = node.node('expr');
  node.done();
  const number = expr.fields.get('varattno');
  if (expr.tag !== 'VAR' || number?.kind !== 'token') throw refuse('ON CONFLICT of an expression');
  return Number(number.text);
}

/** INSERT … ON CONFLICT. DO NOTHING is decided when the rows are staged; DO UPDATE is a join with the rows that are there. */
export function convertConflict(context: WriteContext, tree: TreeNode): ConvertedChanges {
  const conflict = readConflict(tree, context.table);
  if (conflict.action === 'update') return doUpdate(context, conflict);
  const { arbiter } = conflict;
  return insertRows(context, { action: 'nothing', constraints: arbiter && [arbiter.name] });
}

/** Every row of the source is a new one. */
export function insertRows(
  context: WriteContext,
  onConflict: ConvertedChanges['onConflict'],
): ConvertedChanges {
  const scope = context.scopeWith(columnsRange(context.alias, []));
  const { input, row } = insertedRow(context, scope);
  const action = actionItem(context.conversion, 'insert');
  const over = (items: readonly ProjectItem[]) => row.over(input, items);
  return stagedChanges(context, { scope, action, old: undefined, fresh: row.columns, over, onConflict });
}

function doUpdate(context: WriteContext, conflict: Conflict): ConvertedChanges {
  const { conversion, table, alias, scopeWith } = context;
  const arbiter = defined(conflict.arbiter, 'arbiter of DO UPDATE');
  const target = targetRows(conversion, table, alias);
  const proposed = insertedRow(context, scopeWith(target.range));
  const excluded = columnsRange('excluded', proposed.row.columns);
  const scope = scopeWith(target.range, new Map([[conflict.excluded, excluded]]));
  const joined: Plan = {
    kind: 'join',
    type: 'left',
    left: proposed.row.over(proposed.input, []),
    right: target.plan,
    condition: sameKey(arbiter, proposed.row.columns, target),
    lateral: false,
  };
  const isNew: Expr = { kind: 'is-null', arg: reference(target.rowid), negated: false };
  const input = wanted(conversion, joined, { isNew, where: conflict.where, scope });
  const set = assignedValues(context, conflict.set, 'update', scope);
  const values = updatedValues(table, target.columns, set).map((updated, index): Expr | undefined => {
    const fresh = proposed.row.columns[index];
    const column = table.columns[index];
    if (fresh === undefined || updated === undefined || column?.generated !== false) return undefined;
    const branches = [{ when: isNew, then: reference(fresh) }];
    return { kind: 'case', branches, otherwise: updated, type: column.type };
  });
  const row = newRow(conversion, table, values);
  return stagedChanges(context, {
    scope,
    action: insertOrUpdate(conversion, isNew),
    old: target,
    fresh: row.columns,
    over: (items) => row.over(input, items),
    onConflict: { action: 'update', constraints: [arbiter.name] },
  });
}

function sameKey(
  { columns, nullsEqual }: UniqueConstraint,
  proposed: RowColumns,
  target: StoredTarget,
): Expr {
  return conjunction(
    columns.map((attribute): Expr => {
      const [left, right] = [proposed[attribute - 1], target.columns[attribute - 1]].map((column) =>
        reference(defined(column, 'column of a key')),
      );
      const old = defined(right, 'column of a key');
      const args = [defined(left, 'column of a key'), old];
      const equal: Expr = { kind: 'call', fn: equalityOf(old.type), args, type: sqlType(OID.bool) };
      if (!nullsEqual) return equal;
      const bothNull = conjunction(args.map((arg): Expr => ({ kind: 'is-null', arg, negated: false })));
      return { kind: 'or', args: [equal, bothNull] };
    }),
  );
}

interface Wanted {
  readonly isNew: Expr;
  readonly where: TreeNode | undefined;
  readonly scope: Scope;
}

function wanted(conversion: Conversion, input: Plan, { isNew, where, scope }: Wanted): Plan {
  if (where === undefined) return input;
  const predicate: Expr = { kind: 'or', args: [isNew, conversion.expr(where, scope)] };
  return { kind: 'filter', input, predicate };
}

function insertOrUpdate(conversion: Conversion, isNew: Expr): ProjectItem {
  const type = sqlType(OID.int4);
  const column: Column = newColumn(conversion, 'action', type);
  const branches = [{ when: isNew, then: constant(type, String(ACTION.insert)) }];
  return {
    column,
    expr: { kind: 'case', branches, otherwise: constant(type, String(ACTION.update)), type },
  };
}
