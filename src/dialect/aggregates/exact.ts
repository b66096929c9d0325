import { refuse } from '../../base/errors.ts';
import {
  type DecimalShape,
  MAX_DECIMAL_PRECISION,
  numericType,
  OID,
  type SqlType,
} from '../../types/sql-type.ts';
import type { AggregateContext, AggregateEntry } from '../entries.ts';
import { decimal, printQuotient, quotientType, shapeOf, unscaled } from '../functions/numerics.ts';

export const INTEGER_DIGITS = { int2: 5, int4: 10, int8: 19 } as const;
export type ExactType = keyof typeof INTEGER_DIGITS | 'numeric';
const EXACT_TYPES: readonly ExactType[] = ['int2', 'int4', 'int8', 'numeric'];

const INTEGER_OIDS: ReadonlyMap<number, number> = new Map([
  [OID.int2, INTEGER_DIGITS.int2],
  [OID.int4, INTEGER_DIGITS.int4],
  [OID.int8, INTEGER_DIGITS.int8],
]);

/** Precision and scale of an integer's or numeric's values. */
export function exactShape(type: SqlType | undefined): DecimalShape {
  const digits = type && INTEGER_OIDS.get(type.oid);
  return digits === undefined ? shapeOf(type) : { precision: digits, scale: 0 };
}

const derived = (type: SqlType, from: SqlType | undefined): SqlType =>
  from?.quotient === undefined ? type : { ...type, quotient: 'derived' };

/** A sum has room for 38 digits; beyond them DuckDB reports overflow. */
export function sumType(of: SqlType | undefined): SqlType {
  return derived(numericType(MAX_DECIMAL_PRECISION, exactShape(of).scale), of);
}

export function squaresType(of: SqlType | undefined): SqlType {
  const { scale } = exactShape(of);
  if (2 * scale > MAX_DECIMAL_PRECISION) throw refuse(`a variance of numerics with ${scale} decimals`);
  return derived(numericType(MAX_DECIMAL_PRECISION, 2 * scale), of);
}

function averageType(of: SqlType | undefined): SqlType {
  const { precision, scale } = exactShape(of);
  return derived(quotientType(precision - scale), of);
}

function varianceType(of: SqlType | undefined): SqlType {
  const { precision, scale } = exactShape(of);
  squaresType(of);
  return derived(quotientType(2 * (precision - scale)), of);
}

/** A square root is given to 20 decimals. */
function deviationType(of: SqlType | undefined): SqlType {
  return derived({ ...numericType(MAX_DECIMAL_PRECISION, 20), quotient: 'direct' }, of);
}

/** The least type that DuckDB squares the values in without overflow. */
function squareable({ precision, scale }: DecimalShape): string {
  if (scale === 0) return precision <= INTEGER_DIGITS.int4 ? 'BIGINT' : 'HUGEINT';
  return decimal(2 * precision <= 18 ? precision : Math.max(precision, 19), scale);
}

/** Σx²; different values may have the same square, so DISTINCT collects the values first. */
function sumOfSquares(x: string, of: SqlType | undefined, { call, distinct }: AggregateContext): string {
  const shape = exactShape(of);
  const wide = squareable(shape);
  const square = (value: string) => `${value}::${wide} * ${value}::${wide}`;
  const total = distinct
    ? `list_sum(list_transform(${call('list', [x])}, lambda v: ${square('v')}))`
    : call('sum', [square(x)]);
  return `CAST(${total} AS ${decimal(MAX_DECIMAL_PRECISION, 2 * shape.scale)})`;
}

/** n, Σx and Σx² as HUGEINTs of unscaled values, and the unit of a square. */
export function printVariance(
  name: 'var_samp' | 'var_pop' | 'stddev_samp' | 'stddev_pop',
  [n, sum, squares]: readonly [string, string, string],
  of: SqlType | undefined,
  result: SqlType,
): string {
  const { scale } = exactShape(of);
  const unit = `${10n ** BigInt(2 * scale)}::HUGEINT`;
  const total = unscaled(sum, sumType(of), scale);
  const total2 = unscaled(squares, squaresType(of), 2 * scale);
  return printQuotient(`skein_${name}`, [`${n}::HUGEINT`, total, total2, unit], 2 * scale, [of], result);
}

