/** A token of PostgreSQL's lexer, as far as finding the end of things needs (docs, 4.1 Lexical Structure). */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'symbol';
  /** A word in lower case; anything else verbatim. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const SPACE = /(?:\s+|--[^\n\r]*)+/y;
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const NUMBER = /(?:0[xXoObB][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/y;
const PARAMETER = /\$\d+/y;
const QUOTED = /[uU]&"(?:[^"]|"")*"|"(?:[^"]|"")*"/y;
const ESCAPED_STRING = /[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y;
const STRING = /(?:[uU]&|[bBxXnN])?'(?:[^']|'')*'/y;
const DOLLAR = /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;

/** Text that PostgreSQL's grammar has accepted: an end is always found. */
export function* tokens(sql: string, from = 0): Generator<Token> {
  let position = from;
  while (position < sql.length) {
    const next = afterComment(sql, position) ?? matchEnd(SPACE, sql, position);
    if (next !== undefined) {
      position = next;
      continue;
    }
    const token = tokenAt(sql, position);
    yield token;
    position = token.end;
  }
}

function matchEnd(pattern: RegExp, sql: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(sql) ? pattern.lastIndex : undefined;
}

/** Block comments nest. */
function afterComment(sql: string, at: number): number | undefined {
  if (!sql.startsWith('/*', at)) return undefined;
  let depth = 0;
  for (let index = at; index < sql.length; ) {
    if (sql.startsWith('/*', index)) {
      depth += 1;
      index += 2;
    } else if (sql.startsWith('*/', index)) {
      depth -= 1;
      index += 2;
      if (depth === 0) return index;
    } else {
      index += 1;
    }
  }
  return sql.length;
}

function tokenAt(sql: string, start: number): Token {
  const string =
    matchEnd(ESCAPED_STRING, sql, start) ?? matchEnd(STRING, sql, start) ?? dollarEnd(sql, start);
  if (string !== undefined) return { kind: 'string', text: sql.slice(start, string), start, end: string };
  const kinds = [
    ['quoted', QUOTED],
    ['word', WORD],
    ['number', NUMBER],
    ['parameter', PARAMETER],
  ] as const;
  for (const [kind, pattern] of kinds) {
    const end = matchEnd(pattern, sql, start);
    if (end === undefined) continue;
    const text = sql.slice(start, end);
    return { kind, text: kind === 'word' ? text.toLowerCase() : text, start, end };
  }
  return { kind: 'symbol', text: sql.charAt(start), start, end: start + 1 };
}

function dollarEnd(sql: string, at: number): number | undefined {
  const open = matchEnd(DOLLAR, sql, at);
  if (open === undefined) return undefined;
  const tag = sql.slice(at, open);
  const close = sql.indexOf(tag, open);
  return close < 0 ? sql.length : close + tag.length;
}

/** The position after the bracket that closes the one at `open`. */
export function closingBracket(sql: string, open: number): number {
  let depth = 0;
  for (const token of tokens(sql, open)) {
    if (token.kind !== 'symbol') continue;
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    if (depth === 0) return token.end;
  }
  return sql.length;
}

/** libpg-query counts bytes; everything here counts UTF-16 units. */
export function fromByteOffset(sql: string, bytes: number): number {
  return Buffer.from(sql).subarray(0, bytes).toString().length;
}
