import { SkeinError } from '../base/errors.ts';
import type { TreeNode, TreeValue } from './tree.ts';

/**
 * Reads what `nodeToString` wrote (src/backend/nodes/outfuncs.c). Tokens end at whitespace, parentheses and braces;
 * a backslash makes the next character literal; a token between quotes is a string, `<>` is NULL.
 */
export function readTree(text: string): TreeNode {
  return new TreeReader(text).root();
}

/** Whoever walks a tree may recurse: none is deeper than this. */
const MAX_DEPTH = 1000;

/**
 * Undoes the line breaks of `format_node_dump` (src/backend/nodes/print.c): it fills lines of 78 bytes, breaks at the
 * last space, which it drops, and inside a token only where the line has no space.
 */
export function unwrapDump(dump: Uint8Array): string {
  const out = new Uint8Array(dump.length);
  let length = 0;
  let start = 0;
  while (start < dump.length) {
    const newline = dump.indexOf(NEWLINE, start);
    const end = newline === -1 ? dump.length : newline;
    out.set(dump.subarray(start, end), length);
    length += end - start;
    if (end < dump.length && !breaksToken(dump, start, end)) out[length++] = SPACE;
    start = end + 1;
  }
  return new TextDecoder().decode(out.subarray(0, length));
}

const LINE_LENGTH = 78;
const NEWLINE = 10;
const SPACE = 32;
const QUOTE = 34;
const COLON = 58;

function breaksToken(dump: Uint8Array, start: number, end: number): boolean {
  if (end - start !== LINE_LENGTH) return false;
  const space = dump.indexOf(SPACE, start + 1);
  if (space !== -1 && space < end) return false;
  return dump[end - 1] !== QUOTE && dump[end + 1] !== COLON;
}

const NULL_VALUE: TreeValue = { kind: 'null' };
const NUMBER_LIST = new Set(['i', 'o', 'b', 'x']);

class TreeReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  root(): TreeNode {
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#malformed('text after the root');
    const node = value.kind === 'list' && value.items.length === 1 ? value.items[0] : value;
    if (node?.kind !== 'node') throw this.#malformed('the root is not a node');
    return node.node;
  }

  #value(): TreeValue {
    this.#skipSpace();
    const char = this.#text[this.#at];
    if (char === '{') return { kind: 'node', node: this.#node() };
    if (char === '(') return this.#list();
    const raw = this.#token();
    if (raw === '<>') return NULL_VALUE;
    if (isDigits(raw) && this.#nextIs('[')) return this.#bytes(Number(raw));
    return { kind: 'token', text: withoutEscapes(raw) };
  }

  #node(): TreeNode {
    this.#at += 1;
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new SkeinError({ sqlstate: '54001' }, 'stack depth limit exceeded');
    const tag = this.#token();
    const fields = new Map<string, TreeValue>();
    while (!this.#nextIs('}')) {
      const name = this.#token();
      if (!name.startsWith(':')) throw this.#malformed(`${name} where a field was expected`);
      if (fields.has(name.slice(1))) throw this.#malformed(`field ${name} twice`);
      fields.set(name.slice(1), this.#value());
    }
    this.#at += 1;
    this.#depth -= 1;
    return { tag, fields };
  }

  #list(): TreeValue {
    this.#at += 1;
    const numbers = this.#numbers();
    if (numbers !== undefined) return { kind: 'ints', values: numbers };
    const items: TreeValue[] = [];
    while (!this.#nextIs(')')) items.push(this.#value());
    this.#at += 1;
    return { kind: 'list', items };
  }

  /** `(i 1 2)`, `(o 1 2)`, `(b 1 2)`: after the parenthesis, a lone letter. */
  #numbers(): number[] | undefined {
    const letter = this.#text[this.#at] ?? '';
    const next = this.#text[this.#at + 1];
    if (!NUMBER_LIST.has(letter) || (next !== ' ' && next !== ')')) return undefined;
    this.#at += 1;
    const values: number[] = [];
    while (!this.#nextIs(')')) values.push(this.#integer());
    this.#at += 1;
    return values;
  }

  /** `4 [ 1 0 0 -1 ]`: signed bytes. A by-value Datum is as wide as a pointer, whatever its type's length. */
  #bytes(length: number): TreeValue {
    this.#at += 1;
    const values: number[] = [];
    while (!this.#nextIs(']')) values.push(this.#integer() & 0xff);
    this.#at += 1;
    if (values.length < length) throw this.#malformed('a datum that is too short');
    return { kind: 'bytes', bytes: Uint8Array.from(values) };
  }

  #integer(): number {
    const value = Number(this.#token());
    if (!Number.isInteger(value)) throw this.#malformed('a number was expected');
    return value;
  }

  /** As `pg_strtok`: the raw token, escapes included. */
  #token(): string {
    this.#skipSpace();
    const start = this.#at;
    let at = start;
    for (; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === 92) at++;
      else if (endsToken(code)) break;
    }
    if (at === start) throw this.#malformed('a token was expected');
    this.#at = Math.min(at, this.#text.length);
    return this.#text.slice(start, this.#at);
  }

  #nextIs(char: string): boolean {
    this.#skipSpace();
    if (this.#at >= this.#text.length) throw this.#malformed('unexpected end');
    return this.#text[this.#at] === char;
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }

  #malformed(what: string): SkeinError {
    return new SkeinError('internal', `query tree: ${what} at ${this.#at}`);
  }
}

function isSpace(code: number): boolean {
  return code === SPACE || code === NEWLINE || code === 9;
}

/** Whitespace, parentheses and braces. */
function endsToken(code: number): boolean {
  return isSpace(code) || code === 40 || code === 41 || code === 123 || code === 125;
}

function isDigits(token: string): boolean {
  return /^\d+$/.test(token);
}

function withoutEscapes(raw: string): string {
  const quoted = raw.length > 1 && raw.startsWith('"') && raw.endsWith('"');
  const body = quoted ? raw.slice(1, -1) : raw;
  return body.includes('\\') ? body.replace(/\\([\s\S])/g, '$1') : body;
}
