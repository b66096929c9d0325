import { refuse, SkeinError } from '../../base/errors.ts';
import { parseTemplate, type TemplateItem } from '../functions/template.ts';
import { remembering } from './host-function.ts';

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

export function intervalToChar(months: bigint, days: bigint, micros: bigint, format: string): string {
  const fields = fieldsOf(months, days, micros);
  return template(format)
    .map((item) => (item.kind === 'text' ? item.text : written(item, fields)))
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

/** What has no meaning without a day of the calendar. */
const CALENDAR = /^(?:month|mon|day|dy|ad|bc|d)$/i;

function written({ field, plain }: TemplateItem & { readonly kind: 'field' }, at: Fields): string {
  const places = FRACTIONS[field];
  if (places !== undefined) return fraction(at.micros, places);
  if (CALENDAR.test(field)) {
    throw new SkeinError('invalidDatetimeFormat', 'invalid format specification for an interval value', {
      hint: 'Intervals are not tied to specific calendar dates.',
    });
  }
  const number = numberOf(field, at);
  if (number === undefined) throw refuse(`${field} in a template for an interval`);
  return padded(number[0], number[1], plain);
}

function fraction(micros: number, places: number): string {
  const scaled = Math.trunc(micros / 10 ** (6 - places));
  const digits = String(Math.abs(scaled)).padStart(scaled < 0 ? places - 1 : places, '0');
  return `${scaled < 0 ? '-' : ''}${digits}`;
}

const withSign = (value: number | bigint, width: number): readonly [number | bigint, number] => [
  value,
  value < 0 ? width + 1 : width,
];

/** A field's value and width. */
function numberOf(field: string, at: Fields): readonly [number | bigint, number] | undefined {
  switch (field) {
    case 'YYYY':
      return withSign(at.year, 4);
    case 'MM':
      return withSign(at.month, 2);
    case 'DD':
      return [at.day, 2];
    case 'HH24':
      return withSign(at.hour, 2);
    case 'HH12':
    case 'HH': {
      const hour = at.hour % 12n;
      return [hour === 0n ? 12n : hour, at.hour < 0n ? 3 : 2];
    }
    case 'MI':
      return withSign(at.minute, 2);
    case 'SS':
      return withSign(at.second, 2);
    default:
      return undefined;
  }
}
