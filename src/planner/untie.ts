import type { ColumnId, Expr } from '../plan/expr.ts';
import type { JoinPlan, Plan } from '../plan/logical.ts';
import { columnsUsed, outerColumns, substitute } from '../plan/walk.ts';
import { conjunction, conjunctsOf, filtered, hasSubquery, isVolatilePlan } from './exprs.ts';

/** A subquery without what ties it to its query. */
export interface Untied {
  readonly plan: Plan;
  readonly ties: readonly Expr[];
  /** What projections that are gone called their columns. */
  readonly defined: ReadonlyMap<ColumnId, Expr>;
}

/** @returns undefined where something else than a condition ties it, or evaluating it elsewhere may differ. */
export function untie(plan: Plan): Untied | undefined {
  if (isVolatilePlan(plan)) return undefined;
  const outer = outerColumns(plan);
  const untied = outer.size === 0 ? closed(plan) : untiedFrom(plan, outer);
  if (untied === undefined || outerColumns(untied.plan).size > 0) return undefined;
  return untied.ties.some(hasSubquery) ? undefined : untied;
}

const closed = (plan: Plan): Untied => ({ plan, ties: [], defined: new Map() });

function untiedFrom(plan: Plan, outer: ReadonlySet<ColumnId>): Untied | undefined {
  if (![...outerColumns(plan)].some((id) => outer.has(id))) return closed(plan);
  switch (plan.kind) {
    case 'distinct':
    case 'sort':
      return untiedFrom(plan.input, outer);
    case 'project': {
      const below = untiedFrom(plan.input, outer);
      if (below === undefined) return undefined;
      const items = plan.items.map(
        ({ column, expr }) => [column.id, substitute(expr, below.defined)] as const,
      );
      return { ...below, defined: new Map([...below.defined, ...items]) };
    }
    case 'filter': {
      const below = untiedFrom(plan.input, outer);
      return below && withConditions(below, conjunctsOf(plan.predicate), outer);
    }
    case 'join':
      return untiedJoin(plan, outer);
    default:
      return undefined;
  }
}

function untiedJoin(plan: JoinPlan, outer: ReadonlySet<ColumnId>): Untied | undefined {
  if (plan.type !== 'inner' || plan.lateral) return undefined;
  const left = untiedFrom(plan.left, outer);
  const right = untiedFrom(plan.right, outer);
  if (left === undefined || right === undefined) return undefined;
  const both: Untied = {
    plan: { ...plan, left: left.plan, right: right.plan, condition: conjunction([]) },
    ties: [...left.ties, ...right.ties],
    defined: new Map([...left.defined, ...right.defined]),
  };
  return withConditions(both, conjunctsOf(plan.condition), outer);
}

function withConditions(below: Untied, conjuncts: readonly Expr[], outer: ReadonlySet<ColumnId>): Untied {
  const conditions = conjuncts.map((conjunct) => substitute(conjunct, below.defined));
  const ties = (conjunct: Expr) => [...columnsUsed(conjunct)].some((id) => outer.has(id));
  return {
    ...below,
    plan: filtered(
      below.plan,
      conditions.filter((conjunct) => !ties(conjunct)),
    ),
    ties: [...below.ties, ...conditions.filter(ties)],
  };
}
