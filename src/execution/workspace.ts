import type { EngineConnection } from '../engine/connection.ts';
import type { Engine } from '../engine/duckdb.ts';
import type { Column } from '../plan/logical.ts';
import type { Batch } from '../types/batch.ts';
import { carrierOf } from '../types/carrier.ts';
import { OID, sqlType } from '../types/sql-type.ts';
import { Lease } from './lease.ts';

/** The temp tables of one statement, on a connection of its own or on that of its transaction. Calls queue up; none overlap. */
export class Workspace {
  readonly #engine: Engine;
  readonly #signal: AbortSignal;
  readonly #given: Lease | undefined;
  /** Of its tables' names: those of other statements may lie on the same connection. */
  readonly #prefix: string;
  readonly #tables = new Set<string>();
  #own: Promise<EngineConnection> | undefined;
  #lease: Promise<Lease> | undefined;

  /** @param lease of the transaction; undefined: the statement reads nothing that only its transaction sees. */
  constructor(engine: Engine, signal: AbortSignal, lease?: Lease) {
    this.#engine = engine;
    this.#signal = signal;
    this.#given = lease;
    this.#prefix = lease?.enter() ?? '';
  }

  /** The relation as a FROM item. */
  from(name: string): string {
    return `${this.#prefix}${name}`;
  }

  /** An empty table whose columns are named `c<id>`. */
  async create(name: string, columns: readonly Column[]): Promise<void> {
    const list = columns.map(({ id, type }) => `c${id} ${carrierOf(type).duckdb}`);
    const table = this.from(name);
    // DuckDB has no table without columns; nothing reads the filler.
    const sql = `CREATE TEMP TABLE ${table} (${list.length === 0 ? 'filler BOOLEAN' : list.join(', ')})`;
    this.#tables.add(table);
    await (await this.#leased()).create(table, sql, this.#signal);
  }

  async append(
    name: string,
    columns: readonly Column[],
    batches: readonly Batch[] | AsyncIterable<Batch>,
  ): Promise<void> {
    if ('length' in batches && batches.length === 0) return;
    const hasFiller = columns.length === 0;
    const types = hasFiller ? [FILLER] : columns.map((column) => column.type);
    const rows = hasFiller ? filled(batches) : batches;
    const table = { name: this.from(name), temporary: true };
    await (await this.#leased()).use((connection) => connection.append(table, types, rows, this.#signal));
  }

  /** Rows of a query over the tables. */
  async *stream(sql: string, columns: readonly Column[]): AsyncGenerator<Batch> {
    const layouts = columns.map((column) => carrierOf(column.type).layout);
    const lease = await this.#leased();
    yield* this.#given === undefined
      ? lease.streamAlone(sql, layouts, this.#signal)
      : lease.stream(sql, layouts, this.#signal);
  }

  /** Runs one INSERT, UPDATE, DELETE or CREATE TABLE AS. @returns the rows that it made or changed. */
  async change(sql: string): Promise<number> {
    return (await this.#leased()).use((connection) => connection.change(sql, this.#signal));
  }

  /** Drops every table and gives the connection back, also after an error or an abort. */
  async dispose(): Promise<void> {
    const lease = this.#given ?? (await this.#lease?.catch(() => undefined));
    if (lease === undefined) return;
    // A transaction that failed drops them itself.
    await lease.leave([...this.#tables]).catch(() => undefined);
    (await this.#own)?.release();
  }

  #leased(): Promise<Lease> {
    this.#lease ??= this.#given === undefined ? this.#acquire() : Promise.resolve(this.#given);
    return this.#lease;
  }

  async #acquire(): Promise<Lease> {
    this.#own = this.#engine.acquire(this.#signal);
    return new Lease(await this.#own);
  }
}

const FILLER = sqlType(OID.bool);

async function* filled(batches: readonly Batch[] | AsyncIterable<Batch>): AsyncGenerator<Batch> {
  for await (const batch of batches) yield withFiller(batch);
}

/** Gathered rows without columns bring the filler; those of the session don't. */
function withFiller(batch: Batch): Batch {
  if (batch.columns.length > 0) return batch;
  const data = new Uint8Array(batch.rowCount);
  return { ...batch, columns: [{ kind: 'fixed', layout: 'bool', validity: undefined, data }] };
}
