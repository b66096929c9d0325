import { refuse } from '../../base/errors.ts';
import { constantText } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import { quoteString } from '../quote.ts';
import { admitTemplate, constantTemplate, type TemplateField, type TemplateItem } from './template.ts';
import { admitZone, constantZone, toLocal } from './zone.ts';

const padded = (number: string, width: number): string => `lpad(CAST(${number} AS VARCHAR), ${width}, '0')`;
const text = (number: string): string => `CAST(${number} AS VARCHAR)`;

/** Numbers that are padded with zeros to a width, unless FM: as DuckDB SQL of the timestamp. */
const NUMBERS: Readonly<Record<string, readonly [sql: (t: string) => string, width: number]>> = {
  YYY: [(t) => `abs(skein_year(${t})) % 1000`, 3],
  YY: [(t) => `abs(skein_year(${t})) % 100`, 2],
  Y: [(t) => `abs(skein_year(${t})) % 10`, 1],
  IYY: [(t) => `abs(skein_isoyear(${t})) % 1000`, 3],
  IY: [(t) => `abs(skein_isoyear(${t})) % 100`, 2],
  I: [(t) => `abs(skein_isoyear(${t})) % 10`, 1],
  IDDD: [(t) => `((week(${t}) - 1) * 7 + isodow(${t}))`, 3],
  HH24: [(t) => `hour(${t})`, 2],
  HH12: [(t) => `((hour(${t}) + 11) % 12 + 1)`, 2],
  HH: [(t) => `((hour(${t}) + 11) % 12 + 1)`, 2],
  MI: [(t) => `minute(${t})`, 2],
  SS: [(t) => `second(${t})`, 2],
  MM: [(t) => `month(${t})`, 2],
  DDD: [(t) => `dayofyear(${t})`, 3],
  DD: [(t) => `day(${t})`, 2],
  D: [(t) => `(dayofweek(${t}) + 1)`, 1],
  IW: [(t) => `week(${t})`, 2],
  ID: [(t) => `isodow(${t})`, 1],
  WW: [(t) => `((dayofyear(${t}) - 1) // 7 + 1)`, 2],
  W: [(t) => `((day(${t}) - 1) // 7 + 1)`, 1],
  Q: [(t) => `quarter(${t})`, 1],
};

/** Fractions of a second keep their zeros also with FM. */
const FRACTIONS: Readonly<Record<string, number>> = {
  FF1: 1,
  FF2: 2,
  FF3: 3,
  FF4: 4,
  FF5: 5,
  FF6: 6,
  MS: 3,
  US: 6,
};

const NAME_WIDTH = 9;

const cased = (field: string, name: string): string =>
  field === field.toUpperCase() ? `upper(${name})` : field === field.toLowerCase() ? `lower(${name})` : name;

function nameOf(field: string, t: string, plain: boolean): string | undefined {
  const whole = (name: string): string =>
    plain ? cased(field, name) : `rpad(${cased(field, name)}, ${NAME_WIDTH}, ' ')`;
  switch (field.toLowerCase()) {
    case 'month':
      return whole(`monthname(${t})`);
    case 'day':
      return whole(`dayname(${t})`);
    case 'mon':
      return cased(field, `left(monthname(${t}), 3)`);
    case 'dy':
      return cased(field, `left(dayname(${t}), 3)`);
    default:
      return undefined;
  }
}

function halfOf(field: string, t: string): string | undefined {
  const choose = (condition: string, first: string, second: string): string => {
    const dotted = (word: string): string => (field.includes('.') ? `${[...word].join('.')}.` : word);
    const word = (of: string): string =>
      quoteString(field === field.toLowerCase() ? dotted(of).toLowerCase() : dotted(of));
    return `CASE WHEN ${condition} THEN ${word(first)} ELSE ${word(second)} END`;
  };
  if (/^[ap]\.?m\.?$/i.test(field)) return choose(`hour(${t}) < 12`, 'AM', 'PM');
  if (/^(?:ad|bc|a\.d\.|b\.c\.)$/i.test(field)) return choose(`year(${t}) > 0`, 'AD', 'BC');
  return undefined;
}

