import type { NodeReader, TreeNode } from '../../analysis/tree.ts';
import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { ColumnExpr, Expr, SortKey } from '../../plan/expr.ts';
import type { Column, Plan, ProjectItem } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import { OID } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { convertCommonTables } from './common-tables.ts';
import { isComposite, markRows, rowText } from './composites.ts';
import {
  type CommonTable,
  type Conversion,
  type ConvertedQuery,
  newColumn,
  openNode,
  type Range,
  type Scope,
  type SetCollector,
  type WindowUse,
} from './conversion.ts';
import { firstOfEach } from './distinct-on.ts';
import { convertFrom } from './from-clause.ts';
import { convertGrouping, type GroupClauses, isGrouped } from './grouping.ts';
import { distinctRows } from './keys.ts';
import { readRange } from './range-table.ts';
import { convertSetOperation } from './set-operations.ts';
import { SelectedSets } from './set-returning.ts';
import { groupKeys, readSortGroup, sortKeys } from './sorting.ts';
import { findTarget, readTarget, type Target } from './targets.ts';
import { addWindows } from './windows.ts';

/** A QUERY node, field by field. */
interface Query extends GroupClauses {
  /** The client gets its rows. */
  readonly isResult: boolean;
  readonly commonTables: readonly TreeNode[];
  readonly rangeTable: readonly TreeNode[];
  readonly from: readonly TreeNode[];
  readonly where: TreeNode | undefined;
  readonly targets: readonly Target[];
  readonly windows: readonly TreeNode[];
  readonly distinct: readonly TreeNode[];
  readonly distinctOn: boolean;
  readonly orderBy: readonly TreeNode[];
  readonly offset: TreeNode | undefined;
  readonly limit: TreeNode | undefined;
  readonly withTies: boolean;
  readonly setOperation: TreeNode | undefined;
}

const SELECT = 1;
const LIMIT_WITH_TIES = 1;

function readQuery(tree: TreeNode): Omit<Query, 'isResult'> {
  const node = openNode(tree, 'QUERY');
  if (node.int('commandType') !== SELECT) throw refuse('a statement other than SELECT here');
  refuseClauses(node);
  const jointree = openNode(node.node('jointree'), 'FROMEXPR');
  const query = {
    commonTables: node.nodes('cteList'),
    rangeTable: node.nodes('rtable'),
    from: jointree.nodes('fromlist'),
    where: jointree.optionalNode('quals'),
    targets: node.nodes('targetList').map(readTarget),
    aggregates: node.bool('hasAggs'),
    groupBy: node.nodes('groupClause'),
    groupingSets: node.nodes('groupingSets'),
    groupDistinct: node.bool('groupDistinct'),
    having: node.optionalNode('havingQual'),
    windows: node.nodes('windowClause'),
    distinct: node.nodes('distinctClause'),
    distinctOn: node.bool('hasDistinctOn'),
    orderBy: node.nodes('sortClause'),
    offset: node.optionalNode('limitOffset'),
    limit: node.optionalNode('limitCount'),
    withTies: node.int('limitOption') === LIMIT_WITH_TIES,
    setOperation: node.optionalNode('setOperations'),
  };
  jointree.done();
  node.done();
  return query;
}

function refuseClauses(node: NodeReader): void {
  // Where the query comes from, who may run it, and flags that the clauses themselves repeat.
  node.ignore('querySource', 'canSetTag', 'isReturn', 'stmt_location', 'stmt_len', 'rteperminfos');
  node.ignore(
    'hasTargetSRFs',
    'hasWindowFuncs',
    'hasSubLinks',
    'hasRecursive',
    'hasGroupRTE',
    'constraintDeps',
    'override',
  );
  node
    .absent('utilityStmt', 'a utility statement here')
    .absent('resultRelation', 'a data-modifying statement');
  node.absent('hasModifyingCTE', 'a data-modifying WITH query');
  node.absent('hasForUpdate', 'FOR UPDATE or FOR SHARE').absent('rowMarks', 'FOR UPDATE or FOR SHARE');
  node.absent('hasRowSecurity', 'row-level security').absent('withCheckOptions', 'WITH CHECK OPTION');
  for (const field of ['mergeActionList', 'mergeTargetRelation', 'mergeJoinCondition']) {
    node.absent(field, 'MERGE');
  }
  for (const field of ['returningOldAlias', 'returningNewAlias', 'returningList']) {
    node.absent(field, 'RETURNING');
  }
  node.absent('onConflict', 'ON CONFLICT');
}

