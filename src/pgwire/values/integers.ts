import type { OutputBuffer } from '../output-buffer.ts';
import type { ValueWriter } from './value-writer.ts';

const ZERO = 0x30;
const MINUS = 0x2d;
const CHUNK = 1_000_000_000;
const CHUNK_DIGITS = 9;
/** High words between which an int64 is a safe integer. */
const SAFE_HIGH = 0x20_0000;
const WORD = 0x1_0000_0000;

/** Digits of a safe integer that is not negative. */
export function digitCount(value: number): number {
  if (value >= CHUNK) return CHUNK_DIGITS + digitCount(Math.floor(value / CHUNK));
  if (value < 10_000) {
    if (value < 100) return value < 10 ? 1 : 2;
    return value < 1000 ? 3 : 4;
  }
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  if (value < 100_000_000) return value < 10_000_000 ? 7 : 8;
  return 9;
}

/** `width` digits of a safe integer, with leading zeros. The room must be reserved. */
export function putDigits(out: OutputBuffer, value: number, width: number): void {
  const bytes = out.bytes;
  const start = out.position;
  let at = start + width;
  out.position = at;
  let rest = value;
  while (rest >= CHUNK) {
    const high = Math.floor(rest / CHUNK);
    let low = (rest - high * CHUNK) | 0;
    for (const stop = at - CHUNK_DIGITS; at > stop; ) {
      const tenth = (low / 10) | 0;
      bytes[--at] = ZERO + low - tenth * 10;
      low = tenth;
    }
    rest = high;
  }
  let small = rest | 0;
  while (at > start) {
    const tenth = (small / 10) | 0;
    bytes[--at] = ZERO + small - tenth * 10;
    small = tenth;
  }
}

/** A safe integer as text. */
export function writeInteger(out: OutputBuffer, value: number): void {
  out.reserve(20);
  let magnitude = value;
  if (value < 0) {
    out.bytes[out.position++] = MINUS;
    magnitude = -value;
  }
  putDigits(out, magnitude, digitCount(magnitude));
}

export function int16Text(view: DataView): ValueWriter {
  return (out, row) => writeInteger(out, view.getInt16(row * 2, true));
}

export function int32Text(view: DataView): ValueWriter {
  return (out, row) => writeInteger(out, view.getInt32(row * 4, true));
}

export function int64Text(view: DataView): ValueWriter {
  return (out, row) => {
    const high = view.getInt32(row * 8 + 4, true);
    if (isSafeHigh(high)) writeInteger(out, high * WORD + view.getUint32(row * 8, true));
    else out.ascii(view.getBigInt64(row * 8, true).toString());
  };
}

/** Whether every int64 with this high word is a safe integer. */
export function isSafeHigh(high: number): boolean {
  return high < SAFE_HIGH && high >= -SAFE_HIGH;
}

export function int16Binary(view: DataView): ValueWriter {
  return (out, row) => out.int16(view.getInt16(row * 2, true));
}

export function int32Binary(view: DataView): ValueWriter {
  return (out, row) => out.int32(view.getInt32(row * 4, true));
}

export function int64Binary(view: DataView): ValueWriter {
  return (out, row) => writeInt64(out, view.getInt32(row * 8 + 4, true), view.getInt32(row * 8, true));
}

/** The OID's carrier is an int64; its binary form has four bytes. */
export function oidBinary(view: DataView): ValueWriter {
  return (out, row) => out.int32(view.getInt32(row * 8, true));
}

export function writeInt64(out: OutputBuffer, high: number, low: number): void {
  out.reserve(8);
  out.setInt32(out.position, high);
  out.setInt32(out.position + 4, low);
  out.position += 8;
}

/** A safe integer as eight bytes. */
export function writeSafeInt64(out: OutputBuffer, value: number): void {
  const high = Math.floor(value / WORD);
  writeInt64(out, high, value - high * WORD);
}
