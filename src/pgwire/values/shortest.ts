/** PostgreSQL switches to an exponent below 1e-4, and from these powers of ten on. */
const FLOAT8_PLAIN_EXPONENT = 15;
const FLOAT4_PLAIN_EXPONENT = 6;
const FLOAT8_MAX_DIGITS = 17;
const FLOAT4_SAFE_DIGITS = 6;
const FLOAT4_MAX_DIGITS = 9;
const TIE_DIGITS = 20;
const SMALLEST_NORMAL_FLOAT4 = 2 ** -126;
const FLOAT4_MANTISSA = 0x7f_ffff;

/**
 * float8out with extra_float_digits > 0: the shortest decimal that lies *between* the midpoints to the neighbours.
 * JavaScript's own text may lie on a midpoint, where round-half-even brings it back; PostgreSQL doesn't accept that.
 */
export function shortestFloat8(value: number): string {
  if (!Number.isFinite(value)) return specialText(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const magnitude = Math.abs(value);
  // Where JavaScript prints no exponent either, and no midpoint is a decimal.
  if (magnitude >= 1e-4 && magnitude < 10 ** FLOAT8_PLAIN_EXPONENT) return value.toString();
  let scientific = value.toExponential();
  for (let digits = significandLength(scientific); digits < FLOAT8_MAX_DIGITS; digits++) {
    if (!isMidpointOfFloat8(scientific, value)) break;
    scientific = roundedHalfEven(value, digits + 1);
  }
  return fromScientific(scientific, FLOAT8_PLAIN_EXPONENT);
}

function significandLength(scientific: string): number {
  return scientific.slice(0, scientific.indexOf('e')).replace(/[-.]/g, '').length;
}

/** Only integers above 2^53 can have a midpoint that is a decimal of at most 17 digits. */
function isMidpointOfFloat8(scientific: string, value: number): boolean {
  const magnitude = Math.abs(value);
  if (magnitude <= Number.MAX_SAFE_INTEGER || magnitude > 1e45) return false;
  const [significand = '', exponent = '0'] = scientific.replace('-', '').split('e');
  const [whole = '', fraction = ''] = significand.split('.');
  const zeros = Number(exponent) - fraction.length;
  if (zeros < 0) return false;
  const decimal = BigInt(whole + fraction) * 10n ** BigInt(zeros);
  const exact = BigInt(magnitude);
  if (decimal === exact) return false;
  const neighbour = BigInt(decimal > exact ? nextFloat8(magnitude, 1n) : nextFloat8(magnitude, -1n));
  return decimal * 2n === exact + neighbour;
}

const float8 = new Float64Array(1);
const float8Bits = new BigInt64Array(float8.buffer);

function nextFloat8(value: number, step: bigint): number {
  float8[0] = value;
  float8Bits[0] = (float8Bits[0] ?? 0n) + step;
  return float8[0];
}

/** float4out with extra_float_digits > 0. */
export function shortestFloat4(value: number): string {
  if (!Number.isFinite(value)) return specialText(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  // Every normal float4 keeps six digits: fewer show as zeros at the end. A subnormal may have fewer than six.
  let digits = Math.abs(value) < SMALLEST_NORMAL_FLOAT4 ? 1 : FLOAT4_SAFE_DIGITS;
  let found = float4Candidate(value, digits);
  while (found === undefined && digits < FLOAT4_MAX_DIGITS) found = float4Candidate(value, ++digits);
  return fromScientific(found ?? value.toExponential(FLOAT4_MAX_DIGITS - 1), FLOAT4_PLAIN_EXPONENT);
}

/** A decimal of so many digits that reads back as the value. */
function float4Candidate(value: number, digits: number): string | undefined {
  const nearest = roundedHalfEven(value, digits);
  if (readsBackAsFloat4(Number(nearest), value)) return nearest;
  // Below a power of two the neighbour is nearer than above, so the next decimal above may do.
  float4[0] = value;
  if (((float4Bits[0] ?? 0) & FLOAT4_MANTISSA) !== 0) return undefined;
  const power = Number(nearest.slice(nearest.indexOf('e') + 1));
  const unit = Number(`1e${power - digits + 1}`);
  const above = (Number(nearest) + Math.sign(value) * unit).toExponential(digits - 1);
  return readsBackAsFloat4(Number(above), value) ? above : undefined;
}

const float4 = new Float32Array(1);
const float4Bits = new Int32Array(float4.buffer);

/** Strictly between the midpoints to the neighbours, which are exact in float8. */
function readsBackAsFloat4(decimal: number, value: number): boolean {
  if (decimal === value) return true;
  if (Math.fround(decimal) !== value) return false;
  const away = Math.abs(decimal) > Math.abs(value) ? 1 : -1;
  float4[0] = value;
  float4Bits[0] = (float4Bits[0] ?? 0) + away;
  return decimal !== (value + (float4[0] ?? 0)) / 2;
}

/** printf's %.*g: float output with extra_float_digits <= 0. */
export function percentG(value: number, digits: number): string {
  if (!Number.isFinite(value)) return specialText(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  return fromScientific(roundedHalfEven(value, digits), digits);
}

/** JavaScript rounds a tie away from zero, C to the even digit. A tie ends at once: a float has too few bits for more. */
function roundedHalfEven(value: number, digits: number): string {
  const [exact = '', power = ''] = value.toExponential(digits - 1 + TIE_DIGITS).split('e');
  const kept = exact.length - TIE_DIGITS;
  if (!/^50*$/.test(exact.slice(kept)) || /[13579]\.?$/.test(exact.slice(0, kept))) {
    return value.toExponential(digits - 1);
  }
  return `${exact.slice(0, kept)}e${power}`;
}

function specialText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

/** @param plainBelow the power of ten from which on an exponent is printed. */
function fromScientific(scientific: string, plainBelow: number): string {
  const sign = scientific.startsWith('-') ? '-' : '';
  const [significand = '', power = '0'] = scientific.slice(sign.length).split('e');
  const exponent = Number(power);
  const digits = significand.replace('.', '').replace(/0+$/, '');
  if (exponent < -4 || exponent >= plainBelow) return sign + withExponent(digits, exponent);
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0');
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function withExponent(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const power = Math.abs(exponent).toString().padStart(2, '0');
  return `${digits.slice(0, 1)}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
}
