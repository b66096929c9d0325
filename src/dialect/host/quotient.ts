import { SkeinError } from '../../base/errors.ts';
import { MAX_DECIMAL_PRECISION } from '../../types/sql-type.ts';
import { type HostFunction, INT4, strict, WHOLE } from './host-function.ts';

/** Digits after the point that a quotient has at least, and at most (`extra` is what is above the least). */
export const LEAST_QUOTIENT_SCALE = 20;
export const MOST_QUOTIENT_SCALE = 24;

const LEAST_SCALE_UNITS = 10n ** BigInt(LEAST_QUOTIENT_SCALE);
/** An inexact quotient of fewer units has fewer than the 16 significant digits that PostgreSQL gives at least. */
const LEAST_UNITS = 10n ** 15n;
const TOO_MANY_UNITS = 10n ** BigInt(MAX_DECIMAL_PRECISION);

/** numeric.c: at least so many significant digits of a quotient are kept. */
const NUMERIC_MIN_SIG_DIGITS = 16;
/** numeric.c: decimal digits in one digit of base 10,000. */
const DEC_DIGITS = 4;

/** Of n and d, which are in units of 10^-scale: their display scale; UNKNOWN where they are quotients themselves. */
export const UNKNOWN_SCALE = -1;

/**
 * n / d in units of 10^-20 / extra, rounded half away from zero to the digits that PostgreSQL keeps, as far as the units
 * reach.
 * @param extra a power of ten.
 * @param scale n and d are in units of 10^-scale.
 * @throws 22012; 22003 where 38 digits can't hold what PostgreSQL would give.
 */
function quotient(n: bigint, d: bigint, extra: bigint, scale: number, displayScale: number): bigint {
  if (d === 0n) throw new SkeinError('divisionByZero', 'division by zero');
  const [dividend, divisor] = [magnitude(n), magnitude(d)];
  const kept = keptScale(dividend, divisor, scale, displayScale);
  const unit = LEAST_SCALE_UNITS * extra;
  const keptUnit = 10n ** BigInt(kept);
  const isWhole = keptUnit >= unit;
  const scaled = dividend * (isWhole ? unit : keptUnit);
  const whole = scaled / divisor;
  const rest = scaled - whole * divisor;
  const rounded = 2n * rest >= divisor ? whole + 1n : whole;
  const units = isWhole ? rounded : rounded * (unit / keptUnit);
  if ((rest !== 0n && isWhole && whole < LEAST_UNITS) || units >= TOO_MANY_UNITS) {
    throw new SkeinError('numericOutOfRange', 'numeric quotient does not fit into 38 digits');
  }
  return n < 0n === d < 0n ? units : -units;
}

/** select_div_scale of numeric.c. */
function keptScale(n: bigint, d: bigint, scale: number, displayScale: number): number {
  const [dividend, divisor] = [leadingDigit(n, scale), leadingDigit(d, scale)];
  const weight = dividend.weight - divisor.weight - (dividend.digit <= divisor.digit ? 1 : 0);
  const shown =
    displayScale === UNKNOWN_SCALE
      ? Math.max(quotientScale(n, scale), quotientScale(d, scale))
      : displayScale;
  return Math.max(0, NUMERIC_MIN_SIG_DIGITS - weight * DEC_DIGITS, shown);
}

/** The first digit of n * 10^-scale in base 10,000, and its place. */
function leadingDigit(n: bigint, scale: number): { readonly weight: number; readonly digit: bigint } {
  if (n === 0n) return { weight: 0, digit: 0n };
  const weight = Math.floor((String(n).length - 1 - scale) / DEC_DIGITS);
  const place = scale + weight * DEC_DIGITS;
  return { weight, digit: place >= 0 ? n / 10n ** BigInt(place) : n * 10n ** BigInt(-place) };
}

/** The decimals of a quotient, which was rounded to a multiple of four. */
function quotientScale(n: bigint, scale: number): number {
  if (n === 0n) return 0;
  const text = String(n);
  const zeros = text.length - text.replace(/0+$/, '').length;
  return Math.ceil(Math.max(0, scale - zeros) / DEC_DIGITS) * DEC_DIGITS;
}

