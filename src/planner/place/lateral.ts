import { outputColumns } from '../../plan/columns.ts';
import type { Expr } from '../../plan/expr.ts';
import type { JoinPlan, Plan } from '../../plan/logical.ts';
import { outerColumns, visitPlan } from '../../plan/walk.ts';
import { hasSubquery } from '../exprs.ts';
import {
  gatherLeaves,
  hostSubqueries,
  isEverywhere,
  once,
  type PlaceContext,
  type Placed,
  readsOnlyCopies,
  toSingle,
} from './placement.ts';

/** Does the right side refer to the left's columns? */
export function isTied(plan: JoinPlan): boolean {
  const outer = outerColumns(plan.right);
  return outputColumns(plan.left).some((column) => outer.has(column.id));
}

/** The right side is evaluated for each row of the left: on the agents only if it reads nothing but copies. */
export function placeLateral(plan: JoinPlan, context: PlaceContext): Placed {
  const evaluated: readonly Expr[] = [plan.condition, { kind: 'exists', plan: plan.right }];
  const left = once(context.place(plan.left, context), evaluated, context);
  const here = lateralWhereLeftLies(plan, left, context);
  if (here !== undefined) return here;
  const right = gatherLeaves(plan.right, context);
  const reason = 'a LATERAL side reads it row by row';
  const leftPlan = toSingle(left, context, reason);
  const hosted = hostSubqueries({ ...plan, left: leftPlan, right }, { kind: 'single' }, context);
  return { plan: hosted ?? { ...plan, left: leftPlan, right }, distribution: { kind: 'single' } };
}

function lateralWhereLeftLies(plan: JoinPlan, left: Placed, context: PlaceContext): Placed | undefined {
  const at = left.distribution;
  if (at.kind === 'single' || !readsOnlyCopies(plan.right) || hasSubquery(plan.condition)) return undefined;
  const tables = copiesIn(plan.right);
  if (tables.length > 0 && (at.kind !== 'scattered' || !isEverywhere(tables, at, context.snapshot)))
    return undefined;
  return { plan: { ...plan, left: left.plan }, distribution: at };
}

function copiesIn(plan: Plan): readonly string[] {
  const tables = new Set<string>();
  visitPlan(plan, (operator) => {
    if (operator.kind === 'scan') tables.add(operator.table);
  });
  return [...tables];
}