/** @returns a plan whose output is exactly `outputs`: the visible targets, in order. */
export function convertQuery(
  conversion: Conversion,
  tree: TreeNode,
  parent: Scope | undefined,
): ConvertedQuery {
  const query = { ...readQuery(tree), isResult: tree === conversion.result };
  let scope: Scope;
  const ranges = query.rangeTable.map((entry) => {
    const range = readRange(conversion, entry, () => scope);
    return conversion.marksRows && query.setOperation === undefined ? markRows(conversion, range) : range;
  });
  const scopeWith = (commonTables: ReadonlyMap<string, CommonTable>): Scope => ({
    parent,
    ranges,
    commonTables,
    groups: [],
    grouping: undefined,
    aggregates: undefined,
    windows: undefined,
    sets: undefined,
    test: undefined,
    subqueryColumns: [],
  });
  const { tables, wrap } = convertCommonTables(conversion, query.commonTables, scopeWith);
  scope = scopeWith(tables);
  const { plan, outputs } = finish(conversion, query, rows(conversion, query, scope));
  return { plan: wrap(plan), outputs };
}

/** The rows before DISTINCT, ORDER BY and LIMIT, and what each target is over them. */
interface Rows {
  readonly plan: Plan;
  readonly targets: readonly ConvertedTarget[];
  /** For what is written without columns of this level: LIMIT, OFFSET. */
  readonly scope: Scope;
  /** By what rows are sorted that ORDER BY leaves open. */
  readonly ordinality?: Column | undefined;
}

interface ConvertedTarget {
  readonly expr: Expr;
  readonly name: string;
  readonly reference: number;
  readonly junk: boolean;
}

function rows(conversion: Conversion, query: Query, scope: Scope): Rows {
  if (query.setOperation !== undefined) return combinedRows(conversion, query, query.setOperation, scope);
  const input = filter(convertFrom(conversion, query.from, scope), query.where, conversion, scope);
  const grouping = isGrouped(query) ? convertGrouping(conversion, query, scope) : undefined;
  const inner = grouping?.scope ?? scope;
  const windows: WindowUse[] = [];
  const selected = new SelectedSets(conversion);
  const sets: SetCollector = (call, within) => selected.add(call, within);
  const targets = convertTargets(conversion, query, { ...inner, windows, sets });
  const grouped = grouping === undefined ? input : grouping.over(input);
  const target = (reference: number) => {
    const { expr } = findTarget(targets, reference);
    selected.refuseIn(expr, 'a window definition');
    return expr;
  };
  const plan = addWindows(conversion, grouped, query.windows, windows, target, scope);
  const ordinality = orderOfSets(conversion, query, targets, selected);
  return { plan: selected.over(plan, ordinality), targets, scope, ordinality };
}

function orderOfSets(
  { context }: Conversion,
  query: Query,
  targets: readonly ConvertedTarget[],
  selected: SelectedSets,
): Column | undefined {
  if (query.distinct.length > 0 || query.withTies) return undefined;
  const sortedBy = query.orderBy.map((clause) => readSortGroup(context, clause).reference);
  return selected.keepOrder(sortedBy.map((reference) => findTarget(targets, reference).expr));
}

function convertTargets(conversion: Conversion, query: Query, scope: Scope): readonly ConvertedTarget[] {
  return query.targets.map((target) => ({
    ...target,
    expr: convertTarget(conversion, target, query.isResult, scope),
  }));
}

/**
 * A row that the client gets is its text; within a query it stands only where something is made of it. A target that GROUP BY
 * names is that very group: its expression points to the first of those that are equal.
 */
function convertTarget(
  conversion: Conversion,
  { expr, reference: clause, junk }: Target,
  isResult: boolean,
  scope: Scope,
): Expr {
  const converted =
    isResult && !junk && isComposite(expr)
      ? rowText(conversion, expr, scope, OID.record)
      : conversion.expr(expr, scope);
  const group = scope.groups[scope.grouping?.references.indexOf(clause) ?? -1];
  return group !== undefined && converted.kind === 'column' ? reference(group) : converted;
}

