import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { visitExpr } from '../../plan/walk.ts';
import { carrierOf } from '../../types/carrier.ts';
import {
  type DecimalShape,
  decimalShape,
  MAX_DECIMAL_PRECISION,
  numericType,
  OID,
  type SqlType,
  sqlType,
} from '../../types/sql-type.ts';
import { constantInteger, isPending } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { LEAST_QUOTIENT_SCALE, MOST_QUOTIENT_SCALE, UNKNOWN_SCALE } from '../host/quotient.ts';

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

/** The type of a quotient of at most so many digits before the point. */
export function quotientType(integerDigits: number): SqlType {
  const room = MAX_DECIMAL_PRECISION - integerDigits;
  const scale = Math.min(MOST_QUOTIENT_SCALE, Math.max(LEAST_QUOTIENT_SCALE, room));
  return { ...numericType(MAX_DECIMAL_PRECISION, scale), quotient: 'direct' };
}

/**
 * A macro of the prelude that yields a quotient's units, as a numeric of the result's scale.
 * @param argsScale of the dividend and the divisor, which are integers of that scale.
 * @param from the types that they come from.
 */
export function printQuotient(
  macro: string,
  args: readonly string[],
  argsScale: number,
  from: readonly (SqlType | undefined)[],
  result: SqlType,
): string {
  const { scale } = shapeOf(result);
  const extra = `${10n ** BigInt(scale - LEAST_QUOTIENT_SCALE)}::HUGEINT`;
  const scales = [argsScale, shownScale(from, argsScale)];
  return ofUnits(`${macro}(${[...args, extra, ...scales].join(', ')})::DECIMAL(38,0)`, scale);
}

/** The display scale of what comes from these types, if all of its values have the same. */
function shownScale(from: readonly (SqlType | undefined)[], scale: number): number {
  return from.some((type) => type?.quotient !== undefined) ? UNKNOWN_SCALE : scale;
}

/** As many units of the last digit. */
function ofUnits(units: string, scale: number): string {
  return `(${units} * 0.${'1'.padStart(scale, '0')}::${decimal(scale, scale)})`;
}

const integerDigits = ({ precision, scale }: DecimalShape): number => precision - scale;

/** Digits of a sum or remainder, before the carry. */
function united(types: readonly SqlType[], carry: number): SqlType {
  const shapes = types.map(shapeOf);
  const scale = Math.max(...shapes.map((shape) => shape.scale));
  return boundedNumeric(Math.max(...shapes.map(integerDigits)) + carry, scale, types);
}

const sumOf = (types: readonly SqlType[]): SqlType => united(types, 1);
const remainderOf = (types: readonly SqlType[]): SqlType => united(types, 0);

function product(types: readonly SqlType[]): SqlType {
  const [a, b] = pair(types);
  return boundedNumeric(integerDigits(a) + integerDigits(b), a.scale + b.scale, types);
}

function pair(types: readonly SqlType[]): readonly [DecimalShape, DecimalShape] {
  return [shapeOf(types[0]), shapeOf(types[1])];
}

/** DuckDB computes DECIMALs of up to 18 digits in 18 digits, with overflow, also where the result needs more. */
const NARROW = 18;

/** The operand types that DuckDB computes with: the left one is widened where it would otherwise stay narrow. */
function widened(
  types: readonly SqlType[],
  result: (types: readonly SqlType[]) => SqlType,
): readonly SqlType[] {
  const narrow = types.every((type) => shapeOf(type).precision <= NARROW);
  const [left, ...rest] = types;
  if (!narrow || left === undefined || shapeOf(result(types)).precision <= NARROW) return types;
  return [{ ...left, typmod: numericType(NARROW + 1, shapeOf(left).scale).typmod }, ...rest];
}

/** A binary operator whose result type is DuckDB's own for operands of these types. */
function binary(
  signature: string,
  result: (types: readonly SqlType[]) => SqlType,
  print: (l: string, r: string) => string,
): ScalarEntry {
  return {
    signature,
    print: ([l = '', r = ''], types) => {
      const [wide] = widened(types, result);
      const { precision, scale } = shapeOf(wide);
      return print(wide === types[0] ? l : `${l}::${decimal(precision, scale)}`, r);
    },
    numericResult: (types) => result(widened(types, result)),
  };
}

/** The HUGEINT of a numeric's digits at the given scale. */
export function unscaled(sql: string, type: SqlType | undefined, scale: number): string {
  const own = shapeOf(type);
  const room = scale === 0 ? 1 : NARROW + 1;
  const precision = Math.min(MAX_DECIMAL_PRECISION, Math.max(room, own.precision + scale - own.scale));
  const sameShape = scale === own.scale && precision === own.precision;
  const aligned = sameShape ? sql : `${sql}::${decimal(precision, scale)}`;
  if (scale === 0) return `${aligned}::HUGEINT`;
  if (precision + scale > MAX_DECIMAL_PRECISION) return `skein_unscaled(${aligned})`;
  return `(${aligned} * ${10n ** BigInt(scale)}::${decimal(scale + 1, 0)})::HUGEINT`;
}

/** Both operands as integers of one scale. */
function alignedPair(args: readonly string[], types: readonly SqlType[]): readonly string[] {
  return args.map((arg, index) => unscaled(arg, types[index], commonScale(types)));
}

