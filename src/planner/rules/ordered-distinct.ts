import { outputColumns } from '../../plan/columns.ts';
import type { AggregateCall, Expr } from '../../plan/expr.ts';
import type { Plan, ProjectItem } from '../../plan/logical.ts';
import { sameTree } from '../../plan/same.ts';
import { exprType } from '../../plan/type-of.ts';
import { mapExpressions, mapInputs } from '../../plan/walk.ts';
import { cannotFail } from '../cannot-fail.ts';
import { exprName, namesOf } from '../describe-expr.ts';
import { FreshIds, mapSubqueries, reference } from '../exprs.ts';

/**
 * What an aggregate is both DISTINCT and ordered by is a column of its input: in a correlated subquery DuckDB doesn't see that
 * two expressions which may raise an error are the same.
 */
export function orderedDistinct(plan: Plan): Plan {
  const ids = new FreshIds(plan);
  const inPlan = (whole: Plan): Plan => {
    const below = mapExpressions(mapInputs(whole, inPlan), (expr) => mapSubqueries(expr, inPlan));
    return below.kind === 'aggregate' ? withKeys(below, ids) : below;
  };
  return inPlan(plan);
}

function withKeys(plan: Plan & { readonly kind: 'aggregate' }, ids: FreshIds): Plan {
  const keys: ProjectItem[] = [];
  const names = namesOf(plan.input);
  const keyOf = (expr: Expr): Expr => {
    if (cannotFail(expr)) return expr;
    const known = keys.find((key) => sameTree(key.expr, expr));
    if (known !== undefined) return reference(known.column);
    const column = { id: ids.next(), type: exprType(expr), name: exprName(expr, names) };
    keys.push({ column, expr });
    return reference(column);
  };
  const aggregates = plan.aggregates.map((item) => ({ ...item, call: withKeysIn(item.call, keyOf) }));
  if (keys.length === 0) return plan;
  const own = outputColumns(plan.input).map((column) => ({ column, expr: reference(column) }));
  return { ...plan, aggregates, input: { kind: 'project', input: plan.input, items: [...own, ...keys] } };
}

function withKeysIn(call: AggregateCall, keyOf: (expr: Expr) => Expr): AggregateCall {
  if (!call.distinct || call.orderBy.length === 0) return call;
  const orderBy = call.orderBy.map((key) => ({ ...key, expr: keyOf(key.expr) }));
  const isKey = (arg: Expr) => call.orderBy.some(({ expr }) => sameTree(expr, arg));
  return { ...call, args: call.args.map((arg) => (isKey(arg) ? keyOf(arg) : arg)), orderBy };
}
