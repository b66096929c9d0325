import { defined } from '../../base/assert.ts';
import { carrierOf } from '../../types/carrier.ts';
import { elementType, OID, type SqlType } from '../../types/sql-type.ts';
import type { AggregateContext, AggregateEntry, ScalarEntry } from '../entries.ts';
import { positionIn, sortedList } from '../lists.ts';
import { quoteString } from '../quote.ts';

/** `0.5` is a numeric, and `1` an integer, that PostgreSQL casts to float8. */
const FRACTION = /^(?:CAST\()?'?([\d.]+)'?::(?:DOUBLE|INTEGER|DECIMAL\(\d+, ?\d+\))(?: AS DOUBLE\))?$/;

/** A literal between 0 and 1. */
function literalFraction(sql: string): string | undefined {
  const text = FRACTION.exec(sql)?.[1];
  return text !== undefined && Number(text) <= 1 ? `${quoteString(text)}::DOUBLE` : undefined;
}

interface Percentile {
  readonly name: 'percentile_cont' | 'percentile_disc';
  /** What WITHIN GROUP sorts. */
  readonly over: 'float8' | 'interval' | 'anyelement';
  /** Of sorted values without NULLs. */
  readonly macro: string;
}

const PERCENTILES: readonly Percentile[] = [
  { name: 'percentile_cont', over: 'float8', macro: 'skein_quantile_cont' },
  { name: 'percentile_cont', over: 'interval', macro: 'skein_quantile_interval' },
  { name: 'percentile_disc', over: 'anyelement', macro: 'skein_quantile_disc' },
];

/** The group's values but for NULLs, in the order of WITHIN GROUP. */
function sorted(x: string, of: SqlType | undefined, { call, descending }: AggregateContext): string {
  const values = `list_filter(${call('list', [x])}, lambda e: e IS NOT NULL)`;
  return sortedList(values, of, descending ? `'DESC'` : `'ASC'`);
}

function atFraction({ macro }: Percentile, values: string, p: string, result: SqlType): string {
  return `CAST(${macro}(${values}, ${literalFraction(p) ?? `skein_fraction(${p})`}) AS ${carrierOf(result).duckdb})`;
}

function atEach({ macro }: Percentile, values: string, fractions: string, result: SqlType): string {
  return `CAST(list_transform([{values: ${values}, fractions: ${fractions}}], lambda g: CASE WHEN len(g.values) > 0 THEN
    list_transform(g.fractions, lambda f: ${macro}(g.values, skein_fraction(f))) END)[1] AS ${carrierOf(result).duckdb})`;
}

const ofConstants = PERCENTILES.flatMap((of): readonly AggregateEntry[] => [
  {
    signature: `${of.name}(float8,${of.over})`,
    orderedSet: true,
    print: ([p = '', x = ''], [, type], result, context) => {
      const literal = literalFraction(p);
      // DuckDB's quantile_cont interpolates by another formula: last digits differ, and infinities.
      const own =
        of.name === 'percentile_disc' &&
        literal !== undefined &&
        !context.descending &&
        positionIn(type) === undefined;
      if (own) return `CAST(${context.call('quantile_disc', [x, literal])} AS ${carrierOf(result).duckdb})`;
      return atFraction(of, sorted(x, type, context), p, result);
    },
    numericResult: ([, type]) => defined(type, 'aggregated type'),
  },
  {
    signature: `${of.name}(_float8,${of.over})`,
    orderedSet: true,
    print: ([p = '', x = ''], [, type], result, context) => atEach(of, sorted(x, type, context), p, result),
    numericResult: ([, type]) => defined(type, 'aggregated type'),
  },
]);

/** Fractions that differ from group to group are applied to what `skein.percentile(anyelement)` collected. */
export const percentileFinals: readonly ScalarEntry[] = PERCENTILES.flatMap((of): readonly ScalarEntry[] => [
  {
    signature: `skein.${of.name}(float8,${of.over})`,
    print: ([p = '', values = ''], _types, result) => atFraction(of, values, p, result),
    numericResult: ([, values]) => defined(values && elementType(values), 'element of sorted values'),
  },
  {
    signature: `skein.${of.name}(_float8,${of.over})`,
    print: ([p = '', values = ''], _types, result) => atEach(of, values, p, result),
    numericResult: ([, values]) => defined(values, 'sorted values'),
  },
]);

/** DuckDB's histogram takes NaN for any other value, and tells -0 from 0. */
const floatPosition = (type: SqlType | undefined): string | undefined =>
  type?.oid === OID.float4 || type?.oid === OID.float8 ? 'skein_float_position' : undefined;

export const orderedSetAggregates: readonly AggregateEntry[] = [
  ...ofConstants,
  {
    signature: 'skein.percentile(anyelement)',
    orderedSet: true,
    print: ([x = ''], [of], _result, context) => sorted(x, of, context),
  },
  {
    signature: 'mode(anyelement)',
    orderedSet: true,
    // Of several most frequent values PostgreSQL gives the first of the order.
    print: ([x = ''], [of], _result, { call, descending }) => {
      const most = `skein_mode_${descending ? 'last' : 'first'}`;
      const position = positionIn(of) ?? floatPosition(of);
      if (position === undefined) return `${most}(${call('histogram', [x])})`;
      const both = `{values: ${call('list', [x])}, place: ${most}(${call('histogram', [`${position}(${x})`])})}`;
      return `list_transform([${both}], lambda g: list_filter(g.values, lambda e: ${position}(e) = g.place)[1])[1]`;
    },
    numericResult: ([of]) => defined(of, 'argument type'),
  },
];
