import { SkeinError } from '../../base/errors.ts';

/** A numeric: units / 10^scale, shown with `scale` digits after the point. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

/** numeric.c: digits before the point, and after it. */
const MOST_WHOLE_DIGITS = 131_072;
const MOST_SCALE = 16_383;

export const overflow = (): SkeinError =>
  new SkeinError('numericOutOfRange', 'value overflows numeric format');

export const decimal = (units: bigint, scale = 0): Decimal => ({ units, scale });

const POWERS: bigint[] = [1n];

export function powerOfTen(exponent: number): bigint {
  const known = POWERS[exponent];
  if (known !== undefined) return known;
  const power = 10n ** BigInt(exponent);
  if (exponent < 100) POWERS[exponent] = power;
  return power;
}

/** Of digits with an optional sign, point and exponent: PostgreSQL's finite numeric input. */
export function parseDecimal(text: string): Decimal {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match ?? [];
  const exponent = Number(exponentText);
  const digits = (whole + fraction).replace(/^0+/, '');
  if (Math.abs(exponent) > 2 * MOST_WHOLE_DIGITS || digits.length > 4 * MOST_WHOLE_DIGITS) throw overflow();
  const scale = fraction.length - exponent;
  if (scale > MOST_SCALE || (digits !== '' && digits.length - scale > MOST_WHOLE_DIGITS)) throw overflow();
  const magnitude = BigInt(digits === '' ? '0' : digits) * (scale < 0 ? powerOfTen(-scale) : 1n);
  return { units: sign === '-' ? -magnitude : magnitude, scale: Math.max(0, scale) };
}

export function decimalText({ units, scale }: Decimal): string {
  if (scale === 0) return String(units);
  const negative = units < 0n;
  const digits = String(negative ? -units : units).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The units at a scale that is not smaller. */
export function unitsAt({ units, scale }: Decimal, target: number): bigint {
  return units * powerOfTen(target - scale);
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [unitsAt(a, scale), unitsAt(b, scale)];
  return x < y ? -1 : x > y ? 1 : 0;
}

export const magnitude = (units: bigint): bigint => (units < 0n ? -units : units);

/** n / d, half away from zero. */
export function roundedQuotient(n: bigint, d: bigint): bigint {
  const [m, by] = [magnitude(n), magnitude(d)];
  const quotient = (2n * m + by) / (2n * by);
  return n < 0n === d < 0n ? quotient : -quotient;
}

/** Rounded half away from zero, or with zeros appended; a negative scale rounds before the point. */
export function rounded(value: Decimal, scale: number): Decimal {
  const shown = Math.max(0, scale);
  if (scale >= value.scale) return { units: unitsAt(value, scale), scale };
  const units = roundedQuotient(value.units, powerOfTen(value.scale - scale));
  return { units: scale < 0 ? units * powerOfTen(-scale) : units, scale: shown };
}
