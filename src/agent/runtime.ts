import { mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { SkeinError } from '../base/errors.ts';
import { PRELUDE } from '../dialect/prelude.ts';
import { duckdbVersion, type Engine, openEngine, preludeVersion, threadPoolSize } from '../engine/duckdb.ts';
import {
  type AcceptedTable,
  type Hello,
  type Inventory,
  PROTOCOL_VERSION,
  piecePrefix,
  type TaskMessage,
} from '../protocol/messages.ts';
import { Audit } from './audit.ts';
import type { AgentConfig } from './config.ts';
import { realDirectories } from './files.ts';
import type { Log } from './log.ts';
import { ProxySession, type TaskInputRows } from './session.ts';
import { Sources } from './sources.ts';
import { PieceStore } from './store.ts';
import { AgentTask, type AgentTaskRun, type TaskHost } from './task.ts';
import { TaskQueue } from './task-queue.ts';
import { watch } from './watch.ts';

/** What one proxy may ask of the agent: the seam that every transport drives. */
export interface ProxyPort {
  /** The tables that this proxy accepted, and their types. */
  accept(tables: readonly AcceptedTable[]): void;
  /** Runs while its batches are read. */
  runTask(message: TaskMessage, inputs: readonly TaskInputRows[], signal: AbortSignal): AgentTaskRun;
  endStatement(queryId: string): void;
  /** Drops pieces that no statement reads any more. */
  forget(pieces: readonly string[]): void;
  close(): Promise<void>;
}

/** An agent without sockets: its DuckDB, its tables, its tasks. */
export class AgentRuntime {
  readonly config: AgentConfig;
  readonly #engine: Engine;
  readonly #sources: Sources;
  readonly #store: PieceStore | undefined;
  readonly #log: Log;
  readonly #queue: TaskQueue;
  readonly #audit: Audit;
  readonly #stopWatching: () => Promise<void>;

  private constructor(
    config: AgentConfig,
    engine: Engine,
    sources: Sources,
    store: PieceStore | undefined,
    log: Log,
  ) {
    this.config = config;
    this.#engine = engine;
    this.#sources = sources;
    this.#store = store;
    this.#log = log;
    this.#queue = new TaskQueue({
      running: config.maxConcurrentTasks,
      open: config.maxOpenTasks,
      queued: config.maxQueuedTasks,
    });
    this.#audit = new Audit(config.stateDirectory, (error) =>
      log.error({ error }, 'the audit record can not be written'),
    );
    this.#stopWatching = watch(sources, config.pollIntervalMs, log);
  }

  /** Opens and locks DuckDB, and looks at every table. What is wrong with a table is in the inventory, never thrown. */
  static async open(config: AgentConfig, log: Log): Promise<AgentRuntime> {
    const allowed = allowedDirectories(config);
    const engine = await openEngine({
      threads: config.threads ?? cpus().length,
      memoryLimit: config.memory,
      tempDirectory: join(config.stateDirectory, 'spill'),
      maxTempSize: config.maxSpill,
      allowedDirectories: [...allowed, ...storeDirectories(config)],
      prelude: PRELUDE,
      maxConnections: connectionsFor(config, log),
    });
    try {
      await engine.lock();
      const store = await openStore(engine, config);
      const sources = new Sources(engine, config, allowed, store);
      await sources.refresh();
      return new AgentRuntime(config, engine, sources, store, log);
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  hello(): Hello {
    return {
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      prelude: preludeVersion(PRELUDE),
      duckdb: duckdbVersion(),
      agentId: this.config.id,
      token: tokenOf(this.config),
      labels: this.config.labels,
      shard: this.config.shard,
      inventory: this.inventory(),
    };
  }

  inventory(): Inventory {
    return this.#sources.inventory();
  }

  /** @returns what unsubscribes. */
  onInventory(listener: (inventory: Inventory) => void): () => void {
    return this.#sources.onChange(() => listener(this.#sources.inventory()));
  }

  /** Looks at the files now, instead of at the next poll. */
  refresh(): Promise<void> {
    return this.#sources.refresh();
  }

  /** @param proxy its name in the audit record. */
  openPort(proxy: string): ProxyPort {
    const session = new ProxySession(this.#engine, this.#sources, this.config.labels);
    const host = {
      engine: this.#engine,
      queue: this.#queue,
      audit: this.#audit,
      keeper: this.#keeper(piecePrefix(proxy)),
      limits: { maxResultBytes: this.config.maxResultBytes, timeoutMs: this.config.taskTimeoutMs },
      proxy,
    };
    return {
      accept: (tables) => session.accept(tables),
      runTask: (message, inputs, signal) => new AgentTask(host, session, message, inputs, signal),
      endStatement: (queryId) => session.endStatement(queryId),
      forget: (pieces) => this.#forget(pieces.filter((piece) => piece.startsWith(piecePrefix(proxy)))),
      close: () => session.close(),
    };
  }

  #keeper(prefix: string): TaskHost['keeper'] {
    const store = this.#store;
    if (store === undefined) return undefined;
    return async (connection, piece, sql, check, signal) => {
      if (!piece.name.startsWith(prefix)) {
        throw new SkeinError(
          'protocolViolation',
          `refused by the agent: the piece "${piece.name}" is not of this proxy`,
        );
      }
      const rows = await store.keep(connection, piece, sql, check, signal);
      // The proxy hears of the piece before it hears that the task is done.
      await this.#sources.refresh();
      return rows;
    };
  }

  #forget(pieces: readonly string[]): void {
    const forgotten = this.#store?.forget(pieces).then((any) => (any ? this.#sources.refresh() : undefined));
    forgotten?.catch((error: unknown) => this.#log.error({ error }, 'pieces can not be dropped'));
  }

  /** DuckDB connections in use now. */
  get busy(): number {
    return this.#engine.busy;
  }

  async close(): Promise<void> {
    await this.#stopWatching();
    await this.#engine.close();
    await this.#audit.flush();
  }
}

function openStore(engine: Engine, config: AgentConfig): Promise<PieceStore> | undefined {
  const [directory] = storeDirectories(config);
  return directory === undefined
    ? undefined
    : PieceStore.open(engine, { directory, maxBytes: config.maxStoreBytes });
}

function storeDirectories({ store }: AgentConfig): string[] {
  if (store === undefined) return [];
  mkdirSync(store, { recursive: true });
  return [realpathSync(store)];
}

/** Besides the tasks, the agent itself looks at its files and makes views. */
const OWN_CONNECTIONS = 2;

/** Each DuckDB call that runs blocks one thread of libuv's pool, and reading files needs some too. */
const FEWEST_THREADS = 8;

function connectionsFor(config: AgentConfig, log: Log): number {
  const pool = threadPoolSize();
  if (pool < FEWEST_THREADS) {
    log.warn(
      { pool, wanted: FEWEST_THREADS },
      'UV_THREADPOOL_SIZE is too small: tasks will wait for each other',
    );
  }
  return config.maxOpenTasks + OWN_CONNECTIONS;
}

function allowedDirectories(config: AgentConfig): string[] {
  try {
    return realDirectories(config.allowedDirectories);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SkeinError('invalidParameterValue', `allowedDirectories: ${reason}`, {}, error);
  }
}

function tokenOf(config: AgentConfig): string | undefined {
  if (config.tokenFile === undefined) return config.token;
  try {
    return readFileSync(config.tokenFile, 'utf8').trim();
  } catch (error) {
    throw new SkeinError('invalidParameterValue', `tokenFile: ${config.tokenFile} can't be read`, {}, error);
  }
}
