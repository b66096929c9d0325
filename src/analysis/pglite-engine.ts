import { join } from 'node:path';
import { SkeinError } from '../base/errors.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { PgColumn } from '../types/pg-column.ts';
import {
  isWholeDescription,
  isWholeExecution,
  readAnalyzed,
  readCatalogAnswer,
  readDescribed,
  readTextRows,
} from './answers.ts';
import { guardCatalogQuery } from './catalog-guard.ts';
import { type DataDirectories, openDataDirectories } from './data-directory.ts';
import type {
  AnalysisSession,
  Analyzed,
  CatalogAnswer,
  CatalogEngine,
  Described,
  RawParameter,
} from './engine.ts';
import { concat, frontend } from './pg-messages.ts';
import { quoteIdentifier } from './pg-quote.ts';
import { PgThread, type RequestLimits } from './pg-thread.ts';
import { currentNames } from './renamed-columns.ts';
import { analyzeBatch, describeBatch, executeBatch } from './session-batch.ts';
import { shadowTables } from './shadow.ts';
import { type RelationOids, ShadowDatabase } from './shadow-database.ts';
import { cachedSystemCatalog, SYSTEM_CATALOG_SQL } from './system-catalog.ts';
import { SYSTEM_ROLE } from './template-sql.ts';
import type { ShadowMap, SystemCatalog } from './tree-context.ts';

export interface CatalogEngineOptions {
  readonly stateDirectory: string;
  /** The name of the database, as clients see it. */
  readonly database: string;
  readonly log?: (message: string, error: unknown) => void;
  /** Time that one analysis and one catalog query may take. */
  readonly analysisTimeoutMs?: number;
  readonly queryTimeoutMs?: number;
}

const DEFAULT_ANALYSIS_TIMEOUT_MS = 15_000;
const DEFAULT_QUERY_TIMEOUT_MS = 60_000;
const MAX_ROWS = 1_000_000;
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const MAX_ROLES = 10_000;

/** First creation takes about 4 s, later starts about 0.5 s. */
export async function createCatalogEngine(options: CatalogEngineOptions): Promise<CatalogEngine> {
  const directories = await openDataDirectories(options.stateDirectory, options.database);
  const open = () => openShadows(directories, options);
  const shadows = await open().catch(async (error: unknown) => {
    options.log?.('the saved PostgreSQL does not start and is made anew', error);
    await directories.rebuild();
    return open();
  });
  const system = await cachedSystemCatalog(join(directories.template, 'system.json'), () =>
    readJson(shadows.catalog.thread),
  );
  return new PgliteEngine(options, directories, shadows, system);
}

interface Shadows {
  readonly analysis: ShadowDatabase;
  readonly catalog: ShadowDatabase;
}

async function openShadows(directories: DataDirectories, options: CatalogEngineOptions): Promise<Shadows> {
  const open = async () =>
    new ShadowDatabase(
      await PgThread.open(await directories.copy(), options.database),
      options.log ?? (() => undefined),
    );
  const [analysis, catalog] = await Promise.all([open(), open()]);
  return { analysis, catalog };
}

async function readJson(thread: PgThread): Promise<string> {
  const limits = {
    timeoutMs: DEFAULT_QUERY_TIMEOUT_MS,
    maxBytes: MAX_ANSWER_BYTES,
    isWhole: isWholeExecution,
  };
  const [row] = readTextRows(await thread.request(frontend.query(SYSTEM_CATALOG_SQL), limits));
  const json = row?.[0];
  if (typeof json !== 'string') throw new SkeinError('internal', 'PostgreSQL gave no system catalog');
  return json;
}

class PgliteEngine implements CatalogEngine {
  readonly system: SystemCatalog;
  readonly #options: CatalogEngineOptions;
  readonly #directories: DataDirectories;
  readonly #shadows: Shadows;
  readonly #roles = new Map<string, Promise<void>>();
  #syncing: Promise<unknown> = Promise.resolve();
  /** A table's OID where statements are analysed -> where clients look it up. */
  #clientOids: ReadonlyMap<number, number> = new Map();

  constructor(
    options: CatalogEngineOptions,
    directories: DataDirectories,
    shadows: Shadows,
    system: SystemCatalog,
  ) {
    this.#options = options;
    this.#directories = directories;
    this.#shadows = shadows;
    this.system = system;
  }

  sync(snapshot: Snapshot): Promise<ShadowMap> {
    const synced = this.#syncing.then(() => this.#sync(snapshot));
    this.#syncing = synced.catch(() => undefined);
    return synced;
  }

