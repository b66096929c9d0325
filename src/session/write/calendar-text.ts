import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';

const DAY_MICROS = 86_400_000_000n;
const DATE = /^(\d{4,7})-(\d\d)-(\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?:\+00)?)?( BC)?$/;
const INFINITE_DAYS = 2_147_483_647;
const INFINITE_MICROS = 9_223_372_036_854_775_807n;
/** DuckDB's microseconds since 1970 end in January of this year. */
const FIRST_REFUSED_YEAR = 294_247;

interface Moment {
  readonly days: number;
  readonly time: string;
}

/** Days since 1970 of a date in its canonical text. */
export function daysOf(text: string): number {
  if (text === 'infinity') return INFINITE_DAYS;
  if (text === '-infinity') return -INFINITE_DAYS;
  return moment(text).days;
}

/** µs since 1970 of a timestamp in its canonical text, in UTC where it has a time zone. */
export function microsOf(text: string): bigint {
  if (text === 'infinity') return INFINITE_MICROS;
  if (text === '-infinity') return -INFINITE_MICROS;
  const { days, time } = moment(text);
  return BigInt(days) * DAY_MICROS + timeMicros(time);
}

function moment(text: string): Moment {
  const match = DATE.exec(text);
  if (match === null) throw refuse(`the date or timestamp ${text}`);
  const [, year = '', month = '', day = '', time = '00:00:00', era] = match;
  if (Number(year) >= FIRST_REFUSED_YEAR && match[4] !== undefined) throw refuse(`the timestamp ${text}`);
  const astronomical = era === undefined ? Number(year) : 1 - Number(year);
  return { days: daysSinceEpoch(astronomical, Number(month), Number(day)), time };
}

/** Of the Gregorian calendar, also before it was used. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** µs since midnight. */
export function timeMicros(text: string): bigint {
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text);
  const [, hours, minutes, seconds, fraction = ''] = defined(match ?? undefined, `the time ${text}`);
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
}

const GREATEST_OFFSET = 57_599;

/** As DuckDB has a time with time zone: µs since midnight, and the seconds to its zone from the easternmost. */
export function timetzBits(text: string): bigint {
  const match = /^(.*)([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/.exec(text);
  const [, time = '', sign, hours, minutes = '0', seconds = '0'] = defined(
    match ?? undefined,
    `the time ${text}`,
  );
  const offset = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return (timeMicros(time) << 24n) | BigInt(GREATEST_OFFSET - (sign === '-' ? -offset : offset));
}
