import { setImmediate as nextTurn } from 'node:timers/promises';
import duckdb from '@duckdb/node-bindings';
import { assert } from '../base/assert.ts';
import { SkeinError } from '../base/errors.ts';
import type { HostFunction } from '../dialect/host/host-function.ts';
import { type Batch, isNull } from '../types/batch.ts';
import type { CarrierLayout } from '../types/carrier.ts';
import type { SqlType } from '../types/sql-type.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { canceled, engineError } from './errors.ts';
import { registerHostFunctions } from './host-functions.ts';
import { BatchBuilder, columnOf, layoutMatches } from './vectors.ts';

const INTERRUPT_INTERVAL_MS = 10;
/** The first batch is small so that the first rows come quickly. */
const FIRST_BATCH_ROWS = 2048;
const MAX_BATCH_ROWS = 32_768;
const MAX_BATCH_BYTES = 1 << 20;
/** Rows that come slowly are handed on after this long, however few. */
const MAX_BATCH_AGE_MS = 50;

/** A flush has a price of its own, and blocks the thread for as long as DuckDB takes. */
const FLUSH_ROWS = 16_384;
/** A batch has at most about a megabyte. */
const FLUSH_BATCHES = 16;

const TEXT: CarrierLayout = { kind: 'bytes' };

/** A table of the connection's own (`temp`), of the database, or of another that is attached. */
export interface AppendTarget {
  readonly name: string;
  readonly temporary: boolean;
  readonly catalog?: string;
}

/** One DuckDB connection. Calls must not overlap. */
export class EngineConnection {
  readonly #connection: duckdb.Connection;
  readonly #giveBack: (connection: EngineConnection) => void;
  /** The native call that is under way, also after its caller was told that it is cancelled. */
  #running: Promise<unknown> = Promise.resolve();
  #streaming = false;
  #released = false;

  constructor(connection: duckdb.Connection, giveBack: (connection: EngineConnection) => void) {
    this.#connection = connection;
    this.#giveBack = giveBack;
  }

