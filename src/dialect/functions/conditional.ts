import type { ScalarEntry } from '../entries.ts';

const counting = (name: string, test: string): ScalarEntry => ({
  signature: `${name}(any)`,
  print: (args) => `CAST(${args.map((arg) => `CAST(${arg} IS ${test} AS INTEGER)`).join(' + ')} AS INTEGER)`,
});

/** Of LIMIT and OFFSET. */
const count = (clause: 'limit' | 'offset', sqlstate: string): ScalarEntry => ({
  signature: `skein.row_${clause}(int8)`,
  print: ([n]) =>
    `CASE WHEN ${n} < 0 THEN error('SKEIN:${sqlstate}:${clause.toUpperCase()} must not be negative') ELSE ${clause === 'limit' ? n : `coalesce(${n}, 0)`} END`,
});

export const conditionalEntries: readonly ScalarEntry[] = [
  count('limit', '2201W'),
  count('offset', '2201X'),
  counting('num_nulls', 'NULL'),
  counting('num_nonnulls', 'NOT NULL'),
];
