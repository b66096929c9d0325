import type { Snapshot } from '../../src/catalog/snapshot.ts';
import { outputColumns } from '../../src/plan/columns.ts';
import type { DistributedPlan } from '../../src/plan/distributed.ts';
import type { Expr } from '../../src/plan/expr.ts';
import type { Plan } from '../../src/plan/logical.ts';
import { mapExpressions, mapInputs, mapOperands } from '../../src/plan/walk.ts';
import { reference, TRUE } from '../../src/planner/exprs.ts';
import { type LeftOut, OPTIONAL_REWRITES, type OptionalRewrite } from '../../src/planner/optional.ts';
import {
  type PlanContext,
  type Planner,
  planQuery,
  type RewrittenQuery,
  rewriteQuery,
} from '../../src/planner/plan-query.ts';

/** Another plan for the same query: without an optional rewrite, or with operators that do nothing around each of its own. */
export type Variant = OptionalRewrite | 'idle operators';

export const VARIANTS: readonly Variant[] = [...OPTIONAL_REWRITES, 'idle operators'];

type Query = Parameters<Planner['rewriteQuery']>[0];

/** The planner, which plans as it is told until it is told otherwise. */
export class SwitchedPlanner implements Planner {
  variant: Variant | undefined;
  #last: { readonly query: Query; readonly snapshot: Snapshot | undefined } | undefined;
  #context: PlanContext | undefined;

  get name(): string {
    return this.variant ?? 'all rewrites';
  }

  readonly rewriteQuery = (query: Query, snapshot?: Snapshot): RewrittenQuery => {
    this.#last = { query, snapshot };
    this.#context = undefined;
    return rewritten(query, snapshot, this.variant);
  };

  readonly planQuery = (query: RewrittenQuery, context: PlanContext): DistributedPlan => {
    this.#context = context;
    return planned(query, context, this.variant);
  };

  /** The variants that plan the last query otherwise than all rewrites together do; none, if it wasn't planned. */
  differing(): readonly Variant[] {
    const [last, context] = [this.#last, this.#context];
    if (last === undefined || context === undefined) return [];
    const text = (variant: Variant | undefined) => {
      const plan = planned(rewritten(last.query, last.snapshot, variant), context, variant);
      return JSON.stringify([plan.fragments.map(({ plan: fragment }) => fragment), plan.combine]);
    };
    const usual = text(undefined);
    return VARIANTS.filter((variant) => text(variant) !== usual);
  }

  /** What the last query's planning was told is forgotten. */
  forget(): void {
    this.#last = undefined;
    this.#context = undefined;
  }
}

function leftOut(variant: Variant | undefined): LeftOut {
  return new Set(variant === undefined || variant === 'idle operators' ? [] : [variant]);
}

function rewritten(query: Query, snapshot: Snapshot | undefined, variant: Variant | undefined) {
  const plan = variant === 'idle operators' ? withIdleOperators(query.plan) : query.plan;
  return rewriteQuery({ ...query, plan }, snapshot, leftOut(variant));
}

function planned(query: RewrittenQuery, context: PlanContext, variant: Variant | undefined) {
  return planQuery(query, { ...context, leftOut: leftOut(variant) });
}

/** `SELECT all FROM … WHERE true` around each operator, but between a LIMIT and the order that it takes its ties from. */
function withIdleOperators(plan: Plan): Plan {
  const inside = (input: Plan): Plan =>
    plan.kind === 'limit' && input.kind === 'sort' ? inOperands(input) : withIdleOperators(input);
  const whole = inOperands(plan, inside);
  const columns = outputColumns(whole);
  const filtered: Plan = { kind: 'filter', input: whole, predicate: TRUE };
  const items = columns.map((column) => ({ column, expr: reference(column) }));
  return { kind: 'project', input: filtered, items };
}

function inOperands(plan: Plan, inside: (input: Plan) => Plan = withIdleOperators): Plan {
  const change = (expr: Expr): Expr => mapOperands(expr, change, withIdleOperators);
  return mapExpressions(mapInputs(plan, inside), change);
}
