import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { constantText, isPending } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import { quoteString } from '../quote.ts';
import { admitTemplate, constantTemplate, type TemplateItem } from './template.ts';
import { admitZone, constantZone, fromLocal } from './zone.ts';

/** Fields of which exactly these digits are read. PostgreSQL reads other widths and separators too: those are refused. */
const DIGITS: Readonly<Record<string, string>> = {
  YYYY: '(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])',
  MM: '[0-9]{2}',
  DD: '[0-9]{2}',
  HH24: '(?:[01][0-9]|2[0-3])',
  MI: '[0-5][0-9]',
  SS: '[0-5][0-9]',
  MS: '[0-9]{3}',
  US: '[0-9]{6}',
};

interface Reader {
  /** RE2 pattern of the whole text, a group per field. */
  readonly pattern: string;
  /** RE2 replacement that makes an ISO timestamp of the groups. */
  readonly iso: string;
}

/** @throws 0A000 for a template whose texts aren't read exactly as PostgreSQL reads them. */
function reader(items: readonly TemplateItem[]): Reader {
  const groups = new Map<string, number>();
  const pattern = items.map((item) => {
    if (item.kind === 'text') return literalPattern(item.text);
    const digits = DIGITS[item.field];
    if (digits === undefined || groups.has(item.field)) throw refuse(`reading ${item.field} by a template`);
    groups.set(item.field, groups.size + 1);
    return `(${digits})`;
  });
  if (!groups.has('YYYY')) throw refuse('reading a date by a template without YYYY');
  const group = (field: string, otherwise: string): string => {
    const index = groups.get(field);
    return index === undefined ? otherwise : `\\${index}`;
  };
  const fraction = groups.has('US') ? `.${group('US', '')}` : groups.has('MS') ? `.${group('MS', '')}` : '';
  const day = `${group('YYYY', '')}-${group('MM', '01')}-${group('DD', '01')}`;
  return {
    pattern: `^${pattern.join('')}$`,
    iso: `${day} ${group('HH24', '00')}:${group('MI', '00')}:${group('SS', '00')}${fraction}`,
  };
}

/** Letters and digits that a template quotes are skipped whatever the text has there. */
function literalPattern(text: string): string {
  if (!/^[-/.:, T]*$/.test(text)) throw refuse('reading a date by a template with such text');
  return text.replace(/[.]/g, '\\.');
}

function printReader(items: readonly TemplateItem[] | null, text: string): string {
  if (items === null) return 'NULL::TIMESTAMP';
  const { pattern, iso } = reader(items);
  const quoted = quoteString(pattern);
  const read = once(
    [text],
    ([t]) => `CASE WHEN regexp_matches(${t}, ${quoted})
      THEN TRY_CAST(regexp_replace(${t}, ${quoted}, ${quoteString(iso)}) AS TIMESTAMP) END`,
  );
  return once(
    [text, read],
    ([t, value]) => `CASE WHEN ${value} IS NOT NULL OR ${t} IS NULL THEN ${value}
    WHEN regexp_matches(${t}, ${quoted}) THEN error('SKEIN:22008:date/time field value out of range: "' || ${t} || '"')
    ELSE error('SKEIN:0A000:reading "' || ${t} || '" by this template is not supported') END`,
  );
}

function admitReader(exprs: readonly Expr[]): void {
  admitTemplate(exprs[1]);
  const items = isPending(exprs[1]) ? null : constantTemplate(exprs[1]);
  if (items !== null) reader(items);
}

/** An empty template reads nothing and gives the first day of the calendar. */
function templateOf(exprs: readonly Expr[]): readonly TemplateItem[] | null {
  if (constantText(exprs[1]) === '') throw refuse('reading a date by an empty template');
  return constantTemplate(exprs[1]);
}

export const fromTemplateEntries: readonly ScalarEntry[] = [
  {
    signature: 'to_date(text,text)',
    admit: admitReader,
    print: ([text = ''], _types, _result, exprs) => `CAST(${printReader(templateOf(exprs), text)} AS DATE)`,
  },
  {
    signature: 'to_timestamp(text,text)',
    usesTimeZone: true,
    admit: (exprs) => {
      admitReader(exprs);
      admitZone(exprs[2]);
    },
    print: ([text = ''], _types, _result, exprs) => {
      const zone = constantZone(exprs[2]);
      if (zone === null) return 'NULL::TIMESTAMPTZ';
      return once([printReader(templateOf(exprs), text)], ([t = '']) => fromLocal(zone, t));
    },
  },
];
