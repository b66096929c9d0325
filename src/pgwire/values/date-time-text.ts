import type { OutputBuffer } from '../output-buffer.ts';
import { CivilDate, SECONDS_PER_DAY, weekday } from './calendar.ts';
import type { DateStyle } from './date-style.ts';
import { digitCount, putDigits } from './integers.ts';

const COLON = 0x3a;
const DASH = 0x2d;
const DOT = 0x2e;
const PLUS = 0x2b;
const SLASH = 0x2f;
const SPACE = 0x20;
/** Longest date and time of any style, without the zone. */
const MAX_TEXT = 64;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** How the zone of a timestamptz is shown: its abbreviation, or else the offset. */
export interface ShownZone {
  readonly offset: number;
  readonly abbreviation: string | undefined;
}

const civil = new CivilDate();

function put(out: OutputBuffer, byte: number): void {
  out.bytes[out.position++] = byte;
}

/** At least four digits, and BC counted from 1: the year 0 is 1 BC. */
function putYear(out: OutputBuffer, year: number): void {
  const shown = year > 0 ? year : 1 - year;
  putDigits(out, shown, Math.max(4, digitCount(shown)));
}

function putThree(out: OutputBuffer, first: number, second: number, separator: number): void {
  putDigits(out, first, 2);
  put(out, separator);
  putDigits(out, second, 2);
  put(out, separator);
}

/** The date's numbers in a style, without BC. */
function putDate(out: OutputBuffer, style: DateStyle): void {
  const { year, month, day } = civil;
  const dayFirst = style.order === 'DMY';
  switch (style.format) {
    case 'ISO':
      putYear(out, year);
      put(out, DASH);
      putDigits(out, month, 2);
      put(out, DASH);
      putDigits(out, day, 2);
      return;
    case 'German':
      putThree(out, day, month, DOT);
      break;
    case 'SQL':
      putThree(out, dayFirst ? day : month, dayFirst ? month : day, SLASH);
      break;
    case 'Postgres':
      putThree(out, dayFirst ? day : month, dayFirst ? month : day, DASH);
      break;
  }
  putYear(out, year);
}

/** EncodeDateOnly of PostgreSQL. @param days since 1970-01-01. */
export function writeDate(out: OutputBuffer, days: number, style: DateStyle): void {
  out.reserve(MAX_TEXT);
  civil.set(days);
  putDate(out, style);
  if (civil.year <= 0) out.ascii(' BC');
}

/** `HH:MM:SS` and as many digits after the point as are needed. The room must be reserved. */
function putTime(out: OutputBuffer, seconds: number, micros: number): void {
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  putDigits(out, hours, 2);
  put(out, COLON);
  putDigits(out, minutes - hours * 60, 2);
  put(out, COLON);
  putDigits(out, seconds - minutes * 60, 2);
  if (micros !== 0) putFraction(out, micros);
}

function putFraction(out: OutputBuffer, micros: number): void {
  let width = 6;
  let shown = micros;
  while (shown % 10 === 0) {
    shown /= 10;
    width--;
  }
  put(out, DOT);
  putDigits(out, shown, width);
}

/** @param seconds and micros since midnight. */
export function writeTime(out: OutputBuffer, seconds: number, micros: number): void {
  out.reserve(MAX_TEXT);
  putTime(out, seconds, micros);
}

/** EncodeTimezone of PostgreSQL: `+02`, `-03:30`, `+00:19:32`. @param offset seconds east. */
export function writeOffset(out: OutputBuffer, offset: number): void {
  out.reserve(16);
  put(out, offset < 0 ? DASH : PLUS);
  const magnitude = Math.abs(offset);
  const hours = Math.floor(magnitude / 3600);
  const minutes = Math.floor(magnitude / 60) % 60;
  const seconds = magnitude % 60;
  putDigits(out, hours, 2);
  if (minutes === 0 && seconds === 0) return;
  put(out, COLON);
  putDigits(out, minutes, 2);
  if (seconds === 0) return;
  put(out, COLON);
  putDigits(out, seconds, 2);
}

/**
 * EncodeDateTime of PostgreSQL.
 * @param seconds since 1970-01-01 00:00:00 of the clock that is shown, @param micros 0 to 999,999 more.
 */
export function writeTimestamp(
  out: OutputBuffer,
  seconds: number,
  micros: number,
  style: DateStyle,
  zone: ShownZone | undefined,
): void {
  out.reserve(MAX_TEXT);
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const secondOfDay = seconds - days * SECONDS_PER_DAY;
  civil.set(days);
  if (style.format === 'Postgres') {
    putPostgresStyle(out, days, secondOfDay, micros, style);
  } else {
    putDate(out, style);
    put(out, SPACE);
    putTime(out, secondOfDay, micros);
  }
  if (zone !== undefined) writeZone(out, zone, style);
  if (civil.year <= 0) out.ascii(' BC');
}

/** `Wed Dec 17 07:37:16.5 1997`. */
function putPostgresStyle(
  out: OutputBuffer,
  days: number,
  secondOfDay: number,
  micros: number,
  style: DateStyle,
): void {
  const month = MONTHS[civil.month - 1] ?? '';
  const day = civil.day.toString().padStart(2, '0');
  const date = style.order === 'DMY' ? `${day} ${month}` : `${month} ${day}`;
  out.ascii(`${WEEKDAYS[weekday(days)]} ${date} `);
  out.reserve(MAX_TEXT);
  putTime(out, secondOfDay, micros);
  put(out, SPACE);
  putYear(out, civil.year);
}

function writeZone(out: OutputBuffer, zone: ShownZone, style: DateStyle): void {
  if (style.format !== 'ISO' && zone.abbreviation !== undefined) {
    out.ascii(` ${zone.abbreviation}`);
    return;
  }
  if (style.format === 'Postgres') out.byte(SPACE);
  writeOffset(out, zone.offset);
}
