import { SkeinError } from '../../base/errors.ts';
import { OutputBuffer } from '../output-buffer.ts';
import type { BinaryReader } from './binary-reader.ts';
import { POSTGRES_EPOCH_DAYS, SECONDS_PER_DAY } from './calendar.ts';
import type { DateStyle } from './date-style.ts';
import { writeDate, writeOffset, writeTime, writeTimestamp } from './date-time-text.ts';

const ISO: DateStyle = { format: 'ISO', order: 'MDY' };
const UTC = { offset: 0, abbreviation: undefined };
const MAX_INT32 = 2_147_483_647;
const MIN_INT32 = -2_147_483_648;
const MAX_INT64 = 9_223_372_036_854_775_807n;
const MIN_INT64 = -9_223_372_036_854_775_808n;
/** IS_VALID_DATE and IS_VALID_TIMESTAMP of PostgreSQL, whose days and µs count from 2000-01-01. */
const FIRST_DATE = -2_451_545;
const END_DATE = 2_147_483_494 - 2_451_545;
const FIRST_TIMESTAMP = -211_813_488_000_000_000n;
const END_TIMESTAMP = 9_223_371_331_200_000_000n;
const MICROS_PER_SECOND = 1_000_000n;
const MICROS_PER_DAY = 86_400n * MICROS_PER_SECOND;
const POSTGRES_EPOCH_SECONDS = POSTGRES_EPOCH_DAYS * SECONDS_PER_DAY;
const MAX_OFFSET = 16 * 3600;

function textOf(write: (out: OutputBuffer) => void): string {
  const out = new OutputBuffer(64);
  write(out);
  return out.bytes.toString('latin1', 0, out.position);
}

export function decodeDate(reader: BinaryReader): string {
  const days = reader.int32();
  if (days === MAX_INT32) return 'infinity';
  if (days === MIN_INT32) return '-infinity';
  if (days < FIRST_DATE || days >= END_DATE) throw new SkeinError('datetimeOverflow', 'date out of range');
  return textOf((out) => writeDate(out, days + POSTGRES_EPOCH_DAYS, ISO));
}

export function decodeTime(reader: BinaryReader): string {
  const micros = reader.int64();
  if (micros < 0n || micros > MICROS_PER_DAY) throw new SkeinError('datetimeOverflow', 'time out of range');
  return textOf((out) =>
    writeTime(out, Number(micros / MICROS_PER_SECOND), Number(micros % MICROS_PER_SECOND)),
  );
}

export function decodeTimetz(reader: BinaryReader): string {
  const time = decodeTime(reader);
  const west = reader.int32();
  if (west <= -MAX_OFFSET || west >= MAX_OFFSET) {
    throw new SkeinError('invalidDisplacement', 'time zone displacement out of range');
  }
  return time + textOf((out) => writeOffset(out, 0 - west));
}

export function decodeTimestamp(reader: BinaryReader): string {
  return timestampText(reader.int64(), undefined);
}

/** In UTC. */
export function decodeTimestamptz(reader: BinaryReader): string {
  return timestampText(reader.int64(), UTC);
}

function timestampText(micros: bigint, zone: typeof UTC | undefined): string {
  if (micros === MAX_INT64) return 'infinity';
  if (micros === MIN_INT64) return '-infinity';
  if (micros < FIRST_TIMESTAMP || micros >= END_TIMESTAMP) {
    throw new SkeinError('datetimeOverflow', 'timestamp out of range');
  }
  const rest = ((micros % MICROS_PER_SECOND) + MICROS_PER_SECOND) % MICROS_PER_SECOND;
  const seconds = Number((micros - rest) / MICROS_PER_SECOND) + POSTGRES_EPOCH_SECONDS;
  return textOf((out) => writeTimestamp(out, seconds, Number(rest), ISO, zone));
}

/** `<months> <days> <µs>`, or `infinity`. */
export function decodeInterval(reader: BinaryReader): string {
  const micros = reader.int64();
  const days = reader.int32();
  const months = reader.int32();
  if (months === MAX_INT32 && days === MAX_INT32 && micros === MAX_INT64) return 'infinity';
  if (months === MIN_INT32 && days === MIN_INT32 && micros === MIN_INT64) return '-infinity';
  return `${months} ${days} ${micros}`;
}
