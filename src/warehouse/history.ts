import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { SkeinError, toSkeinError } from '../base/errors.ts';
import { shortened } from '../catalog/lineage.ts';
import { quoteString } from '../dialect/quote.ts';
import type { EngineConnection } from '../engine/connection.ts';
import { type Engine, openEngine } from '../engine/duckdb.ts';
import type { TaskRecord } from '../execution/execution.ts';

export type QueryState = 'running' | 'done' | 'failed' | 'cancelled';

/** A row of skein.queries. */
export interface QueryRecord {
  readonly queryId: string;
  readonly userName: string;
  readonly sql: string;
  readonly state: QueryState;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number | undefined;
  /** Rows sent to the client. */
  readonly rows: number;
  /** Bytes of data frames between proxy and agents, both ways. */
  readonly bytes: number;
  readonly missingAgents: readonly string[];
  readonly error: string | undefined;
}

/** A row of skein.query_tasks. */
export type QueryTaskRecord = Omit<TaskRecord, 'taskId' | 'fragment' | 'shard'> & {
  readonly queryId: string;
};

export type QueryStart = Pick<QueryRecord, 'queryId' | 'userName' | 'sql' | 'startedAt'>;

export interface QueryEnd
  extends Pick<QueryRecord, 'state' | 'durationMs' | 'rows' | 'missingAgents' | 'error'> {
  readonly tasks: readonly TaskRecord[];
}

export interface HistoryOptions {
  /** The proxy's state directory. */
  readonly directory: string;
  /** Queries that are kept, the newest. */
  readonly limit?: number;
  readonly log: { error(fields: object, message: string): void };
}

const FLUSH_MS = 500;
/**
 * What queries moved (Contract 3), in a DuckDB file that survives restarts. Recording never waits and never fails a query:
 * records gather in memory and are written from time to time.
 */
export class History {
  readonly #engine: Engine;
  readonly #limit: number;
  readonly #log: HistoryOptions['log'];
  /** Not yet written: by query id, in the order of their start. */
  readonly #pending = new Map<string, Entry>();
  readonly #running = new Map<string, Entry>();
  readonly #timer: NodeJS.Timeout;
  #nextSequence: number;
  #flushing: Promise<void> = Promise.resolve();

  static async open(options: HistoryOptions): Promise<History> {
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    const engine = await openFile(options.directory);
    const [row] = await engine.texts('SELECT coalesce(max(seq), 0)::VARCHAR FROM queries', 1);
    const history = new History(engine, options, Number(row?.[0] ?? 0) + 1);
    await history.#endInterrupted();
    return history;
  }

  private constructor(engine: Engine, options: HistoryOptions, nextSequence: number) {
    this.#engine = engine;
    this.#limit = options.limit ?? 10_000;
    this.#log = options.log;
    this.#nextSequence = nextSequence;
    this.#timer = setInterval(() => void this.#flush(), FLUSH_MS).unref();
  }

  begin(start: QueryStart): void {
    const entry: Entry = {
      sequence: this.#nextSequence++,
      query: {
        ...start,
        sql: shortened(start.sql),
        state: 'running',
        durationMs: undefined,
        rows: 0,
        bytes: 0,
        missingAgents: [],
        error: undefined,
      },
      tasks: [],
    };
    this.#running.set(start.queryId, entry);
    this.#keep(entry);
  }

  end(queryId: string, { tasks, ...outcome }: QueryEnd): void {
    const entry = this.#running.get(queryId);
    if (entry === undefined) return;
    this.#running.delete(queryId);
    const bytes = tasks.reduce((sum, task) => sum + task.bytesIn + task.bytesOut, 0);
    this.#keep({ ...entry, query: { ...entry.query, ...outcome, bytes }, tasks: tasks.map(storedTask) });
  }

  /** The newest first. */
  async queries(): Promise<readonly QueryRecord[]> {
    return (await this.#entries()).map((entry) => entry.query);
  }

  /** Those of the newest query first. */
  async tasks(): Promise<readonly QueryTaskRecord[]> {
    return (await this.#entries()).flatMap(({ query, tasks }) =>
      tasks.map((task) => ({ queryId: query.queryId, ...task })),
    );
  }

  /** Writes what is pending. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush();
    await this.#engine.close();
  }

  /** If writing fails for long, the oldest go. */
  #keep(entry: Entry): void {
    this.#pending.set(entry.query.queryId, entry);
    for (const oldest of this.#pending.keys()) {
      if (this.#pending.size <= this.#limit) break;
      this.#pending.delete(oldest);
    }
  }

  async #entries(): Promise<Entry[]> {
    await this.#flush();
    const unwritten = [...this.#pending.values()];
    const ids = new Set(unwritten.map((entry) => entry.query.queryId));
    const rows = await this.#engine.texts(
      `SELECT seq::VARCHAR, document FROM queries ORDER BY seq DESC LIMIT ${this.#limit}`,
      2,
    );
    const written = rows.map(decodeEntry).filter((entry) => !ids.has(entry.query.queryId));
    return [...unwritten, ...written].sort((a, b) => b.sequence - a.sequence).slice(0, this.#limit);
  }

  #flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#write());
    return this.#flushing;
  }

