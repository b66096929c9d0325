import { assert, assertNever } from '../base/assert.ts';
import { SkeinError } from '../base/errors.ts';
import { type Batch, type FixedLayout, LAYOUT_WIDTH, type Vector } from '../types/batch.ts';

/**
 * A data frame: one batch of rows in binary. All numbers little-endian; every buffer starts at a multiple of 8, so that
 * typed arrays can be laid over a received frame.
 *
 *     u8 version, u8 kind, u16 length of the task's id, u32 sequence, u32 rows, u16 columns, u16 input; id; padding
 *     a vector: u8 kind, u8 layout, u8 has validity, u8 0, u32 values; then
 *       validity: ceil(values / 8) bytes
 *       fixed:    values × width bytes
 *       bytes:    (values + 1) × u32 offsets, data
 *       list:     (values + 1) × u32 offsets, the child as a vector
 */
export interface Frame {
  /** `result`: from an agent; `input`: a broadcast relation, to an agent. */
  readonly kind: 'result' | 'input';
  readonly taskId: string;
  /** Counts up from 0 within a task's results, or within one of its inputs. */
  readonly sequence: number;
  /** Which of the task's inputs; 0 for results. */
  readonly input: number;
  readonly batch: Batch;
}

/** Bumped with any change of the layout; part of what PROTOCOL_VERSION promises. */
const FRAME_VERSION = 1;
const HEADER_BYTES = 16;
const MAX_TASK_ID_BYTES = 255;
const MAX_COLUMNS = 1664;
const MAX_LIST_DEPTH = 8;
export const MAX_FRAME_BYTES = 256 << 20;

const KINDS = ['result', 'input'] as const;
const VECTOR_KINDS = ['fixed', 'bytes', 'list'] as const;
const LAYOUTS = [
  'bool',
  'int16',
  'int32',
  'int64',
  'int128',
  'float32',
  'float64',
  'date',
  'time',
  'timetz',
  'timestamp',
  'interval',
  'uuid',
] as const satisfies readonly FixedLayout[];

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function encodeFrame(frame: Frame): Uint8Array {
  const id = encoder.encode(frame.taskId);
  assert(id.length <= MAX_TASK_ID_BYTES, 'a task id fits its frame');
  const size = frameBytes(frame.taskId, frame.batch);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, FRAME_VERSION);
  view.setUint8(1, KINDS.indexOf(frame.kind));
  view.setUint16(2, id.length, true);
  view.setUint32(4, frame.sequence, true);
  view.setUint32(8, frame.batch.rowCount, true);
  view.setUint16(12, frame.batch.columns.length, true);
  view.setUint16(14, frame.input, true);
  bytes.set(id, HEADER_BYTES);
  const writer = new Writer(bytes, view, align(HEADER_BYTES + id.length));
  for (const column of frame.batch.columns) writer.vector(column, frame.batch.rowCount);
  return bytes;
}

function align(at: number): number {
  return (at + 7) & ~7;
}

/** Where a vector that begins at `at` ends. */
function vectorEnd(vector: Vector, at: number): number {
  const start = at + 8 + (vector.validity === undefined ? 0 : align(vector.validity.length));
  switch (vector.kind) {
    case 'fixed':
      return start + align(vector.data.length);
    case 'bytes':
      return start + align(vector.offsets.byteLength) + align(vector.data.length);
    case 'list':
      return vectorEnd(vector.child, start + align(vector.offsets.byteLength));
    default:
      return assertNever(vector);
  }
}

class Writer {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, view: DataView, at: number) {
    this.#bytes = bytes;
    this.#view = view;
    this.#at = at;
  }

  vector(vector: Vector, values: number): void {
    this.#view.setUint8(this.#at, VECTOR_KINDS.indexOf(vector.kind));
    this.#view.setUint8(this.#at + 1, vector.kind === 'fixed' ? LAYOUTS.indexOf(vector.layout) : 0);
    this.#view.setUint8(this.#at + 2, vector.validity === undefined ? 0 : 1);
    this.#view.setUint32(this.#at + 4, values, true);
    this.#at += 8;
    if (vector.validity !== undefined) this.#block(vector.validity, (values + 7) >> 3);
    switch (vector.kind) {
      case 'fixed':
        this.#block(vector.data, values * LAYOUT_WIDTH[vector.layout]);
        return;
      case 'bytes':
        this.#offsets(vector.offsets, values);
        this.#block(vector.data, vector.offsets[values] ?? 0);
        return;
      case 'list':
        this.#offsets(vector.offsets, values);
        this.vector(vector.child, vector.offsets[values] ?? 0);
        return;
      default:
        assertNever(vector);
    }
  }

  #offsets(offsets: Uint32Array, values: number): void {
    this.#block(new Uint8Array(offsets.buffer, offsets.byteOffset, offsets.byteLength), (values + 1) * 4);
  }

  #block(source: Uint8Array, expected: number): void {
    assert(source.length === expected, `a vector's buffer has ${expected} bytes, not ${source.length}`);
    this.#bytes.set(source, this.#at);
    this.#at += align(source.length);
  }
}

