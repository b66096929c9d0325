import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import {
  type DecimalShape,
  decimalShape,
  MAX_DECIMAL_PRECISION,
  numericType,
  type SqlType,
} from '../../types/sql-type.ts';
import { constantInteger } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { QUOTIENT_SCALE } from '../prelude-numbers.ts';

/** The carrier's shape. */
export function shapeOf(type: SqlType | undefined): DecimalShape {
  return defined(type && decimalShape(type), 'precision and scale of a numeric');
}

export function decimal(precision: number, scale: number): string {
  return `DECIMAL(${precision},${scale})`;
}

/** A numeric with so many digits before and after the point, as far as 38 digits reach: beyond them DuckDB reports overflow. */
export function boundedNumeric(integerDigits: number, scale: number, from: readonly SqlType[] = []): SqlType {
  if (scale > MAX_DECIMAL_PRECISION) throw refuse(`a numeric with ${scale} decimals`);
  const type = numericType(Math.min(MAX_DECIMAL_PRECISION, Math.max(1, integerDigits + scale)), scale);
  return from.some((source) => source.quotient !== undefined) ? { ...type, quotient: 'derived' } : type;
}

export const QUOTIENT: SqlType = {
  ...numericType(MAX_DECIMAL_PRECISION, QUOTIENT_SCALE),
  quotient: 'direct',
};

const integerDigits = ({ precision, scale }: DecimalShape): number => precision - scale;

/** Digits of a sum or remainder, before the carry. */
function united(types: readonly SqlType[], carry: 0 | 1): SqlType {
  const shapes = types.map(shapeOf);
  const scale = Math.max(...shapes.map((shape) => shape.scale));
  return boundedNumeric(Math.max(...shapes.map(integerDigits)) + carry, scale, types);
}

function product(types: readonly SqlType[]): SqlType {
  const [left, right] = types.map(shapeOf);
  const a = defined(left, 'left shape');
  const b = defined(right, 'right shape');
  return boundedNumeric(integerDigits(a) + integerDigits(b), a.scale + b.scale, types);
}

/** The HUGEINT of a numeric's digits at the given scale. */
export function unscaled(sql: string, type: SqlType | undefined, scale: number): string {
  const own = shapeOf(type);
  const precision = Math.min(MAX_DECIMAL_PRECISION, own.precision + scale - own.scale);
  const aligned = scale === own.scale ? sql : `${sql}::${decimal(precision, scale)}`;
  if (scale === 0) return `${aligned}::HUGEINT`;
  if (precision + scale > MAX_DECIMAL_PRECISION) return `skein_unscaled(${aligned})`;
  return `(${aligned} * ${10n ** BigInt(scale)}::${decimal(scale + 1, 0)})::HUGEINT`;
}

/** Both operands as integers of one scale. */
function alignedPair(args: readonly string[], types: readonly SqlType[]): string {
  const scale = Math.max(shapeOf(types[0]).scale, shapeOf(types[1]).scale);
  return args.map((arg, index) => unscaled(arg, types[index], scale)).join(', ');
}

const arithmetic: readonly ScalarEntry[] = [
  {
    signature: 'numeric + numeric',
    print: ([l, r]) => `(${l} + ${r})`,
    numericResult: (types) => united(types, 1),
  },
  {
    signature: 'numeric - numeric',
    print: ([l, r]) => `(${l} - ${r})`,
    numericResult: (types) => united(types, 1),
  },
  { signature: 'numeric * numeric', print: ([l, r]) => `(${l} * ${r})`, numericResult: product },
  {
    signature: 'numeric / numeric',
    print: (args, types) => `skein_quotient(${alignedPair(args, types)})`,
    numericResult: () => QUOTIENT,
  },
  ...['numeric % numeric', 'mod(numeric,numeric)'].map(
    (signature): ScalarEntry => ({
      signature,
      print: ([l, r]) => `skein_num_mod(${l}, ${r})`,
      numericResult: (types) => united(types, 0),
    }),
  ),
  {
    signature: 'div(numeric,numeric)',
    print: (args, types) => `skein_num_div(${alignedPair(args, types)})`,
    numericResult: () => numericType(MAX_DECIMAL_PRECISION, 0),
  },
];

const same = (types: readonly SqlType[]): SqlType => {
  const { precision, scale } = shapeOf(types[0]);
  return boundedNumeric(precision - scale, scale, types);
};

