import type { EngineConnection } from '../engine/connection.ts';
import type { Engine } from '../engine/duckdb.ts';
import type { Column } from '../plan/logical.ts';
import type { Batch } from '../types/batch.ts';
import { carrierOf } from '../types/carrier.ts';
import { OID, sqlType } from '../types/sql-type.ts';
import { deferred } from './deferred.ts';

/** The temp tables of one statement, on one connection of the proxy's DuckDB. Calls queue up; none overlap. */
export class Workspace {
  readonly #engine: Engine;
  readonly #signal: AbortSignal;
  readonly #tables = new Set<string>();
  #connection: Promise<EngineConnection> | undefined;
  /** Settles with the last call; never rejects. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine, signal: AbortSignal) {
    this.#engine = engine;
    this.#signal = signal;
  }

  /** An empty table whose columns are named `c<id>`. */
  create(name: string, columns: readonly Column[]): Promise<void> {
    const list = columns.map(({ id, type }) => `c${id} ${carrierOf(type).duckdb}`);
    // DuckDB has no table without columns; nothing reads the filler.
    const sql = `CREATE TEMP TABLE ${name} (${list.length === 0 ? 'filler BOOLEAN' : list.join(', ')})`;
    this.#tables.add(name);
    return this.#inTurn((connection) => connection.run(sql, this.#signal));
  }

  async append(name: string, columns: readonly Column[], batches: readonly Batch[]): Promise<void> {
    if (batches.length === 0) return;
    const hasFiller = columns.length === 0;
    const types = hasFiller ? [FILLER] : columns.map((column) => column.type);
    const rows = hasFiller ? batches.map(withFiller) : batches;
    await this.#inTurn((connection) =>
      connection.append({ name, temporary: true }, types, rows, this.#signal),
    );
  }

  /** Rows of a query over the tables. Other calls wait until they have ended. */
  async *stream(sql: string, columns: readonly Column[]): AsyncGenerator<Batch> {
    const turn = deferred<void>();
    const before = this.#last;
    this.#last = before.then(() => turn.promise);
    try {
      await before;
      const connection = await this.#connect();
      const layouts = columns.map((column) => carrierOf(column.type).layout);
      yield* connection.stream(sql, layouts, this.#signal);
    } finally {
      turn.resolve();
    }
  }

  /** Drops every table and gives the connection back, also after an error or an abort. */
  async dispose(): Promise<void> {
    await this.#last;
    const connection = await this.#connection?.catch(() => undefined);
    connection?.dropTemporary([...this.#tables]);
    connection?.release();
  }

  #connect(): Promise<EngineConnection> {
    this.#connection ??= this.#engine.acquire(this.#signal);
    return this.#connection;
  }

  #inTurn<T>(work: (connection: EngineConnection) => Promise<T>): Promise<T> {
    const result = this.#last.then(async () => work(await this.#connect()));
    this.#last = result.catch(() => undefined);
    return result;
  }
}

const FILLER = sqlType(OID.bool);

/** Gathered rows without columns bring the filler; those of the session don't. */
function withFiller(batch: Batch): Batch {
  if (batch.columns.length > 0) return batch;
  const data = new Uint8Array(batch.rowCount);
  return { ...batch, columns: [{ kind: 'fixed', layout: 'bool', validity: undefined, data }] };
}