/** Years have at least four digits. */
const year = (sql: string, plain: boolean): string =>
  plain ? text(sql) : `CASE WHEN ${sql} < 1000 THEN ${padded(sql, 4)} ELSE ${text(sql)} END`;

const century = (sql: string, plain: boolean): string =>
  plain
    ? text(sql)
    : `concat(CASE WHEN ${sql} < 0 THEN '-' END,
      CASE WHEN ${sql} BETWEEN -99 AND 99 THEN ${padded(`abs(${sql})`, 2)} ELSE ${text(`abs(${sql})`)} END)`;

const ROMAN = `['I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X', 'XI', 'XII']`;

/** What an ordinal suffix may follow. */
function numberSql(field: string, t: string, plain: boolean): string | undefined {
  const number = NUMBERS[field];
  if (number !== undefined) return plain ? text(number[0](t)) : padded(number[0](t), number[1]);
  const digits = FRACTIONS[field];
  if (digits !== undefined) return `left(${padded(`(microsecond(${t}) % 1000000)`, 6)}, ${digits})`;
  switch (field) {
    case 'YYYY':
      return year(`abs(skein_year(${t}))`, plain);
    case 'IYYY':
      return year(`abs(skein_isoyear(${t}))`, plain);
    case 'Y,YYY': {
      const of = `abs(skein_year(${t}))`;
      return `concat(${of} // 1000, ',', ${padded(`${of} % 1000`, 3)})`;
    }
    case 'CC':
      return century(`skein_century(${t})`, plain);
    case 'SSSS':
    case 'SSSSS':
      return text(`(hour(${t}) * 3600 + minute(${t}) * 60 + second(${t}))`);
    case 'J':
      return text(`(CAST(${t} AS DATE) - DATE '1970-01-01' + 2440588)`);
    default:
      return undefined;
  }
}

function withOrdinal(number: string, suffix: 'TH' | 'th'): string {
  const cased = (word: string): string => quoteString(suffix === 'TH' ? word.toUpperCase() : word);
  return once(
    [number],
    ([
      n,
    ]) => `concat(${n}, CASE WHEN ${n} LIKE '%1_' THEN ${cased('th')} WHEN ${n} LIKE '%1' THEN ${cased('st')}
      WHEN ${n} LIKE '%2' THEN ${cased('nd')} WHEN ${n} LIKE '%3' THEN ${cased('rd')} ELSE ${cased('th')} END)`,
  );
}

function wordSql({ field, plain, localized }: TemplateField, t: string): string {
  if (field === 'FX') return `''`;
  if (field === 'RM' || field === 'rm') {
    const roman = cased(field, `${ROMAN}[month(${t})]`);
    return plain ? roman : `rpad(${roman}, 4, ' ')`;
  }
  const word = nameOf(field, t, plain || localized) ?? halfOf(field, t);
  if (word === undefined) throw refuse(`${field} in a date/time template`);
  return word;
}

/** In strftime's own patterns, that are fast: for years of four digits. */
const STRFTIME: Readonly<Record<string, string>> = {
  YYYY: '%Y',
  MM: '%m',
  DD: '%d',
  DDD: '%j',
  HH24: '%H',
  HH12: '%I',
  HH: '%I',
  MI: '%M',
  SS: '%S',
  MS: '%g',
  US: '%f',
  Mon: '%b',
  Dy: '%a',
  AM: '%p',
  PM: '%p',
};

function strftimeFormat(items: readonly TemplateItem[]): string | undefined {
  const patterns = items.map((item) => {
    if (item.kind !== 'field') return item.text.replaceAll('%', '%%');
    return item.plain || item.ordinal !== undefined ? undefined : STRFTIME[item.field];
  });
  return patterns.includes(undefined) ? undefined : patterns.join('');
}

