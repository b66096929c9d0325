import { SkeinError } from '../../base/errors.ts';
import {
  type Decimal,
  decimal,
  magnitude,
  overflow,
  powerOfTen,
  rounded,
  roundedQuotient,
  unitsAt,
} from './decimal.ts';

/** numeric.c: a result has at least so many significant digits, and at most so many decimals. */
const SIGNIFICANT = 16;
const MOST_SCALE = 1000;
/** Digits that are computed beyond those that are given. */
const GUARD = 12;
const LOG10_E = Math.LOG10E;

const clampScale = (...scales: readonly number[]): number =>
  Math.min(MOST_SCALE, Math.max(0, ...scales.map(Math.trunc)));

const toDouble = ({ units, scale }: Decimal): number => {
  const text = String(units);
  return Number(`${text}e${-scale}`);
};

/** e^x in units of 10^-digits; x in the same units. */
function expUnits(x: bigint, digits: number): bigint {
  const halvings = 8 + Math.max(0, String(magnitude(x)).length - digits) * 4;
  const extra = digits + GUARD + Math.ceil(halvings * 0.7);
  const one = powerOfTen(extra);
  const reduced = (x * powerOfTen(extra - digits)) / (1n << BigInt(halvings));
  let [sum, term] = [one, one];
  for (let n = 1n; term !== 0n; n++) {
    term = (term * reduced) / (one * n);
    sum += term;
  }
  for (let i = 0; i < halvings; i++) sum = (sum * sum) / one;
  return roundedQuotient(sum, powerOfTen(extra - digits));
}

/** ln x of a positive x, in units of 10^-digits. */
function lnUnits({ units, scale }: Decimal, digits: number): bigint {
  const extra = digits + GUARD;
  const one = powerOfTen(extra);
  // x = m * 10^k with m near 1.
  const k = String(units).length - scale;
  const m =
    scale + k >= extra ? units / powerOfTen(scale + k - extra) : units * powerOfTen(extra - scale - k);
  return roundedQuotient(lnNearOne(m, one) + BigInt(k) * lnTen(extra), powerOfTen(extra - digits));
}

const TENS = new Map<number, bigint>();

function lnTen(digits: number): bigint {
  const known = TENS.get(digits);
  if (known !== undefined) return known;
  const one = powerOfTen(digits);
  // ln 10 = 3 ln 2 + ln 1.25, each by its artanh.
  const value = 6n * artanh(one, 3n * one, one) + 2n * artanh(one, 9n * one, one);
  TENS.set(digits, value);
  return value;
}

/** artanh(n / d) in units of `one`. */
function artanh(n: bigint, d: bigint, one: bigint): bigint {
  const z = (n * one) / d;
  const square = (z * z) / one;
  let [sum, power] = [z, z];
  for (let at = 3n; power !== 0n; at += 2n) {
    power = (power * square) / one;
    sum += power / at;
  }
  return sum;
}

/** m in [0.1, 1): multiplied by 2 until it is close to 1, whose logarithm is subtracted again. */
function lnNearOne(m: bigint, one: bigint): bigint {
  let [value, doublings] = [m, 0n];
  while (value * 4n < one * 3n) {
    value *= 2n;
    doublings++;
  }
  const ln2 = 2n * artanh(one, 3n * one, one);
  return 2n * artanh(value - one, value + one, one) - doublings * ln2;
}

export function expOf(x: Decimal): Decimal {
  const value = Math.max(-2000, Math.min(2000, toDouble(x)));
  if (Math.abs(value) >= 2000 * 3) throw overflow();
  const scale = clampScale(SIGNIFICANT - Math.trunc(value * LOG10_E), x.scale);
  return exponential(x, scale);
}

function exponential(x: Decimal, scale: number): Decimal {
  const value = toDouble(x);
  if (value > 6000) throw overflow();
  if (value < -6000) return decimal(0n, scale);
  const digits = scale + GUARD + Math.max(0, Math.ceil(value * LOG10_E));
  const wide = Math.max(digits, x.scale);
  return rounded({ units: expUnits(unitsAt(x, wide), wide), scale: wide }, scale);
}

/** Decimal weight of ln x, roughly (estimate_ln_dweight). */
function lnWeight(x: Decimal): number {
  const [low, high] = [decimal(9n, 1), decimal(11n, 1)];
  const near = compare(x, low) >= 0 && compare(x, high) <= 0;
  if (near) {
    const off = magnitude(x.units - powerOfTen(x.scale));
    return off === 0n ? 0 : decimalWeight({ units: off, scale: x.scale });
  }
  return Math.trunc(Math.log10(Math.abs(naturalLogarithm(x))));
}

