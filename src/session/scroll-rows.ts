import { refuse } from '../base/errors.ts';
import type { Format, RowEncoding, RowShape, RowSink } from '../pgwire/session-handler.ts';
import type { Batch, Vector } from '../types/batch.ts';
import type { DataRow } from '../types/data-row.ts';
import type { PgColumn } from '../types/pg-column.ts';
import type { HeldBytes } from './held-bytes.ts';
import type { RowReading, RowSource } from './row-source.ts';

/** Rows `[from, to)` of a batch, or rows that were encoded for a client, in the formats they were asked in. */
type Chunk =
  | {
      readonly kind: 'batch';
      readonly batch: Batch;
      readonly carriers: RowEncoding['carriers'];
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'raw'; readonly rows: readonly DataRow[]; readonly formats: readonly Format[] };

/** The rows of a SCROLL cursor: read as they are first asked for, and kept, to be given again. */
export class ScrollRows implements RowSource {
  readonly columns: readonly PgColumn[];
  readonly #source: RowSource;
  readonly #heldBytes: HeldBytes;
  readonly #chunks: { readonly start: number; readonly chunk: Chunk }[] = [];
  #held = 0;
  #bytes = 0;
  #ended = false;
  /** 0-based: the row that comes next, forward. */
  #next = 0;

  constructor(source: RowSource, heldBytes: HeldBytes) {
    this.columns = source.columns;
    this.#source = source;
    this.#heldBytes = heldBytes;
  }

  async write(limit: number, shape: RowShape, reading: RowReading): Promise<number> {
    const to = await this.#hold(this.#next + limit, shape.formats, reading);
    const from = this.#next;
    await this.#give(from, to, shape, reading);
    this.#next = to;
    return to - from;
  }

  async skip(limit: number, reading: RowReading): Promise<number> {
    const formats = this.columns.map(() => 0 as const);
    const to = await this.#hold(this.#next + limit, formats, reading);
    const count = to - this.#next;
    this.#next = to;
    return count;
  }

  /** Rows that were passed: the one with this number (from 1) first, then those before it. */
  async writeBackward(number: number, count: number, shape: RowShape, reading: RowReading): Promise<void> {
    for (let row = number - 1; row >= number - count; row--) await this.#give(row, row + 1, shape, reading);
  }

  /** @param passed as many rows stand before the next one. */
  seek(passed: number): void {
    this.#next = passed;
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#held = 0;
    this.#chunks.length = 0;
    this.#heldBytes.give(this.#bytes);
    this.#bytes = 0;
    await this.#source.close();
  }

  /** @returns the rows that there are, up to the wanted number. */
  async #hold(wanted: number, formats: readonly Format[], reading: RowReading): Promise<number> {
    const missing = wanted - this.#held;
    if (missing > 0 && !this.#ended) {
      const keeper = this.#keeper(formats, reading.sink);
      const shape = { columns: this.columns, formats };
      const count = await this.#source.write(missing, shape, { ...reading, sink: keeper });
      this.#ended = count < missing;
    }
    return Math.min(wanted, this.#held);
  }

  #keeper(formats: readonly Format[], sink: RowSink): RowSink {
    return {
      batch: async (batch, _shape, { carriers }, from, to) => {
        this.#keep({ kind: 'batch', batch, carriers, from, to }, to - from, batchBytes(batch));
      },
      rawRows: async (rows) => {
        if (rows.length > 0) this.#keep({ kind: 'raw', rows, formats }, rows.length, rowsBytes(rows));
      },
      notice: (notice, severity) => sink.notice(notice, severity),
    };
  }

  #keep(chunk: Chunk, rows: number, bytes: number): void {
    const last = this.#chunks.at(-1)?.chunk;
    const another = chunk.kind === 'raw' || last?.kind !== 'batch' || last.batch !== chunk.batch;
    if (another) {
      this.#heldBytes.take(bytes);
      this.#bytes += bytes;
    }
    this.#chunks.push({ start: this.#held, chunk });
    this.#held += rows;
  }

  async #give(from: number, to: number, shape: RowShape, reading: RowReading): Promise<void> {
    for (let at = this.#chunkOf(from); at < this.#chunks.length; at++) {
      const entry = this.#chunks[at];
      if (entry === undefined || entry.start >= to) return;
      const { start, chunk } = entry;
      await giveChunk(chunk, Math.max(0, from - start), to - start, shape, reading);
    }
  }

  /** The last one that starts at or before the row. */
  #chunkOf(row: number): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#chunks[middle]?.start ?? 0) <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** @param to may lie beyond the chunk. */
async function giveChunk(
  chunk: Chunk,
  from: number,
  to: number,
  shape: RowShape,
  { sink, style }: RowReading,
): Promise<void> {
  if (chunk.kind === 'batch') {
    const end = Math.min(chunk.to, chunk.from + to);
    const encoding = { ...style, carriers: chunk.carriers };
    return sink.batch(chunk.batch, shape, encoding, chunk.from + from, end);
  }
  const same = chunk.formats.every((format, index) => format === shape.formats[index]);
  if (!same) throw refuse('reading a SCROLL cursor over catalogs in more than one format');
  return sink.rawRows(chunk.rows.slice(from, to));
}

export function batchBytes({ columns }: Batch): number {
  return columns.reduce((sum, vector) => sum + vectorBytes(vector), 0);
}

function vectorBytes(vector: Vector): number {
  const validity = vector.validity?.byteLength ?? 0;
  switch (vector.kind) {
    case 'fixed':
      return validity + vector.data.byteLength;
    case 'bytes':
      return validity + vector.offsets.byteLength + vector.data.byteLength;
    case 'list':
      return validity + vector.offsets.byteLength + vectorBytes(vector.child);
  }
}

function rowsBytes(rows: readonly DataRow[]): number {
  return rows.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
