import { refuse } from '../../base/errors.ts';
import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import { quoteString } from '../quote.ts';
import { admitTemplate, constantTemplate, type TemplateItem } from './template.ts';
import { admitZone, constantZone, toLocal } from './zone.ts';

const padded = (number: string, width: number): string => `lpad(CAST(${number} AS VARCHAR), ${width}, '0')`;
const text = (number: string): string => `CAST(${number} AS VARCHAR)`;

/** Numbers that are padded with zeros to a width, unless FM: as DuckDB SQL of the timestamp. */
const NUMBERS: Readonly<Record<string, readonly [sql: (t: string) => string, width: number]>> = {
  YYY: [(t) => `abs(skein_year(${t})) % 1000`, 3],
  YY: [(t) => `abs(skein_year(${t})) % 100`, 2],
  Y: [(t) => `abs(skein_year(${t})) % 10`, 1],
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
  if (/^(?:ad|bc)$/i.test(field)) return choose(`year(${t}) > 0`, 'AD', 'BC');
  return undefined;
}

/** Years have at least four digits. */
const year = (sql: string, plain: boolean): string =>
  plain ? text(sql) : `CASE WHEN ${sql} < 1000 THEN ${padded(sql, 4)} ELSE ${text(sql)} END`;

function fieldSql(field: string, t: string, plain: boolean): string {
  const number = NUMBERS[field];
  if (number !== undefined) return plain ? text(number[0](t)) : padded(number[0](t), number[1]);
  const digits = FRACTIONS[field];
  if (digits !== undefined) return `left(${padded(`(microsecond(${t}) % 1000000)`, 6)}, ${digits})`;
  switch (field) {
    case 'YYYY':
      return year(`abs(skein_year(${t}))`, plain);
    case 'IYYY':
      return year(`abs(skein_isoyear(${t}))`, plain);
    case 'SSSS':
    case 'SSSSS':
      return text(`(hour(${t}) * 3600 + minute(${t}) * 60 + second(${t}))`);
    case 'J':
      return text(`(CAST(${t} AS DATE) - DATE '1970-01-01' + 2440588)`);
    default: {
      const word = nameOf(field, t, plain) ?? halfOf(field, t);
      if (word === undefined) throw refuse(`${field} in a date/time template`);
      return word;
    }
  }
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
    if (item.kind === 'text') return item.text.replaceAll('%', '%%');
    return item.plain ? undefined : STRFTIME[item.field];
  });
  return patterns.includes(undefined) ? undefined : patterns.join('');
}

/** The offset's hours and minutes stand for themselves in a timestamp without zone: zero. */
function itemSql(item: TemplateItem, t: string, instant: string | undefined): string {
  if (item.kind === 'text') return quoteString(item.text);
  const seconds =
    instant === undefined ? '0::BIGINT' : `((epoch_us(${t}) - epoch_us(${instant})) // 1000000)`;
  if (item.field === 'TZH') {
    return `concat(CASE WHEN ${seconds} < 0 THEN '-' ELSE '+' END, ${padded(`(abs(${seconds}) // 3600)`, 2)})`;
  }
  if (item.field === 'TZM') return padded(`(abs(${seconds}) // 60 % 60)`, 2);
  return fieldSql(item.field, t, item.plain);
}

function printToChar(items: readonly TemplateItem[] | null, t: string, instant: string | undefined): string {
  if (items === null) return 'NULL::VARCHAR';
  const format = strftimeFormat(items);
  const args = instant === undefined ? [t] : [t, instant];
  return once(args, ([local = '', at]) => {
    const general = `concat(${items.map((item) => itemSql(item, local, at)).join(', ')})`;
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
    print: ([t = ''], _types, _result, exprs) => printToChar(constantTemplate(exprs[1]), t, undefined),
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
      return zone === null ? 'NULL::VARCHAR' : printToChar(constantTemplate(exprs[1]), toLocal(zone, t), t);
    },
  },
];
