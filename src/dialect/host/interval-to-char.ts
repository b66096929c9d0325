import { refuse, SkeinError } from '../../base/errors.ts';
import { parseTemplate, type TemplateField } from '../functions/template.ts';
import { remembering } from './host-function.ts';
import { ordinalSuffix } from './number-to-char.ts';

const template = remembering(parseTemplate);

/** An interval's fields, each with its sign, as PostgreSQL's interval2tm has them. */
interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: bigint;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
}

function fieldsOf(months: bigint, days: bigint, micros: bigint): Fields {
  return {
    year: Number(months / 12n),
    month: Number(months % 12n),
    day: Number(days),
    hour: micros / 3_600_000_000n,
    minute: Number((micros / 60_000_000n) % 60n),
    second: Number((micros / 1_000_000n) % 60n),
    micros: Number(micros % 1_000_000n),
  };
}

export function intervalToChar(months: bigint, days: bigint, micros: bigint, format: string): string | null {
  if (format === '') return null;
  const fields = fieldsOf(months, days, micros);
  return template(format)
    .map((item) => (item.kind === 'field' ? written(item, fields) : item.text))
    .join('');
}

/** C's `%0*d`: the minus is part of the width. */
function padded(value: number | bigint, width: number, plain: boolean): string {
  const sign = value < 0 ? '-' : '';
  const digits = String(value < 0 ? -value : value);
  return sign + (plain ? digits : digits.padStart(width - sign.length, '0'));
}

const FRACTIONS: Readonly<Record<string, number>> = {
  MS: 3,
  FF3: 3,
  US: 6,
  FF6: 6,
  FF1: 1,
  FF2: 2,
  FF4: 4,
  FF5: 5,
};

/** What has no meaning without a day of the calendar or a zone. */
const CALENDAR = /^(?:month|mon|day|dy|ad|bc|a\.d\.|b\.c\.|d|id|tz|tzh|tzm|of)$/i;

function written({ field, plain, ordinal }: TemplateField, at: Fields): string {
  if (CALENDAR.test(field)) {
    throw new SkeinError('invalidDatetimeFormat', 'invalid format specification for an interval value', {
      hint: 'Intervals are not tied to specific calendar dates.',
    });
  }
  const word = wordOf(field, plain, at);
  if (word !== undefined) return word;
  const places = FRACTIONS[field];
  const number = places === undefined ? numberOf(field, plain, at) : fraction(at.micros, places);
  if (number === undefined) throw refuse(`${field} in a template for an interval`);
  return ordinal === undefined ? number : number + ordinalSuffix(number, ordinal);
}

const ROMAN = 'I II III IV V VI VII VIII IX X XI XII'.split(' ');

/** A month before zero counts from December back; twelve months are none and a year. */
function romanMonth(month: number, year: number): string {
  if (month === 0) return ROMAN[year >= 0 ? 11 : 0] ?? '';
  return ROMAN[month < 0 ? 12 + month : month - 1] ?? '';
}

function wordOf(field: string, plain: boolean, { year, month, hour }: Fields): string | undefined {
  const lower = field === field.toLowerCase();
  if (field === 'FX' || (field === 'Q' && month === 0)) return '';
  if (/^rm$/i.test(field)) {
    if (month === 0 && year === 0) return '';
    const roman = romanMonth(month, year).padEnd(plain ? 0 : 4);
    return lower ? roman.toLowerCase() : roman;
  }
  if (!/^[ap]\.?m\.?$/i.test(field)) return undefined;
  const half = hour % 24n >= 12n ? 'PM' : 'AM';
  const dotted = field.includes('.') ? `${[...half].join('.')}.` : half;
  return lower ? dotted.toLowerCase() : dotted;
}

function fraction(micros: number, places: number): string {
  const scaled = Math.trunc(micros / 10 ** (6 - places));
  const digits = String(Math.abs(scaled)).padStart(scaled < 0 ? places - 1 : places, '0');
  return `${scaled < 0 ? '-' : ''}${digits}`;
}

/** A field's number; padded to its width, which a minus makes one longer, unless `plain`. */
function numberOf(field: string, plain: boolean, at: Fields): string | undefined {
  const number = paddedNumber(field, at) ?? ofYear(field, at);
  if (number !== undefined) return padded(number[0], number[1], plain);
  const bare = bareNumber(field, at);
  return bare === undefined ? undefined : String(bare);
}

const withSign = (
  value: number | bigint,
  width: number,
  of: number | bigint = value,
): readonly [number | bigint, number] => [value, of < 0 ? width + 1 : width];

function paddedNumber(field: string, at: Fields): readonly [number | bigint, number] | undefined {
  switch (field) {
    case 'MM':
      return withSign(at.month, 2);
    case 'DD':
      return [at.day, 2];
    case 'DDD':
      return [dayOfYear(at), 3];
    case 'WW':
      return [Math.trunc((dayOfYear(at) - 1) / 7) + 1, 2];
    case 'HH24':
      return withSign(at.hour, 2);
    case 'HH12':
    case 'HH': {
      const hour = at.hour % 12n;
      return withSign(hour === 0n ? 12n : hour, 2, at.hour);
    }
    case 'MI':
      return withSign(at.minute, 2);
    case 'SS':
      return withSign(at.second, 2);
    default:
      return undefined;
  }
}

function ofYear(field: string, { year }: Fields): readonly [number, number] | undefined {
  const width = (digits: number): number => (year < 0 ? digits + 1 : digits);
  const century = Math.trunc(year / 100);
  switch (field) {
    case 'YYYY':
      return [year, width(4)];
    case 'YYY':
      return [year % 1000, width(3)];
    case 'YY':
      return [year % 100, width(2)];
    case 'CC':
      return [century, century < 0 ? 3 : 2];
    default:
      return undefined;
  }
}

/** Months count as thirty days. */
const dayOfYear = ({ year, month, day }: Fields): number => (year * 12 + month) * 30 + day;

function bareNumber(field: string, at: Fields): number | bigint | string | undefined {
  switch (field) {
    case 'Y':
      return at.year % 10;
    case 'Y,YYY':
      return `${Math.trunc(at.year / 1000)},${padded(at.year % 1000, 3, false)}`;
    case 'Q':
      return Math.trunc((at.month - 1) / 3) + 1;
    case 'W':
      return Math.trunc((at.day - 1) / 7) + 1;
    case 'SSSS':
    case 'SSSSS':
      return at.hour * 3600n + BigInt(at.minute * 60 + at.second);
    default:
      return undefined;
  }
}
