import { Lru } from '../base/lru.ts';
import type { DistributedPlan } from '../plan/distributed.ts';
import type { BoundValues } from '../planner/from-tree/bind.ts';
import type { AnalyzedQuery, PlanCacheLimits } from './plan-cache.ts';
import { readsWarehouse } from './stored-tables.ts';

/** What the plan of an analysed query depends on besides its text and the session. */
export interface Circumstances {
  /** Of the snapshot that the query was analysed with. */
  readonly version: number;
  readonly values: BoundValues;
  readonly planner: string;
  readonly mayMissShards: boolean;
  readonly textStyles: readonly string[];
}

/** Longer values are seldom bound twice. */
const MAX_VALUES = 4096;

/** Distributed plans of statements that run again and again. Those over the warehouse are not kept: its row counts change. */
export class PlacedPlans {
  readonly #ids = new WeakMap<AnalyzedQuery, number>();
  readonly #plans: Lru<DistributedPlan>;
  #lastId = 0;

  constructor({ cachedPlans, cachedPlanBytes }: PlanCacheLimits) {
    this.#plans = new Lru(cachedPlans, cachedPlanBytes);
  }

  /** @param plan makes it, if it isn't known. */
  async placed(
    query: AnalyzedQuery,
    { values, ...others }: Circumstances,
    plan: () => Promise<DistributedPlan>,
  ): Promise<DistributedPlan> {
    const bound = JSON.stringify([values.parameters, [...values.session]]);
    if (bound.length > MAX_VALUES) return plan();
    const key = JSON.stringify([this.#idOf(query), others, bound]);
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const made = await plan();
    if (!readsWarehouse(made)) this.#plans.set(key, made);
    return made;
  }

  #idOf(query: AnalyzedQuery): number {
    const known = this.#ids.get(query);
    if (known !== undefined) return known;
    this.#lastId += 1;
    this.#ids.set(query, this.#lastId);
    return this.#lastId;
  }
}