  async describe(
    sql: string,
    parameterOids: readonly number[],
    session: AnalysisSession,
  ): Promise<Described> {
    await this.#ensureRole(session.user);
    const batch = describeBatch(currentNames(sql), parameterOids, session);
    const described = readDescribed(await this.#shadows.analysis.thread.request(batch, this.#analysisLimits));
    return { ...described, columns: this.#clientColumns(described.columns) };
  }

  async analyze(sql: string, parameterOids: readonly number[], session: AnalysisSession): Promise<Analyzed> {
    await this.#ensureRole(session.user);
    const batch = analyzeBatch(currentNames(sql), parameterOids, session);
    const analyzed = readAnalyzed(await this.#shadows.analysis.thread.request(batch, this.#analysisLimits));
    return { ...analyzed, columns: this.#clientColumns(analyzed.columns) };
  }

  async query(
    sql: string,
    parameters: readonly RawParameter[],
    parameterOids: readonly number[],
    resultFormats: readonly (0 | 1)[],
    session: AnalysisSession,
    signal: AbortSignal,
  ): Promise<CatalogAnswer> {
    await this.#ensureRole(session.user);
    const text = currentNames(sql);
    const thread = this.#shadows.catalog.thread;
    const analyzed = await thread.request(analyzeBatch(text, parameterOids, session), {
      ...this.#analysisLimits,
      signal,
    });
    guardCatalogQuery(readAnalyzed(analyzed).tree, this.system);
    const batch = executeBatch(text, parameters, parameterOids, resultFormats, session, MAX_ROWS);
    const timeoutMs = this.#options.queryTimeoutMs ?? DEFAULT_QUERY_TIMEOUT_MS;
    const answer = await thread.request(batch, {
      timeoutMs,
      maxBytes: MAX_ANSWER_BYTES,
      signal,
      isWhole: isWholeExecution,
    });
    return readCatalogAnswer(answer, MAX_ROWS);
  }

  async close(): Promise<void> {
    await this.#syncing;
    await Promise.all([this.#shadows.analysis.thread.close(), this.#shadows.catalog.thread.close()]);
    await this.#directories.remove();
  }

  async #sync(snapshot: Snapshot): Promise<ShadowMap> {
    const log = this.#options.log;
    const tables = shadowTables(snapshot, (table, reason) =>
      log?.(`table ${table} can't be shown by PostgreSQL`, reason),
    );
    const { analysis, catalog } = this.#shadows;
    const [analysisOids, catalogOids] = await Promise.all([analysis.sync(tables), catalog.sync(tables)]);
    this.#clientOids = pairOids(analysisOids, catalogOids);
    return { version: snapshot.version, relations: analysis.relations(analysisOids) };
  }

  /** A user's role exists from its first statement on, so that PostgreSQL says `current_user` and privileges rightly. */
  #ensureRole(user: string): Promise<void> {
    const known = this.#roles.get(user);
    if (known !== undefined) return known;
    if (user === SYSTEM_ROLE) {
      return Promise.reject(new SkeinError('insufficientPrivilege', `role "${user}" is reserved`));
    }
    if (this.#roles.size >= MAX_ROLES) {
      return Promise.reject(new SkeinError('limitExceeded', `more than ${MAX_ROLES} users`));
    }
    const created = this.#createRole(user);
    this.#roles.set(user, created);
    created.catch(() => this.#roles.delete(user));
    return created;
  }

  async #createRole(user: string): Promise<void> {
    const message = concat(frontend.query(`CREATE ROLE ${quoteIdentifier(user)} LOGIN`));
    const threads = [this.#shadows.analysis.thread, this.#shadows.catalog.thread];
    await Promise.all(
      threads.map(async (thread) => {
        const answer = await thread.request(message, this.#analysisLimits);
        try {
          readTextRows(answer);
        } catch (error) {
          if (!(error instanceof SkeinError) || error.code !== DUPLICATE_OBJECT) throw error;
        }
      }),
    );
  }

  #clientColumns(columns: readonly PgColumn[]): readonly PgColumn[] {
    return columns.map((column) => {
      const tableOid = this.#clientOids.get(column.tableOid);
      return tableOid === undefined ? column : { ...column, tableOid };
    });
  }

  get #analysisLimits(): RequestLimits {
    const timeoutMs = this.#options.analysisTimeoutMs ?? DEFAULT_ANALYSIS_TIMEOUT_MS;
    return { timeoutMs, maxBytes: MAX_ANSWER_BYTES, isWhole: isWholeDescription };
  }
}

const DUPLICATE_OBJECT = '42710';

function pairOids(from: RelationOids, to: RelationOids): ReadonlyMap<number, number> {
  const pairs = new Map<number, number>();
  for (const [name, oid] of from) {
    const other = to.get(name);
    if (other !== undefined && other !== oid) pairs.set(oid, other);
  }
  return pairs;
}
