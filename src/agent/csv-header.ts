import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { CsvOptions } from './config.ts';
import { TableProblem } from './files.ts';
import type { CsvDialect } from './source.ts';

/** A header must end within so many bytes. */
const HEADER_LIMIT = 1 << 20;
const CANDIDATES = [',', ';', '\t', '|'] as const;
const BYTE_ORDER_MARK = '\ufeff';

export interface CsvHead {
  readonly dialect: CsvDialect;
  /** Names in the header, verbatim; `column0`, … where the file has none. Empty for an empty file. */
  readonly names: readonly string[];
}

/**
 * Skein reads the first line itself: DuckDB's sniffer renames columns that differ only in case, and chooses another delimiter
 * where a broken row does not fit the right one.
 */
export async function readCsvHead(path: string, options: CsvOptions): Promise<CsvHead> {
  const { text, whole } = await firstBytes(path);
  const delimiter = options.delimiter ?? guessDelimiter(text, options.quote);
  const dialect: CsvDialect = {
    delimiter,
    quote: options.quote,
    escape: options.escape ?? options.quote,
    header: options.header,
    nulls: options.nulls,
    quotedNulls: options.quotedNulls,
  };
  const fields = firstRecord(text, dialect, whole);
  const names = options.header ? fields : fields.map((_, index) => `column${index}`);
  return { dialect, names };
}

async function firstBytes(path: string): Promise<{ readonly text: string; readonly whole: boolean }> {
  const file = createReadStream(path, { highWaterMark: 1 << 16 });
  const stream = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of stream) {
      if (!Buffer.isBuffer(part)) continue;
      parts.push(part);
      size += part.length;
      if (size > HEADER_LIMIT || part.includes(0x0a)) return { text: decode(parts), whole: false };
    }
    return { text: decode(parts), whole: true };
  } finally {
    file.destroy();
  }
}

function decode(parts: readonly Buffer[]): string {
  const text = Buffer.concat(parts).toString('utf8');
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** The candidate that stands most often in the first line outside quotes; the first of equals. */
function guessDelimiter(text: string, quote: string): string {
  const counts = new Map<string, number>();
  let quoted = false;
  for (const char of text) {
    if (char === quote) quoted = !quoted;
    else if (!quoted && (char === '\n' || char === '\r')) break;
    else if (!quoted) counts.set(char, (counts.get(char) ?? 0) + 1);
  }
  return CANDIDATES.reduce((best, char) => ((counts.get(char) ?? 0) > (counts.get(best) ?? 0) ? char : best));
}

function firstRecord(text: string, dialect: CsvDialect, whole: boolean): string[] {
  if (text === '') return [];
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === dialect.escape && text[i + 1] === dialect.quote) {
        field += dialect.quote;
        i++;
      } else if (char === dialect.quote) quoted = false;
      else field += char;
    } else if (char === dialect.quote && field === '') quoted = true;
    else if (char === dialect.delimiter) {
      fields.push(field);
      field = '';
    } else if (char === '\n' || char === '\r') return [...fields, field];
    else field += char;
  }
  if (quoted || !whole) throw new TableProblem('the header does not end');
  return [...fields, field];
}
