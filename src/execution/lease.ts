import { SkeinError } from '../base/errors.ts';
import type { EngineConnection } from '../engine/connection.ts';
import { batchBytes } from '../protocol/frames.ts';
import type { Batch } from '../types/batch.ts';
import type { CarrierLayout } from '../types/carrier.ts';
import { deferred } from './deferred.ts';

/** Rows of results that are read later, kept because another statement of the transaction wants the connection. */
const MAX_KEPT_BYTES = 256 << 20;

/**
 * One connection that statements of a transaction may share. Work is done in turns. While one result is read, another statement
 * may come: what is left of the result is then kept in memory.
 */
export class Lease {
  readonly #connection: EngineConnection;
  /** Settles with the last turn; never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #open: OpenResult | undefined;
  /** Temp tables of the statements. */
  readonly #tables = new Set<string>();
  #kept = 0;
  #names = 0;
  #users = 0;
  #ended = false;

  constructor(connection: EngineConnection) {
    this.#connection = connection;
  }

  /** Rows of a query; all other work waits until they have ended. */
  async *streamAlone(
    sql: string,
    layouts: readonly CarrierLayout[],
    signal?: AbortSignal,
  ): AsyncGenerator<Batch> {
    const turn = deferred<void>();
    const before = this.#last;
    this.#last = before.then(() => turn.promise);
    try {
      await before;
      yield* this.#connection.stream(sql, layouts, signal);
    } finally {
      turn.resolve();
    }
  }

  /** A statement begins to use it. @returns what tells its temp tables from another's. */
  enter(): string {
    this.#names += 1;
    this.#users += 1;
    return `s${this.#names}_`;
  }

  /** It is done; its temp tables are dropped. What the end of a transaction has dropped already is left alone. */
  leave(tables: readonly string[]): Promise<void> {
    this.#users -= 1;
    return this.#turn(async () => {
      const left = tables.filter((table) => this.#tables.delete(table));
      if (left.length === 0 || this.#ended) return;
      await this.#keepOpen();
      this.#connection.dropTemporary(left);
    });
  }

  get inUse(): boolean {
    return this.#users > 0;
  }

  /** The connection for this work alone. @throws 54000 if what must be kept of an open result is too much. */
  use<T>(work: (connection: EngineConnection) => Promise<T>): Promise<T> {
    return this.#turn(async () => {
      if (this.#ended) throw hasEnded();
      await this.#keepOpen();
      return work(this.#connection);
    });
  }

  /** Rows of a query. If other work comes meanwhile, the rest of them is kept. */
  async *stream(sql: string, layouts: readonly CarrierLayout[], signal?: AbortSignal): AsyncGenerator<Batch> {
    const result = await this.use(async (connection) => {
      const opened: OpenResult = { source: connection.stream(sql, layouts, signal), kept: [] };
      this.#open = opened;
      return opened;
    });
    try {
      for (;;) {
        const batch = await this.#turn(() => this.#next(result));
        if (batch === undefined) return;
        yield batch;
      }
    } finally {
      await this.#turn(() => this.#close(result));
    }
  }

  async #next(result: OpenResult): Promise<Batch | undefined> {
    if (this.#open === result) {
      const next = await result.source.next();
      return next.done === true ? undefined : next.value;
    }
    if (result.failure !== undefined) throw result.failure;
    const batch = result.kept.shift();
    if (batch !== undefined) this.#kept -= batchBytes(batch);
    return batch;
  }

  async #close(result: OpenResult): Promise<void> {
    if (this.#open === result) {
      this.#open = undefined;
      await result.source.return(undefined);
    }
    for (const batch of result.kept.splice(0)) this.#kept -= batchBytes(batch);
  }

  /** Reads the open result to its end, so that the connection is free. */
  async #keepOpen(): Promise<void> {
    const result = this.#open;
    if (result === undefined) return;
    this.#open = undefined;
    try {
      for await (const batch of result.source) {
        result.kept.push(batch);
        this.#kept += batchBytes(batch);
        if (this.#kept > MAX_KEPT_BYTES) throw tooMuchKept();
      }
    } catch (error) {
      // Its own reader is told, and so is whoever comes next: DuckDB ends the transaction.
      result.failure = error;
      throw error;
    }
  }

  /** Creates a temp table. */
  create(table: string, sql: string, signal: AbortSignal): Promise<void> {
    return this.use(async (connection) => {
      this.#tables.add(table);
      await connection.run(sql, signal);
    });
  }

  /** Drops temp tables that {@link create} made. */
  drop(tables: readonly string[]): Promise<void> {
    return this.use(async (connection) => {
      for (const table of tables) this.#tables.delete(table);
      connection.dropTemporary(tables);
    });
  }

  /** The transaction commits: open results are kept, temp tables dropped. Only kept rows are read from here on. */
  finish(): Promise<void> {
    return this.use(async (connection) => {
      connection.dropTemporary([...this.#tables]);
      this.#ended = true;
    });
  }

  /** The transaction is given up: open results fail. What it made goes with it. */
  abandon(): Promise<void> {
    return this.#turn(async () => {
      this.#ended = true;
      if (this.#open === undefined) return;
      this.#open.failure = hasEnded();
      await this.#close(this.#open);
    });
  }

  #turn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

interface OpenResult {
  readonly source: AsyncGenerator<Batch>;
  readonly kept: Batch[];
  failure?: unknown;
}

function hasEnded(): SkeinError {
  return new SkeinError('noActiveTransaction', 'the transaction in which this was read has ended');
}

function tooMuchKept(): SkeinError {
  return new SkeinError(
    'limitExceeded',
    'a statement runs while too much of another result of its transaction is still to be read',
    {
      detail: `More than ${MAX_KEPT_BYTES} bytes would have to be kept.`,
      hint: 'Read the result to its end, or close its cursor, before the next statement.',
    },
  );
}
