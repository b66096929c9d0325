/**
 * Rewrites and placements that only spare work: without any of them each answer is the same. Tests leave them out one at a time
 * and compare (test/property/variants.test.ts, and the generated queries). The others, as UNION made DISTINCT or guards, are
 * part of what a plan means.
 */
export const OPTIONAL_REWRITES = [
  'decided-membership',
  'semi-joins',
  'group-subqueries',
  'push-filters',
  'mirror-filters',
  'needless-rows',
  'limit-below-project',
  'prune-labels',
  'join-order',
  'co-located',
  'broadcast',
  'semi-join-reduction',
  'top-k',
  'limit-before-gather',
  'aggregate-in-shard',
  'split-aggregates',
  'distinct-keys-before-gather',
  'distinct-before-gather',
  /** DISTINCT, windows, joins and unions whose rows meet within a shard. */
  'distinct-in-shard',
  'window-in-shard',
  'join-in-shard',
  'union-in-shard',
  /** Anything at all on the agents, but the scans. */
  'push-down',
] as const;

export type OptionalRewrite = (typeof OPTIONAL_REWRITES)[number];

export type LeftOut = ReadonlySet<OptionalRewrite>;

export const NOTHING_LEFT_OUT: LeftOut = new Set();
