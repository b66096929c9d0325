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
  #kept = 0;
  #names = 0;

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

  /** Tells one statement's temp tables from another's. */
  nextPrefix(): string {
    this.#names += 1;
    return `s${this.#names}_`;
  }

  /** The connection for this work alone. @throws 54000 if what must be kept of an open result is too much. */
  use<T>(work: (connection: EngineConnection) => Promise<T>): Promise<T> {
    return this.#turn(async () => {
      await this.#keepOpen();
      return work(this.#connection);
    });
  }

  /** Rows of a query. If other work comes meanwhile, the rest of them is kept. */
  async *stream(sql: string, layouts: readonly CarrierLayout[], signal?: AbortSignal): AsyncGenerator<Batch> {
    const result = await this.#turn(async () => {
      await this.#keepOpen();
      const opened: OpenResult = { source: this.#connection.stream(sql, layouts, signal), kept: [] };
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

  /** Once the turns that were asked for until now are over. */
  async idle(): Promise<void> {
    await this.#last;
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
