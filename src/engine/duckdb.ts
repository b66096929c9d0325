import { createHash } from 'node:crypto';
import duckdb from '@duckdb/node-bindings';
import { assert } from '../base/assert.ts';
import { SkeinError } from '../base/errors.ts';
import { HOST_FUNCTIONS } from '../dialect/host/functions.ts';
import type { Batch } from '../types/batch.ts';
import type { CarrierLayout } from '../types/carrier.ts';
import { EngineConnection } from './connection.ts';
import { canceled, engineError } from './errors.ts';

export interface EngineOptions {
  /** Database file; undefined: in memory. */
  readonly path?: string | undefined;
  readonly threads: number;
  /** As DuckDB reads it: `1GB`, `512MiB`. */
  readonly memoryLimit: string;
  readonly tempDirectory: string;
  /** Upper bound of what spills to the temporary directory, as DuckDB reads it. */
  readonly maxTempSize?: string | undefined;
  /** Real paths of the directories that stay readable after {@link Engine.lock}. */
  readonly allowedDirectories: readonly string[];
  /** Statements that every DuckDB of the fleet loads (`PRELUDE` of src/dialect/prelude.ts). */
  readonly prelude: readonly string[];
  /** Connections that may be in use at once; further `acquire` calls wait. Each call at work blocks one thread of libuv's pool. */
  readonly maxConnections: number;
}

/** The version that this package binds; part of the handshake between agent and proxy. */
export function duckdbVersion(): string {
  return duckdb.library_version();
}

/** Changes with any change of the prelude; part of the handshake. */
export function preludeVersion(prelude: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(prelude)).digest('hex').slice(0, 16);
}

/** libuv's pool bounds how many DuckDB calls run at once in a process. Node's own default is 4. */
export function threadPoolSize(environment: NodeJS.ProcessEnv = process.env): number {
  const size = Number(environment['UV_THREADPOOL_SIZE']);
  return Number.isInteger(size) && size > 0 ? Math.min(size, 1024) : 4;
}

/** An open DuckDB with Skein's settings and prelude. */
export class Engine {
  readonly #database: duckdb.Database;
  readonly #options: EngineOptions;
  readonly #idle: EngineConnection[] = [];
  readonly #waiting: Waiter[] = [];
  #open = 0;
  #closed = false;

  constructor(database: duckdb.Database, options: EngineOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** From here on no file outside the allowed directories can be touched, and no setting changed, whatever SQL runs. */
  async lock(): Promise<void> {
    const directories = this.#options.allowedDirectories.map(quoteText).join(', ');
    await this.run(`SET GLOBAL allowed_directories = [${directories}]`);
    await this.run('SET GLOBAL enable_external_access = false');
    await this.run('SET GLOBAL lock_configuration = true');
  }

  /** A connection for the caller alone; give it back with `release`. Waits while all are in use. */
  async acquire(signal?: AbortSignal): Promise<EngineConnection> {
    if (this.#closed) throw new SkeinError('adminShutdown', 'the engine is closed');
    if (signal?.aborted) throw canceled(signal);
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#open >= this.#options.maxConnections) return this.#wait(signal);
    this.#open++;
    try {
      return new EngineConnection(await duckdb.connect(this.#database), (c) => this.#giveBack(c));
    } catch (error) {
      this.#open--;
      throw engineError(error);
    }
  }

  async withConnection<T>(
    work: (connection: EngineConnection) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const connection = await this.acquire(signal);
    try {
      return await work(connection);
    } finally {
      connection.release();
    }
  }

  /** Runs one statement, or several separated by `;`, on a connection of the pool. */
  run(sql: string, signal?: AbortSignal): Promise<void> {
    return this.withConnection((connection) => connection.run(sql, signal), signal);
  }

  /** The text of a small result whose columns are all VARCHAR. */
  texts(sql: string, columnCount: number, signal?: AbortSignal): Promise<(string | null)[][]> {
    return this.withConnection((connection) => connection.texts(sql, columnCount, signal), signal);
  }

  /** Rows of a query, on a connection that is released when the iteration ends. */
  async *stream(sql: string, layouts: readonly CarrierLayout[], signal?: AbortSignal): AsyncGenerator<Batch> {
    const connection = await this.acquire(signal);
    try {
      yield* connection.stream(sql, layouts, signal);
    } finally {
      connection.release();
    }
  }

  /** Connections in use now. */
  get busy(): number {
    return this.#open - this.#idle.length;
  }

  /** Closes idle connections at once, and the others as they come back. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) {
      waiter.reject(new SkeinError('adminShutdown', 'the engine is closed'));
    }
    for (const connection of this.#idle.splice(0)) this.#disconnect(connection);
    if (this.#open === 0) duckdb.close_sync(this.#database);
  }

  #wait(signal: AbortSignal | undefined): Promise<EngineConnection> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(canceled(signal));
      };
      const waiter: Waiter = {
        resolve: (connection) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(connection);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #giveBack(connection: EngineConnection): void {
    if (this.#closed) {
      this.#disconnect(connection);
      if (this.#open === 0) duckdb.close_sync(this.#database);
      return;
    }
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#idle.push(connection);
    else waiter.resolve(connection);
  }

  #disconnect(connection: EngineConnection): void {
    connection.disconnect();
    this.#open--;
    assert(this.#open >= 0, 'no connection is closed twice');
  }
}

interface Waiter {
  resolve(connection: EngineConnection): void;
  reject(error: Error): void;
}

export async function openEngine(options: EngineOptions): Promise<Engine> {
  const config = duckdb.create_config();
  for (const [name, value] of Object.entries(settings(options))) duckdb.set_config(config, name, value);
  try {
    const engine = new Engine(await duckdb.open(options.path ?? ':memory:', config), options);
    await engine.run("SET GLOBAL TimeZone = 'UTC'");
    if (options.maxTempSize !== undefined) {
      // Given at open, DuckDB shows this limit but does not keep it.
      await engine.run(`SET GLOBAL max_temp_directory_size = ${quoteText(options.maxTempSize)}`);
    }
    await engine.withConnection(async (connection) => connection.register(HOST_FUNCTIONS));
    for (const statement of options.prelude) await engine.run(statement);
    return engine;
  } catch (error) {
    throw engineError(error);
  }
}

/** One that only writes files of the directory, and spills beside them. */
export function openWriter(directory: string): Promise<Engine> {
  return openEngine({
    threads: 2,
    memoryLimit: '1GB',
    tempDirectory: directory,
    allowedDirectories: [],
    prelude: [],
    maxConnections: 1,
  });
}

function settings(options: EngineOptions): Record<string, string> {
  return {
    threads: String(options.threads),
    memory_limit: options.memoryLimit,
    temp_directory: options.tempDirectory,
    default_null_order: 'postgres',
    integer_division: 'true',
    // It trusts a file's time and size; what a changed file held must never be an answer.
    enable_external_file_cache: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    preserve_insertion_order: 'true',
    // In DuckDB 1.5 the first makes aggregates of `row_number() = 1` whose types don't fit, an internal error; the second filters
    // by a join's keys below LIMIT, so that other rows are counted (duckdb/duckdb#22924); the third loses columns of an outer join
    // that only CASE in GROUP BY reads, an internal error; the fourth compares an outer query's column with itself, by the operator
    // of a condition two queries below that isn't an equality.
    disabled_optimizers:
      'top_n_window_elimination,join_filter_pushdown,compressed_materialization,deliminator',
  };
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