  async #write(): Promise<void> {
    const entries = [...this.#pending.values()];
    if (entries.length === 0) return;
    try {
      const sql = writeSql(entries, this.#nextSequence - this.#limit);
      await this.#engine.withConnection((connection) => atomically(connection, sql));
    } catch (error) {
      this.#log.error({ error: toSkeinError(error).message }, 'history not written');
      return;
    }
    for (const entry of entries) {
      const id = entry.query.queryId;
      if (this.#pending.get(id) === entry) this.#pending.delete(id);
    }
  }

  /** Queries that were running when the proxy went down. */
  async #endInterrupted(): Promise<void> {
    const rows = await this.#engine.texts(
      "SELECT seq::VARCHAR, document FROM queries WHERE state = 'running'",
      2,
    );
    for (const entry of rows.map(decodeEntry)) {
      const error = 'the proxy went down while the query ran';
      this.#keep({ ...entry, query: { ...entry.query, state: 'failed', error } });
    }
    await this.#flush();
  }
}

type StoredTask = Omit<QueryTaskRecord, 'queryId'>;

interface Entry {
  readonly sequence: number;
  readonly query: QueryRecord;
  readonly tasks: readonly StoredTask[];
}

async function openFile(directory: string): Promise<Engine> {
  const file = path.join(directory, 'history.duckdb');
  try {
    const engine = await openEngine({
      path: file,
      threads: 1,
      memoryLimit: '256MB',
      tempDirectory: path.join(directory, 'history.tmp'),
      allowedDirectories: [],
      prelude: [],
      maxConnections: 2,
    });
    await engine.run(
      'CREATE TABLE IF NOT EXISTS queries (seq BIGINT, query_id VARCHAR, state VARCHAR, document VARCHAR)',
    );
    return engine;
  } catch (error) {
    throw new SkeinError(
      'cannotConnectNow',
      `the history "${file}" can't be opened: ${toSkeinError(error).message}`,
      {
        hint: 'Another proxy may use the state directory. If the file is damaged, move it away: only past queries are in it.',
      },
      error,
    );
  }
}

async function atomically(connection: EngineConnection, sql: string): Promise<void> {
  try {
    await connection.run(`BEGIN; ${sql}; COMMIT`);
  } catch (error) {
    // Where COMMIT itself failed, no transaction is left to roll back.
    await connection.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** One transaction, so that a crash leaves each query as it was or as it is. */
function writeSql(entries: readonly Entry[], oldest: number): string {
  const ids = entries.map(({ query }) => quoteString(query.queryId)).join(', ');
  const rows = entries.map(({ sequence, query, tasks }) => {
    const document = quoteString(JSON.stringify({ query, tasks }));
    return `(${sequence}, ${quoteString(query.queryId)}, '${query.state}', ${document})`;
  });
  return [
    `DELETE FROM queries WHERE query_id IN (${ids}) OR seq < ${oldest}`,
    `INSERT INTO queries VALUES ${rows.join(', ')}`,
  ].join('; ');
}

function storedTask({ taskId, fragment, shard, ...task }: TaskRecord): StoredTask {
  return { ...task, sql: shortened(task.sql) };
}

const maybe = <T extends z.ZodType>(schema: T) => schema.optional().transform((value) => value);

const documentSchema = z.object({
  query: z.object({
    queryId: z.string(),
    userName: z.string(),
    sql: z.string(),
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    startedAt: z.string(),
    durationMs: maybe(z.number()),
    rows: z.number(),
    bytes: z.number(),
    missingAgents: z.array(z.string()),
    error: maybe(z.string()),
  }),
  tasks: z.array(
    z.object({
      agent: z.string(),
      sql: z.string(),
      columns: z.array(z.string()),
      rows: z.number(),
      bytesIn: z.number(),
      bytesOut: z.number(),
      queueMs: z.number(),
      runMs: z.number(),
      transferMs: z.number(),
      state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
      error: maybe(z.string()),
    }),
  ),
});

function decodeEntry([sequence, document]: readonly (string | null)[]): Entry {
  const { query, tasks } = documentSchema.parse(JSON.parse(document ?? 'null'));
  return { sequence: Number(sequence), query, tasks };
}