/** The wall clock, and for a timestamptz its instant and the zone. */
interface Clock {
  readonly local: string;
  readonly instant: string | undefined;
  readonly zone: string | undefined;
}

function itemSql(item: TemplateItem, clock: Clock): string {
  if (item.kind !== 'field') return quoteString(item.text);
  const offset = offsetSql(item, clock);
  if (offset !== undefined) return offset;
  const number = numberSql(item.field, clock.local, item.plain);
  if (number === undefined) return wordSql(item, clock.local);
  return item.ordinal === undefined ? number : withOrdinal(number, item.ordinal);
}

/** A timestamp without zone has the offset zero, and no zone's abbreviation. */
function offsetSql({ field, plain }: TemplateField, { local, instant, zone }: Clock): string | undefined {
  const seconds =
    instant === undefined ? '0::BIGINT' : `((epoch_us(${local}) - epoch_us(${instant})) // 1000000)`;
  const hours = `(abs(${seconds}) // 3600)`;
  const minutes = `(abs(${seconds}) // 60 % 60)`;
  const sign = `CASE WHEN ${seconds} < 0 THEN '-' ELSE '+' END`;
  switch (field) {
    case 'TZH':
      return `concat(${sign}, ${padded(hours, 2)})`;
    case 'TZM':
      return padded(minutes, 2);
    case 'OF':
      return `concat(${sign}, ${plain ? text(hours) : padded(hours, 2)},
        CASE WHEN abs(${seconds}) % 3600 <> 0 THEN ':' || ${padded(minutes, 2)} END)`;
    case 'TZ':
    case 'tz':
      if (zone === undefined) return `''`;
      if (zone !== 'UTC') throw refuse(`${field} in a date/time template in the time zone "${zone}"`);
      return cased(field, `'UTC'`);
    default:
      return undefined;
  }
}

/** Neighbouring characters as one text. */
function joined(items: readonly TemplateItem[]): readonly TemplateItem[] {
  const texts: TemplateItem[] = [];
  for (const item of items) {
    const last = texts.at(-1);
    if (item.kind === 'field' || last === undefined || last.kind === 'field') texts.push(item);
    else texts.splice(-1, 1, { kind: 'text', text: last.text + item.text });
  }
  return texts;
}

function printToChar(
  template: readonly TemplateItem[] | null,
  t: string,
  at?: string,
  zone?: string,
): string {
  if (template === null) return 'NULL::VARCHAR';
  const items = joined(template);
  const format = strftimeFormat(items);
  const args = at === undefined ? [t] : [t, at];
  return once(args, ([local = '', instant]) => {
    const general = `concat('', ${items.map((item) => itemSql(item, { local, instant, zone })).join(', ')})`;
    const other = `WHEN isfinite(${local}) THEN ${general}`;
    if (format === undefined) return `CASE ${other} END`;
    const common = `${local} BETWEEN TIMESTAMP '1000-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'`;
    return `CASE WHEN ${common} THEN strftime(${local}, ${quoteString(format)}) ${other} END`;
  });
}

export const toCharEntries: readonly ScalarEntry[] = [
  {
    signature: 'to_char(timestamp,text)',
    admit: (exprs) => admitTemplate(exprs[1]),
    print: ([t = ''], _types, _result, exprs) => printToChar(constantTemplate(exprs[1]), t),
  },
  {
    signature: 'to_char(timestamptz,text)',
    usesTimeZone: true,
    admit: (exprs) => {
      admitTemplate(exprs[1]);
      admitZone(exprs[2]);
    },
    print: ([t = ''], _types, _result, exprs) => {
      const zone = constantZone(exprs[2]);
      return zone === null
        ? 'NULL::VARCHAR'
        : printToChar(constantTemplate(exprs[1]), toLocal(zone, t), t, constantText(exprs[2]) ?? undefined);
    },
  },
];
