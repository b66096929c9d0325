import { tokens } from './lexical.ts';

/** A literal of VALUES. Literals of one kind are of one type, whatever they hold. */
export interface ValueLiteral {
  /** `string`, `int4`, `int8`, `numeric`, `bool`, `null`, or a string with its cast: `string::date`. */
  readonly kind: string;
  readonly text: string | null;
}

/** The rows of an INSERT too long to be parsed one by one. */
export interface LongValues {
  readonly rows: readonly (readonly ValueLiteral[])[];
  /** Which of them the shortened text still has: for each column there is one of each kind. */
  readonly kept: readonly number[];
}

export interface ShortenedInsert {
  /** As long as the original, in bytes. */
  readonly sql: string;
  readonly values: LongValues | undefined;
}

/** Shorter texts are parsed as they are. */
const LONG_TEXT = 16_384;
const LONG_VALUES = 100;

/**
 * Of `INSERT … VALUES` with very many rows of literals, leaves those rows that show all kinds of literals that each column has,
 * and blanks in place of the others: PostgreSQL converts a literal by its type alone.
 */
export function shortenInsert(sql: string): ShortenedInsert {
  const whole = { sql, values: undefined };
  if (sql.length < LONG_TEXT) return whole;
  const start = valuesStart(sql);
  const read = start === undefined ? undefined : readRows(sql, start);
  if (read === undefined || read.rows.length < LONG_VALUES) return whole;
  const kept = representatives(read.rows);
  return { sql: withoutRows(sql, read.ends, kept), values: { rows: read.rows, kept } };
}

/** After `INSERT INTO name [(columns)] VALUES`. */
function valuesStart(sql: string): number | undefined {
  let count = 0;
  for (const token of tokens(sql)) {
    if (count === 0 && token.text.toLowerCase() !== 'insert') return undefined;
    count += 1;
    if (token.kind === 'word' && token.text.toLowerCase() === 'values') return token.end;
    if (count > MAX_HEAD_TOKENS) return undefined;
  }
  return undefined;
}

/** A table has at most 1,600 columns. */
const MAX_HEAD_TOKENS = 4_000;

interface ReadRows {
  readonly rows: readonly (readonly ValueLiteral[])[];
  /** Where each row ends, in UTF-16 units. */
  readonly ends: readonly number[];
}

const OPEN = /\s*\(\s*/y;
const SEPARATOR = /\s*([,)])\s*/y;
const NEXT_ROW = /\s*,(?=\s*\()/y;
const LITERAL =
  /(?<string>'(?:[^']|'')*'(?!'))(?<cast>\s*::\s*(?:[a-z_][a-z0-9_]*|"char"|timestamp with(?:out)? time zone|double precision)(?![\w(]))?|(?<escaped>[eE]'(?:[^'\\]|''|\\\\|\\')*'(?!'))|(?<number>-?\d+(?:\.\d+)?(?![\w.]))|(?<word>true|false|null)(?!\w)/iy;

/** undefined: not all of it is literals. */
function readRows(sql: string, start: number): ReadRows | undefined {
  const rows: ValueLiteral[][] = [];
  const ends: number[] = [];
  let at = start;
  for (;;) {
    const row = readRow(sql, at);
    if (row === undefined || row.values.length !== (rows[0] ?? row.values).length) return undefined;
    rows.push(row.values);
    ends.push(row.end);
    NEXT_ROW.lastIndex = row.end;
    if (NEXT_ROW.exec(sql) === null) return { rows, ends };
    at = NEXT_ROW.lastIndex;
  }
}

function readRow(
  sql: string,
  start: number,
): { readonly values: ValueLiteral[]; readonly end: number } | undefined {
  OPEN.lastIndex = start;
  if (OPEN.exec(sql) === null) return undefined;
  const values: ValueLiteral[] = [];
  let at = OPEN.lastIndex;
  for (;;) {
    LITERAL.lastIndex = at;
    const match = LITERAL.exec(sql);
    if (match === null) return undefined;
    values.push(literalOf(match.groups ?? {}));
    SEPARATOR.lastIndex = LITERAL.lastIndex;
    const separator = SEPARATOR.exec(sql)?.[1];
    if (separator === undefined) return undefined;
    at = SEPARATOR.lastIndex;
    if (separator === ')') return { values, end: sql.lastIndexOf(')', at - 1) + 1 };
  }
}

function literalOf(groups: Readonly<Record<string, string | undefined>>): ValueLiteral {
  const { string, cast, escaped, number, word } = groups;
  if (string !== undefined) {
    const text = string.slice(1, -1).replaceAll("''", "'");
    if (cast === undefined) return { kind: 'string', text };
    return { kind: `string::${cast.replace(/^\s*::\s*/, '').toLowerCase()}`, text };
  }
  if (escaped !== undefined) {
    const text = escaped
      .slice(2, -1)
      .replace(/''|\\([\\'])/g, (pair, kept?: string) => kept ?? pair.slice(1));
    return { kind: 'string', text };
  }
  if (number !== undefined) return { kind: numberKind(number), text: number };
  const value = (word ?? '').toLowerCase();
  return value === 'null' ? { kind: 'null', text: null } : { kind: 'bool', text: value };
}

function numberKind(text: string): string {
  if (text.includes('.')) return 'numeric';
  if (text.length < 10) return 'int4';
  const value = BigInt(text);
  if (BigInt.asIntN(32, value) === value) return 'int4';
  return BigInt.asIntN(64, value) === value ? 'int8' : 'numeric';
}

/** At least two: PostgreSQL's tree of a single row has another form. */
function representatives(rows: ReadRows['rows']): readonly number[] {
  const seen = new Set<string>();
  const kept: number[] = [];
  rows.forEach((row, index) => {
    let isNew = index < 2;
    row.forEach(({ kind }, column) => {
      const key = `${column} ${kind}`;
      isNew ||= !seen.has(key);
      seen.add(key);
    });
    if (isNew) kept.push(index);
  });
  return kept;
}

/** A row goes with the comma before it; the first one stays. */
function withoutRows(sql: string, ends: readonly number[], kept: readonly number[]): string {
  const parts: string[] = [];
  let from = 0;
  let last = -1;
  for (const index of [...kept, ends.length]) {
    const dropFrom = ends[last] ?? 0;
    const dropTo = ends[index - 1] ?? 0;
    if (index - last > 1) {
      parts.push(sql.slice(from, dropFrom), ' '.repeat(Buffer.byteLength(sql.slice(dropFrom, dropTo))));
      from = dropTo;
    }
    last = index;
  }
  parts.push(sql.slice(from));
  return parts.join('');
}
