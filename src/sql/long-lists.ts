import { tokens } from './lexical.ts';
import { MAX_CHARACTERS, MAX_TOKENS } from './size.ts';

/** The literals of an `IN (…)` too long to be parsed one by one. */
export interface LongList {
  readonly kind: 'integers' | 'strings';
  /** Integers as PostgreSQL prints them; strings without their quotes. */
  readonly values: readonly string[];
}

export interface ShortenedText {
  /** As long as the original, in characters and in bytes: a position in one is a position in the other. */
  readonly sql: string;
  /** By the place of the opening bracket: bytes from the beginning of the text. */
  readonly lists: ReadonlyMap<number, LongList>;
}

/** Shorter texts are parsed as they are. */
const LONG_TEXT = 16_384;
const LONG_LIST = 1_000;

/**
 * Leaves in each long `IN (…)` of literals the first two, and blanks in place of the others. PostgreSQL gives such a list a type by
 * the types of its literals: those that are left have all of them, so the analysis of either text differs in nothing but the values.
 */
export function shortenLists(sql: string): ShortenedText {
  if (sql.length < LONG_TEXT || sql.length > MAX_CHARACTERS) return { sql, lists: new Map() };
  const parts: string[] = [];
  const lists = new Map<number, LongList>();
  let copied = 0;
  let bytes = 0;
  for (const list of longLists(sql)) {
    const before = sql.slice(copied, list.open);
    bytes += Buffer.byteLength(before);
    lists.set(bytes, { kind: list.kind, values: list.values });
    parts.push(before, list.shortened);
    bytes += list.shortened.length;
    copied = list.open + list.shortened.length;
  }
  parts.push(sql.slice(copied));
  return { sql: parts.join(''), lists };
}

interface FoundList extends LongList {
  /** Of the opening bracket. */
  readonly open: number;
  /** From the bracket to the last literal, as long as it was. */
  readonly shortened: string;
}

/** An IN in quotes or comments is none. */
function* longLists(sql: string): Generator<FoundList> {
  let from = 0;
  let wasIn = false;
  for (let count = 0; ; ) {
    let list: FoundList | undefined;
    for (const token of tokens(sql, from)) {
      if (++count > MAX_TOKENS) return;
      if (wasIn && token.text === '(') list = readList(sql, token.start);
      if (list !== undefined) break;
      wasIn = token.kind === 'word' && token.end - token.start === 2 && token.text.toLowerCase() === 'in';
    }
    if (list === undefined) return;
    yield list;
    from = list.open + list.shortened.length;
    wasIn = false;
  }
}

const SPACE = /\s*/y;

function readList(sql: string, open: number): FoundList | undefined {
  SPACE.lastIndex = open + 1;
  SPACE.exec(sql);
  const reader = sql[SPACE.lastIndex] === "'" ? STRINGS : INTEGERS;
  const { pattern } = reader;
  const values: string[] = [];
  const types = new Set<number>();
  const kept: string[] = [];
  let copied = open;
  let end = open;
  pattern.lastIndex = SPACE.lastIndex;
  for (let isLast = false; !isLast; ) {
    const start = pattern.lastIndex;
    const match = pattern.exec(sql);
    if (match === null) return undefined;
    const [, text = '', separator] = match;
    const literal = reader.read(text);
    values.push(literal.value);
    const literalEnd = start + text.length;
    // A list of one is no array; where types are mixed, the widest is the list's.
    if (values.length <= 2 || !types.has(literal.type)) {
      types.add(literal.type);
      kept.push(' '.repeat(end - copied), sql.slice(end, literalEnd));
      copied = literalEnd;
    }
    end = literalEnd;
    isLast = separator === ')';
  }
  if (values.length < LONG_LIST) return undefined;
  return { kind: reader.kind, values, open, shortened: `${kept.join('')}${' '.repeat(end - copied)}` };
}

interface Literal {
  readonly value: string;
  /** Literals of one number are of one type. */
  readonly type: number;
}

interface LiteralReader {
  readonly kind: LongList['kind'];
  /** A literal, and what ends it. */
  readonly pattern: RegExp;
  readonly read: (text: string) => Literal;
}

const MAX_INT4 = 2147483647;

/** Of 15 digits at most, which a number holds exactly. */
const INTEGERS: LiteralReader = {
  kind: 'integers',
  pattern: /(-?\d{1,15})\s*([,)])\s*/y,
  read(text) {
    const number = Number(text);
    const isInt4 = number <= MAX_INT4 && number >= -MAX_INT4 - 1;
    return { value: number === 0 ? '0' : String(number), type: isInt4 ? 4 : 8 };
  },
};

/** ASCII only, of which characters are bytes; no backslashes, whose meaning is a setting. */
const STRINGS: LiteralReader = {
  kind: 'strings',
  pattern: /('[^'\\\x80-\uffff]*(?:''[^'\\\x80-\uffff]*)*')\s*([,)])\s*/y,
  read(text) {
    const body = text.slice(1, -1);
    return { value: body.includes("'") ? body.replaceAll("''", "'") : body, type: 0 };
  },
};
