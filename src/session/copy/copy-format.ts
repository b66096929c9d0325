import { SkeinError } from '../../base/errors.ts';
import type { CopyFormat } from '../../pgwire/copy-format.ts';
import type { CopyStatement } from '../../sql/copy-statement.ts';
import type { PgColumn } from '../../types/pg-column.ts';
import { type CopyOptions, notWithCopyTo } from './copy-options.ts';

/** Whether options go together, in the order in which PostgreSQL asks (ProcessCopyOptions). */
export function checkCopyOptions(options: CopyOptions, direction: CopyStatement['direction']): void {
  const binary = options.format === 'binary';
  if (binary && options.delimiter !== undefined) throw notInBinary('DELIMITER');
  if (binary && options.nullText !== undefined) throw notInBinary('NULL');
  if (binary && options.defaultText !== undefined) throw notInBinary('DEFAULT');
  checkDelimiterAndNull(options);
  if (binary && options.header) throw unsupported('cannot specify HEADER in BINARY mode');
  checkQuoteAndEscape(options);
  checkForced(options, direction);
  checkNullApart(options);
  if (options.freeze && direction === 'to') throw notWithCopyTo('FREEZE');
  checkDefault(options, direction);
  if (binary && options.onError !== 'stop') {
    throw new SkeinError('syntaxError', 'only ON_ERROR STOP is allowed in BINARY mode');
  }
  if (options.rejectLimit !== undefined && options.onError === 'stop') {
    throw new SkeinError('invalidParameterValue', 'COPY REJECT_LIMIT requires ON_ERROR to be set to IGNORE');
  }
}

const wrong = (message: string): SkeinError => new SkeinError('invalidParameterValue', message);
const unsupported = (message: string): SkeinError => new SkeinError('notSupported', message);

function notInBinary(what: string): SkeinError {
  return new SkeinError('syntaxError', `cannot specify ${what} in BINARY mode`);
}

const isOneByte = (text: string): boolean => Buffer.byteLength(text) === 1;

function delimiterOf({ delimiter, format }: CopyOptions): string {
  return delimiter ?? (format === 'csv' ? ',' : '\t');
}

function nullOf({ nullText, format }: CopyOptions): string {
  return nullText ?? (format === 'csv' ? '' : '\\N');
}

const quoteOf = ({ quote }: CopyOptions): string => quote ?? '"';
const escapeOf = (options: CopyOptions): string => options.escape ?? quoteOf(options);

function checkDelimiterAndNull(options: CopyOptions): void {
  const delimiter = delimiterOf(options);
  if (!isOneByte(delimiter)) throw unsupported('COPY delimiter must be a single one-byte character');
  if (/[\r\n]/.test(delimiter)) throw wrong('COPY delimiter cannot be newline or carriage return');
  if (/[\r\n]/.test(nullOf(options))) {
    throw wrong('COPY null representation cannot use newline or carriage return');
  }
  if (options.defaultText !== undefined && /[\r\n]/.test(options.defaultText)) {
    throw wrong('COPY default representation cannot use newline or carriage return');
  }
  if (options.format !== 'csv' && /[\\.a-z0-9]/.test(delimiter)) {
    throw wrong(`COPY delimiter cannot be "${delimiter}"`);
  }
}

function checkQuoteAndEscape(options: CopyOptions): void {
  const csv = options.format === 'csv';
  if (!csv && options.quote !== undefined) throw unsupported('COPY QUOTE requires CSV mode');
  if (csv && !isOneByte(quoteOf(options))) {
    throw unsupported('COPY quote must be a single one-byte character');
  }
  if (csv && delimiterOf(options) === quoteOf(options)) {
    throw wrong('COPY delimiter and quote must be different');
  }
  if (!csv && options.escape !== undefined) throw unsupported('COPY ESCAPE requires CSV mode');
  if (csv && !isOneByte(escapeOf(options))) {
    throw unsupported('COPY escape must be a single one-byte character');
  }
}

function checkForced(options: CopyOptions, direction: CopyStatement['direction']): void {
  const csv = options.format === 'csv';
  if (!csv && options.forceQuote !== undefined) throw unsupported('COPY FORCE_QUOTE requires CSV mode');
  if (direction === 'from' && options.forceQuote !== undefined) {
    throw unsupported('COPY FORCE_QUOTE cannot be used with COPY FROM');
  }
  const others = [
    ['FORCE_NOT_NULL', options.forceNotNull],
    ['FORCE_NULL', options.forceNull],
  ] as const;
  for (const [name, columns] of others) {
    if (columns === undefined) continue;
    if (!csv) throw unsupported(`COPY ${name} requires CSV mode`);
    if (direction === 'to') throw notWithCopyTo(name);
  }
}

function checkNullApart(options: CopyOptions): void {
  const nullText = nullOf(options);
  if (nullText.includes(delimiterOf(options))) {
    throw wrong('COPY delimiter character must not appear in the NULL specification');
  }
  if (options.format === 'csv' && nullText.includes(quoteOf(options))) {
    throw wrong('CSV quote character must not appear in the NULL specification');
  }
}

function checkDefault(options: CopyOptions, direction: CopyStatement['direction']): void {
  const { defaultText } = options;
  if (defaultText === undefined) return;
  if (direction === 'to') throw unsupported('COPY DEFAULT cannot be used with COPY TO');
  if (defaultText.includes(delimiterOf(options))) {
    throw unsupported('COPY delimiter character must not appear in the DEFAULT specification');
  }
  if (options.format === 'csv' && defaultText.includes(quoteOf(options))) {
    throw unsupported('CSV quote character must not appear in the DEFAULT specification');
  }
  if (defaultText === nullOf(options)) {
    throw unsupported('NULL specification and DEFAULT specification cannot be the same');
  }
}

/** @param ofTable whose columns these are; undefined: a query's. */
export function copyFormat(
  options: CopyOptions,
  columns: readonly PgColumn[],
  ofTable: string | undefined,
): CopyFormat {
  const forceQuote = forcedColumns(options, columns, ofTable);
  if (options.format === 'binary') return { kind: 'binary' };
  const shared = {
    delimiter: delimiterOf(options).charCodeAt(0),
    nullText: Buffer.from(nullOf(options)),
    header: options.header,
    encoding: options.encoding,
  };
  if (options.format === 'text') return { kind: 'text', ...shared };
  const quote = quoteOf(options).charCodeAt(0);
  return { kind: 'csv', ...shared, quote, escape: escapeOf(options).charCodeAt(0), forceQuote };
}

function forcedColumns(
  { forceQuote }: CopyOptions,
  columns: readonly PgColumn[],
  ofTable: string | undefined,
): readonly boolean[] {
  if (forceQuote === undefined) return [];
  if (forceQuote === 'all') return columns.map(() => true);
  const names = new Set(
    columnIndexes(
      forceQuote,
      columns.map(({ name }) => name),
      ofTable,
    ),
  );
  return columns.map((_, index) => names.has(index));
}

/** CopyGetAttnums. */
export function columnIndexes(
  wanted: readonly string[],
  names: readonly string[],
  ofTable: string | undefined,
): readonly number[] {
  const found: number[] = [];
  for (const name of wanted) {
    const index = names.indexOf(name);
    if (index === -1) {
      const of = ofTable === undefined ? '' : ` of relation "${ofTable}"`;
      throw new SkeinError('undefinedColumn', `column "${name}"${of} does not exist`);
    }
    if (found.includes(index)) {
      throw new SkeinError({ sqlstate: '42701' }, `column "${name}" specified more than once`);
    }
    found.push(index);
  }
  return found;
}
