import type { Vector } from '../../types/batch.ts';
import { OID } from '../../types/sql-type.ts';
import type { OutputBuffer } from '../output-buffer.ts';
import type { ColumnCarrier, Format } from '../session-handler.ts';
import { bytesText } from './bytes.ts';
import { DecimalDigits } from './decimal-digits.ts';
import { digitCount, isSafeHigh, putDigits, writeInteger } from './integers.ts';
import { type BytesVector, type ValueWriter, viewOf, wrongLayout } from './value-writer.ts';

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const WORD = 0x1_0000_0000;

/** numeric.c: at least so many significant digits of a quotient are shown. */
const NUMERIC_MIN_SIG_DIGITS = 16;
/** numeric.c: decimal digits in one digit of base 10,000. */
const DEC_DIGITS = 4;
/** What PostgreSQL's own header of an infinity reads as. */
const INFINITY_SCALE = 0x20;
const SIGN = { positive: 0x0000, negative: 0x4000, nan: 0xc000, infinity: 0xd000, minusInfinity: 0xf000 };

export function numericWriter(vector: Vector, carrier: ColumnCarrier, format: Format): ValueWriter {
  if (vector.kind === 'bytes') return format === 0 ? bytesText(vector) : textAsBinary(vector);
  if (vector.kind === 'list') throw wrongLayout(vector, OID.numeric);
  if (format === 0 && carrier.shown === 'all') return plainText(vector, carrier.scale);
  const digits = new DecimalDigits();
  const read = digitsReader(vector, carrier.scale, digits);
  const write = format === 0 ? writeDigitsText : writeDigitsBinary;
  return (out, row) => {
    read(row);
    if (carrier.shown !== 'all')
      digits.round(carrier.shown === 'quotient' ? quotientScale(digits) : digits.leastScale());
    write(out, digits);
  };
}

type FixedNumeric = Extract<Vector, { kind: 'fixed' }>;

function plainText(vector: FixedNumeric, scale: number): ValueWriter {
  const view = viewOf(vector);
  const unit = 10 ** scale;
  switch (vector.layout) {
    case 'int16':
      return (out, row) => writeScaled(out, view.getInt16(row * 2, true), scale, unit);
    case 'int32':
      return (out, row) => writeScaled(out, view.getInt32(row * 4, true), scale, unit);
    case 'int64':
      return int64Plain(view, scale, unit);
    case 'int128':
      return int128Plain(view, scale, unit);
    default:
      throw wrongLayout(vector, OID.numeric);
  }
}

function int64Plain(view: DataView, scale: number, unit: number): ValueWriter {
  const digits = new DecimalDigits();
  return (out, row) => {
    const high = view.getInt32(row * 8 + 4, true);
    if (isSafeHigh(high)) {
      writeScaled(out, high * WORD + view.getUint32(row * 8, true), scale, unit);
    } else {
      digits.readInteger(view, row * 8, 2, scale);
      writeDigitsText(out, digits);
    }
  };
}

function int128Plain(view: DataView, scale: number, unit: number): ValueWriter {
  const digits = new DecimalDigits();
  return (out, row) => {
    const at = row * 16;
    const high = view.getInt32(at + 4, true);
    const extension = high >> 31;
    const narrow = view.getInt32(at + 8, true) === extension && view.getInt32(at + 12, true) === extension;
    if (narrow && isSafeHigh(high)) {
      writeScaled(out, high * WORD + view.getUint32(at, true), scale, unit);
    } else {
      digits.readInteger(view, at, 4, scale);
      writeDigitsText(out, digits);
    }
  };
}

/** @param value a safe integer: the number times `unit`, which is 10 to the power of `scale`. */
function writeScaled(out: OutputBuffer, value: number, scale: number, unit: number): void {
  if (scale === 0) {
    writeInteger(out, value);
    return;
  }
  out.reserve(24 + scale);
  let magnitude = value;
  if (value < 0) {
    out.bytes[out.position++] = MINUS;
    magnitude = -value;
  }
  let whole = Math.floor(magnitude / unit);
  // The division may have rounded up to the next integer.
  if (whole * unit > magnitude) whole--;
  putDigits(out, whole, digitCount(whole));
  out.bytes[out.position++] = POINT;
  putDigits(out, magnitude - whole * unit, scale);
}

