import duckdb from '@duckdb/node-bindings';
import { assert, assertNever, defined } from '../base/assert.ts';
import type { Batch, FixedLayout, Vector } from '../types/batch.ts';
import { LAYOUT_WIDTH } from '../types/batch.ts';
import type { CarrierLayout } from '../types/carrier.ts';
import { GrowingBits, GrowingBytes, GrowingOffsets } from './growing.ts';
import { StringReader } from './string-reader.ts';

/** DuckDB's list_entry_t: uint64 offset, uint64 length. */
const LIST_ENTRY_BYTES = 16;

/** Which layouts a DuckDB type's vectors may be read as. A DECIMAL is judged by the integer that holds it. */
const LAYOUTS_OF_TYPE: ReadonlyMap<duckdb.Type, readonly FixedLayout[]> = new Map([
  [duckdb.Type.BOOLEAN, ['bool']],
  [duckdb.Type.SMALLINT, ['int16']],
  [duckdb.Type.INTEGER, ['int32']],
  [duckdb.Type.BIGINT, ['int64']],
  [duckdb.Type.HUGEINT, ['int128']],
  [duckdb.Type.FLOAT, ['float32']],
  [duckdb.Type.DOUBLE, ['float64']],
  [duckdb.Type.DATE, ['date']],
  [duckdb.Type.TIME, ['time']],
  [duckdb.Type.TIME_TZ, ['timetz']],
  [duckdb.Type.TIMESTAMP, ['timestamp']],
  [duckdb.Type.TIMESTAMP_TZ, ['timestamp']],
  [duckdb.Type.INTERVAL, ['interval']],
  [duckdb.Type.UUID, ['uuid']],
]);

/** Reading memory by a wrong layout would be undefined behaviour, so every result column is checked before the first row. */
export function layoutMatches(type: duckdb.LogicalType, layout: CarrierLayout): boolean {
  const id = duckdb.get_type_id(type);
  if (layout.kind === 'bytes') return id === duckdb.Type.VARCHAR || id === duckdb.Type.BLOB;
  if (layout.kind === 'list') {
    return id === duckdb.Type.LIST && layoutMatches(duckdb.list_type_child_type(type), layout.element);
  }
  const stored = id === duckdb.Type.DECIMAL ? duckdb.decimal_internal_type(type) : id;
  return LAYOUTS_OF_TYPE.get(stored)?.includes(layout.layout) ?? false;
}

/** Collects DuckDB vectors into one of ours. */
export interface VectorBuilder {
  /** Appends the values `[from, from + count)` of a flat DuckDB vector. */
  append(vector: duckdb.Vector, from: number, count: number): void;
  readonly byteLength: number;
  /** Hands out what was collected, and starts anew. */
  finish(): Vector;
}

export function vectorBuilder(layout: CarrierLayout): VectorBuilder {
  switch (layout.kind) {
    case 'fixed':
      return new FixedBuilder(layout.layout);
    case 'bytes':
      return new BytesBuilder();
    case 'list':
      return new ListBuilder(layout.element);
    default:
      return assertNever(layout);
  }
}

class FixedBuilder implements VectorBuilder {
  readonly #layout: FixedLayout;
  readonly #width: number;
  readonly #validity = new GrowingBits();
  readonly #data = new GrowingBytes();

  constructor(layout: FixedLayout) {
    this.#layout = layout;
    this.#width = LAYOUT_WIDTH[layout];
  }

  get byteLength(): number {
    return this.#data.length;
  }

