/** PostgreSQL switches to an exponent below 1e-4, and from these powers of ten on. */
const FLOAT8_PLAIN_EXPONENT = 15;
const FLOAT4_PLAIN_EXPONENT = 6;
const FLOAT8_MAX_DIGITS = 17;
const FLOAT4_SAFE_DIGITS = 6;
const FLOAT4_MAX_DIGITS = 9;

/**
 * float8out with extra_float_digits > 0: the shortest decimal that lies *between* the midpoints to the neighbours.
 * JavaScript's own text may lie on a midpoint, where round-half-even brings it back; PostgreSQL doesn't accept that.
 */
export function shortestFloat8(value: number): string {
  if (!Number.isFinite(value)) return specialText(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  let scientific = value.toExponential();
  for (let digits = significandLength(scientific); digits < FLOAT8_MAX_DIGITS; digits++) {
    if (!isMidpointOfFloat8(scientific, value)) break;
    scientific = nextCandidate(value, digits + 1);
  }
  return fromScientific(scientific, FLOAT8_PLAIN_EXPONENT);
}

function nextCandidate(value: number, digits: number): string {
  return value.toExponential(digits - 1);
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
  let scientific = '';
  for (let digits = FLOAT4_SAFE_DIGITS; digits <= FLOAT4_MAX_DIGITS; digits++) {
    scientific = value.toExponential(digits - 1);
    if (readsBackAsFloat4(Number(scientific), value)) break;
  }
  return fromScientific(shortenFloat4(scientific, value), FLOAT4_PLAIN_EXPONENT);
}

/** A subnormal may need fewer digits than the six that every normal float4 keeps. */
function shortenFloat4(scientific: string, value: number): string {
  if (Math.abs(value) >= 1.2e-38) return scientific;
  for (let digits = 1; digits < FLOAT4_SAFE_DIGITS; digits++) {
    const shorter = value.toExponential(digits - 1);
    if (readsBackAsFloat4(Number(shorter), value)) return shorter;
  }
  return scientific;
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
  return fromScientific(value.toExponential(digits - 1), digits);
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
