import type { OutputBuffer } from '../output-buffer.ts';
import type { Format } from '../session-handler.ts';
import { digitCount, putDigits, writeInt64, writeInteger } from './integers.ts';
import { percentG, shortestFloat4, shortestFloat8 } from './shortest.ts';
import type { ValueWriter } from './value-writer.ts';

const MINUS = 0x2d;
const POINT = 0x2e;
/** DBL_DIG and FLT_DIG of C. */
const FLOAT8_DIGITS = 15;
const FLOAT4_DIGITS = 6;
/** Decimals of at most 15 digits are told apart by float8, so one of them that reads back as the value is the shortest. */
const EXACT_LIMIT = 1e15;
/** From here on float8 is printed with an exponent. */
const PLAIN_LIMIT = 1e15;
const PLAIN_MINIMUM = 1e-4;
/** The one NaN that PostgreSQL sends, whichever bits an engine computed. */
const NAN8_HIGH = 0x7ff8_0000;
const NAN4 = 0x7fc0_0000;
const MAX_SHORT_DECIMALS = 6;
const UNITS: readonly number[] = Array.from({ length: MAX_SHORT_DECIMALS + 1 }, (_, i) => 10 ** i);

export function float8Writer(view: DataView, format: Format, extraFloatDigits: number): ValueWriter {
  if (format === 1) return float8Binary(view);
  if (extraFloatDigits <= 0) {
    const digits = Math.max(1, FLOAT8_DIGITS + extraFloatDigits);
    return (out, row) => out.ascii(percentG(view.getFloat64(row * 8, true), digits));
  }
  let decimals = 0;
  return (out, row) => {
    const value = view.getFloat64(row * 8, true);
    const used = writeShortDecimal(out, value, decimals);
    if (used >= 0) decimals = used;
    else out.ascii(shortestFloat8(value));
  };
}

function float8Binary(view: DataView): ValueWriter {
  return (out, row) => {
    if (Number.isNaN(view.getFloat64(row * 8, true))) writeInt64(out, NAN8_HIGH, 0);
    else writeInt64(out, view.getInt32(row * 8 + 4, true), view.getInt32(row * 8, true));
  };
}

/**
 * Writes a value that is a decimal of few digits. Tries `hint` decimals first: values of a column are alike.
 * @returns the decimals it has, or -1: it is none, nothing was written.
 */
function writeShortDecimal(out: OutputBuffer, value: number, hint: number): number {
  const magnitude = Math.abs(value);
  if (!(magnitude < PLAIN_LIMIT) || (magnitude < PLAIN_MINIMUM && (magnitude !== 0 || 1 / value < 0)))
    return -1;
  if (Number.isInteger(value)) {
    writeInteger(out, value);
    return hint;
  }
  let decimals = hint === 0 ? 1 : hint;
  let scaled = scaledExactly(magnitude, decimals);
  if (scaled < 0) {
    decimals = 0;
    while (scaled < 0 && decimals < MAX_SHORT_DECIMALS) scaled = scaledExactly(magnitude, ++decimals);
    if (scaled < 0) return -1;
  }
  while (scaled % 10 === 0) {
    scaled /= 10;
    decimals--;
  }
  writeDecimal(out, value < 0, scaled, decimals);
  return decimals;
}

/** `magnitude` times 10^decimals if that decimal reads back as the same float8, else -1. */
function scaledExactly(magnitude: number, decimals: number): number {
  const unit = UNITS[decimals] ?? 1;
  const scaled = Math.round(magnitude * unit);
  return scaled < EXACT_LIMIT && scaled / unit === magnitude ? scaled : -1;
}

function writeDecimal(out: OutputBuffer, negative: boolean, scaled: number, decimals: number): void {
  const unit = UNITS[decimals] ?? 1;
  const whole = Math.floor(scaled / unit);
  out.reserve(32);
  if (negative) out.bytes[out.position++] = MINUS;
  putDigits(out, whole, digitCount(whole));
  out.bytes[out.position++] = POINT;
  putDigits(out, scaled - whole * unit, decimals);
}

export function float4Writer(view: DataView, format: Format, extraFloatDigits: number): ValueWriter {
  if (format === 1) {
    return (out, row) =>
      out.int32(Number.isNaN(view.getFloat32(row * 4, true)) ? NAN4 : view.getInt32(row * 4, true));
  }
  const digits = Math.max(1, FLOAT4_DIGITS + extraFloatDigits);
  const toText = extraFloatDigits <= 0 ? (value: number) => percentG(value, digits) : shortestFloat4;
  return (out, row) => out.ascii(toText(view.getFloat32(row * 4, true)));
}
