import { refuse } from '../../base/errors.ts';
import type { Plan, RecursivePlan } from '../../plan/logical.ts';
import { mapExpressions, mapInputs, outerColumns, visitPlan } from '../../plan/walk.ts';
import { mapSubqueries } from '../exprs.ts';
import { type PlaceContext, type Placed, toSingle, withComputed } from './placement.ts';

/** The rows that a step begins with lie on the proxy, so it runs there: over what it reads besides, gathered once. */
export function placeRecursive(plan: RecursivePlan, context: PlaceContext): Placed {
  const reason = 'a recursive WITH query runs on the proxy';
  const base = toSingle(context.place(plan.base, context), context, reason);
  const step = onProxy(plan.step, plan.name, context, reason);
  return { plan: { ...plan, base, step }, distribution: { kind: 'single' } };
}

/** Gathers the largest parts that neither read the step's own rows nor refer to what surrounds them. */
function onProxy(plan: Plan, name: string, context: PlaceContext, reason: string): Plan {
  const reads = readsOwnRows(plan, name);
  if (!reads && outerColumns(plan).size === 0) return toSingle(context.place(plan, context), context, reason);
  if (plan.kind === 'with') {
    if (readsOwnRows(plan.definition, name))
      throw refuse('a WITH query inside a recursive one that reads it');
    return onProxy(plan.body, name, withComputed(plan, context), reason);
  }
  const inner = (part: Plan) => onProxy(part, name, context, reason);
  return mapExpressions(mapInputs(plan, inner), (expr) => mapSubqueries(expr, inner));
}

function readsOwnRows(plan: Plan, name: string): boolean {
  let found = false;
  visitPlan(plan, (operator) => {
    found ||= operator.kind === 'cte-ref' && operator.name === name;
  });
  return found;
}
