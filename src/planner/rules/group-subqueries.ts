import { outputColumns } from '../../plan/columns.ts';
import type { ColumnId, Expr } from '../../plan/expr.ts';
import type { AggregatePlan, Plan, ProjectItem } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import {
  columnsUsed,
  expressionsOf,
  mapExpressions,
  mapInputs,
  mapOperands,
  substitute,
  visitPlan,
} from '../../plan/walk.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { conjunction, conjunctsOf, FreshIds, hasSubquery, isEquality, reference } from '../exprs.ts';
import { isSafeAnywhere } from '../safe-anywhere.ts';
import { untie } from '../untie.ts';

/**
 * `x < (SELECT avg(y) FROM t WHERE t.k = outer.k)` in a WHERE: the aggregate is computed once for each k, and joined. Preconditions:
 * an aggregate without groups; equalities tie it, each of something of the subquery with something outside; and nothing in it can
 * fail, since it is computed for keys that nobody asks for. Where there is no k the aggregate is NULL, or 0 if it counts.
 */
export function groupSubqueries(plan: Plan): Plan {
  return within(plan, new FreshIds(plan));
}

function within(plan: Plan, ids: FreshIds): Plan {
  const inner = (expr: Expr): Expr => mapOperands(expr, inner, (below) => within(below, ids));
  const below = mapExpressions(
    mapInputs(plan, (input) => within(input, ids)),
    inner,
  );
  if (below.kind !== 'filter') return below;
  let { input } = below;
  const join = (subquery: Plan): Expr | undefined => {
    const grouped = groupedBy(subquery, input, ids);
    if (grouped === undefined) return undefined;
    const { right, condition, value } = grouped;
    input = { kind: 'join', type: 'left', left: input, right, condition, lateral: false };
    return value;
  };
  const replace = (expr: Expr): Expr =>
    expr.kind === 'scalar-subquery'
      ? (join(expr.plan) ?? expr)
      : mapOperands(expr, replace, (nested) => nested);
  const predicate = conjunction(conjunctsOf(below.predicate).map(replace));
  if (input === below.input) return below;
  const items = outputColumns(below).map((column) => ({ column, expr: reference(column) }));
  return { kind: 'project', input: { kind: 'filter', input, predicate }, items };
}

interface Grouped {
  readonly right: Plan;
  readonly condition: Expr;
  readonly value: Expr;
}

function groupedBy(subquery: Plan, outer: Plan, ids: FreshIds): Grouped | undefined {
  const [item, aggregate] = aggregateOf(subquery);
  if (aggregate === undefined || aggregate.groups.length > 0 || aggregate.sets !== undefined)
    return undefined;
  if (!aggregate.aggregates.every(({ call }) => CANNOT_FAIL.test(call.fn) && call.orderBy.length === 0))
    return undefined;
  const tied = untie(aggregate.input);
  if (tied === undefined || tied.ties.length === 0 || !isSafe(tied.plan)) return undefined;
  const own = new Set(outputColumns(tied.plan).map(({ id }) => id));
  const others = new Set(outputColumns(outer).map(({ id }) => id));
  const keys = tied.ties.map((tie) => keyOf(tie, own, others, ids));
  if (keys.some((key) => key === undefined)) return undefined;
  const known = keys.filter((key) => key !== undefined);
  const inner = mapExpressions(aggregate, (expr) => substitute(expr, tied.defined));
  if (!expressionsOf(inner).every((expr) => isSafeOrConstant(expr) && !hasSubquery(expr))) return undefined;
  const right: Plan = {
    ...(inner as AggregatePlan),
    input: tied.plan,
    groups: known.map(({ group }) => group),
  };
  const values = new Map(
    aggregate.aggregates.map(({ column, call }) => [column.id, orZero(reference(column), call.fn)]),
  );
  if (hasSubquery(item)) return undefined;
  return { right, condition: conjunction(known.map(({ holds }) => holds)), value: substitute(item, values) };
}

/** Neither they nor their sums overflow. */
const CANNOT_FAIL = /^(count|min|max|bool_and|bool_or|every)\(|^(sum|avg)\((int[248]|numeric)\)$/;

function aggregateOf(plan: Plan): readonly [Expr, AggregatePlan | undefined] {
  const [column] = outputColumns(plan);
  if (column === undefined) return [conjunction([]), undefined];
  if (plan.kind === 'aggregate') return [reference(column), plan];
  if (plan.kind !== 'project' || plan.input.kind !== 'aggregate') return [reference(column), undefined];
  return [plan.items[0]?.expr ?? reference(column), plan.input];
}

/** Of `own = other`: the group, and the equality with the group in its place. */
function keyOf(
  tie: Expr,
  own: ReadonlySet<ColumnId>,
  others: ReadonlySet<ColumnId>,
  ids: FreshIds,
): { readonly group: ProjectItem; readonly holds: Expr } | undefined {
  if (!isEquality(tie) || !isSafeAnywhere(tie)) return undefined;
  const isOver = (expr: Expr, of: ReadonlySet<ColumnId>) => [...columnsUsed(expr)].every((id) => of.has(id));
  const at = tie.args.findIndex((arg) => columnsUsed(arg).size > 0 && isOver(arg, own));
  const key = tie.args[at];
  if (key === undefined || !tie.args.every((arg, i) => i === at || isOver(arg, others))) return undefined;
  const column = { id: ids.next(), type: exprType(key), name: 'key' };
  const args = tie.args.map((arg, i) => (i === at ? reference(column) : arg));
  return { group: { column, expr: key }, holds: { ...tie, args } };
}

function isSafe(plan: Plan): boolean {
  let safe = true;
  visitPlan(plan, (operator) => {
    safe &&= expressionsOf(operator).every(isSafeOrConstant);
  });
  return safe;
}

/** What has no columns fails for all rows or for none. */
function isSafeOrConstant(expr: Expr): boolean {
  const inner = (operand: Expr): Expr =>
    columnsUsed(operand).size === 0 && !hasSubquery(operand)
      ? { kind: 'const', type: exprType(operand), value: null }
      : mapOperands(operand, inner, (plan) => plan);
  return isSafeAnywhere(inner(expr));
}

function orZero(value: Expr, fn: string): Expr {
  if (!fn.startsWith('count(')) return value;
  const type = sqlType(OID.int8);
  return { kind: 'coalesce', args: [value, { kind: 'const', type, value: '0' }], type };
}
