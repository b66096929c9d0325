import { SkeinError } from '../../base/errors.ts';

/** How the lines of a COPY FROM are read apart. */
export interface LineFormat {
  readonly csv: boolean;
  /** Bytes. Only of CSV. */
  readonly quote: number;
  readonly escape: number;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
/** Of one line, which may be many of the file's in CSV. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

export function badCopy(
  message: string,
  fields: { readonly hint?: string; readonly detail?: string } = {},
): SkeinError {
  return new SkeinError({ sqlstate: '22P04' }, message, fields);
}

/** Cuts what comes into lines, as PostgreSQL does (CopyReadLineText): all ends must be of the first one's kind. */
export class CopyLines {
  readonly #format: LineFormat;
  #rest: Buffer = Buffer.alloc(0);
  /** Where the search for the line's end goes on. */
  #at = 0;
  #inQuote = false;
  #wasEscape = false;
  #end: 'lf' | 'cr' | 'crlf' | undefined;
  #finished = false;
  /** Of the line that was read last, from 1. */
  number = 0;

  constructor(format: LineFormat) {
    this.#format = format;
  }

  push(chunk: Uint8Array): void {
    if (this.#finished) return;
    this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    if (this.#rest.length <= MAX_LINE_BYTES + chunk.length) return;
    throw new SkeinError('limitExceeded', `a line of COPY has more than ${MAX_LINE_BYTES} bytes`);
  }

  /** @param last nothing more will come. @returns undefined: no whole line is there. */
  next(last: boolean): Buffer | undefined {
    if (this.#finished) return undefined;
    const found = this.#findEnd(last);
    if (found === undefined) {
      if (!last || this.#rest.length === 0) return undefined;
      return this.#take(this.#rest.length, 0);
    }
    return this.#take(found.at, found.width);
  }

  #take(length: number, width: number): Buffer | undefined {
    const line = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length + width);
    this.#at = 0;
    this.#inQuote = false;
    this.#wasEscape = false;
    this.number += 1;
    if (!this.#format.csv && isEndMark(line)) {
      this.#finished = true;
      return undefined;
    }
    return line;
  }

  #findEnd(last: boolean): { readonly at: number; readonly width: number } | undefined {
    const { csv } = this.#format;
    const rest = this.#rest;
    for (; this.#at < rest.length; this.#at++) {
      const byte = rest[this.#at];
      if (csv) this.#quote(byte);
      else if (byte === BACKSLASH) {
        if (this.#at + 1 >= rest.length && !last) return undefined;
        this.#at += 1;
        continue;
      }
      if (byte !== NEWLINE && byte !== RETURN) continue;
      if (csv && this.#inQuote) {
        // As PostgreSQL counts: until it knows how lines end, a newline within quotes is none.
        if (byte === (this.#end === 'lf' ? NEWLINE : RETURN)) this.number += 1;
        continue;
      }
      if (byte === RETURN && this.#at + 1 >= rest.length && !last) return undefined;
      return { at: this.#at, width: this.#endWidth(byte, rest[this.#at + 1]) };
    }
    return undefined;
  }

  /** Where quote and escape are one, a doubled quote closes and opens. */
  #quote(byte: number | undefined): void {
    const { quote, escape: ofQuote } = this.#format;
    const own = ofQuote === quote ? -1 : ofQuote;
    if (this.#inQuote && byte === own) this.#wasEscape = !this.#wasEscape;
    if (byte === quote && !this.#wasEscape) this.#inQuote = !this.#inQuote;
    if (byte !== own) this.#wasEscape = false;
  }

  #endWidth(byte: number, following: number | undefined): number {
    const kind = byte === NEWLINE ? 'lf' : following === NEWLINE ? 'crlf' : 'cr';
    this.#end ??= kind;
    if (kind === this.#end) return kind === 'crlf' ? 2 : 1;
    if (this.#end === 'cr' && kind === 'crlf') return 1;
    throw this.#wrongEnd(byte);
  }

  #wrongEnd(byte: number): SkeinError {
    const what = byte === NEWLINE ? 'newline' : 'carriage return';
    if (this.#format.csv) {
      return badCopy(`unquoted ${what} found in data`, {
        hint: `Use quoted CSV field to represent ${what}.`,
      });
    }
    return badCopy(`literal ${what} found in data`, {
      hint: `Use "\\${byte === NEWLINE ? 'n' : 'r'}" to represent ${what}.`,
    });
  }
}

/** `\.` ends the data of the text format. */
function isEndMark(line: Buffer): boolean {
  if (line[0] !== BACKSLASH || line[1] !== DOT) return false;
  if (line.length === 2) return true;
  throw badCopy('end-of-copy marker is not alone on its line');
}
