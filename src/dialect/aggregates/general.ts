import { defined } from '../../base/assert.ts';
import { exprType } from '../../plan/type-of.ts';
import { OID, type SqlType } from '../../types/sql-type.ts';
import type { AggregateEntry } from '../entries.ts';
import { requireComparableElements } from '../lists.ts';

/** The DuckDB aggregate of one argument that means the same. */
const plain = (signature: string, fn: string, duplicateInsensitive = false): AggregateEntry => ({
  signature,
  print: ([x = ''], _types, _result, { call }) => call(fn, [x]),
  ...(duplicateInsensitive ? { duplicateInsensitive: true } : {}),
});

const sameNumeric = ([of]: readonly SqlType[]): SqlType => defined(of, 'argument type');

const EXTREMES = [
  'int2',
  'int4',
  'int8',
  'oid',
  'float4',
  'float8',
  'numeric',
  'text',
  'bpchar',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
  'bytea',
] as const;

const extremes = (['min', 'max'] as const).flatMap((fn) =>
  EXTREMES.map(
    (type): AggregateEntry => ({ ...plain(`${fn}(${type})`, fn, true), numericResult: sameNumeric }),
  ),
);

/** Element by element, NULL equal to NULL and greatest, the shorter first: as DuckDB's lists. */
const extremeArrays = (['min', 'max'] as const).map(
  (fn): AggregateEntry => ({
    ...plain(`${fn}(anyarray)`, fn, true),
    numericResult: sameNumeric,
    admit: ({ args }) => requireComparableElements(args.map(exprType), [OID.interval, OID.timetz]),
  }),
);

/** Within an aggregate DuckDB compares timetz by its bits. */
const extremeZonedTimes = (['min', 'max'] as const).map(
  (fn): AggregateEntry => ({
    signature: `${fn}(timetz)`,
    duplicateInsensitive: true,
    print: ([x = ''], _types, _result, { call }) => call(`arg_${fn}`, [x, `skein_timetz_position(${x})`]),
  }),
);

/** The carrier is text of 0s and 1s, which DuckDB's BIT can't be when it is empty. */
const bits = (['and', 'or', 'xor'] as const).map(
  (operation): AggregateEntry => ({
    signature: `bit_${operation}(bit)`,
    ...(operation === 'xor' ? {} : { duplicateInsensitive: true }),
    print: ([x = ''], _types, _result, { call }) =>
      `skein_fold_bits(${call('list', [x])}, 'bit_${operation}', '${operation.toUpperCase()}')`,
  }),
);

const logical: readonly AggregateEntry[] = [
  plain('bool_and(bool)', 'bool_and', true),
  plain('every(bool)', 'bool_and', true),
  plain('bool_or(bool)', 'bool_or', true),
  ...(['int2', 'int4', 'int8'] as const).flatMap((type) => [
    plain(`bit_and(${type})`, 'bit_and', true),
    plain(`bit_or(${type})`, 'bit_or', true),
    plain(`bit_xor(${type})`, 'bit_xor'),
  ]),
];

const collecting: readonly AggregateEntry[] = [
  { ...plain('count(any)', 'count') },
  { signature: 'count(*)', print: (_args, _types, _result, { call }) => call('count', ['*']) },
  plain('array_agg(anynonarray)', 'list'),
  {
    signature: 'array_agg(anyarray)',
    nests: true,
    print: ([x = ''], _types, _result, { call }) => `skein_nested(${call('list', [x])})`,
  },
  { ...plain('any_value(anyelement)', 'any_value', true), numericResult: sameNumeric },
];

export const generalAggregates: readonly AggregateEntry[] = [
  ...extremes,
  ...extremeArrays,
  ...extremeZonedTimes,
  ...bits,
  ...logical,
  ...collecting,
];
