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

/**
 * n / d in units of 10^-20 / extra, half away from zero.
 * @param extra a power of ten.
 * @throws 22012; 22003 where 38 digits can't hold what PostgreSQL would give.
 */
function quotient(n: bigint, d: bigint, extra: bigint): bigint {
  if (d === 0n) throw new SkeinError('divisionByZero', 'division by zero');
  const divisor = magnitude(d);
  const scaled = magnitude(n) * LEAST_SCALE_UNITS * extra;
  const whole = scaled / divisor;
  const rest = scaled - whole * divisor;
  const units = 2n * rest >= divisor ? whole + 1n : whole;
  if ((rest !== 0n && whole < LEAST_UNITS) || units >= TOO_MANY_UNITS) {
    throw new SkeinError('numericOutOfRange', 'numeric quotient does not fit into 38 digits');
  }
  return n < 0n === d < 0n ? units : -units;
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
 * The square root of x / 10^scale in units of 10^-20, half up.
 * @throws 2201F; 22003 as {@link quotient}.
 */
function root(x: bigint, scale: number): bigint {
  if (x < 0n) {
    throw new SkeinError({ sqlstate: '2201F' }, 'cannot take square root of a negative number');
  }
  // One digit more than is kept, so that it can be rounded.
  const squared = x * 10n ** BigInt(2 * LEAST_QUOTIENT_SCALE + 2 + scale);
  const tenths = wholeRoot(squared) / 10n ** BigInt(scale);
  const units = (tenths + 5n) / 10n;
  const isExact = units * units * 10n ** BigInt(scale) === x * LEAST_SCALE_UNITS * LEAST_SCALE_UNITS;
  if ((!isExact && units < LEAST_UNITS) || units >= TOO_MANY_UNITS) {
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
  strict('quotient', [WHOLE, WHOLE, WHOLE], WHOLE, quotient),
  strict('numeric_root', [WHOLE, INT4], WHOLE, root),
  strict('rounded_product', [WHOLE, WHOLE, INT4], WHOLE, roundedProduct),
];
