import { SkeinError } from '../../base/errors.ts';
import { MAX_DECIMAL_PRECISION } from '../../types/sql-type.ts';
import { type HostFunction, strict, WHOLE } from './host-function.ts';

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

export const quotientFunctions: readonly HostFunction[] = [
  strict('quotient', [WHOLE, WHOLE, WHOLE], WHOLE, quotient),
];