const unary: readonly ScalarEntry[] = [
  { signature: '- numeric', print: ([x]) => `(- ${x})`, numericResult: same },
  { signature: '+ numeric', print: ([x]) => `${x}`, numericResult: same },
  { signature: '@ numeric', print: ([x]) => `abs(${x})`, numericResult: same },
  { signature: 'abs(numeric)', print: ([x]) => `abs(${x})`, numericResult: same },
  {
    signature: 'sign(numeric)',
    print: ([x]) => `sign(${x})::DECIMAL(1,0)`,
    numericResult: () => numericType(1, 0),
  },
];

/** Whole numbers of p digits hold the ceiling and floor of DECIMAL(p, s) for every s > 0. */
const toWhole = (fn: string, names: readonly string[]): readonly ScalarEntry[] =>
  names.map((name) => ({
    signature: `${name}(numeric)`,
    print: ([x], types) => (shapeOf(types[0]).scale === 0 ? `${x}` : `${fn}(${x})`),
    numericResult: (types) => numericType(shapeOf(types[0]).precision, 0),
  }));

/** The constant number of digits; negative: digits before the point. */
function digitsOf(expr: Expr | undefined): number {
  const digits = constantInteger(expr);
  if (digits === undefined) throw refuse('rounding a numeric to a number of digits that is not a constant');
  return digits;
}

/** A cast to fewer digits rounds half away from zero. */
function roundTo(x: string, type: SqlType | undefined, digits: number): string {
  const { precision, scale } = shapeOf(type);
  if (digits >= 0) {
    const rounded = roundedType(type, digits);
    return `${x}::${decimal(shapeOf(rounded).precision, digits)}`;
  }
  const power = 10n ** BigInt(Math.min(-digits, MAX_DECIMAL_PRECISION));
  const whole = `trunc(${x})::HUGEINT`;
  const kept = `(${whole} // ${power}::HUGEINT) * ${power}::HUGEINT`;
  const up = `CASE WHEN abs(${whole} % ${power}::HUGEINT) >= ${power / 2n} THEN sign(${whole}) * ${power}::HUGEINT ELSE 0 END`;
  const result = Math.min(MAX_DECIMAL_PRECISION, Math.max(precision - scale, -digits) + 1);
  return `(${kept} + ${up})::${decimal(result, 0)}`;
}

function roundedType(type: SqlType | undefined, digits: number): SqlType {
  const { precision, scale } = shapeOf(type);
  const carry = digits < scale ? 1 : 0;
  const whole = precision - scale;
  return digits >= 0
    ? boundedNumeric(whole + carry, digits)
    : boundedNumeric(Math.max(whole, -digits) + 1, 0);
}

function truncatedType(type: SqlType | undefined, digits: number): SqlType {
  const { precision, scale } = shapeOf(type);
  return boundedNumeric(precision - scale, Math.max(0, digits));
}

function truncateTo(x: string, type: SqlType | undefined, digits: number): string {
  const { scale } = shapeOf(type);
  const target = shapeOf(truncatedType(type, digits));
  const carrier = decimal(target.precision, target.scale);
  if (digits >= scale) return `${x}::${carrier}`;
  if (digits >= 0) return `trunc(${x}, ${digits})::${carrier}`;
  const power = `${10n ** BigInt(Math.min(-digits, MAX_DECIMAL_PRECISION))}::HUGEINT`;
  return `((trunc(${x})::HUGEINT // ${power}) * ${power})::${carrier}`;
}

const rounding: readonly ScalarEntry[] = [
  ...toWhole('ceil', ['ceil', 'ceiling']),
  ...toWhole('floor', ['floor']),
  {
    signature: 'round(numeric)',
    print: ([x = ''], types) => roundTo(x, types[0], 0),
    numericResult: (types) => roundedType(types[0], 0),
  },
  {
    signature: 'round(numeric,int4)',
    print: ([x = ''], types, _result, exprs) => roundTo(x, types[0], digitsOf(exprs[1])),
    numericResult: (types, exprs) => roundedType(types[0], digitsOf(exprs[1])),
  },
  {
    signature: 'trunc(numeric)',
    print: ([x = ''], types) => truncateTo(x, types[0], 0),
    numericResult: (types) => truncatedType(types[0], 0),
  },
  {
    signature: 'trunc(numeric,int4)',
    print: ([x = ''], types, _result, exprs) => truncateTo(x, types[0], digitsOf(exprs[1])),
    numericResult: (types, exprs) => truncatedType(types[0], digitsOf(exprs[1])),
  },
];

export const numericEntries: readonly ScalarEntry[] = [...arithmetic, ...unary, ...rounding];
