import { refuse, SkeinError } from '../../base/errors.ts';
import { remembering } from './host-function.ts';
import {
  type CalendarDay,
  dayOfJulian,
  daysOfMonth,
  EPOCH_JULIAN_DAY,
  hasJulianDay,
  julianDay,
  julianOfIsoWeek,
} from './julian.ts';
import { fieldOverflow, invalidFormat } from './template-errors.ts';
import { type ReadTime, readByTemplate } from './template-reader.ts';
import { templateSteps } from './template-steps.ts';

const steps = remembering(templateSteps);

/** A day's members as far as a text said them. */
interface SaidDay extends CalendarDay {
  readonly said: ReadonlySet<keyof CalendarDay>;
}

interface Local {
  readonly day: CalendarDay;
  readonly micros: number;
  readonly read: ReadTime;
}

const LAST_DAY = 2_147_483_493 - EPOCH_JULIAN_DAY;

/** PostgreSQL's to_date: days since 1970. */
export function dateByTemplate(text: string, format: string): number {
  const { day } = localTime(text, format);
  const days = hasJulianDay(day) ? julianDay(day) - EPOCH_JULIAN_DAY : undefined;
  if (days === undefined || days < -EPOCH_JULIAN_DAY || days > LAST_DAY) {
    throw new SkeinError('datetimeOverflow', `date out of range: "${text}"`);
  }
  return days;
}

const DAY = 86_400_000_000n;
const FIRST_INSTANT = -BigInt(EPOCH_JULIAN_DAY) * DAY;
const MILLENNIUM = 946_684_800_000_000n;
/** Past PostgreSQL's last instant, and the last that DuckDB has. */
const AFTER_LAST_INSTANT = 9_224_318_016_000_000_000n;
const LAST_CARRIED = 9_223_372_036_854_775_806n;

/**
 * PostgreSQL's to_timestamp: microseconds since 1970 on the wall clock of the session, or those in UTC where the text has an
 * offset; the other one is NULL.
 */
export function timestampByTemplate(text: string, format: string): readonly [bigint | null, bigint | null] {
  const { day, micros, read } = localTime(text, format);
  const overflow = new SkeinError('datetimeOverflow', 'timestamp out of range');
  if (!hasJulianDay(day)) throw overflow;
  const local = BigInt(julianDay(day) - EPOCH_JULIAN_DAY) * DAY + BigInt(micros);
  const minutes = read.offsetSign * (read.tzh * 60 + read.tzm);
  const zoned = read.offsetSign !== 0 || read.utc;
  const instant = local - BigInt(minutes) * 60_000_000n;
  const slack = zoned ? 0n : DAY;
  if (instant < FIRST_INSTANT - slack || instant >= AFTER_LAST_INSTANT + slack) throw overflow;
  if (instant > LAST_CARRIED) throw refuse(`a timestamp at the end of DuckDB's range`);
  const rounded = roundedTo(instant, read.precision, zoned);
  return zoned ? [null, rounded] : [rounded, null];
}

/** Half a digit is rounded away from the year 2000. */
function roundedTo(instant: bigint, precision: number, zoned: boolean): bigint {
  if (precision === 0) return instant;
  const unit = 10n ** BigInt(6 - precision);
  const since = instant - MILLENNIUM;
  const size = since < 0n ? -since : since;
  if (!zoned && size < 2n * DAY && (size % unit) * 2n === unit) {
    throw refuse('rounding half a digit next to the year 2000 by a template');
  }
  const rounded = ((size + unit / 2n) / unit) * unit;
  return MILLENNIUM + (since < 0n ? -rounded : rounded);
}

/** do_to_timestamp of formatting.c. */
function localTime(text: string, format: string): Local {
  const read = readByTemplate(text, steps(format));
  const clock = clockOf(read);
  const day = dayOf(read, text);
  const fraction = (checked(read.ms * 1000, text) + read.us) | 0;
  if (!isDay(day)) throw fieldOverflow(text);
  const { hour, minute, second } = clock;
  const inRange = [
    [hour, 24],
    [minute, 60],
    [second, 60],
    [fraction, 1_000_000],
  ].every(([value = 0, end = 0]) => value >= 0 && value < end);
  if (!inRange) throw fieldOverflow(text);
  requireOffset(read, text);
  return { day, micros: ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction, read };
}

function requireOffset({ offsetSign, tzh, tzm }: ReadTime, text: string): void {
  if (offsetSign === 0 || (tzh >= 0 && tzh <= 15 && tzm >= 0 && tzm < 60)) return;
  throw new SkeinError('invalidDisplacement', `time zone displacement out of range: "${text}"`);
}