/**
 * The batch's buffers are views of `bytes` where its alignment allows, so the caller must not change it afterwards.
 * @throws 08P01 for anything that {@link encodeFrame} doesn't write.
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length > MAX_FRAME_BYTES) throw malformed(`it has ${bytes.length} bytes`);
  if (bytes.length < HEADER_BYTES) throw malformed('it is too short');
  // Not slice(): a Buffer's shares its memory.
  const aligned = (bytes.byteOffset & 7) === 0 ? bytes : new Uint8Array(bytes);
  const view = new DataView(aligned.buffer, aligned.byteOffset, aligned.byteLength);
  const version = view.getUint8(0);
  if (version !== FRAME_VERSION) throw malformed(`its version is ${version}`);
  const kind = KINDS[view.getUint8(1)];
  if (kind === undefined) throw malformed('its kind is unknown');
  const idLength = view.getUint16(2, true);
  if (idLength > MAX_TASK_ID_BYTES) throw malformed('its task id is too long');
  const rowCount = view.getUint32(8, true);
  const columnCount = view.getUint16(12, true);
  if (columnCount > MAX_COLUMNS) throw malformed(`it has ${columnCount} columns`);
  const reader = new Reader(aligned, view, HEADER_BYTES);
  const taskId = text(reader.block(idLength));
  const columns = Array.from({ length: columnCount }, () => reader.vector(rowCount, 0));
  reader.end();
  return {
    kind,
    taskId,
    sequence: view.getUint32(4, true),
    input: view.getUint16(14, true),
    batch: { rowCount, columns },
  };
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, view: DataView, at: number) {
    this.#bytes = bytes;
    this.#view = view;
    this.#at = at;
  }

  block(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw malformed('it ends early');
    const block = this.#bytes.subarray(this.#at, end);
    this.#at = align(end);
    return block;
  }

  vector(values: number, depth: number): Vector {
    if (depth > MAX_LIST_DEPTH) throw malformed('its lists are nested too deep');
    const { kind, layout, hasValidity } = this.#vectorHeader(values);
    const validity = hasValidity ? this.block(Math.ceil(values / 8)) : undefined;
    switch (kind) {
      case 'fixed':
        return { kind, layout, validity, data: this.#fixedData(layout, values) };
      case 'bytes': {
        const offsets = this.#offsets(values);
        return { kind, validity, offsets, data: this.block(offsets[values] ?? 0) };
      }
      case 'list': {
        const offsets = this.#offsets(values);
        return { kind, validity, offsets, child: this.vector(offsets[values] ?? 0, depth + 1) };
      }
      default:
        return assertNever(kind);
    }
  }

  end(): void {
    if (this.#at !== align(this.#bytes.length)) throw malformed('it is too long');
  }

  #fixedData(layout: FixedLayout, values: number): Uint8Array {
    const data = this.block(values * LAYOUT_WIDTH[layout]);
    if (layout === 'bool' && data.some((byte) => byte > 1)) throw malformed('a boolean is neither 0 nor 1');
    return data;
  }

  #vectorHeader(values: number): {
    readonly kind: (typeof VECTOR_KINDS)[number];
    readonly layout: FixedLayout;
    readonly hasValidity: boolean;
  } {
    const at = this.#at;
    this.block(8);
    const kind = VECTOR_KINDS[this.#view.getUint8(at)];
    const layout = LAYOUTS[this.#view.getUint8(at + 1)];
    const hasValidity = this.#view.getUint8(at + 2);
    if (kind === undefined || layout === undefined || hasValidity > 1) throw malformed('a column is unknown');
    if (this.#view.getUint32(at + 4, true) !== values)
      throw malformed('a column has another number of values');
    return { kind, layout, hasValidity: hasValidity === 1 };
  }

  /** Offsets that start at 0 and never fall, so that every value lies within the data that follows. */
  #offsets(values: number): Uint32Array {
    const block = this.block((values + 1) * 4);
    const offsets = new Uint32Array(block.buffer, block.byteOffset, values + 1);
    if (offsets[0] !== 0) throw malformed('its offsets do not start at 0');
    let last = 0;
    for (const offset of offsets) {
      if (offset < last) throw malformed('its offsets are not ascending');
      last = offset;
    }
    return offsets;
  }
}

/** Bytes of the frame that carries the batch. */
export function frameBytes(taskId: string, batch: Batch): number {
  const start = align(HEADER_BYTES + Buffer.byteLength(taskId));
  return batch.columns.reduce((at, column) => vectorEnd(column, at), start);
}

/** Bytes that a batch takes in a frame. */
export function batchBytes(batch: Batch): number {
  return batch.columns.reduce((at, column) => vectorEnd(column, at), HEADER_BYTES);
}

function text(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw malformed('its task id is not UTF-8');
  }
}

function malformed(reason: string): SkeinError {
  return new SkeinError('protocolViolation', `malformed data frame: ${reason}`);
}