  /** Makes the functions known to all connections of the database. */
  register(functions: readonly HostFunction[]): void {
    registerHostFunctions(functions, (fn) => duckdb.register_scalar_function(this.#connection, fn));
  }

  /** Runs one statement, or several separated by `;`, to their end. */
  async run(sql: string, signal?: AbortSignal): Promise<void> {
    this.#streaming = false;
    await this.#call(() => duckdb.query(this.#connection, sql), signal);
  }

  /** Runs one INSERT, UPDATE or DELETE. @returns the rows that it changed. */
  async change(sql: string, signal?: AbortSignal): Promise<number> {
    this.#streaming = false;
    const result = await this.#call(() => duckdb.query(this.#connection, sql), signal);
    return duckdb.rows_changed(result);
  }

  /**
   * Rows of one query as they come. Leaving the iteration early ends the query.
   * @param layouts one per result column, as the query's types imply.
   * @throws through the iteration; 57014 within 100 ms of the signal.
   */
  async *stream(sql: string, layouts: readonly CarrierLayout[], signal?: AbortSignal): AsyncGenerator<Batch> {
    const result = await this.#start(sql, layouts, signal);
    const builder = new BatchBuilder(layouts);
    let limit = FIRST_BATCH_ROWS;
    let since = performance.now();
    try {
      for (;;) {
        const chunk = await this.#call(() => duckdb.fetch_chunk(result), signal);
        const count = chunk === null ? 0 : duckdb.data_chunk_get_size(chunk);
        if (chunk === null || count === 0) break;
        builder.append(chunk, count);
        if (isFull(builder, limit, since)) {
          yield builder.finish();
          limit = MAX_BATCH_ROWS;
          since = performance.now();
        }
      }
      this.#streaming = false;
      if (builder.rowCount > 0) yield builder.finish();
    } finally {
      if (this.#streaming) await this.#endStream();
    }
  }

  /** The text of a small result whose columns are all VARCHAR. */
  async texts(sql: string, columnCount: number, signal?: AbortSignal): Promise<(string | null)[][]> {
    const layouts = Array.from({ length: columnCount }, () => TEXT);
    const rows: (string | null)[][] = [];
    for await (const batch of this.stream(sql, layouts, signal)) {
      for (let row = 0; row < batch.rowCount; row++) {
        rows.push(layouts.map((_, column) => textAt(batch, column, row)));
      }
    }
    return rows;
  }

  /**
   * Appends batches whose vectors have the carriers of `types`, the table's columns in order.
   * @returns the rows appended. If it throws, what was appended until then may be in the table.
   */
  async append(
    table: AppendTarget,
    types: readonly SqlType[],
    batches: Iterable<Batch> | AsyncIterable<Batch>,
    signal?: AbortSignal,
  ): Promise<number> {
    const appender = this.#appender(table);
    const writer = new ChunkWriter(types);
    let rows = 0;
    const waiting: number[] = [];
    try {
      for await (const batch of batches) {
        if (signal?.aborted) throw canceled(signal);
        writer.write(batch, (chunk) => duckdb.append_data_chunk(appender, chunk));
        rows += batch.rowCount;
        waiting.push(batch.rowCount);
        if (waiting.length < FLUSH_BATCHES && waiting.reduce((a, b) => a + b) < FLUSH_ROWS) continue;
        duckdb.appender_flush_sync(appender);
        waiting.length = 0;
        await nextTurn();
      }
      duckdb.appender_close_sync(appender);
      return rows;
    } catch (error) {
      duckdb.appender_clear(appender);
      throw engineError(error);
    }
  }

  /** Drops temporary tables once nothing runs any more; it is done before the connection goes back to the pool. */
  dropTemporary(names: readonly string[]): void {
    for (const name of names) {
      const sql = `DROP TABLE IF EXISTS temp.main."${name.replaceAll('"', '""')}"`;
      this.#running = this.#running.then(() => duckdb.query(this.#connection, sql)).then(ignore, ignore);
    }
  }

  /** Back to the pool, as soon as nothing runs on it any more. Temporary tables are the caller's to drop. */
  release(): void {
    assert(!this.#released, 'a connection is released once');
    this.#released = true;
    void this.#running.then(() => {
      this.#released = false;
      this.#giveBack(this);
    });
  }

  /** Only for the pool. */
  disconnect(): void {
    duckdb.disconnect_sync(this.#connection);
  }

  #appender(table: AppendTarget): duckdb.Appender {
    try {
      return duckdb.appender_create_ext(
        this.#connection,
        table.temporary ? 'temp' : (table.catalog ?? null),
        table.temporary || table.catalog !== undefined ? 'main' : null,
        table.name,
      );
    } catch (error) {
      throw engineError(error);
    }
  }

  async #start(
    sql: string,
    layouts: readonly CarrierLayout[],
    signal: AbortSignal | undefined,
  ): Promise<duckdb.Result> {
    const statement = await this.#call(() => duckdb.prepare(this.#connection, sql), signal);
    try {
      this.#streaming = true;
      const result = await this.#call(() => duckdb.execute_prepared_streaming(statement), signal);
      checkLayouts(result, layouts);
      return result;
    } catch (error) {
      await this.#endStream();
      throw error;
    } finally {
      void this.#running.then(() => duckdb.destroy_prepare_sync(statement));
    }
  }

  /** The next statement on a connection ends the stream that is open on it. */
  async #endStream(): Promise<void> {
    this.#streaming = false;
    duckdb.interrupt(this.#connection);
    const ended = this.#running.then(() => duckdb.query(this.#connection, 'SELECT 1'));
    this.#running = ended.then(ignore, ignore);
  }

  /** Awaits a native call. Once the signal aborts, the caller hears of it at once, and DuckDB is interrupted until it ends. */
  async #call<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal !== undefined) await this.#idle(signal);
    else await this.#running;
    if (signal?.aborted) throw canceled(signal);
    const running = work();
    const settled = running.then(ignore, ignore);
    this.#running = settled;
    try {
      return await (signal === undefined ? running : this.#orAborted(running, settled, signal));
    } catch (error) {
      throw signal?.aborted ? canceled(signal) : engineError(error);
    }
  }

  /** Waits for the call before, whose caller has left; not longer than until the signal aborts. */
  #idle(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        signal.removeEventListener('abort', end);
        resolve();
      };
      signal.addEventListener('abort', end, { once: true });
      void this.#running.then(end);
    });
  }

  #orAborted<T>(running: Promise<T>, settled: Promise<void>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        duckdb.interrupt(this.#connection);
        // A call that is still queued resets the flag when it starts.
        const again = setInterval(() => duckdb.interrupt(this.#connection), INTERRUPT_INTERVAL_MS);
        void settled.then(() => clearInterval(again));
        reject(canceled(signal));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      running.then(resolve, reject);
      void settled.then(() => signal.removeEventListener('abort', onAbort));
    });
  }
}

function ignore(): void {
  // The result went to the caller, or the caller has left.
}

function isFull(builder: BatchBuilder, rows: number, since: number): boolean {
  return (
    builder.rowCount >= rows ||
    builder.byteLength >= MAX_BATCH_BYTES ||
    performance.now() - since >= MAX_BATCH_AGE_MS
  );
}

function checkLayouts(result: duckdb.Result, layouts: readonly CarrierLayout[]): void {
  const count = duckdb.column_count(result);
  if (count !== layouts.length) {
    throw new SkeinError('internal', `the query returns ${count} columns instead of ${layouts.length}`);
  }
  layouts.forEach((layout, index) => {
    const type = duckdb.column_logical_type(result, index);
    if (!layoutMatches(type, layout)) {
      const found = duckdb.Type[duckdb.get_type_id(type)] ?? 'another type';
      throw new SkeinError(
        'internal',
        `column ${index + 1} of the query is ${found}, not ${layoutName(layout)}`,
      );
    }
  });
}

function layoutName(layout: CarrierLayout): string {
  if (layout.kind === 'fixed') return layout.layout;
  return layout.kind === 'bytes' ? 'bytes' : `a list of ${layoutName(layout.element)}`;
}

const decoder = new TextDecoder();

function textAt(batch: Batch, column: number, row: number): string | null {
  const vector = columnOf(batch, column);
  assert(vector.kind === 'bytes', 'text columns are read as bytes');
  if (isNull(vector, row)) return null;
  return decoder.decode(vector.data.subarray(vector.offsets[row], vector.offsets[row + 1]));
}
