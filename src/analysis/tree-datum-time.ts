const MICROS_PER_SECOND = 1_000_000n;
const MICROS_PER_DAY = 86_400n * MICROS_PER_SECOND;
const MAX_INT64 = 9_223_372_036_854_775_807n;
const MIN_INT64 = -MAX_INT64 - 1n;
const MAX_INT32 = 2_147_483_647;
const MIN_INT32 = -2_147_483_648;
/** Days from 0000-03-01 to 2000-01-01, from which PostgreSQL counts. */
const SHIFT_DAYS = 730_425;
const DAYS_PER_ERA = 146_097;

/** @param days since 2000-01-01. */
export function dateText(days: number): string {
  if (days === MAX_INT32) return 'infinity';
  if (days === MIN_INT32) return '-infinity';
  const { text, before } = civilDate(days);
  return `${text}${before}`;
}

/** @param micros since 2000-01-01. @param zone what follows the time: '' or '+00'. */
export function timestampText(micros: bigint, zone: string): string {
  if (micros === MAX_INT64) return 'infinity';
  if (micros === MIN_INT64) return '-infinity';
  const inDay = ((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY;
  const { text, before } = civilDate(Number((micros - inDay) / MICROS_PER_DAY));
  return `${text} ${timeText(inDay)}${zone}${before}`;
}

/** @param micros since midnight; 24:00:00 is a time too. */
export function timeText(micros: bigint): string {
  const seconds = Number(micros / MICROS_PER_SECOND);
  const fraction = String(micros % MICROS_PER_SECOND)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(twoDigits);
  return `${clock.join(':')}${fraction === '' ? '' : `.${fraction}`}`;
}

/** @param zone seconds west of UTC. */
export function timetzText(micros: bigint, zone: number): string {
  const east = Math.abs(zone);
  const parts = [Math.floor(east / 3600), Math.floor(east / 60) % 60, east % 60];
  while (parts.length > 1 && parts.at(-1) === 0) parts.pop();
  return `${timeText(micros)}${zone > 0 ? '-' : '+'}${parts.map(twoDigits).join(':')}`;
}

/** `<months> <days> <µs>`; an infinite interval has every part at its extreme. */
export function intervalText(months: number, days: number, micros: bigint): string {
  if (months === MAX_INT32 && days === MAX_INT32 && micros === MAX_INT64) return 'infinity';
  if (months === MIN_INT32 && days === MIN_INT32 && micros === MIN_INT64) return '-infinity';
  return `${months} ${days} ${micros}`;
}

/** Eras of 400 years that begin in March make leap days fall at the end. */
function civilDate(days: number): { readonly text: string; readonly before: string } {
  const shifted = days + SHIFT_DAYS;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0');
  return { text: `${shown}-${twoDigits(month)}-${twoDigits(day)}`, before: year > 0 ? '' : ' BC' };
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
