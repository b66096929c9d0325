import { type Decimal, decimalText, powerOfTen } from './decimal.ts';

/** The double's exact value. */
function exactDouble(value: number): Decimal {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const exponent = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? fraction : fraction | 0x10000000000000n;
  const shift = Math.max(exponent, 1) - 1075;
  const sign = value < 0 ? -1n : 1n;
  if (shift >= 0) return { units: sign * (mantissa << BigInt(shift)), scale: 0 };
  return { units: sign * mantissa * 5n ** BigInt(-shift), scale: -shift };
}

/** n / d of non-negative integers, half to even. */
function halfToEven(n: bigint, d: bigint): bigint {
  const quotient = n / d;
  const twice = 2n * (n % d);
  return twice > d || (twice === d && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

const word = (value: number): string | undefined => {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? undefined : `${value < 0 ? '-' : ''}Infinity`;
};

/** C's `%.*f`. */
export function fixedText(value: number, digits: number): string {
  const special = word(value);
  if (special !== undefined) return special;
  const exact = exactDouble(Math.abs(value));
  const units =
    exact.scale <= digits
      ? exact.units * powerOfTen(digits - exact.scale)
      : halfToEven(exact.units, powerOfTen(exact.scale - digits));
  const negative = value < 0 || Object.is(value, -0);
  return `${negative ? '-' : ''}${decimalText({ units, scale: digits })}`;
}

const exponentText = (exponent: number): string =>
  `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;

/** C's `%.*e`. */
export function scientificText(value: number, digits: number): string {
  const special = word(value);
  if (special !== undefined) return special;
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (value === 0) return `${sign}${decimalText({ units: 0n, scale: digits })}${exponentText(0)}`;
  const exact = exactDouble(Math.abs(value));
  let exponent = String(exact.units).length - 1 - exact.scale;
  let units = significant(exact, exponent, digits);
  if (String(units).length > digits + 1) {
    exponent++;
    units = significant(exact, exponent, digits);
  }
  return `${sign}${decimalText({ units, scale: digits })}${exponentText(exponent)}`;
}

/** value / 10^exponent to so many decimals, in units of the last. */
function significant({ units, scale }: Decimal, exponent: number, digits: number): bigint {
  const shift = scale + exponent - digits;
  return shift <= 0 ? units * powerOfTen(-shift) : halfToEven(units, powerOfTen(shift));
}

/** numeric_out_sci: rounded half away from zero, and not normalised again where that carries into another digit. */
export function scientificDecimal({ units, scale }: Decimal, digits: number): string {
  const size = units < 0n ? -units : units;
  const exponent = size === 0n ? 0 : String(size).length - 1 - scale;
  const shift = scale + exponent - digits;
  const rounded =
    shift <= 0 ? size * powerOfTen(-shift) : (2n * size + powerOfTen(shift)) / (2n * powerOfTen(shift));
  return `${units < 0n ? '-' : ''}${decimalText({ units: rounded, scale: digits })}${exponentText(exponent)}`;
}

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, 'M'],
  [900, 'CM'],
  [500, 'D'],
  [400, 'CD'],
  [100, 'C'],
  [90, 'XC'],
  [50, 'L'],
  [40, 'XL'],
  [10, 'X'],
  [9, 'IX'],
  [5, 'V'],
  [4, 'IV'],
  [1, 'I'],
];

const ROMAN_WIDTH = 15;

/** `#`s where there is no numeral. */
export function romanNumeral(value: number): string {
  if (!(value >= 1 && value <= 3999)) return '#'.repeat(ROMAN_WIDTH);
  let rest = value;
  let text = '';
  for (const [worth, letters] of ROMAN) {
    while (rest >= worth) {
      text += letters;
      rest -= worth;
    }
  }
  return text;
}
