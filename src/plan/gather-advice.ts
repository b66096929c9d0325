const ALWAYS = 'EXPLAIN shows what moves. Or raise skein.gather_limit and skein.gather_row_limit.';
const USUAL = 'Filter by a label or a column, select fewer columns, or aggregate before joining.';

/** What makes rows stay with the agents, by the reason for which they were gathered. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /matching rows may lie in different shards/,
    'If rows with equal keys lie in one shard, declare the join’s columns a colocation group in the proxy’s configuration; if one table is small and the same everywhere, make it a replicated table; if rows of one shard only match each other, join on the labels too.',
  ],
  [
    /groups may have rows in several shards|window partitions may have rows/,
    'Add labels to GROUP BY or PARTITION BY, or declare its column a colocation group if its equal values lie in one shard.',
  ],
  [
    /one side is not on every shard|a replicated table is not on every agent/,
    'Give every agent its piece of both tables.',
  ],
  [
    /has no split/,
    'Group by labels, so that each group stays in its shard, or use an aggregate that can be split.',
  ],
  [/correlated|a subquery ties|LATERAL/, 'Write the subquery as a join, or as one over grouped rows.'],
  [
    /the order is over all rows|LIMIT counts all rows/,
    'Give ORDER BY a LIMIT: each agent then sends no more rows than that.',
  ],
  [
    /emits rows of the side that every agent has/,
    'Turn the outer join around, so that the replicated table is its nullable side.',
  ],
];

/** The hint of an error that says that too much would be gathered. */
export function gatherAdvice(reasons: readonly string[]): string {
  const own = ADVICE.filter(([pattern]) => reasons.some((reason) => pattern.test(reason))).map(
    ([, advice]) => advice,
  );
  return [...own, USUAL, ALWAYS].join(' ');
}
