import type { CatalogAnswer } from '../analysis/engine.ts';
import { SkeinError } from '../base/errors.ts';
import type {
  ColumnCarrier,
  Format,
  ResponseSink,
  RowEncoding,
  RowShape,
  RowSink,
} from '../pgwire/session-handler.ts';
import type { Batch } from '../types/batch.ts';
import { DataRow } from '../types/data-row.ts';
import type { PgColumn } from '../types/pg-column.ts';

/** What of RowEncoding is the session's, not the result's. */
export type ValueStyle = Omit<RowEncoding, 'carriers'>;

/** What reading rows needs of whoever reads them. */
export interface RowReading {
  readonly sink: RowSink;
  readonly style: ValueStyle;
  /** Aborted when the statement that reads is cancelled; its reason is what the client is told. */
  readonly signal: AbortSignal;
}

/** What running a statement needs of whoever runs it. */
export interface Reading extends RowReading {
  readonly sink: ResponseSink;
}

/** A result that is read forward, in any number of steps. Reading and closing never overlap. */
export interface RowSource {
  readonly columns: readonly PgColumn[];
  /**
   * Writes the next rows.
   * @param limit at most so many; Infinity: all that is left.
   * @returns how many; fewer than the limit: the result has ended.
   */
  write(limit: number, shape: RowShape, reading: RowReading): Promise<number>;
  /** Passes over rows, as MOVE does. */
  skip(limit: number, reading: RowReading): Promise<number>;
  /** Releases what feeds it; cancels what runs for it. May be called more than once. */
  close(): Promise<void>;
}

/** Rows that execution streams. */
export class BatchSource implements RowSource {
  readonly columns: readonly PgColumn[];
  readonly #carriers: readonly ColumnCarrier[];
  readonly #batches: AsyncIterator<Batch>;
  readonly #running: AbortController;
  readonly #release: () => Promise<void>;
  #current: Batch | undefined;
  #from = 0;
  #ended = false;

  /**
   * @param running ends what produces the batches when it is aborted.
   * @param release waits until nothing of it runs any more.
   */
  constructor(
    columns: readonly PgColumn[],
    carriers: readonly ColumnCarrier[],
    batches: AsyncIterable<Batch>,
    running: AbortController,
    release: () => Promise<void>,
  ) {
    this.columns = columns;
    this.#carriers = carriers;
    this.#batches = batches[Symbol.asyncIterator]();
    this.#running = running;
    this.#release = release;
  }

  write(limit: number, shape: RowShape, reading: RowReading): Promise<number> {
    const encoding: RowEncoding = { ...reading.style, carriers: this.#carriers };
    const { sink, signal } = reading;
    return this.#advance(limit, signal, (batch, from, to) => sink.batch(batch, shape, encoding, from, to));
  }

  skip(limit: number, { signal }: RowReading): Promise<number> {
    return this.#advance(limit, signal, async () => undefined);
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#current = undefined;
    await this.#release();
  }

  async #advance(
    limit: number,
    signal: AbortSignal,
    take: (batch: Batch, from: number, to: number) => Promise<void>,
  ): Promise<number> {
    const cancel = () => this.#running.abort(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', cancel);
    try {
      return await this.#read(limit, take);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  async #read(
    limit: number,
    take: (batch: Batch, from: number, to: number) => Promise<void>,
  ): Promise<number> {
    let count = 0;
    while (count < limit) {
      const batch = await this.#batch();
      if (batch === undefined) break;
      const to = Math.min(batch.rowCount, this.#from + limit - count);
      await take(batch, this.#from, to);
      count += to - this.#from;
      this.#from = to;
    }
    return count;
  }

  /** The batch that holds the next row; undefined at the end. */
  async #batch(): Promise<Batch | undefined> {
    while (this.#current === undefined || this.#from >= this.#current.rowCount) {
      if (this.#ended) return undefined;
      const next = await this.#batches.next();
      if (next.done === true) {
        await this.close();
        return undefined;
      }
      this.#current = next.value;
      this.#from = 0;
    }
    return this.#current;
  }
}

/** Runs a catalog query. What it does besides, such as set_config, it does when it is first asked. */
export type AskCatalog = (formats: readonly Format[], reading: RowReading) => Promise<CatalogAnswer>;

/** Rows that the embedded PostgreSQL encodes: it is asked once per combination of formats that a client reads them in. */
export class CatalogSource implements RowSource {
  readonly columns: readonly PgColumn[];
  readonly #ask: AskCatalog;
  #answer: { readonly formats: readonly Format[]; readonly rows: readonly DataRow[] } | undefined;
  #position = 0;

  constructor(columns: readonly PgColumn[], ask: AskCatalog) {
    this.columns = columns;
    this.#ask = ask;
  }

  async write(limit: number, shape: RowShape, reading: RowReading): Promise<number> {
    const rows = await this.#rows(shape.formats, reading);
    const next = rows.slice(
      this.#position,
      limit === Number.POSITIVE_INFINITY ? undefined : this.#position + limit,
    );
    this.#position += next.length;
    await reading.sink.rawRows(next);
    return next.length;
  }

  /** Asks now: an error comes before anything is said of the rows. */
  async load(reading: RowReading): Promise<void> {
    await this.#rows(
      this.columns.map(() => 0),
      reading,
    );
  }

  async skip(limit: number, reading: RowReading): Promise<number> {
    const rows = await this.#rows(this.#answer?.formats ?? this.columns.map(() => 0), reading);
    const count = Math.min(limit, rows.length - this.#position);
    this.#position += count;
    return count;
  }

  async close(): Promise<void> {
    this.#answer = { formats: this.#answer?.formats ?? [], rows: [] };
  }

  async #rows(formats: readonly Format[], reading: RowReading): Promise<readonly DataRow[]> {
    if (this.#answer === undefined || !sameFormats(this.#answer.formats, formats)) {
      this.#answer = { formats, rows: (await this.#ask(formats, reading)).rows };
    }
    return this.#answer.rows;
  }
}

function sameFormats(a: readonly Format[], b: readonly Format[]): boolean {
  return a.length === b.length && a.every((format, index) => format === b[index]);
}

/** Rows of text, which is the same bytes in both formats. */
export class TextSource implements RowSource {
  readonly columns: readonly PgColumn[];
  readonly #rows: readonly (readonly (string | null)[])[];
  #position = 0;

  constructor(columns: readonly PgColumn[], rows: readonly (readonly (string | null)[])[]) {
    this.columns = columns;
    this.#rows = rows;
  }

  async write(limit: number, _shape: RowShape, { sink }: RowReading): Promise<number> {
    const end = Math.min(this.#rows.length, this.#position + limit);
    const next = this.#rows.slice(this.#position, end);
    this.#position = end;
    await sink.rawRows(
      next.map((row) => DataRow.of(row.map((value) => (value === null ? null : Buffer.from(value))))),
    );
    return next.length;
  }

  async skip(limit: number): Promise<number> {
    const count = Math.min(limit, this.#rows.length - this.#position);
    this.#position += count;
    return count;
  }

  async close(): Promise<void> {
    this.#position = this.#rows.length;
  }
}

/** One format for all columns, one per column, or none: text (docs, 54.7 Bind). */
export function expandFormats(formats: readonly Format[], columns: readonly PgColumn[]): readonly Format[] {
  if (formats.length === columns.length) return formats;
  const [only] = formats;
  if (formats.length > 1) {
    throw new SkeinError(
      'protocolViolation',
      `bind message has ${formats.length} result formats but query has ${columns.length} columns`,
    );
  }
  return columns.map(() => only ?? 0);
}