interface Clock {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

function clockOf(read: ReadTime): Clock {
  const { ssss } = read;
  const hour = read.hh || Math.trunc(ssss / 3600);
  return {
    hour: read.halves ? hourOfHalf(hour, read.pm !== 0) : hour,
    minute: read.mi || Math.trunc((ssss % 3600) / 60),
    second: read.ss || ssss % 60,
  };
}

function hourOfHalf(hour: number, afternoon: boolean): number {
  if (hour < 1 || hour > 12) {
    throw invalidFormat(`hour "${hour}" is invalid for the 12-hour clock`, {
      hint: 'Use the 24-hour clock, or give an hour between 1 and 12.',
    });
  }
  return (hour % 12) + (afternoon ? 12 : 0);
}

/** @throws where it is no int4. */
function checked(value: number, text: string): number {
  if (value !== (value | 0)) throw fieldOverflow(text);
  return value | 0;
}

/** Century 21 begins with 2001, and century 6 BC with 600 BC, which is -599. */
function yearOf(read: ReadTime, text: string): number | undefined {
  const century = read.bc === 0 ? read.cc : -read.cc | 0;
  if (read.year === 0) {
    if (century === 0) return undefined;
    return century > 0 ? checked((century - 1) * 100, text) + 1 : checked(century * 100, text) + 1;
  }
  if (century === 0 || read.yearDigits > 2) {
    const year = read.bc === 0 ? read.year : -read.year | 0;
    return year < 0 ? year + 1 : year;
  }
  const ofCentury = (read.year % 100) | 0;
  if (ofCentury === 0) return (Math.imul(century, 100) + (century >= 0 ? 0 : 1)) | 0;
  return century > 0
    ? checked(checked((century - 1) * 100, text) + ofCentury, text)
    : checked(checked(checked((century + 1) * 100, text) - ofCentury, text) + 1, text);
}

const WHOLE: ReadonlySet<keyof CalendarDay> = new Set(['year', 'month', 'day']);

/** What is said later in this order overrides: the year, a Julian day, a week, a day and a month. */
function dayOf(read: ReadTime, text: string): SaidDay {
  const year = yearOf(read, text);
  let day: SaidDay = { year: year ?? 0, month: 1, day: 1, said: new Set(year === undefined ? [] : ['year']) };
  if (read.j !== 0) day = { ...dayOfJulian(read.j), said: WHOLE };
  const iso = read.conventions === 'iso';
  if (read.ww !== 0 && iso) day = { ...dayOfJulian(isoDay(day.year, read)), said: WHOLE };
  const ofYear = read.ww !== 0 && !iso ? weekStart(read.ww, text) : read.ddd;
  const ofMonth = read.w !== 0 ? weekStart(read.w, text) : read.dd;
  if (ofMonth !== 0) day = { ...day, day: ofMonth, said: new Set([...day.said, 'day']) };
  if (read.mm !== 0) day = { ...day, month: read.mm, said: new Set([...day.said, 'month']) };
  if (ofYear === 0 || (day.month > 1 && day.day > 1)) return day;
  if (day.year === 0 && read.bc === 0) {
    throw invalidFormat('cannot calculate day of year without year information', {});
  }
  return iso
    ? { ...dayOfJulian((julianOfIsoWeek(day.year, 1) - 1 + ofYear) | 0), said: WHOLE }
    : withDayOfYear(day, ofYear);
}

function weekStart(week: number, text: string): number {
  return checked(checked(checked(week - 1, text) * 7, text) + 1, text);
}

function isoDay(year: number, { ww, d }: ReadTime): number {
  const monday = julianOfIsoWeek(year, ww);
  if (d === 0) return monday;
  return (monday + (d > 1 ? d - 2 : 6)) | 0;
}

/** Of month and day only what isn't beyond the first comes from the day of the year. */
function withDayOfYear({ year, month, day, said }: SaidDay, ofYear: number): SaidDay {
  let before = 0;
  let found = 1;
  while (found <= 12 && ofYear > before + daysOfMonth(year, found)) {
    before += daysOfMonth(year, found);
    found++;
  }
  // Past the year's end the thirteenth month follows its last day.
  return {
    year,
    month: month <= 1 ? found : month,
    day: day <= 1 ? ofYear - before : day,
    said: new Set([...said, 'month', 'day']),
  };
}

/** ValidateDate: a month's length counts only where the year is said too. */
function isDay({ year, month, day, said }: SaidDay): boolean {
  if (said.has('month') && (month < 1 || month > 12)) return false;
  if (said.has('day') && (day < 1 || day > 31)) return false;
  return said.size < WHOLE.size || day <= daysOfMonth(year, month);
}
