import { CatalogPool } from './catalog-pool.ts';
import type { DataDirectories } from './data-directory.ts';
import { PgThread } from './pg-thread.ts';
import { ShadowDatabase } from './shadow-database.ts';

const DEFAULT_CATALOG_THREADS = 4;
const IDLE_THREAD_MS = 120_000;
/** Whoever starts waits for the analysis alone: a second PostgreSQL beside it would take the processor from it. */
const WARM_AFTER_MS = 1000;

export interface ThreadOptions {
  readonly database: string;
  readonly log?: (message: string, error: unknown) => void;
  /** Slow catalog queries that may run at once. Each thread takes about 100 MB. */
  readonly maxCatalogThreads?: number;
}

/** The PostgreSQLs: one that analyses, and those that answer catalog queries. */
export interface Threads {
  readonly analysis: ShadowDatabase;
  readonly catalog: CatalogPool;
}

export async function openThreads(directories: DataDirectories, options: ThreadOptions): Promise<Threads> {
  const log = options.log ?? (() => undefined);
  const copies = new Map<ShadowDatabase, string>();
  const open = async () => {
    const copy = directories.place();
    const thread = await PgThread.open(copy, options.database, directories.data);
    const database = new ShadowDatabase(thread, log);
    copies.set(database, copy);
    return database;
  };
  const close = async (database: ShadowDatabase) => {
    await database.thread.close();
    await directories.discard(copies.get(database) ?? '');
    copies.delete(database);
  };
  const analysis = await open();
  const catalog = new CatalogPool(EMPTY, {
    open,
    close,
    log,
    maxThreads: options.maxCatalogThreads ?? DEFAULT_CATALOG_THREADS,
    idleMs: IDLE_THREAD_MS,
  });
  setTimeout(() => catalog.warm(), WARM_AFTER_MS).unref();
  return { analysis, catalog };
}

const EMPTY = { tables: new Map(), roles: new Map(), owned: undefined };
