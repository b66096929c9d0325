/** A day of the proleptic Gregorian calendar. `year` is astronomical: 0 is 1 BC. */
export interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export const EPOCH_JULIAN_DAY = 2_440_588;

const quotient = (dividend: number, divisor: number): number => Math.trunc(dividend / divisor) | 0;

/** The Julian day of a day, which need not lie in its month. As in PostgreSQL, int4 wraps around. */
export function julianDay({ year, month, day }: CalendarDay): number {
  const years = (year + (month > 2 ? 4800 : 4799)) | 0;
  const months = month > 2 ? month + 1 : month + 13;
  const century = quotient(years, 100);
  const days = Math.imul(years, 365) - 32_167 + quotient(years, 4) - century + quotient(century, 4);
  return (days + quotient(7834 * months, 256) + day) | 0;
}

/** PostgreSQL's j2date, whose days before the calendar's first wrap around as unsigned numbers do. */
export function dayOfJulian(julian: number): CalendarDay {
  const shifted = (julian + 32_044) >>> 0;
  const eras = Math.floor(shifted / 146_097);
  const centuries = Math.floor(((shifted - eras * 146_097) * 4 + 3) / 146_097);
  const days = (shifted + 60 + eras * 3 + centuries) >>> 0;
  const quads = Math.floor(days / 1461);
  const ofQuad = days - quads * 1461;
  const yearOfQuad = Math.floor((ofQuad * 4) / 1461);
  const ofYear = (yearOfQuad === 0 ? (ofQuad + 306) % 366 : (ofQuad + 305) % 365) + 123;
  const month = Math.floor((ofYear * 2141) / 65_536);
  return {
    year: yearOfQuad + quads * 4 - 4800,
    month: ((month + 10) % 12) + 1,
    day: ofYear - Math.floor((7834 * month) / 256),
  };
}

/** The Julian day of the Monday that begins a week of an ISO year. */
export function julianOfIsoWeek(year: number, week: number): number {
  const fourth = julianDay({ year, month: 1, day: 4 });
  const sinceMonday = (((fourth % 7) + 7) % 7) | 0;
  return (Math.imul((week - 1) | 0, 7) + fourth - sinceMonday) | 0;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const MONTH_LENGTHS: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function daysOfMonth(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (MONTH_LENGTHS[month - 1] ?? 0);
}

/** Whether a day's Julian day can be computed: from 4714-11 BC to 5874898-05. */
export function hasJulianDay({ year, month }: CalendarDay): boolean {
  const afterFirst = year > -4713 || (year === -4713 && month >= 11);
  return afterFirst && (year < 5_874_898 || (year === 5_874_898 && month < 6));
}
