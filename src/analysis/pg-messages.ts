import { SkeinError } from '../base/errors.ts';
import { DataRow } from '../types/data-row.ts';
import type { PgColumn } from '../types/pg-column.ts';
import type { RawParameter } from './engine.ts';

/** The few messages of PostgreSQL's protocol (docs, 54.7) that the engine speaks with its PostgreSQL. */
export type BackendMessage =
  | { readonly kind: 'parse-complete' }
  | { readonly kind: 'parameters'; readonly oids: readonly number[] }
  | { readonly kind: 'columns'; readonly columns: readonly PgColumn[] }
  | { readonly kind: 'no-data' }
  | { readonly kind: 'row'; readonly row: DataRow }
  | { readonly kind: 'complete'; readonly tag: string }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'error'; readonly error: SkeinError }
  | {
      readonly kind: 'notice';
      readonly message: string;
      readonly detail: Uint8Array;
      readonly severity: string;
      readonly error: SkeinError;
    }
  | { readonly kind: 'other' };

export const frontend = {
  query: (sql: string): Uint8Array => message('Q', cString(sql)),
  parse: (sql: string, parameterOids: readonly number[]): Uint8Array =>
    message('P', cString(''), cString(sql), int16(parameterOids.length), ...parameterOids.map(int32)),
  describeStatement: (): Uint8Array => message('D', Buffer.from('S'), cString('')),
  bind: (parameters: readonly RawParameter[], resultFormats: readonly (0 | 1)[]): Uint8Array =>
    message(
      'B',
      cString(''),
      cString(''),
      int16(parameters.length),
      ...parameters.map((parameter) => int16(parameter.format)),
      int16(parameters.length),
      ...parameters.map(parameterValue),
      int16(resultFormats.length),
      ...resultFormats.map(int16),
    ),
  /** @param maxRows 0: no limit. */
  execute: (maxRows: number): Uint8Array => message('E', cString(''), int32(maxRows)),
  sync: (): Uint8Array => message('S'),
} as const;

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

export function* readMessages(bytes: Uint8Array): Generator<BackendMessage> {
  const reader = new ByteReader(bytes);
  while (!reader.atEnd) {
    const type = reader.uint8();
    const length = reader.int32() - 4;
    if (type === DATA_ROW) yield { kind: 'row', row: reader.row(length) };
    else yield readMessage(String.fromCharCode(type), new ByteReader(reader.slice(length)));
  }
}

const DATA_ROW = 0x44;

function readMessage(type: string, body: ByteReader): BackendMessage {
  switch (type) {
    case '1':
      return { kind: 'parse-complete' };
    case 't':
      return { kind: 'parameters', oids: body.times(body.uint16(), () => body.uint32()) };
    case 'T':
      return { kind: 'columns', columns: body.times(body.int16(), () => readColumn(body)) };
    case 'n':
      return { kind: 'no-data' };
    case 'C':
      return { kind: 'complete', tag: body.text() };
    case 'Z':
      return { kind: 'ready' };
    case 's':
      return { kind: 'suspended' };
    case 'E':
      return { kind: 'error', error: readError(readFields(body)) };
    case 'N':
      return readNotice(readFields(body));
    default:
      return { kind: 'other' };
  }
}

function readColumn(body: ByteReader): PgColumn {
  const name = body.text();
  const tableOid = body.uint32();
  const attributeNumber = body.int16();
  const typeOid = body.uint32();
  const typeSize = body.int16();
  const typmod = body.int32();
  body.int16();
  return { name, tableOid, attributeNumber, typeOid, typeSize, typmod };
}

function readFields(body: ByteReader): ReadonlyMap<string, Uint8Array> {
  const fields = new Map<string, Uint8Array>();
  for (let code = body.uint8(); code !== 0; code = body.uint8()) {
    fields.set(String.fromCharCode(code), body.cString());
  }
  return fields;
}

function readNotice(fields: ReadonlyMap<string, Uint8Array>): BackendMessage {
  return {
    kind: 'notice',
    message: fieldText(fields, 'M') ?? '',
    detail: fields.get('D') ?? new Uint8Array(),
    severity: fieldText(fields, 'V') ?? 'NOTICE',
    error: readError(fields),
  };
}

function readError(fields: ReadonlyMap<string, Uint8Array>): SkeinError {
  const position = fieldText(fields, 'P');
  return new SkeinError(
    { sqlstate: fieldText(fields, 'C') ?? 'XX000' },
    fieldText(fields, 'M') ?? 'PostgreSQL reported no message',
    {
      detail: fieldText(fields, 'D'),
      hint: fieldText(fields, 'H'),
      position: position === undefined ? undefined : Number(position),
      schema: fieldText(fields, 's'),
      table: fieldText(fields, 't'),
      column: fieldText(fields, 'c'),
      dataType: fieldText(fields, 'd'),
      constraint: fieldText(fields, 'n'),
    },
  );
}

function fieldText(fields: ReadonlyMap<string, Uint8Array>, code: string): string | undefined {
  const value = fields.get(code);
  return value === undefined ? undefined : new TextDecoder().decode(value);
}

class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  int16(): number {
    return this.#view.getInt16(this.#advance(2));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4));
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  slice(length: number): Uint8Array {
    const from = this.#advance(length);
    return this.#bytes.subarray(from, from + length);
  }

  row(length: number): DataRow {
    const from = this.#advance(length);
    return new DataRow(this.#bytes, from, from + length);
  }

  cString(): Uint8Array {
    const end = this.#bytes.indexOf(0, this.#at);
    const bytes = this.slice(end - this.#at);
    this.#advance(1);
    return bytes;
  }

  text(): string {
    return new TextDecoder().decode(this.cString());
  }

  times<T>(count: number, read: () => T): T[] {
    return Array.from({ length: count }, read);
  }

  #advance(length: number): number {
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

function message(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(5);
  header.write(type, 0, 'latin1');
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** A NUL would end the string early, and the rest of the message would be read as something else. */
function cString(text: string): Uint8Array {
  if (text.includes('\0')) {
    throw new SkeinError('invalidEncoding', 'invalid byte sequence for encoding "UTF8": 0x00');
  }
  return Buffer.from(`${text}\0`);
}

function parameterValue(parameter: RawParameter): Uint8Array {
  if (parameter.value === null) return int32(-1);
  return Buffer.concat([int32(parameter.value.length), parameter.value]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