/** In doubles, also of what no double holds. */
function naturalLogarithm({ units, scale }: Decimal): number {
  const text = String(units);
  const head = Number(text.slice(0, 15));
  return Math.log(head) + (text.length - Math.min(15, text.length) - scale) * Math.LN10;
}

/** Of the first digit in base 10,000 groups, as PostgreSQL measures what is near 1. */
function decimalWeight({ units, scale }: Decimal): number {
  return String(magnitude(units)).length - 1 - scale;
}

function compare(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const difference = unitsAt(a, scale) - unitsAt(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function requirePositive(x: Decimal): void {
  if (x.units === 0n) throw new SkeinError({ sqlstate: '2201E' }, 'cannot take logarithm of zero');
  if (x.units < 0n) throw new SkeinError({ sqlstate: '2201E' }, 'cannot take logarithm of a negative number');
}

export function lnOf(x: Decimal): Decimal {
  requirePositive(x);
  const scale = clampScale(SIGNIFICANT - lnWeight(x), x.scale);
  return rounded({ units: lnUnits(x, scale + GUARD), scale: scale + GUARD }, scale);
}

export function logOf(base: Decimal, x: Decimal): Decimal {
  requirePositive(base);
  requirePositive(x);
  const [baseWeight, weight] = [lnWeight(base), lnWeight(x)];
  const scale = clampScale(SIGNIFICANT - (weight - baseWeight), base.scale, x.scale);
  const digits = scale + 2 * GUARD + Math.abs(baseWeight) + Math.abs(weight);
  const divisor = lnUnits(base, digits);
  if (divisor === 0n) throw new SkeinError('divisionByZero', 'division by zero');
  return decimal(roundedQuotient(lnUnits(x, digits) * powerOfTen(scale), divisor), scale);
}

export function powerOf(base: Decimal, exponent: Decimal): Decimal {
  if (base.units === 0n && exponent.units < 0n) {
    throw new SkeinError({ sqlstate: '2201F' }, 'zero raised to a negative power is undefined');
  }
  const unit = powerOfTen(exponent.scale);
  const whole = exponent.units % unit === 0n ? exponent.units / unit : undefined;
  if (base.units < 0n && whole === undefined) {
    throw new SkeinError(
      { sqlstate: '2201F' },
      'a negative number raised to a non-integer power yields a complex result',
    );
  }
  if (whole !== undefined && magnitude(whole) < 2n ** 31n)
    return integerPower(base, Number(whole), exponent.scale);
  if (base.units === 0n) return decimal(0n, SIGNIFICANT);
  return generalPower(base, exponent, whole);
}

function generalPower(base: Decimal, exponent: Decimal, whole: bigint | undefined): Decimal {
  const positive = { units: magnitude(base.units), scale: base.scale };
  const product = naturalLogarithm(positive) * toDouble(exponent);
  if (product > 6020) throw overflow();
  if (product < -6020) return decimal(0n, MOST_SCALE);
  const scale = clampScale(SIGNIFICANT - Math.trunc(product * LOG10_E), base.scale, exponent.scale);
  const digits = scale + 2 * GUARD + Math.abs(Math.ceil(product)) + String(exponent.units).length;
  const power = { units: lnUnits(positive, digits) * exponent.units, scale: digits + exponent.scale };
  const result = exponential(rounded(power, digits), scale);
  const negative = base.units < 0n && whole !== undefined && whole % 2n !== 0n;
  return negative ? { ...result, units: -result.units } : result;
}

function integerPower(base: Decimal, exponent: number, exponentScale: number): Decimal {
  const size =
    base.units === 0n ? 0 : naturalLogarithm({ ...base, units: magnitude(base.units) }) / Math.LN10;
  const weight = size * exponent;
  if (weight > 131_072) throw overflow();
  if (weight + 1 < -MOST_SCALE) return decimal(0n, MOST_SCALE);
  const scale = clampScale(SIGNIFICANT - Math.trunc(weight), base.scale, exponentScale);
  if (exponent === 0) return decimal(powerOfTen(scale), scale);
  if (base.units === 0n) return decimal(0n, scale);
  const count = BigInt(Math.abs(exponent));
  // Longer results are beyond every carrier, and would take long.
  if (String(magnitude(base.units)).length * Math.abs(exponent) > 20_000) {
    return generalPower(base, decimal(BigInt(exponent)), BigInt(exponent));
  }
  const [units, power] = [base.units ** count, base.scale * Math.abs(exponent)];
  if (exponent > 0) return rounded({ units, scale: power }, scale);
  return decimal(roundedQuotient(powerOfTen(power + scale), units), scale);
}
