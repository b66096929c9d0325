import { refuse, SkeinError } from '../../base/errors.ts';
import type { OutputBuffer } from '../output-buffer.ts';
import type { Format } from '../session-handler.ts';
import { MICROS_PER_SECOND, POSTGRES_EPOCH_DAYS, SECONDS_PER_DAY } from './calendar.ts';
import type { DateStyle } from './date-style.ts';
import { writeDate, writeOffset, writeTime, writeTimestamp } from './date-time-text.ts';
import { writeInt64, writeSafeInt64 } from './integers.ts';
import type { TimeZone } from './time-zone.ts';
import type { ValueWriter } from './value-writer.ts';

const WORD = 0x1_0000_0000;
const MAX_INT32 = 2_147_483_647;
const MIN_INT32 = -2_147_483_648;
/** DuckDB's infinite dates are ±(2^31 - 1), its infinite timestamps ±(2^63 - 1). */
const MINUS_INFINITE_DATE = -MAX_INT32;
const MINUS_INFINITE_HIGH = -0x8000_0000;
/** PostgreSQL's first day is 4714-11-24 BC, its last date 5874897-12-31, its last timestamp in 294276. */
const FIRST_DAY = -2_440_588;
const END_DAY = 2_147_483_494 - 2_440_588;
const FIRST_SECOND = FIRST_DAY * SECONDS_PER_DAY;
const END_SECOND = 9_224_318_016_000;
/** 2^32 µs are 4294 s and 967296 µs. */
const WORD_SECONDS = 4294;
const WORD_MICROS = 967_296;
/** 2000-01-01 00:00:00 in µs since 1970, as two words. */
const EPOCH_MICROS = POSTGRES_EPOCH_DAYS * SECONDS_PER_DAY * MICROS_PER_SECOND;
const EPOCH_HIGH = Math.floor(EPOCH_MICROS / WORD);
const EPOCH_LOW = EPOCH_MICROS - EPOCH_HIGH * WORD;
/** DuckDB stores a timetz's offset as the distance to this many seconds. */
const MAX_TIMETZ_OFFSET = 57_599;

export function dateWriter(view: DataView, format: Format, style: DateStyle): ValueWriter {
  if (format === 1) return (out, row) => out.int32(binaryDate(view.getInt32(row * 4, true)));
  return (out, row) => {
    const days = view.getInt32(row * 4, true);
    if (days === MAX_INT32) out.ascii('infinity');
    else if (days === MINUS_INFINITE_DATE) out.ascii('-infinity');
    else writeDate(out, checkedDay(days), style);
  };
}

function binaryDate(days: number): number {
  if (days === MAX_INT32) return MAX_INT32;
  if (days === MINUS_INFINITE_DATE) return MIN_INT32;
  return checkedDay(days) - POSTGRES_EPOCH_DAYS;
}

/** DuckDB's dates reach further back than PostgreSQL's. */
function checkedDay(days: number): number {
  if (days < FIRST_DAY || days >= END_DAY) throw new SkeinError('datetimeOverflow', 'date out of range');
  return days;
}

export function timeWriter(view: DataView, format: Format): ValueWriter {
  if (format === 1) {
    return (out, row) => writeInt64(out, view.getInt32(row * 8 + 4, true), view.getInt32(row * 8, true));
  }
  return (out, row) => {
    const micros = view.getInt32(row * 8 + 4, true) * WORD + view.getUint32(row * 8, true);
    writeMicrosOfDay(out, micros);
  };
}

function writeMicrosOfDay(out: OutputBuffer, micros: number): void {
  const seconds = Math.floor(micros / MICROS_PER_SECOND);
  writeTime(out, seconds, micros - seconds * MICROS_PER_SECOND);
}

export function timetzWriter(view: DataView, format: Format): ValueWriter {
  return (out, row) => {
    const low = view.getUint32(row * 8, true);
    const micros = view.getUint32(row * 8 + 4, true) * 256 + (low >>> 24);
    const offset = MAX_TIMETZ_OFFSET - (low & 0xff_ffff);
    if (format === 0) {
      writeMicrosOfDay(out, micros);
      writeOffset(out, offset);
    } else {
      writeSafeInt64(out, micros);
      out.int32(-offset);
    }
  };
}

export function timestampWriter(view: DataView, format: Format, style: DateStyle): ValueWriter {
  if (format === 1) return timestampBinary(view);
  return timestampText(view, (out, seconds, micros) =>
    writeTimestamp(out, seconds, micros, style, undefined),
  );
}

export function timestamptzWriter(
  view: DataView,
  format: Format,
  style: DateStyle,
  zone: TimeZone,
): ValueWriter {
  if (format === 1) return timestampBinary(view);
  if (style.format !== 'ISO' && zone.abbreviation === undefined) {
    throw refuse(`the text of a timestamptz with DateStyle ${style.format} in this TimeZone`, {
      hint: 'Use DateStyle ISO, or the TimeZone UTC.',
    });
  }
  const shown = { offset: 0, abbreviation: zone.abbreviation };
  return timestampText(view, (out, seconds, micros) => {
    shown.offset = zone.offsetAt(seconds);
    writeTimestamp(out, seconds + shown.offset, micros, style, shown);
  });
}

/** Splits the µs into seconds and rest without leaving the safe integers. */
function timestampText(
  view: DataView,
  write: (out: OutputBuffer, seconds: number, micros: number) => void,
): ValueWriter {
  return (out, row) => {
    const high = view.getInt32(row * 8 + 4, true);
    const low = view.getUint32(row * 8, true);
    if (high === MAX_INT32 && low === WORD - 1) return out.ascii('infinity');
    if (high === MINUS_INFINITE_HIGH && low <= 1) return out.ascii('-infinity');
    const rest = high * WORD_MICROS + low;
    const carried = Math.floor(rest / MICROS_PER_SECOND);
    write(out, checkedSecond(high * WORD_SECONDS + carried), rest - carried * MICROS_PER_SECOND);
  };
}

function checkedSecond(seconds: number): number {
  if (seconds < FIRST_SECOND || seconds >= END_SECOND) {
    throw new SkeinError('datetimeOverflow', 'timestamp out of range');
  }
  return seconds;
}

function timestampBinary(view: DataView): ValueWriter {
  return (out, row) => {
    const high = view.getInt32(row * 8 + 4, true);
    const low = view.getUint32(row * 8, true);
    if (high === MAX_INT32 && low === WORD - 1) return writeInt64(out, MAX_INT32, -1);
    if (high === MINUS_INFINITE_HIGH && low <= 1) return writeInt64(out, MIN_INT32, 0);
    checkedSecond(high * WORD_SECONDS + Math.floor((high * WORD_MICROS + low) / MICROS_PER_SECOND));
    const borrow = low < EPOCH_LOW ? 1 : 0;
    writeInt64(out, high - EPOCH_HIGH - borrow, low - EPOCH_LOW);
  };
}