  append(vector: duckdb.Vector, from: number, count: number): void {
    if (count === 0) return;
    appendValidity(this.#validity, vector, from, count);
    const end = (from + count) * this.#width;
    this.#data.append(duckdb.vector_get_data(vector, end).subarray(from * this.#width, end));
  }

  finish(): Vector {
    const validity = this.#validity.take();
    const data = this.#data.take();
    clearNulls(validity, data, this.#width);
    return { kind: 'fixed', layout: this.#layout, validity, data };
  }
}

/** DuckDB leaves other rows' values, or anything, where a value is NULL: that must not leave the process. */
function clearNulls(validity: Uint8Array | undefined, data: Uint8Array, width: number): void {
  if (validity === undefined) return;
  const rows = data.length / width;
  for (let row = 0; row < rows; row++) {
    if (((validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0) data.fill(0, row * width, (row + 1) * width);
  }
}

class BytesBuilder implements VectorBuilder {
  readonly #validity = new GrowingBits();
  readonly #offsets = new GrowingOffsets();
  readonly #data = new GrowingBytes();
  readonly #reader = new StringReader();

  get byteLength(): number {
    return this.#data.length + this.#offsets.length * 4;
  }

  append(vector: duckdb.Vector, from: number, count: number): void {
    if (count === 0) return;
    const mask = appendValidity(this.#validity, vector, from, count);
    this.#reader.read(vector, mask, from, count, this.#offsets, this.#data);
  }

  finish(): Vector {
    return {
      kind: 'bytes',
      validity: this.#validity.take(),
      offsets: this.#offsets.take(),
      data: this.#data.take(),
    };
  }
}

class ListBuilder implements VectorBuilder {
  readonly #validity = new GrowingBits();
  readonly #offsets = new GrowingOffsets();
  readonly #child: VectorBuilder;

  constructor(element: CarrierLayout) {
    this.#child = vectorBuilder(element);
  }

  get byteLength(): number {
    return this.#child.byteLength + this.#offsets.length * 4;
  }

  append(vector: duckdb.Vector, from: number, count: number): void {
    if (count === 0) return;
    const mask = appendValidity(this.#validity, vector, from, count);
    const entries = duckdb.vector_get_data(vector, (from + count) * LIST_ENTRY_BYTES);
    const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
    const runs = new RunMerger((start, length) =>
      this.#child.append(duckdb.list_vector_get_child(vector), start, length),
    );
    for (let row = from; row < from + count; row++) {
      if (!isValid(mask, row)) {
        this.#offsets.push(0);
        continue;
      }
      const start = Number(view.getBigUint64(row * LIST_ENTRY_BYTES, true));
      const length = Number(view.getBigUint64(row * LIST_ENTRY_BYTES + 8, true));
      this.#offsets.push(length);
      runs.add(start, length);
    }
    runs.flush();
  }

  finish(): Vector {
    return {
      kind: 'list',
      validity: this.#validity.take(),
      offsets: this.#offsets.take(),
      child: this.#child.finish(),
    };
  }
}

/** Merges adjacent ranges, in order, so that each run is emitted once. */
class RunMerger {
  readonly #emit: (start: number, length: number) => void;
  #start = 0;
  #length = 0;

  constructor(emit: (start: number, length: number) => void) {
    this.#emit = emit;
  }

  add(start: number, length: number): void {
    if (length === 0) return;
    if (this.#length > 0 && start === this.#start + this.#length) {
      this.#length += length;
      return;
    }
    this.flush();
    this.#start = start;
    this.#length = length;
  }

  flush(): void {
    if (this.#length > 0) this.#emit(this.#start, this.#length);
    this.#length = 0;
  }
}

function appendValidity(
  target: GrowingBits,
  vector: duckdb.Vector,
  from: number,
  count: number,
): Uint8Array | undefined {
  // DuckDB's mask consists of 64-bit words; the binding gives null where there is none.
  const mask: Uint8Array | null = duckdb.vector_get_validity(vector, ((from + count + 63) >> 6) * 8);
  target.append(mask ?? undefined, from, count);
  return mask ?? undefined;
}

function isValid(mask: Uint8Array | undefined, row: number): boolean {
  return mask === undefined || ((mask[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
}

/** Coalesces DuckDB's chunks into batches. */
export class BatchBuilder {
  readonly #columns: readonly VectorBuilder[];
  #rowCount = 0;

  constructor(layouts: readonly CarrierLayout[]) {
    this.#columns = layouts.map(vectorBuilder);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  get byteLength(): number {
    return this.#columns.reduce((sum, column) => sum + column.byteLength, 0);
  }

  append(chunk: duckdb.DataChunk, count: number): void {
    assert(
      duckdb.data_chunk_get_column_count(chunk) === this.#columns.length,
      'a chunk has the columns asked for',
    );
    this.#columns.forEach((column, index) => {
      column.append(duckdb.data_chunk_get_vector(chunk, index), 0, count);
    });
    this.#rowCount += count;
  }

  finish(): Batch {
    const batch = { rowCount: this.#rowCount, columns: this.#columns.map((column) => column.finish()) };
    this.#rowCount = 0;
    return batch;
  }
}

export function columnOf(batch: Batch, index: number): Vector {
  return defined(batch.columns[index], `column ${index} of a batch`);
}