function magnitude(n: bigint): bigint {
  return n < 0n ? -n : n;
}

/**
 * a * b in units of 10^digits, half away from zero.
 * @throws 22003 as {@link quotient}.
 */
function roundedProduct(a: bigint, b: bigint, digits: number): bigint {
  const exact = a * b;
  const unit = 10n ** BigInt(digits);
  const units = (2n * magnitude(exact) + unit) / (2n * unit);
  if ((exact % unit !== 0n && units < LEAST_UNITS) || units >= TOO_MANY_UNITS) {
    throw new SkeinError('numericOutOfRange', 'a product of numeric quotients does not fit into 38 digits');
  }
  return exact < 0n ? -units : units;
}

/**
 * sqrt(numeric): the root of x * 10^-scale in units of 10^-20, rounded to the digits that PostgreSQL keeps.
 * @throws 2201F; 22003 as {@link quotient}.
 */
function squareRoot(x: bigint, scale: number, displayScale: number): bigint {
  if (x < 0n) {
    throw new SkeinError({ sqlstate: '2201F' }, 'cannot take square root of a negative number');
  }
  const { weight } = leadingDigit(x, scale);
  const leastOfQuotient = NUMERIC_MIN_SIG_DIGITS - weight * DEC_DIGITS;
  const shown =
    displayScale === UNKNOWN_SCALE ? Math.max(quotientScale(x, scale), leastOfQuotient) : displayScale;
  // numeric_sqrt of numeric.c.
  return root(x, scale, Math.max(0, NUMERIC_MIN_SIG_DIGITS - 1 - (weight * DEC_DIGITS) / 2, shown));
}

/** stddev: the root of n / d, which is not negative, with as many decimals as PostgreSQL keeps of the variance. */
function rootOfQuotient(n: bigint, d: bigint, extra: bigint, scale: number, displayScale: number): bigint {
  const kept = keptScale(n, d, scale, displayScale);
  const variance = (2n * n * 10n ** BigInt(kept) + d) / (2n * d);
  return root(variance, kept, kept) * extra;
}

/** @param kept decimals that are kept, of the 20 that there are. */
function root(x: bigint, scale: number, kept: number): bigint {
  const decimals = Math.min(kept, LEAST_QUOTIENT_SCALE);
  // One digit more than is kept, so that it can be rounded; an even number of decimals, so that they have a root.
  const even = scale % 2 === 0 ? x : x * 10n;
  const tenths = wholeRoot(even * 10n ** BigInt(2 * decimals + 2)) / 10n ** BigInt(Math.ceil(scale / 2));
  const rounded = (tenths + 5n) / 10n;
  const units = rounded * 10n ** BigInt(LEAST_QUOTIENT_SCALE - decimals);
  const isExact = units * units * 10n ** BigInt(scale) === x * LEAST_SCALE_UNITS * LEAST_SCALE_UNITS;
  const isShort = kept > decimals && !isExact && units < LEAST_UNITS;
  if (isShort || units >= TOO_MANY_UNITS) {
    throw new SkeinError('numericOutOfRange', 'numeric quotient does not fit into 38 digits');
  }
  return units;
}

/** The largest integer whose square is not larger: Newton's method from above. */
function wholeRoot(n: bigint): bigint {
  if (n === 0n) return 0n;
  let guess = 10n ** BigInt(Math.ceil(String(n).length / 2));
  for (;;) {
    const next = (guess + n / guess) / 2n;
    if (next >= guess) return guess;
    guess = next;
  }
}

export const quotientFunctions: readonly HostFunction[] = [
  strict('quotient', [WHOLE, WHOLE, WHOLE, INT4, INT4], WHOLE, quotient),
  strict('numeric_root', [WHOLE, INT4, INT4], WHOLE, squareRoot),
  strict('root_of_quotient', [WHOLE, WHOLE, WHOLE, INT4, INT4], WHOLE, rootOfQuotient),
  strict('rounded_product', [WHOLE, WHOLE, INT4], WHOLE, roundedProduct),
];