function digitsReader(vector: FixedNumeric, scale: number, digits: DecimalDigits): (row: number) => void {
  const view = viewOf(vector);
  switch (vector.layout) {
    case 'int16':
      return (row) => digits.readSafeInteger(view.getInt16(row * 2, true), scale);
    case 'int32':
      return (row) => digits.readSafeInteger(view.getInt32(row * 4, true), scale);
    case 'int64':
      return (row) => digits.readInteger(view, row * 8, 2, scale);
    case 'int128':
      return (row) => digits.readInteger(view, row * 16, 4, scale);
    default:
      throw wrongLayout(vector, OID.numeric);
  }
}

/**
 * select_div_scale of numeric.c, seen from the quotient, which was rounded by it: its weight in base 10,000 decides, and
 * whether it has more digits than that needs.
 */
function quotientScale(digits: DecimalDigits): number {
  const weight = digits.count === 0 ? -1 : Math.floor((digits.count - digits.scale - 1) / DEC_DIGITS);
  const least = Math.max(0, NUMERIC_MIN_SIG_DIGITS - weight * DEC_DIGITS);
  return digits.isRoundAt(least) ? least : least + DEC_DIGITS;
}

function writeDigitsText(out: OutputBuffer, digits: DecimalDigits): void {
  const { count, scale } = digits;
  out.reserve(Math.max(count, scale) + 3);
  const { bytes } = out;
  let at = out.position;
  if (digits.negative && count > 0) bytes[at++] = MINUS;
  const whole = count - scale;
  if (whole <= 0) bytes[at++] = ZERO;
  for (let i = 0; i < whole; i++) bytes[at++] = ZERO + (i < count ? digits.at(i) : 0);
  if (scale > 0) {
    bytes[at++] = POINT;
    for (let i = whole; i < count; i++) bytes[at++] = ZERO + (i < 0 ? 0 : digits.at(i));
  }
  out.position = at;
}

/** numeric_send: count of base-10,000 digits, weight of the first, sign, display scale, the digits. */
function writeDigitsBinary(out: OutputBuffer, digits: DecimalDigits): void {
  const { count, scale } = digits;
  const whole = count - scale;
  const weight = count === 0 ? 0 : Math.floor((whole - 1) / DEC_DIGITS);
  const lowest = lowestGroup(digits, whole);
  const groups = count === 0 ? 0 : weight - lowest + 1;
  writeHeader(out, groups, weight, digits.negative && count > 0 ? SIGN.negative : SIGN.positive, scale);
  for (let group = weight; group > weight - groups; group--) out.int16(groupValue(digits, whole, group));
}

/** The last group that isn't zero: trailing ones are not sent. */
function lowestGroup(digits: DecimalDigits, whole: number): number {
  let last = digits.count - 1;
  while (last > 0 && digits.at(last) === 0) last--;
  return Math.floor((whole - 1 - last) / DEC_DIGITS);
}

function groupValue(digits: DecimalDigits, whole: number, group: number): number {
  const first = whole - DEC_DIGITS * (group + 1);
  let value = 0;
  for (let i = first; i < first + DEC_DIGITS; i++) {
    value = value * 10 + (i >= 0 && i < digits.count ? digits.at(i) : 0);
  }
  return value;
}

function writeHeader(out: OutputBuffer, groups: number, weight: number, sign: number, scale: number): void {
  out.int16(groups);
  out.int16(weight);
  out.int16(sign);
  out.int16(scale);
}

function textAsBinary(vector: BytesVector): ValueWriter {
  const digits = new DecimalDigits();
  const { data, offsets } = vector;
  return (out, row) => {
    const from = offsets[row] ?? 0;
    const to = offsets[row + 1] ?? 0;
    const special = specialSign(data, from, to);
    if (special !== undefined)
      return writeHeader(out, 0, 0, special, special === SIGN.nan ? 0 : INFINITY_SCALE);
    digits.readText(data, from, to);
    writeDigitsBinary(out, digits);
  };
}

/** `NaN`, `Infinity` and `-Infinity` are told by their first letter. */
function specialSign(data: Uint8Array, from: number, to: number): number | undefined {
  const negative = data[from] === MINUS;
  const letter = data[negative ? from + 1 : from];
  if (to === from || letter === undefined || letter < 0x41) return undefined;
  if (letter === 0x4e || letter === 0x6e) return SIGN.nan;
  return negative ? SIGN.minusInfinity : SIGN.infinity;
}
