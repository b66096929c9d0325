import { isUtf8 } from 'node:buffer';
import duckdb from '@duckdb/node-bindings';
import { assert, assertNever, defined } from '../base/assert.ts';
import { SkeinError } from '../base/errors.ts';
import type { Batch, Vector } from '../types/batch.ts';
import { isNull, LAYOUT_WIDTH } from '../types/batch.ts';
import { carrierOf } from '../types/carrier.ts';
import { decimalShape, elementType, OID, type SqlType } from '../types/sql-type.ts';

const STRING_BYTES = 16;
const INLINE_LENGTH = 12;
const LIST_ENTRY_BYTES = 16;

const TYPE_OF_OID: ReadonlyMap<number, duckdb.Type> = new Map([
  [OID.bool, duckdb.Type.BOOLEAN],
  [OID.int2, duckdb.Type.SMALLINT],
  [OID.int4, duckdb.Type.INTEGER],
  [OID.int8, duckdb.Type.BIGINT],
  [OID.oid, duckdb.Type.BIGINT],
  [OID.float4, duckdb.Type.FLOAT],
  [OID.float8, duckdb.Type.DOUBLE],
  [OID.date, duckdb.Type.DATE],
  [OID.time, duckdb.Type.TIME],
  [OID.timetz, duckdb.Type.TIME_TZ],
  [OID.timestamp, duckdb.Type.TIMESTAMP],
  [OID.timestamptz, duckdb.Type.TIMESTAMP_TZ],
  [OID.interval, duckdb.Type.INTERVAL],
  [OID.uuid, duckdb.Type.UUID],
  [OID.bytea, duckdb.Type.BLOB],
]);

/** The DuckDB type of a carrier, as its C API names it; {@link carrierOf} says the same as SQL text. */
export function logicalType(type: SqlType): duckdb.LogicalType {
  const shape = decimalShape(type);
  if (shape !== undefined) return duckdb.create_decimal_type(shape.precision, shape.scale);
  const element = elementType(type);
  if (element !== undefined) return duckdb.create_list_type(logicalType(element));
  const { layout } = carrierOf(type);
  return duckdb.create_logical_type(
    TYPE_OF_OID.get(type.oid) ?? (layout.kind === 'bytes' ? duckdb.Type.VARCHAR : duckdb.Type.INVALID),
  );
}

/** Writes batches into one reused DuckDB chunk, piece by piece. */
export class ChunkWriter {
  readonly #chunk: duckdb.DataChunk;
  readonly #types: readonly SqlType[];

  constructor(types: readonly SqlType[]) {
    this.#chunk = duckdb.create_data_chunk(types.map(logicalType));
    this.#types = types;
  }