function filter(input: Plan, where: TreeNode | undefined, conversion: Conversion, scope: Scope): Plan {
  if (where === undefined) return input;
  return { kind: 'filter', input, predicate: conversion.expr(where, scope) };
}

/** The targets of a set operation point to its leftmost input, and mean the combined column. */
function combinedRows(conversion: Conversion, query: Query, tree: TreeNode, scope: Scope): Rows {
  const plan = convertSetOperation(conversion, tree, scope);
  const columns = outputColumns(plan);
  const combined = (range: Range): Range => ({
    ...range,
    resolve: (attribute) => reference(defined(columns[attribute - 1], 'column of a set operation')),
  });
  const targets = convertTargets(conversion, query, { ...scope, ranges: scope.ranges.map(combined) });
  return { plan, targets, scope };
}

/** The select list, DISTINCT, ORDER BY, LIMIT; columns that only sorting needs are dropped at the end. */
function finish(conversion: Conversion, query: Query, rows: Rows): ConvertedQuery {
  const { plan, targets, scope } = rows;
  const { context } = conversion;
  const clauses = [...query.orderBy, ...query.distinct];
  const sorted = new Set(clauses.map((clause) => readSortGroup(context, clause).reference));
  const selected = targets
    .filter((target) => !target.junk || sorted.has(target.reference))
    .map((target) => ({ ...target, column: newColumn(conversion, target.name, exprType(target.expr)) }));
  const ordinality = ordinalityItems(conversion, rows.ordinality);
  const items = [...selected.map(({ column, expr }): ProjectItem => ({ column, expr })), ...ordinality];
  const target = (number: number) => reference(findTarget(selected, number).column);
  const keys = [
    ...sortKeys(context, query.orderBy, target),
    ...ordinality.map(({ column }) => ascending(column)),
  ];
  const unique = withoutDuplicates(conversion, query, { plan, items, target, keys });
  const ordered: Plan = keys.length > 0 ? { kind: 'sort', input: unique, keys } : unique;
  const limited = limit(conversion, query, ordered, scope);
  const visible = selected.filter((item) => !item.junk).map((item) => item.column);
  if (visible.length === outputColumns(limited).length) return { plan: limited, outputs: visible };
  return keepOnly(conversion, limited, visible);
}

function ordinalityItems(conversion: Conversion, column: Column | undefined): readonly ProjectItem[] {
  if (column === undefined) return [];
  return [{ column: newColumn(conversion, column.name, column.type), expr: reference(column) }];
}

const ascending = (column: Column): SortKey => ({
  expr: reference(column),
  descending: false,
  nullsFirst: false,
});

interface Selected {
  readonly plan: Plan;
  readonly items: readonly ProjectItem[];
  readonly target: (number: number) => ColumnExpr;
  readonly keys: readonly SortKey[];
}

function withoutDuplicates(
  conversion: Conversion,
  { distinct, distinctOn }: Query,
  { plan, items, target, keys }: Selected,
): Plan {
  const project: Plan = { kind: 'project', input: plan, items };
  if (distinct.length === 0) return project;
  const compared = groupKeys(conversion.context, distinct, target);
  return distinctOn
    ? firstOfEach(conversion, project, compared, keys)
    : distinctRows(conversion, plan, items);
}

function keepOnly(conversion: Conversion, input: Plan, columns: readonly Column[]): ConvertedQuery {
  const items = columns.map((column) => ({
    column: newColumn(conversion, column.name, column.type),
    expr: reference(column),
  }));
  return { plan: { kind: 'project', input, items }, outputs: items.map((item) => item.column) };
}

function limit(conversion: Conversion, query: Query, input: Plan, scope: Scope): Plan {
  const count = rowCount(conversion, query.limit, scope);
  const offset = rowCount(conversion, query.offset, scope);
  if (count === undefined && offset === undefined) return input;
  return { kind: 'limit', input, limit: count, offset, withTies: query.withTies };
}

/** NULL is no limit: `LIMIT ALL` is one. */
function rowCount(conversion: Conversion, node: TreeNode | undefined, scope: Scope): Expr | undefined {
  const expr = node && conversion.expr(node, scope);
  return expr?.kind === 'const' && expr.value === null ? undefined : expr;
}
