import { SkeinError } from '../../base/errors.ts';

/** A JSON value and where it stands in its text. */
export type Json =
  | { readonly kind: 'null' | 'true' | 'false' | 'number'; readonly start: number; readonly end: number }
  | { readonly kind: 'string'; readonly start: number; readonly end: number; readonly value: string }
  | { readonly kind: 'array'; readonly start: number; readonly end: number; readonly items: readonly Json[] }
  | {
      readonly kind: 'object';
      readonly start: number;
      readonly end: number;
      readonly members: readonly JsonMember[];
    };

export interface JsonMember {
  readonly key: string;
  readonly value: Json;
}

/** PostgreSQL, whose stack is larger, goes some thousands deep. */
const MAX_DEPTH = 1000;

const invalid = (detail: string): SkeinError =>
  new SkeinError('invalidText', 'invalid input syntax for type json', { detail });

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** What PostgreSQL takes for one token in its message. */
const WORD = /[A-Za-z0-9_\u0080-\u{10ffff}]+/uy;
const NUMBER_TOKEN = /[-+.A-Za-z0-9_\u0080-\u{10ffff}]+/uy;
const SPACE = /[ \t\n\r]*/y;
/** Characters of a string that stand for themselves. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON excludes them
const PLAIN = /[^"\\\u0000-\u001f]*/y;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Reads a text as PostgreSQL reads json.
 * @param escapes whether strings must be text: \u0000 and halves of surrogate pairs are valid json, but no text.
 * @throws 22P02, and 22P05 for \u0000.
 */
export function parseJson(text: string, escapes: boolean): Json {
  return new JsonParser(text, escapes).document();
}

class JsonParser {
  readonly #text: string;
  readonly #escapes: boolean;
  #at = 0;
  #depth = 0;

  constructor(text: string, escapes: boolean) {
    this.#text = text;
    this.#escapes = escapes;
  }

  document(): Json {
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected('end of input');
    return value;
  }

  #value(): Json {
    this.#skipSpace();
    const start = this.#at;
    switch (this.#text[start]) {
      case '{':
        return this.#nested(() => this.#object(start));
      case '[':
        return this.#nested(() => this.#array(start));
      case '"': {
        const value = this.#string();
        return { kind: 'string', start, end: this.#at, value };
      }
      default:
        return this.#scalar(start);
    }
  }

  #nested(read: () => Json): Json {
    this.#depth++;
    if (this.#depth > MAX_DEPTH) throw new SkeinError('tooComplex', 'stack depth limit exceeded');
    const value = read();
    this.#depth--;
    return value;
  }