function commonScale(types: readonly SqlType[]): number {
  return Math.max(shapeOf(types[0]).scale, shapeOf(types[1]).scale);
}

const exactProduct = binary('numeric * numeric', product, (l, r) => `(${l} * ${r})`);

/** With more decimals too few digits are left before the point: `avg(a) * avg(b)`. */
const MOST_EXACT_SCALE = 28;

/** What has a quotient in it isn't exact anyway: the product is rounded as the quotient was. */
function isRounded(types: readonly SqlType[]): boolean {
  const [a, b] = pair(types);
  return types.some(({ quotient }) => quotient !== undefined) && a.scale + b.scale > MOST_EXACT_SCALE;
}

const roundedProduct: ScalarEntry = {
  ...exactProduct,
  print: ([l = '', r = ''], types, result) => {
    const [a, b] = pair(types);
    const { scale } = shapeOf(result);
    const [x, y] = [unscaled(l, types[0], a.scale), unscaled(r, types[1], b.scale)];
    const units = `host_rounded_product(${x}::DECIMAL(38,0), ${y}::DECIMAL(38,0), ${a.scale + b.scale - scale}::INTEGER)`;
    return ofUnits(units, scale);
  },
  numericResult: (types) => {
    const [a, b] = pair(types);
    return { ...quotientType(integerDigits(a) + integerDigits(b)), quotient: 'derived' };
  },
};

const times: ScalarEntry = {
  ...exactProduct,
  print: (args, types, result, exprs) =>
    (isRounded(types) ? roundedProduct : exactProduct).print(args, types, result, exprs),
  numericResult: (types, args) =>
    defined((isRounded(types) ? roundedProduct : exactProduct).numericResult, 'type of a product')(
      types,
      args,
    ),
};

const arithmetic: readonly ScalarEntry[] = [
  binary('numeric + numeric', sumOf, (l, r) => `(${l} + ${r})`),
  binary('numeric - numeric', sumOf, (l, r) => `(${l} - ${r})`),
  times,
  {
    signature: 'numeric / numeric',
    print: (args, types, result) =>
      printQuotient('skein_quotient', alignedPair(args, types), commonScale(types), types, result),
    numericResult: ([n, d]) => {
      const whole = integerDigits(shapeOf(n)) + shapeOf(d).scale;
      return quotientType(whole);
    },
  },
  binary('numeric % numeric', remainderOf, (l, r) => `skein_num_mod(${l}, ${r})`),
  binary('mod(numeric,numeric)', remainderOf, (l, r) => `skein_num_mod(${l}, ${r})`),
  {
    signature: 'div(numeric,numeric)',
    print: (args, types) => `skein_num_div(${alignedPair(args, types).join(', ')})`,
    numericResult: () => numericType(MAX_DECIMAL_PRECISION, 0),
  },
];

const same = (types: readonly SqlType[]): SqlType => {
  const { precision, scale } = shapeOf(types[0]);
  return boundedNumeric(precision - scale, scale, types);
};

/** Of a square root as of a quotient: 20 decimals, or an error if they don't hold 16 significant digits. */
const ROOT: SqlType = { ...numericType(MAX_DECIMAL_PRECISION, LEAST_QUOTIENT_SCALE), quotient: 'direct' };

const unary: readonly ScalarEntry[] = [
  {
    signature: 'sqrt(numeric)',
    print: ([x = ''], [type]) => {
      const { scale } = shapeOf(type);
      const whole = `${unscaled(x, type, scale)}::DECIMAL(38,0)`;
      const scales = `${scale}::INTEGER, ${shownScale([type], scale)}::INTEGER`;
      return ofUnits(`host_numeric_root(${whole}, ${scales})`, LEAST_QUOTIENT_SCALE);
    },
    numericResult: () => ROOT,
  },
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

/** What has no precision until its parameters have values. */
const PENDING: SqlType = sqlType(OID.numeric);

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
    numericResult: (types, [, digits]) =>
      isPending(digits) ? PENDING : roundedType(types[0], digitsOf(digits)),
  },
  {
    signature: 'trunc(numeric)',
    print: ([x = ''], types) => truncateTo(x, types[0], 0),
    numericResult: (types) => truncatedType(types[0], 0),
  },
  {
    signature: 'trunc(numeric,int4)',
    print: ([x = ''], types, _result, exprs) => truncateTo(x, types[0], digitsOf(exprs[1])),
    numericResult: (types, [, digits]) =>
      isPending(digits) ? PENDING : truncatedType(types[0], digitsOf(digits)),
  },
];

/** DuckDB folds what has a constant NULL for an argument, and takes it for an INTEGER then. */
function strict(entry: ScalarEntry): ScalarEntry {
  return {
    ...entry,
    print: (args, types, result, exprs) => {
      const printed = entry.print(args, types, result, exprs);
      return exprs.some(mayFoldToNull) ? `CAST(${printed} AS ${carrierOf(result).duckdb})` : printed;
    },
  };
}

function mayFoldToNull(expr: Expr): boolean {
  if (expr.kind === 'const') return expr.value === null;
  let isConstant = true;
  visitExpr(expr, ({ kind }) => {
    if (kind === 'column') isConstant = false;
  });
  return isConstant;
}

export const numericEntries: readonly ScalarEntry[] = [...arithmetic, ...unary, ...rounding].map(strict);
