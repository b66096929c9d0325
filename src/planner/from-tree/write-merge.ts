import type { TreeNode } from '../../analysis/tree.ts';
import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Column, JoinType, Plan, ProjectItem } from '../../plan/logical.ts';
import { ACTION } from '../../plan/write.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { reference, TRUE } from '../exprs.ts';
import { constant } from '../types.ts';
import { type Conversion, newColumn, openNode, type Scope } from './conversion.ts';
import { convertFrom } from './from-clause.ts';
import {
  type AssignedTarget,
  type ConvertedChanges,
  readAssigned,
  type WriteContext,
} from './write-query.ts';
import { stagedChanges } from './write-returning.ts';
import { defaultValue, newRow, type RowColumns, type RowValues } from './write-rows.ts';
import { targetRows } from './write-target.ts';
import { assignedValues, updatedValues } from './write-values.ts';

/** MergeMatchKind of primnodes.h. */
const MATCH = { both: 0, noSource: 1, noTarget: 2 } as const;
/** CmdType of nodes.h. */
const COMMAND = { update: 2, insert: 3, delete: 4, nothing: 7 } as const;

const INT4 = sqlType(OID.int4);

interface MergeAction {
  readonly match: number;
  readonly command: number;
  readonly qual: TreeNode | undefined;
  readonly targets: readonly AssignedTarget[];
}

/** MERGE: target and source are joined, each row takes the first WHEN that it meets, and those without one are left out. */
export function convertMerge(context: WriteContext): ConvertedChanges {
  const { conversion, query, table, alias, scopeWith } = context;
  const actions = query.mergeActions.map(readAction);
  const target = targetRows(conversion, table, alias);
  const scope = scopeWith(target.range);
  const joined = joinSource(context, scope, target.plan, actions);
  const found = matchTests(target.rowid, joined.present);
  const chosen = chooseAction(conversion, actions, found, scope);
  const input: Plan = {
    kind: 'filter',
    input: passing(joined.plan, chosen),
    predicate: notNull(reference(chosen.column)),
  };
  const row = newRow(conversion, table, mergedValues(context, actions, target.columns, chosen.column, scope));
  return stagedChanges(context, {
    scope,
    action: actionOf(conversion, actions, chosen.column),
    old: target,
    fresh: row.columns,
    over: (items) => row.over(input, items),
  });
}

function readAction(entry: TreeNode): MergeAction {
  const node = openNode(entry, 'MERGEACTION').absent('override', 'OVERRIDING');
  // Filled in by PostgreSQL's planner.
  node.ignore('updateColnos');
  const action = {
    match: node.int('matchKind'),
    command: node.int('commandType'),
    qual: node.optionalNode('qual'),
    targets: node.nodes('targetList').map(readAssigned),
  };
  node.done();
  return action;
}

interface Joined {
  readonly plan: Plan;
  /** NULL where the row has no source. */
  readonly present: Column;
}

function joinSource(
  { conversion, query }: WriteContext,
  scope: Scope,
  target: Plan,
  actions: readonly MergeAction[],
): Joined {
  const source = convertFrom(conversion, query.from, scope);
  const present = newColumn(conversion, 'present', sqlType(OID.bool));
  const marked: Plan = passing(source, { column: present, expr: TRUE });
  const condition = query.mergeCondition === undefined ? TRUE : conversion.expr(query.mergeCondition, scope);
  const plan: Plan = {
    kind: 'join',
    type: joinType(actions),
    left: marked,
    right: target,
    condition,
    lateral: false,
  };
  return { plan, present };
}

/** The source is on the left. */
function joinType(actions: readonly MergeAction[]): JoinType {
  const has = (match: number) => actions.some((action) => action.match === match);
  if (has(MATCH.noSource)) return has(MATCH.noTarget) ? 'full' : 'right';
  return has(MATCH.noTarget) ? 'left' : 'inner';
}

/** The input's columns and one more. */
function passing(input: Plan, item: ProjectItem): Plan {
  const items = outputColumns(input).map((column) => ({ column, expr: reference(column) }));
  return { kind: 'project', input, items: [...items, item] };
}

const notNull = (arg: Expr): Expr => ({ kind: 'is-null', arg, negated: true });
const isNull = (arg: Expr): Expr => ({ kind: 'is-null', arg, negated: false });

function matchTests(rowid: Column, present: Column): Readonly<Record<number, Expr>> {
  return {
    [MATCH.both]: { kind: 'and', args: [notNull(reference(rowid)), notNull(reference(present))] },
    [MATCH.noSource]: isNull(reference(present)),
    [MATCH.noTarget]: isNull(reference(rowid)),
  };
}

/** The number of the action, from 1; NULL where none does anything. */
function chooseAction(
  conversion: Conversion,
  actions: readonly MergeAction[],
  found: Readonly<Record<number, Expr>>,
  scope: Scope,
): ProjectItem {
  const branches = actions.map(({ match, command, qual }, index) => {
    const matches = defined(found[match], 'kind of a match');
    const when: Expr =
      qual === undefined ? matches : { kind: 'and', args: [matches, conversion.expr(qual, scope)] };
    return { when, then: constant(INT4, command === COMMAND.nothing ? null : String(index + 1)) };
  });
  const expr: Expr = { kind: 'case', branches, otherwise: constant(INT4, null), type: INT4 };
  return { column: newColumn(conversion, 'chosen', INT4), expr };
}

const isChosen = (chosen: Column, index: number): Expr => ({
  kind: 'call',
  fn: 'int4 = int4',
  args: [reference(chosen), constant(INT4, String(index + 1))],
  type: sqlType(OID.bool),
});

function actionOf(conversion: Conversion, actions: readonly MergeAction[], chosen: Column): ProjectItem {
  const branches = actions.flatMap(({ command }, index) => {
    const code = codeOf(command);
    return code === undefined ? [] : [{ when: isChosen(chosen, index), then: constant(INT4, String(code)) }];
  });
  const expr: Expr = { kind: 'case', branches, otherwise: constant(INT4, null), type: INT4 };
  return { column: newColumn(conversion, 'action', INT4), expr };
}

function codeOf(command: number): number | undefined {
  if (command === COMMAND.nothing) return undefined;
  if (command === COMMAND.insert) return ACTION.insert;
  if (command === COMMAND.update) return ACTION.update;
  if (command === COMMAND.delete) return ACTION.delete;
  throw refuse(`MERGE with a command of kind ${command}`);
}

/** Each column as the chosen action has it; a row that is deleted keeps nothing. */
function mergedValues(
  context: WriteContext,
  actions: readonly MergeAction[],
  old: RowColumns,
  chosen: Column,
  scope: Scope,
): RowValues {
  const { conversion, table } = context;
  const ofActions = actions.flatMap(({ command, targets }, index) => {
    if (command !== COMMAND.insert && command !== COMMAND.update) return [];
    const isInsert = command === COMMAND.insert;
    const set = assignedValues(context, targets, isInsert ? 'insert' : 'update', scope);
    return [{ index, values: isInsert ? set : updatedValues(table, old, set), isInsert }];
  });
  return table.columns.map((column, at): Expr | undefined => {
    if (column.dropped || column.generated) return undefined;
    const branches = ofActions.map(({ index, values }) => ({
      when: isChosen(chosen, index),
      then: values[at] ?? defaultValue(conversion, column),
    }));
    if (branches.length === 0) return constant(column.type, null);
    return { kind: 'case', branches, otherwise: constant(column.type, null), type: column.type };
  });
}