  #scalar(start: number): Json {
    for (const kind of ['null', 'true', 'false'] as const) {
      if (this.#token(start) === kind) {
        this.#at = start + kind.length;
        return { kind, start, end: this.#at };
      }
    }
    const number = match(NUMBER, this.#text, start);
    if (number !== '' && number === match(NUMBER_TOKEN, this.#text, start)) {
      this.#at = start + number.length;
      return { kind: 'number', start, end: this.#at };
    }
    throw this.#unexpected('JSON value');
  }

  #array(start: number): Json {
    const items: Json[] = [];
    this.#at++;
    if (!this.#takes(']')) {
      do {
        items.push(this.#value());
      } while (this.#takes(','));
      if (!this.#takes(']')) throw this.#unexpected('"," or "]"');
    }
    return { kind: 'array', start, end: this.#at, items };
  }

  #object(start: number): Json {
    const members: JsonMember[] = [];
    this.#at++;
    if (!this.#takes('}')) {
      do {
        members.push(this.#member(members.length === 0));
      } while (this.#takes(','));
      if (!this.#takes('}')) throw this.#unexpected('"," or "}"');
    }
    return { kind: 'object', start, end: this.#at, members };
  }

  #member(first: boolean): JsonMember {
    this.#skipSpace();
    if (this.#text[this.#at] !== '"') throw this.#unexpected(first ? 'string or "}"' : 'string');
    const key = this.#string();
    if (!this.#takes(':')) throw this.#unexpected('":"');
    return { key, value: this.#value() };
  }

  #string(): string {
    const opening = this.#at;
    this.#at++;
    let value = '';
    for (;;) {
      const plain = match(PLAIN, this.#text, this.#at);
      value += plain;
      this.#at += plain.length;
      const next = this.#text[this.#at];
      if (next === '"') break;
      if (next === '\\') value += this.#escape(opening);
      else if (next === undefined) throw invalid(`Token "${this.#text.slice(opening)}" is invalid.`);
      else throw invalid(`Character with value 0x${hex2(next.charCodeAt(0))} must be escaped.`);
    }
    this.#at++;
    return value;
  }

  #escape(opening: number): string {
    const letter = this.#text[this.#at + 1];
    if (letter === undefined) throw invalid(`Token "${this.#text.slice(opening)}" is invalid.`);
    if (letter === 'u') return this.#unicode();
    const meant = ESCAPES[letter];
    if (meant === undefined) {
      const whole = String.fromCodePoint(this.#text.codePointAt(this.#at + 1) ?? 0);
      throw invalid(`Escape sequence "\\${whole}" is invalid.`);
    }
    this.#at += 2;
    return meant;
  }

  #unicode(): string {
    const code = this.#codeUnit();
    if (!this.#escapes) return String.fromCharCode(code);
    if (code === 0) {
      throw new SkeinError({ sqlstate: '22P05' }, 'unsupported Unicode escape sequence', {
        detail: '\\u0000 cannot be converted to text.',
      });
    }
    if (code >= 0xdc00 && code <= 0xdfff) throw LOW_ALONE();
    if (code < 0xd800 || code > 0xdbff) return String.fromCharCode(code);
    if (this.#text[this.#at] !== '\\' || this.#text[this.#at + 1] !== 'u') throw LOW_ALONE();
    const low = this.#codeUnit();
    if (low >= 0xd800 && low <= 0xdbff) {
      throw invalid('Unicode high surrogate must not follow a high surrogate.');
    }
    if (low < 0xdc00 || low > 0xdfff) throw LOW_ALONE();
    return String.fromCharCode(code, low);
  }

  #codeUnit(): number {
    const digits = match(/[0-9a-fA-F]{0,4}/y, this.#text, this.#at + 2);
    if (digits.length < 4) throw invalid('"\\u" must be followed by four hexadecimal digits.');
    this.#at += 6;
    return Number.parseInt(digits, 16);
  }

  #takes(mark: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    this.#at += match(SPACE, this.#text, this.#at).length;
  }

  /** The token at the place, as PostgreSQL's lexer cuts it. */
  #token(at: number): string {
    const next = this.#text[at] ?? '';
    if (/[-0-9]/.test(next)) return match(NUMBER_TOKEN, this.#text, at);
    return match(WORD, this.#text, at) || next;
  }

  #unexpected(expected: string): SkeinError {
    const next = this.#text[this.#at];
    if (next === undefined) return invalid('The input string ended unexpectedly.');
    if (next === '"') {
      const start = this.#at;
      this.#string();
      return invalid(`Expected ${expected}, but found "${this.#text.slice(start, this.#at)}".`);
    }
    const token = this.#token(this.#at);
    const known = /^[{}[\],:]$/.test(token) || ['null', 'true', 'false'].includes(token) || isNumber(token);
    return invalid(known ? `Expected ${expected}, but found "${token}".` : `Token "${token}" is invalid.`);
  }
}

const LOW_ALONE = (): SkeinError => invalid('Unicode low surrogate must follow a high surrogate.');

const isNumber = (token: string): boolean => match(NUMBER, token, 0) === token;

const hex2 = (code: number): string => code.toString(16).padStart(2, '0');

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