export function printAverage(sum: string, count: string, of: SqlType | undefined, result: SqlType): string {
  const { scale } = exactShape(of);
  const divisor =
    scale === 0 ? `${count}::HUGEINT` : `(${count}::HUGEINT * ${10n ** BigInt(scale)}::HUGEINT)`;
  return printQuotient('skein_quotient', [unscaled(sum, sumType(of), scale), divisor], scale, [of], result);
}

const exactSum = (x: string, of: SqlType | undefined, { call }: AggregateContext): string =>
  `CAST(${call('sum', [x])} AS ${decimal(MAX_DECIMAL_PRECISION, exactShape(of).scale)})`;

function varianceEntry(name: string, type: ExactType, pop: boolean, root: boolean): AggregateEntry {
  return {
    signature: `${name}(${type})`,
    print: ([x = ''], [of], result, context) => {
      const parts = [
        context.call('count', [x]),
        exactSum(x, of, context),
        sumOfSquares(x, of, context),
      ] as const;
      return printVariance(`${root ? 'stddev' : 'var'}_${pop ? 'pop' : 'samp'}`, parts, of, result);
    },
    numericResult: ([of]) => (root ? deviationType(of) : varianceType(of)),
  };
}

const sums: readonly AggregateEntry[] = [
  ...(['int2', 'int4'] as const).map(
    (type): AggregateEntry => ({
      signature: `sum(${type})`,
      print: ([x = ''], _types, _result, { call }) => `CAST(${call('sum', [x])} AS BIGINT)`,
    }),
  ),
  ...(['int8', 'numeric'] as const).map(
    (type): AggregateEntry => ({
      signature: `sum(${type})`,
      print: ([x = ''], [of], _result, context) => exactSum(x, of, context),
      numericResult: ([of]) => sumType(of),
    }),
  ),
];

const averages = EXACT_TYPES.map(
  (type): AggregateEntry => ({
    signature: `avg(${type})`,
    print: ([x = ''], [of], result, context) =>
      printAverage(exactSum(x, of, context), context.call('count', [x]), of, result),
    numericResult: ([of]) => averageType(of),
  }),
);

const variances = EXACT_TYPES.flatMap((type) => [
  varianceEntry('var_pop', type, true, false),
  varianceEntry('var_samp', type, false, false),
  varianceEntry('variance', type, false, false),
  varianceEntry('stddev_pop', type, true, true),
  varianceEntry('stddev_samp', type, false, true),
  varianceEntry('stddev', type, false, true),
]);

/** Partials that only splits use. */
const partials: readonly AggregateEntry[] = [
  {
    signature: 'skein.sum_count(int8)',
    print: ([x = ''], _types, _result, { call }) =>
      `coalesce(CAST(${call('sum', [x])} AS BIGINT), 0::BIGINT)`,
  },
  {
    signature: 'skein.sum_int8(int8)',
    print: ([x = ''], _types, _result, { call }) => `CAST(${call('sum', [x])} AS BIGINT)`,
  },
  ...EXACT_TYPES.flatMap((type): readonly AggregateEntry[] => [
    {
      signature: `skein.sum(${type})`,
      print: ([x = ''], [of], _result, context) => exactSum(x, of, context),
      numericResult: ([of]) => sumType(of),
    },
    {
      signature: `skein.sum_squares(${type})`,
      print: ([x = ''], [of], _result, context) => sumOfSquares(x, of, context),
      numericResult: ([of]) => squaresType(of),
    },
  ]),
];

export const exactAggregates: readonly AggregateEntry[] = [...sums, ...averages, ...variances, ...partials];
