import { assert, defined } from '../../base/assert.ts';
import type { Batch } from '../../types/batch.ts';
import type { CopyCsv, CopyFormat, CopyText } from '../copy-format.ts';
import type { OutputBuffer } from '../output-buffer.ts';
import type { Format, RowEncoding } from '../session-handler.ts';
import { encodeFrom } from './copy-encoding.ts';
import { valueWriter } from './encoders.ts';
import type { ValueWriter } from './value-writer.ts';

/** The content of one CopyData message. */
export type CopyRowWriter = (out: OutputBuffer, row: number) => void;

/** Writes a field of a row; undefined: it is NULL. */
type Field = (row: number) => ValueWriter | undefined;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const NULL_LENGTH = -1;

export function copyFormatCode(format: CopyFormat): Format {
  return format.kind === 'binary' ? 1 : 0;
}

/** The rows of a batch. */
export function copyBatchWriter(batch: Batch, format: CopyFormat, encoding: RowEncoding): CopyRowWriter {
  const { columns } = batch;
  assert(columns.length === encoding.carriers.length, 'a batch has the columns of its carriers');
  const fields = columns.map((vector, index): Field => {
    const carrier = defined(encoding.carriers[index], 'the carrier of a column');
    const write = valueWriter(vector, carrier, copyFormatCode(format), encoding);
    const { validity } = vector;
    if (validity === undefined) return () => write;
    return (row) => (((validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0 ? undefined : write);
  });
  return rowWriter(fields, format);
}

/** A row whose values are encoded already. */
export function copyRawRow(
  values: readonly (Uint8Array | null)[],
  format: CopyFormat,
  out: OutputBuffer,
): void {
  const fields = values.map((value): Field => {
    const write: ValueWriter | undefined = value === null ? undefined : (to) => to.raw(value);
    return () => write;
  });
  rowWriter(fields, format)(out, 0);
}

/** The line of names. FORCE_QUOTE isn't for it. */
export function copyHeader(names: readonly string[], format: CopyText | CopyCsv, out: OutputBuffer): void {
  const plain = format.kind === 'csv' ? { ...format, forceQuote: [] } : format;
  copyRawRow(
    names.map((name) => Buffer.from(name)),
    plain,
    out,
  );
}

function rowWriter(fields: readonly Field[], format: CopyFormat): CopyRowWriter {
  switch (format.kind) {
    case 'binary':
      return binaryWriter(fields);
    case 'text':
      return lineWriter(fields, format, textEscaper(format));
    case 'csv':
      return lineWriter(fields, format, csvQuoter(format, fields.length === 1));
  }
}

/** As a DataRow: the number of fields, then each behind its length. */
function binaryWriter(fields: readonly Field[]): CopyRowWriter {
  return (out, row) => {
    out.int16(fields.length);
    for (const field of fields) {
      const write = field(row);
      const at = out.position;
      out.int32(NULL_LENGTH);
      if (write === undefined) continue;
      write(out, row);
      out.setInt32(at, out.position - at - 4);
    }
  };
}

/** Makes what was written since `start` a field of the line. */
type FieldEnd = (out: OutputBuffer, start: number, column: number) => void;

function lineWriter(
  fields: readonly Field[],
  { delimiter, nullText, encoding }: CopyText | CopyCsv,
  end: FieldEnd,
): CopyRowWriter {
  const writers = fields.map((field, column) => fieldWriter(field, column, nullText, end));
  return (out, row) => {
    const line = out.position;
    let first = true;
    for (const write of writers) {
      if (!first) out.byte(delimiter);
      first = false;
      write(out, row);
    }
    out.byte(NEWLINE);
    if (encoding !== undefined) encodeFrom(out, line, encoding);
  };
}

function fieldWriter(field: Field, column: number, nullText: Uint8Array, end: FieldEnd): CopyRowWriter {
  return (out, row) => {
    const write = field(row);
    if (write === undefined) return out.raw(nullText);
    const start = out.position;
    write(out, row);
    end(out, start, column);
  };
}

/** Control characters that have a letter: \b, \f, \n, \r, \t, \v. */
const LETTERS: ReadonlyMap<number, string> = new Map([
  [0x08, 'b'],
  [0x0c, 'f'],
  [NEWLINE, 'n'],
  [RETURN, 'r'],
  [0x09, 't'],
  [0x0b, 'v'],
]);

/** src/backend/commands/copyto.c, CopyAttributeOutText. */
function textEscaper({ delimiter }: CopyText): FieldEnd {
  const follower = new Uint8Array(256);
  follower[BACKSLASH] = BACKSLASH;
  follower[delimiter] = delimiter;
  for (const [byte, letter] of LETTERS) follower[byte] = letter.charCodeAt(0);
  return (out, start) => {
    const first = findByte(out, start, follower);
    if (first === undefined) return;
    const rest = Buffer.from(out.bytes.subarray(first, out.position));
    out.position = first;
    out.reserve(rest.length * 2);
    for (const byte of rest) {
      const escaped = follower[byte] ?? 0;
      if (escaped !== 0) out.bytes[out.position++] = BACKSLASH;
      out.bytes[out.position++] = escaped === 0 ? byte : escaped;
    }
  };
}

/** CopyAttributeOutCSV. @param alone it is the only field of its line. */
function csvQuoter(
  { delimiter, quote, escape: escapeByte, nullText, forceQuote }: CopyCsv,
  alone: boolean,
): FieldEnd {
  const special = markOf(delimiter, quote, NEWLINE, RETURN);
  const escaped = markOf(quote, escapeByte);
  return (out, start, column) => {
    const forced = forceQuote[column] === true || equals(out, start, nullText);
    if (!forced && findByte(out, start, special) === undefined && !(alone && isEndOfData(out, start))) return;
    const value = Buffer.from(out.bytes.subarray(start, out.position));
    out.position = start;
    out.reserve(value.length * 2 + 2);
    out.bytes[out.position++] = quote;
    for (const byte of value) {
      if (escaped[byte] === 1) out.bytes[out.position++] = escapeByte;
      out.bytes[out.position++] = byte;
    }
    out.bytes[out.position++] = quote;
  };
}

function markOf(...bytes: readonly number[]): Uint8Array {
  const marks = new Uint8Array(256);
  for (const byte of bytes) marks[byte] = 1;
  return marks;
}

function findByte({ bytes, position }: OutputBuffer, from: number, marks: Uint8Array): number | undefined {
  for (let at = from; at < position; at++) if (marks[bytes[at] ?? 0] !== 0) return at;
  return undefined;
}

function equals({ bytes, position }: OutputBuffer, from: number, text: Uint8Array): boolean {
  return position - from === text.length && bytes.compare(text, 0, text.length, from, position) === 0;
}

/** `\.` */
function isEndOfData({ bytes, position }: OutputBuffer, from: number): boolean {
  return position - from === 2 && bytes[from] === BACKSLASH && bytes[from + 1] === DOT;
}
