import type { ScalarEntry } from '../entries.ts';

const OPERATORS = ['=', '<>', '<', '<=', '>', '>='] as const;

/**
 * Types whose DuckDB comparison is PostgreSQL's: text by bytes (C.UTF-8), NaN equal to itself and greatest, infinite dates at
 * the ends, intervals with months of 30 days and days of 24 hours.
 */
const SELF_COMPARABLE = [
  'bool',
  'int2',
  'int4',
  'int8',
  'oid',
  'float4',
  'float8',
  'numeric',
  'text',
  'name',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
  'uuid',
  'bytea',
] as const;

/** Pairs of different types that DuckDB brings to a common one without loss. */
const MIXED = [
  ['int2', 'int4'],
  ['int2', 'int8'],
  ['int4', 'int8'],
  ['float4', 'float8'],
  ['name', 'text'],
] as const;

function compared(left: string, right: string): readonly ScalarEntry[] {
  return OPERATORS.map((operator) => ({
    signature: `${left} ${operator} ${right}`,
    print: ([l, r]) => `(${l} ${operator} ${r})`,
  }));
}

export const comparisonEntries: readonly ScalarEntry[] = [
  ...SELF_COMPARABLE.flatMap((type) => compared(type, type)),
  ...MIXED.flatMap(([a, b]) => [...compared(a, b), ...compared(b, a)]),
];
