import { badCopy } from './copy-lines.ts';

/** How the fields of a line are read apart. Delimiter, quote and escape are single characters. */
export interface FieldFormat {
  readonly csv: boolean;
  readonly delimiter: string;
  readonly nullText: string;
  /** Stands for the default of its column; undefined: nothing does. */
  readonly defaultText: string | undefined;
  readonly quote: string;
  readonly escape: string;
  /** Of each column: NULL isn't unquoted, or quoted too. Only of CSV. */
  readonly forced: { readonly notNull: readonly boolean[]; readonly null: readonly boolean[] };
}

/** A field that asks for its column's default. */
const BY_DEFAULT = Symbol('by default');

export type CopyField = string | null | typeof BY_DEFAULT;

/** The fields of a line; null: NULL (CopyReadAttributesText and CopyReadAttributesCSV). @throws 22P04 */
export function copyFields(line: string, format: FieldFormat): CopyField[] {
  return format.csv ? csvFields(line, format) : textFields(line, format);
}

function textFields(line: string, { delimiter, nullText, defaultText }: FieldFormat): CopyField[] {
  const fieldOf = (raw: string): CopyField => {
    if (raw === nullText) return null;
    return raw === defaultText ? BY_DEFAULT : unescaped(raw);
  };
  if (!line.includes('\\')) {
    return line.split(delimiter).map(fieldOf);
  }
  const fields: CopyField[] = [];
  let from = 0;
  for (let at = 0; at <= line.length; at++) {
    if (line[at] === '\\') at += 1;
    else if (at === line.length || line[at] === delimiter) {
      fields.push(fieldOf(line.slice(from, at)));
      from = at + 1;
    }
  }
  if (from <= line.length && line.endsWith('\\') && fields.length === 0) fields.push(unescaped(line));
  return fields;
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Octal and hexadecimal escapes are bytes of the text. */
function unescaped(raw: string): string {
  if (!raw.includes('\\')) return raw;
  if (/\\(?:[0-7]|x[0-9a-fA-F])/.test(raw)) return unescapedBytes(raw);
  return raw.replace(/\\([\s\S])/g, (_, char: string) => ESCAPES[char] ?? char);
}

function unescapedBytes(raw: string): string {
  const parts: Buffer[] = [];
  const part = /\\([0-7]{1,3})|\\x([0-9a-fA-F]{1,2})|\\([\s\S])|([^\\]+|\\$)/gu;
  for (const [, octal, hexadecimal, char, plain] of raw.matchAll(part)) {
    if (octal !== undefined) parts.push(Buffer.from([Number.parseInt(octal, 8) & 0xff]));
    else if (hexadecimal !== undefined) parts.push(Buffer.from([Number.parseInt(hexadecimal, 16)]));
    else if (char !== undefined) parts.push(Buffer.from(ESCAPES[char] ?? char));
    else parts.push(Buffer.from(plain ?? ''));
  }
  return Buffer.concat(parts).toString();
}

function csvFields(line: string, format: FieldFormat): CopyField[] {
  const fields: CopyField[] = [];
  for (let at = 0; ; ) {
    const field = csvField(line, at, format);
    fields.push(csvValue(field, fields.length, format));
    if (field.end >= line.length) return fields;
    at = field.end + 1;
  }
}

function csvValue(field: CsvField, index: number, format: FieldFormat): CopyField {
  if (isNull(field, index, format)) return null;
  return !field.quoted && field.text === format.defaultText ? BY_DEFAULT : field.text;
}

function isNull({ text, quoted }: CsvField, index: number, { nullText, forced }: FieldFormat): boolean {
  if (text !== nullText) return false;
  return quoted ? forced.null[index] === true : forced.notNull[index] !== true;
}

interface CsvField {
  readonly text: string;
  readonly quoted: boolean;
  /** Of the delimiter, or the line. */
  readonly end: number;
}

function csvField(line: string, start: number, { delimiter, quote, escape: ofQuote }: FieldFormat): CsvField {
  if (line[start] !== quote) {
    const next = line.indexOf(delimiter, start);
    const end = next < 0 ? line.length : next;
    const text = line.slice(start, end);
    if (!text.includes(quote)) return { text, quoted: false, end };
  }
  let text = '';
  let quoted = false;
  let inQuote = false;
  for (let at = start; at < line.length; at++) {
    const char = line[at] ?? '';
    const following = line[at + 1];
    if (!inQuote) {
      if (char === delimiter) return { text, quoted, end: at };
      if (char === quote) {
        quoted = true;
        inQuote = true;
      } else text += char;
    } else if (char === ofQuote && (following === ofQuote || following === quote)) {
      text += following;
      at += 1;
    } else if (char === quote) inQuote = false;
    else text += char;
  }
  if (inQuote) throw badCopy('unterminated CSV quoted field');
  return { text, quoted, end: line.length };
}

/** The values of a row, NULL for those by default. @throws 22P04 for a column that has none. */
export function fieldValues(
  fields: readonly CopyField[],
  columns: readonly { readonly name: string; readonly hasDefault: boolean }[],
): { readonly values: readonly (string | null)[]; readonly byDefault: ReadonlySet<number> } {
  const byDefault = new Set<number>();
  const values = fields.map((field, index) => {
    if (field !== BY_DEFAULT) return field;
    const column = columns[index];
    if (column?.hasDefault === false)
      throw badCopy('unexpected default marker in COPY data', {
        detail: `Column "${column.name}" has no default value.`,
      });
    byDefault.add(index);
    return null;
  });
  return { values, byDefault };
}

/** @throws 22P04 where the header hasn't the names of the columns. */
export function checkHeader(
  fields: readonly CopyField[],
  columns: readonly { readonly name: string }[],
  nullText: string,
): void {
  if (fields.length !== columns.length) {
    const counts = `got ${fields.length}, expected ${columns.length}`;
    throw badCopy(`wrong number of fields in header line: ${counts}`);
  }
  for (const [index, { name }] of columns.entries()) {
    const field = fields[index] ?? null;
    if (field === name) continue;
    const got = typeof field === 'string' ? `"${field}"` : `null value ("${nullText}")`;
    throw badCopy(`column name mismatch in header line field ${index + 1}: got ${got}, expected "${name}"`);
  }
}
