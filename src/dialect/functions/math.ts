import { refuse } from '../../base/errors.ts';
import { exprType } from '../../plan/type-of.ts';
import { elementType, MAX_DECIMAL_PRECISION, numericType, OID, type SqlType } from '../../types/sql-type.ts';
import type { ScalarEntry } from '../entries.ts';
import { LEAST_QUOTIENT_SCALE } from '../host/quotient.ts';
import { once } from '../once.ts';
import { boundedNumeric, decimal, shapeOf } from './numerics.ts';

type Print = ScalarEntry['print'];

const entry = (signature: string, print: Print): ScalarEntry => ({ signature, print });

const text = (x: string | undefined): string => `CAST(${x} AS VARCHAR)`;

/** PostgreSQL chooses the scale per value, as of a quotient. */
const PER_VALUE: SqlType = {
  ...numericType(MAX_DECIMAL_PRECISION, LEAST_QUOTIENT_SCALE),
  quotient: 'direct',
};

const chosenScale = (signature: string, host: string): ScalarEntry => ({
  signature,
  print: (args) =>
    `CAST(host_numeric_${host}(${args.map(text).join(', ')}, ${LEAST_QUOTIENT_SCALE})
      AS ${decimal(MAX_DECIMAL_PRECISION, LEAST_QUOTIENT_SCALE)})`,
  numericResult: () => PER_VALUE,
});

/** Of two numerics: a multiple has the digits of both. */
const divisor = (name: 'gcd' | 'lcm'): ScalarEntry => {
  const result = (types: readonly SqlType[]): SqlType => {
    const shapes = types.map(shapeOf);
    const scale = Math.max(...shapes.map((shape) => shape.scale));
    const whole = shapes.map((shape) => shape.precision - shape.scale);
    const digits = name === 'gcd' ? Math.max(...whole) : whole.reduce((sum, count) => sum + count, 0) + scale;
    return boundedNumeric(digits, scale, types);
  };
  return {
    signature: `${name}(numeric,numeric)`,
    print: (args, types) => {
      const { precision, scale } = shapeOf(result(types));
      return `CAST(host_numeric_${name}(${args.map(text).join(', ')}, ${scale}) AS ${decimal(precision, scale)})`;
    },
    numericResult: result,
  };
};

/** Of a scale that says that the zeros at the end are not shown. */
function trimmed(types: readonly SqlType[]): SqlType {
  const { precision, scale } = shapeOf(types[0]);
  const wide = Math.max(scale, LEAST_QUOTIENT_SCALE);
  return { ...boundedNumeric(precision - scale, wide, types), quotient: 'derived' };
}

const numerics: readonly ScalarEntry[] = [
  chosenScale('exp(numeric)', 'exp'),
  chosenScale('ln(numeric)', 'ln'),
  chosenScale('log(numeric)', 'log10'),
  chosenScale('log10(numeric)', 'log10'),
  chosenScale('log(numeric,numeric)', 'log'),
  chosenScale('power(numeric,numeric)', 'power'),
  chosenScale('pow(numeric,numeric)', 'power'),
  chosenScale('numeric ^ numeric', 'power'),
  divisor('gcd'),
  divisor('lcm'),
  {
    signature: 'factorial(int8)',
    print: ([n]) => `CAST(host_factorial(${n}) AS ${decimal(MAX_DECIMAL_PRECISION, 0)})`,
    numericResult: () => numericType(MAX_DECIMAL_PRECISION, 0),
  },
  {
    signature: 'trim_scale(numeric)',
    print: ([x], types) => {
      const { precision, scale } = shapeOf(trimmed(types));
      return `CAST(${x} AS ${decimal(precision, scale)})`;
    },
    numericResult: trimmed,
  },
  entry('min_scale(numeric)', ([x], [of]) => {
    if (of?.quotient !== undefined) throw refuse('min_scale of a numeric quotient');
    return `host_min_scale(${text(x)})`;
  }),
];

/** Of sorted thresholds: how many are not greater. */
const thresholds: ScalarEntry = {
  signature: 'width_bucket(anycompatible,anycompatiblearray)',
  admit: (exprs) => {
    if (exprs.map(exprType).some((type) => (elementType(type) ?? type).oid === OID.numeric)) {
      throw refuse('width_bucket over an array of numerics');
    }
  },
  print: ([x, array]) =>
    `CASE WHEN ${x} IS NULL OR ${array} IS NULL THEN NULL
      WHEN len(${array}) > list_count(${array}) THEN error('SKEIN:22004:thresholds array must not contain NULLs')
      ELSE CAST(len(list_filter(${array}, lambda t: t <= ${x})) AS INTEGER) END`,
};

const OUT_OF_RANGE = `error('SKEIN:22003:input is out of range')`;

const out = (end: 'over' | 'under'): string => `error('SKEIN:22003:value out of range: ${end}flow')`;

/** Both have poles at zero and the negative integers, of which DuckDB's have errors of their own. */
const hasPole = (x: string): string => `isfinite(${x}) AND ${x} <= 0 AND ${x} = floor(${x})`;

const gammas: readonly ScalarEntry[] = [
  entry('gamma(float8)', ([x = '']) =>
    once([x], ([v = '']) =>
      once(
        [`CASE WHEN ${hasPole(v)} OR ${v} = '-Infinity'::DOUBLE THEN ${out('over')} ELSE gamma(${v}) END`],
        ([y = '']) =>
          `CASE WHEN isinf(${y}) AND isfinite(${v}) THEN ${out('over')} WHEN ${y} = 0 THEN ${out('under')} ELSE ${y} END`,
      ),
    ),
  ),
  entry('lgamma(float8)', ([x = '']) =>
    once([x], ([v = '']) =>
      once(
        [`CASE WHEN ${hasPole(v)} THEN ${out('over')} ELSE lgamma(${v}) END`],
        ([y = '']) => `CASE WHEN isinf(${y}) AND isfinite(${v}) THEN ${out('over')} ELSE ${y} END`,
      ),
    ),
  ),
];

const floats: readonly ScalarEntry[] = [
  ...gammas,
  ...['sind', 'cosd', 'tand', 'cotd', 'asind', 'acosd', 'atand'].map((name) =>
    entry(`${name}(float8)`, ([x]) => `host_${name}(${x})`),
  ),
  ...['erf', 'erfc'].map((name) => entry(`${name}(float8)`, ([x]) => `host_${name}(${x})`)),
  entry('atan2d(float8,float8)', ([y, x]) => `host_atan2d(${y}, ${x})`),
  entry('asinh(float8)', ([x]) => `asinh(${x})`),
  entry('acosh(float8)', ([x]) => `CASE WHEN ${x} < 1 THEN ${OUT_OF_RANGE} ELSE acosh(${x}) END`),
  entry(
    'atanh(float8)',
    ([x]) =>
      `CASE WHEN isnan(${x}) THEN ${x} WHEN ${x} < -1 OR ${x} > 1 THEN ${OUT_OF_RANGE} WHEN ${x} = 1 THEN 'Infinity'::DOUBLE
        WHEN ${x} = -1 THEN '-Infinity'::DOUBLE ELSE atanh(${x}) END`,
  ),
];

export const mathEntries: readonly ScalarEntry[] = [...numerics, ...floats, thresholds];
