import duckdb from '@duckdb/node-bindings';
import type { GrowingBytes, GrowingOffsets } from './growing.ts';

/**
 * DuckDB's string_t: uint32 length, then either 12 bytes of the string itself, or a 4-byte prefix and a pointer.
 */
const STRING_BYTES = 16;
const INLINE_LENGTH = 12;
/** More than that is read in several pieces, because Skein's offsets have 32 bits. */
const MAX_RUN_BYTES = 1 << 28;

/**
 * Copies the strings of a vector. A native call costs more than copying a short string, so strings that lie one after the
 * other (upwards, as results are materialised, or downwards, as DuckDB's storage keeps them) are fetched in one call.
 */
export class StringReader {
  #target = new Uint32Array(0);
  #run = new Run();

  read(
    vector: duckdb.Vector,
    mask: Uint8Array | undefined,
    from: number,
    count: number,
    offsets: GrowingOffsets,
    data: GrowingBytes,
  ): void {
    const bytes = duckdb.vector_get_data(vector, (from + count) * STRING_BYTES);
    const entries = bytes.subarray(from * STRING_BYTES);
    const words = new Uint32Array(entries.buffer, entries.byteOffset, count * 4);
    const total = this.#layOut(words, mask, from, count, offsets);
    const block = data.reserve(total);
    this.#copy(bytes, entries, words, block, from, count);
  }

  /** Sets every string's length (0 where NULL) and its place in the target block. Returns the block's size. */
  #layOut(
    words: Uint32Array,
    mask: Uint8Array | undefined,
    from: number,
    count: number,
    offsets: GrowingOffsets,
  ): number {
    if (this.#target.length < count + 1) this.#target = new Uint32Array(count + 1);
    let total = 0;
    for (let i = 0; i < count; i++) {
      const row = from + i;
      const valid = mask === undefined || ((mask[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
      const length = valid ? (words[i * 4] ?? 0) : 0;
      this.#target[i] = total;
      total += length;
      offsets.push(length);
    }
    this.#target[count] = total;
    return total;
  }

  #copy(
    all: Uint8Array,
    entries: Uint8Array,
    words: Uint32Array,
    block: Uint8Array,
    from: number,
    count: number,
  ): void {
    const run = this.#run;
    for (let i = 0; i < count; i++) {
      const to = this.#target[i] ?? 0;
      const length = (this.#target[i + 1] ?? 0) - to;
      if (length === 0) continue;
      if (length <= INLINE_LENGTH) {
        const start = i * STRING_BYTES + 4;
        for (let k = 0; k < length; k++) block[to + k] = entries[start + k] ?? 0;
        continue;
      }
      const pointer = (words[i * 4 + 3] ?? 0) * 0x1_0000_0000 + (words[i * 4 + 2] ?? 0);
      if (run.extend(pointer, length, from + i, to)) continue;
      run.flush(all, block);
      run.start(pointer, length, from + i, to);
    }
    run.flush(all, block);
  }
}

/** Strings that lie adjacent in memory, and where each goes. */
class Run {
  #low = 0;
  #high = 0;
  /** Row of the vector whose string begins at `low`: its entry holds the pointer that is read. */
  #lowRow = 0;
  #count = 0;
  /** Triples: address, length, target. */
  #parts = new Float64Array(3 * 2048);

  start(pointer: number, length: number, row: number, target: number): void {
    this.#low = pointer;
    this.#high = pointer + length;
    this.#lowRow = row;
    this.#count = 0;
    this.#push(pointer, length, target);
  }

  /** True if the string lies within the run or directly before or behind it. */
  extend(pointer: number, length: number, row: number, target: number): boolean {
    if (this.#count === 0 || this.#high - this.#low > MAX_RUN_BYTES) return false;
    const end = pointer + length;
    if (pointer === this.#high) {
      this.#high = end;
    } else if (end === this.#low) {
      this.#low = pointer;
      this.#lowRow = row;
    } else if (pointer < this.#low || end > this.#high) {
      return false;
    }
    this.#push(pointer, length, target);
    return true;
  }

  flush(all: Uint8Array, block: Uint8Array): void {
    if (this.#count === 0) return;
    const pointerAt = all.byteOffset + this.#lowRow * STRING_BYTES + 8;
    const source = duckdb.get_data_from_pointer(bufferOf(all), pointerAt, this.#high - this.#low);
    let part = 0;
    while (part < this.#count) part = this.#copyFrom(part, source, block);
    this.#count = 0;
  }

  /** Copies one stretch of parts whose source and target both ascend without a gap; returns the next part. */
  #copyFrom(first: number, source: Uint8Array, block: Uint8Array): number {
    const parts = this.#parts;
    const from = (parts[first * 3] ?? 0) - this.#low;
    const to = parts[first * 3 + 2] ?? 0;
    let length = parts[first * 3 + 1] ?? 0;
    let next = first + 1;
    while (
      next < this.#count &&
      (parts[next * 3] ?? 0) - this.#low === from + length &&
      parts[next * 3 + 2] === to + length
    ) {
      length += parts[next * 3 + 1] ?? 0;
      next++;
    }
    block.set(source.subarray(from, from + length), to);
    return next;
  }

  #push(pointer: number, length: number, target: number): void {
    if ((this.#count + 1) * 3 > this.#parts.length) this.#grow();
    const at = this.#count * 3;
    this.#parts[at] = pointer;
    this.#parts[at + 1] = length;
    this.#parts[at + 2] = target;
    this.#count++;
  }

  #grow(): void {
    const grown = new Float64Array(this.#parts.length * 2);
    grown.set(this.#parts);
    this.#parts = grown;
  }
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  if (!(bytes.buffer instanceof ArrayBuffer)) throw new Error('DuckDB gave a shared buffer');
  return bytes.buffer;
}
