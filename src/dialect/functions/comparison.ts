import { exprType } from '../../plan/type-of.ts';
import { OID } from '../../types/sql-type.ts';
import type { ScalarEntry } from '../entries.ts';
import { requireComparableElements } from '../lists.ts';

const OPERATORS = ['=', '<>', '<', '<=', '>', '>='] as const;

/**
 * Types whose DuckDB comparison is PostgreSQL's: text by bytes (C.UTF-8), NaN equal to itself and greatest, infinite dates at
 * the ends, timetz by the instant and then by the zone, intervals with months of 30 days and days of 24 hours, bits as their text.
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
  'timetz',
  'timestamp',
  'timestamptz',
  'interval',
  'uuid',
  'bytea',
  'varbit',
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

/** Blanks at the end of a bpchar don't count. */
const padded: readonly ScalarEntry[] = OPERATORS.map((operator) => ({
  signature: `bpchar ${operator} bpchar`,
  print: ([l, r]) => `(rtrim(${l}, ' ') ${operator} rtrim(${r}, ' '))`,
}));

/** A date is its midnight; dates beyond timestamp's range stay in order. */
const datesAndTimestamps: readonly ScalarEntry[] = OPERATORS.flatMap((operator): readonly ScalarEntry[] => [
  {
    signature: `date ${operator} timestamp`,
    print: ([l, r]) => `(skein_date_midnight(${l}) ${operator} ${r})`,
  },
  {
    signature: `timestamp ${operator} date`,
    print: ([l, r]) => `(${l} ${operator} skein_date_midnight(${r}))`,
  },
]);

/** One byte each, shown as PostgreSQL shows it: the text is equal where the byte is. */
const bytes: readonly ScalarEntry[] = compared('char', 'char').filter(({ signature }) =>
  ['char = char', 'char <> char'].includes(signature),
);

/** Element by element, NULL equal to NULL and greatest, the shorter first: as DuckDB's lists. */
const arrays: readonly ScalarEntry[] = compared('anyarray', 'anyarray').map((entry) => {
  const ordered = /[<>]/.test(entry.signature.replace('<>', '')) ? [OID.interval, OID.timetz] : [];
  return {
    ...entry,
    admit: (exprs) => requireComparableElements(exprs.map(exprType), ordered),
    print: (args, types, result, exprs) => {
      requireComparableElements(types, ordered);
      return entry.print(args, types, result, exprs);
    },
  };
});

export const comparisonEntries: readonly ScalarEntry[] = [
  ...padded,
  ...datesAndTimestamps,
  ...arrays,
  ...bytes,
  ...SELF_COMPARABLE.flatMap((type) => compared(type, type)),
  ...MIXED.flatMap(([a, b]) => [...compared(a, b), ...compared(b, a)]),
];
