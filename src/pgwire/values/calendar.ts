export const SECONDS_PER_DAY = 86_400;
export const MICROS_PER_SECOND = 1_000_000;
/** Days from 1970-01-01 to 2000-01-01, from which PostgreSQL counts. */
export const POSTGRES_EPOCH_DAYS = 10_957;

const DAYS_PER_ERA = 146_097;
const EPOCH_SHIFT = 719_468;

/** A date of the proleptic Gregorian calendar. `year` is astronomical: 0 is 1 BC. */
export class CivilDate {
  year = 1970;
  month = 1;
  day = 1;
  #days = 0;

  /** @param days since 1970-01-01. Eras of 400 years that begin in March make leap days fall at the end. */
  set(days: number): void {
    if (days === this.#days) return;
    this.#days = days;
    const shifted = days + EPOCH_SHIFT;
    const era = Math.floor(shifted / DAYS_PER_ERA);
    const dayOfEra = (shifted - era * DAYS_PER_ERA) | 0;
    const yearOfEra =
      ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) |
      0;
    const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
    const monthFromMarch = ((5 * dayOfYear + 2) / 153) | 0;
    this.day = dayOfYear - (((153 * monthFromMarch + 2) / 5) | 0) + 1;
    this.month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
    this.year = yearOfEra + era * 400 + (this.month <= 2 ? 1 : 0);
  }
}

/** 0: Sunday. @param days since 1970-01-01, a Thursday. */
export function weekday(days: number): number {
  return (((days + 4) % 7) + 7) % 7;
}
