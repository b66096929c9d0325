import type { Expr } from '../../plan/expr.ts';
import type { LimitPlan, Plan } from '../../plan/logical.ts';
import { expressionsOf } from '../../plan/walk.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { hasSubquery, isVolatile } from '../exprs.ts';
import { hostSubqueries, type PlaceContext, type Placed, toSingle, withInput } from './placement.ts';

/**
 * Sort and limit concern all rows at once, so they run on the proxy; but no more than LIMIT + OFFSET rows of each agent can be
 * among the first: each sends only its own first ones (top-k), with its ties where ties count.
 */
export function placeLimit(plan: Plan & { kind: 'sort' | 'limit' }, context: PlaceContext): Placed {
  if (plan.kind === 'limit') {
    const bound = rowBound(plan);
    if (plan.input.kind === 'sort') return placeTopK(plan, plan.input, bound, context);
    return placeFirstRows(plan, bound, context);
  }
  const input = context.place(plan.input, context);
  return onProxy(plan, toSingle(input, context, 'the order is over all rows'), context);
}

function placeTopK(
  plan: LimitPlan,
  sort: Plan & { kind: 'sort' },
  bound: Expr | undefined,
  context: PlaceContext,
): Placed {
  const input = context.place(sort.input, context);
  const keys = expressionsOf(sort);
  const isLeftOut = context.leftOut.has('top-k');
  const pushable = bound !== undefined && !isLeftOut && !keys.some(isVolatile) && !keys.some(hasSubquery);
  const reason = 'the order is over all rows';
  if (!pushable || !onAgents(input)) {
    const sorted = onProxy(sort, toSingle(input, context, reason), context);
    return onProxy(plan, sorted.plan, context);
  }
  context.fired('top-k');
  const first: Plan = { ...plan, input: withInput(sort, input.plan), limit: bound, offset: undefined };
  const gathered = toSingle({ plan: first, distribution: input.distribution }, context, reason);
  return onProxy(plan, withInput(sort, gathered), context);
}

/** LIMIT without an order: any rows will do, the same on every reading; so a copy's are chosen once. */
function placeFirstRows(plan: LimitPlan, bound: Expr | undefined, context: PlaceContext): Placed {
  const input = context.place(plan.input, context);
  const reason = 'LIMIT counts all rows';
  if (bound === undefined || !onAgents(input) || context.leftOut.has('limit-before-gather'))
    return onProxy(plan, toSingle(input, context, reason), context);
  context.fired('limit-before-gather');
  const first: Plan = { ...plan, input: input.plan, limit: bound, offset: undefined };
  return onProxy(plan, toSingle({ plan: first, distribution: input.distribution }, context, reason), context);
}

function onAgents(input: Placed): boolean {
  return input.distribution.kind === 'scattered' || input.distribution.kind === 'replicated';
}

function onProxy(plan: Plan, input: Plan, context: PlaceContext): Placed {
  const hosted = hostSubqueries(plan, { kind: 'single' }, context) ?? plan;
  return { plan: withInput(hosted, input), distribution: { kind: 'single' } };
}

/** LIMIT + OFFSET as a constant; undefined: no bound that is known now. */
function rowBound(plan: LimitPlan): Expr | undefined {
  const limit = countOf(plan.limit);
  const offset = plan.offset === undefined ? 0n : countOf(plan.offset);
  if (limit === undefined || offset === undefined) return undefined;
  const bound = limit + offset;
  if (bound > 9223372036854775807n) return undefined;
  return { kind: 'const', type: sqlType(OID.int8), value: bound.toString() };
}

function countOf(expr: Expr | undefined): bigint | undefined {
  if (expr?.kind === 'call' && /^cast int[24] -> int8$/.test(expr.fn)) return countOf(expr.args[0]);
  if (expr?.kind !== 'const' || expr.value === null || !/^\d+$/.test(expr.value)) return undefined;
  return BigInt(expr.value);
}