  /** Calls `sink` with the chunk for each piece of at most a vector's size. The chunk is valid only during the call. */
  write(batch: Batch, sink: (chunk: duckdb.DataChunk) => void): void {
    assert(
      batch.columns.length === this.#types.length,
      'a batch has the columns of the table it is appended to',
    );
    this.#types.forEach((type, index) => {
      checkCarrier(defined(batch.columns[index], 'a column'), type);
    });
    const step = duckdb.vector_size();
    for (let from = 0; from < batch.rowCount; from += step) {
      const count = Math.min(step, batch.rowCount - from);
      duckdb.data_chunk_reset(this.#chunk);
      batch.columns.forEach((column, index) => {
        writeVector(duckdb.data_chunk_get_vector(this.#chunk, index), column, from, count);
      });
      duckdb.data_chunk_set_size(this.#chunk, count);
      sink(this.#chunk);
    }
  }
}

/** A batch may come from another machine: DuckDB must get neither another layout nor text that is not UTF-8. */
function checkCarrier(vector: Vector, type: SqlType): void {
  const { layout } = carrierOf(type);
  if (vector.kind !== layout.kind || (layout.kind === 'fixed' && layoutOf(vector) !== layout.layout)) {
    throw new SkeinError('protocolViolation', `a column of type ${type.oid} came in another layout`);
  }
  const element = elementType(type);
  if (vector.kind === 'list' && element !== undefined) checkCarrier(vector.child, element);
  if (vector.kind === 'bytes' && type.oid !== OID.bytea && !isText(vector)) {
    throw new SkeinError('invalidEncoding', 'invalid byte sequence for encoding "UTF8"');
  }
}

function layoutOf(vector: Vector): string | undefined {
  return vector.kind === 'fixed' ? vector.layout : undefined;
}

/** All of it is UTF-8, and no value begins inside a character. */
function isText(vector: BytesVector): boolean {
  if (!isUtf8(vector.data)) return false;
  return vector.offsets.every((offset) => ((vector.data[offset] ?? 0) & 0xc0) !== 0x80);
}

/** Writes values `[from, from + count)` of a vector to the start of a DuckDB vector. */
export function writeVector(target: duckdb.Vector, source: Vector, from: number, count: number): void {
  if (count === 0) return;
  writeValidity(target, source, from, count);
  switch (source.kind) {
    case 'fixed': {
      const width = LAYOUT_WIDTH[source.layout];
      copyTo(target, 0, source.data.subarray(from * width, (from + count) * width));
      return;
    }
    case 'bytes':
      writeStrings(target, source, from, count);
      return;
    case 'list':
      writeLists(target, source, from, count);
      return;
    default:
      assertNever(source);
  }
}

type BytesVector = Extract<Vector, { kind: 'bytes' }>;
type ListVector = Extract<Vector, { kind: 'list' }>;

/** Short strings are laid out here and copied as one block; DuckDB itself must allocate the longer ones. */
function writeStrings(target: duckdb.Vector, source: BytesVector, from: number, count: number): void {
  const entries = new Uint8Array(count * STRING_BYTES);
  const words = new Uint32Array(entries.buffer);
  const long: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = offsetAt(source.offsets, from + i);
    const length = offsetAt(source.offsets, from + i + 1) - start;
    if (length > INLINE_LENGTH) {
      long.push(i);
      continue;
    }
    words[i * 4] = length;
    const to = i * STRING_BYTES + 4;
    for (let k = 0; k < length; k++) entries[to + k] = source.data[start + k] ?? 0;
  }
  copyTo(target, 0, entries);
  for (const i of long) {
    const start = offsetAt(source.offsets, from + i);
    const value = source.data.subarray(start, offsetAt(source.offsets, from + i + 1));
    duckdb.vector_assign_string_element_len(target, i, value);
  }
}

function writeLists(target: duckdb.Vector, source: ListVector, from: number, count: number): void {
  const first = offsetAt(source.offsets, from);
  const total = offsetAt(source.offsets, from + count) - first;
  const entries = new BigUint64Array(count * 2);
  for (let i = 0; i < count; i++) {
    const start = offsetAt(source.offsets, from + i);
    entries[i * 2] = BigInt(start - first);
    entries[i * 2 + 1] = BigInt(offsetAt(source.offsets, from + i + 1) - start);
  }
  assert(entries.byteLength === count * LIST_ENTRY_BYTES, 'a list entry has 16 bytes');
  duckdb.list_vector_reserve(target, total);
  duckdb.list_vector_set_size(target, total);
  copyTo(target, 0, new Uint8Array(entries.buffer));
  writeVector(duckdb.list_vector_get_child(target), source.child, first, total);
}

function writeValidity(target: duckdb.Vector, source: Vector, from: number, count: number): void {
  const mask = source.validity;
  if (mask === undefined) return;
  const words = new Uint8Array(((count + 63) >> 6) * 8);
  if ((from & 7) === 0) {
    words.set(mask.subarray(from >> 3, (from + count + 7) >> 3));
  } else {
    for (let i = 0; i < count; i++) {
      if (!isNull(source, from + i)) words[i >> 3] = (words[i >> 3] ?? 0) | (1 << (i & 7));
    }
  }
  duckdb.vector_ensure_validity_writable(target);
  duckdb.copy_data_to_vector_validity(target, 0, words.buffer, 0, words.length);
}

function copyTo(target: duckdb.Vector, at: number, source: Uint8Array): void {
  const buffer = source.buffer instanceof ArrayBuffer ? source.buffer : source.slice().buffer;
  duckdb.copy_data_to_vector(target, at, buffer, source.byteOffset, source.byteLength);
}

function offsetAt(offsets: Uint32Array, index: number): number {
  return defined(offsets[index], `offset ${index}`);
}
