import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { carrierOf } from '../../types/carrier.ts';
import { OID, type SqlType } from '../../types/sql-type.ts';
import type { AggregateContext, AggregateEntry } from '../entries.ts';
import { sortedList } from '../lists.ts';
import { quoteString } from '../quote.ts';

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

/** DuckDB's separator is a constant; NULL joins without one. */
function separator(sql: string): string {
  if (sql.startsWith('NULL::')) return `''`;
  if (!/^'(?:[^']|'')*'::VARCHAR$/.test(sql))
    throw refuse('string_agg with a separator that is not a constant');
  return sql;
}

/** `0.5` is a numeric, and `1` an integer, that PostgreSQL casts to float8. */
const FRACTION = /^(?:CAST\()?'?([\d.]+)'?::(?:DOUBLE|INTEGER|DECIMAL\(\d+, ?\d+\))(?: AS DOUBLE\))?$/;

/** A constant fraction. @throws refusals for others, and for arrays of them. */
function fraction(sql: string): string {
  const text = FRACTION.exec(sql)?.[1];
  if (text === undefined) throw refuse('a percentile whose fraction is not a constant');
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw refuse(`the percentile value ${text}`);
  return `${quoteString(text)}::DOUBLE`;
}

const percentile = (signature: string, fn: string): AggregateEntry => ({
  signature,
  orderedSet: true,
  print: ([p = '', x = ''], [, of], result, context) => {
    const carrier = carrierOf(result).duckdb;
    // DuckDB's quantile_cont interpolates by another formula: last digits differ, and infinities.
    const own = fn === 'quantile_disc' && !context.descending && of?.oid !== OID.interval;
    if (own) return `CAST(${context.call(fn, [x, fraction(p)])} AS ${carrier})`;
    return `CAST(skein_${fn}(${sorted(x, of, context)}, ${fraction(p)}) AS ${carrier})`;
  },
  numericResult: ([, of]) => defined(of, 'aggregated type'),
});

/** The group's values but for NULLs, in the order of WITHIN GROUP. */
function sorted(x: string, of: SqlType | undefined, { call, descending }: AggregateContext): string {
  const values = `list_filter(${call('list', [x])}, lambda e: e IS NOT NULL)`;
  return sortedList(values, of, descending ? `'DESC'` : `'ASC'`);
}

/** DuckDB's own interpolates no intervals. */
const percentileOfIntervals: AggregateEntry = {
  signature: 'percentile_cont(float8,interval)',
  orderedSet: true,
  print: ([p = '', x = ''], [, of], _result, context) =>
    `skein_quantile_interval(${sorted(x, of, context)}, ${fraction(p)})`,
};

/** An array of fractions. */
const percentiles = (signature: string, fn: string, macro = fn): AggregateEntry => ({
  signature,
  orderedSet: true,
  print: ([p = '', x = ''], [, of], result, context) => {
    if (of?.oid === OID.numeric) throw refuse(`${fn} of several fractions over numerics`);
    const both = `{values: ${sorted(x, of, context)}, fractions: ${p}}`;
    return `CAST(list_transform([${both}], lambda g: CASE WHEN len(g.values) > 0 THEN
      list_transform(g.fractions, lambda f: skein_${macro}(g.values, skein_fraction(f))) END)[1] AS ${carrierOf(result).duckdb})`;
  },
});

const collecting: readonly AggregateEntry[] = [
  { ...plain('count(any)', 'count') },
  { signature: 'count(*)', print: (_args, _types, _result, { call }) => call('count', ['*']) },
  {
    signature: 'string_agg(text,text)',
    print: ([x = '', between = ''], _types, _result, { call }) => call('string_agg', [x, separator(between)]),
  },
  plain('array_agg(anynonarray)', 'list'),
  { ...plain('any_value(anyelement)', 'any_value', true), numericResult: sameNumeric },
  percentile('percentile_cont(float8,float8)', 'quantile_cont'),
  percentile('percentile_disc(float8,anyelement)', 'quantile_disc'),
  percentiles('percentile_cont(_float8,float8)', 'quantile_cont'),
  percentiles('percentile_disc(_float8,anyelement)', 'quantile_disc'),
  percentileOfIntervals,
  percentiles('percentile_cont(_float8,interval)', 'quantile_cont', 'quantile_interval'),
  {
    signature: 'mode(anyelement)',
    orderedSet: true,
    // Of several most frequent values PostgreSQL gives the first of the order.
    print: ([x = ''], [of], _result, { call, descending }) => {
      // Equal intervals of other parts would count apart.
      if (of?.oid === OID.interval) throw refuse('mode of intervals');
      return `skein_mode_${descending ? 'last' : 'first'}(${call('histogram', [x])})`;
    },
    numericResult: sameNumeric,
  },
];

export const generalAggregates: readonly AggregateEntry[] = [...extremes, ...logical, ...collecting];
