import { createHash } from 'node:crypto';
import { SkeinError } from '../base/errors.ts';
import { settled } from '../base/settled.ts';
import type { CatalogChange, CatalogRow, OwnedRelations } from '../catalog/owned.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { mayNameAnInstant } from '../sql/instants.ts';
import { shortenLists } from '../sql/long-lists.ts';
import type { RawFields } from '../types/data-row.ts';
import {
  isWholeDescription,
  isWholeExecution,
  readAnalyzed,
  readCatalogAnswer,
  readDescribed,
  readPlanningError,
  readTextRows,
} from './answers.ts';
import { guardCatalogQuery } from './catalog-guard.ts';
import { type DataDirectories, openDataDirectories } from './data-directory.ts';
import type {
  AnalysisSession,
  Analyzed,
  CatalogAnswer,
  CatalogEngine,
  Defined,
  DefineOptions,
  Described,
  Overlay,
  RawParameter,
} from './engine.ts';
import { openThreads, type Threads } from './engine-threads.ts';
import { checkAccess } from './owned/access.ts';
import { CatalogColumns } from './owned/catalogs.ts';
import { Definitions } from './owned/definitions.ts';
import { estimatesSql, rowEstimates } from './owned/estimates.ts';
import {
  brokenViews,
  dependentsSql,
  readDependents,
  referredTables,
  remakeViews,
  type ToRemake,
} from './owned/remake.ts';
import { Roles } from './owned/roles.ts';
import { splitTemporary } from './owned/temporary.ts';
import { frontend } from './pg-messages.ts';
import { storedIdentifier } from './pg-quote.ts';
import type { PgThread, RequestLimits } from './pg-thread.ts';
import { currentNames } from './renamed-columns.ts';
import { analyzeBatch, describeBatch, executeBatch, planBatch } from './session-batch.ts';
import { OidSource, shadowTables } from './shadow.ts';
import type { ShadowState } from './shadow-database.ts';
import { shadowRelations, systemViewOids } from './shadow-relations.ts';
import type { ShadowTables } from './shadow-table.ts';
import { SYSTEM_CATALOG_SQL, systemCatalog } from './system-catalog.ts';
import type { ShadowMap, SystemCatalog } from './tree-context.ts';
import { passedQueries, verdictKey } from './verdicts.ts';

export interface CatalogEngineOptions {
  readonly stateDirectory: string;
  /** The name of the database, as clients see it. */
  readonly database: string;
  readonly log?: (message: string, error: unknown) => void;
  /** Time that one analysis and one catalog query may take. */
  readonly analysisTimeoutMs?: number;
  readonly queryTimeoutMs?: number;
  /** Slow catalog queries that may run at once. Each thread takes about 100 MB. */
  readonly maxCatalogThreads?: number;
  /** What was defined and committed before. */
  readonly rows?: readonly CatalogRow[] | Promise<readonly CatalogRow[]>;
  /** Keeps what the engine changed of the committed rows by itself. */
  readonly persist?: (change: CatalogChange) => Promise<void>;
  /** Who may be granted something before their first login. */
  readonly users?: () => readonly string[];
}

const DEFAULT_ANALYSIS_TIMEOUT_MS = 15_000;
const DEFAULT_QUERY_TIMEOUT_MS = 60_000;
const MAX_ROWS = 1_000_000;
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** First creation takes about 4 s, later starts about 0.5 s. */
export async function createCatalogEngine(options: CatalogEngineOptions): Promise<CatalogEngine> {
  const directories = await openDataDirectories(options.stateDirectory, options.database);
  const open = () => openThreads(directories, options);
  const threads = await open().catch(async (error: unknown) => {
    options.log?.('the saved PostgreSQL does not start and is made anew', error);
    await directories.rebuild();
    return open();
  });
  const system = systemCatalog(
    await directories.derived('system.json', () => readJson(threads.analysis.thread)),
  );
  const viewOids = await systemViewOids(threads.analysis.thread);
  const definitions = new Definitions((await options.rows) ?? [], new CatalogColumns(system));
  return new PgliteEngine({ options, directories, threads, system, viewOids, definitions });
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

interface EngineParts {
  readonly options: CatalogEngineOptions;
  readonly directories: DataDirectories;
  readonly threads: Threads;
  readonly system: SystemCatalog;
  readonly viewOids: ReadonlyMap<string, number>;
  readonly definitions: Definitions;
}

class PgliteEngine implements CatalogEngine {
  readonly #parts: EngineParts;
  readonly #remembered: ShadowTables;
  readonly #oids: OidSource;
  readonly #roles: Roles;
  readonly #passed = passedQueries();
  #syncing: Promise<unknown> = Promise.resolve();
  #adopting: Promise<unknown> = Promise.resolve();
  /** Those of the snapshot. */
  #known: ShadowTables = new Map();
  /** Of these, those whose names no user's relation has. */
  #tables: ShadowTables = new Map();
  #version = -1;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#remembered = parts.definitions.rememberedTables();
    this.#oids = new OidSource([...this.#remembered.values()].map(({ oid }) => oid));
    this.#roles = new Roles(parts.definitions.rememberedRoles());
  }

  get ownedVersion(): number {
    return this.#parts.definitions.state.version;
  }

  ownedRelations(overlay: Overlay | undefined): OwnedRelations {
    return this.#parts.definitions.state.relations(overlay?.change);
  }

  get system(): SystemCatalog {
    return this.#parts.system;
  }

  sync(snapshot: Snapshot): Promise<ShadowMap> {
    const synced = this.#syncing.then(() => this.#sync(snapshot));
    this.#syncing = synced.catch(() => undefined);
    return synced;
  }

  ownedSchemas(overlay: Overlay | undefined): ReadonlySet<string> {
    return this.#parts.definitions.state.schemas(overlay?.change);
  }

  splitTemporary(change: CatalogChange) {
    return splitTemporary(change, this.#parts.definitions.state.columns);
  }

  async describe(
    sql: string,
    parameterOids: readonly number[],
    session: AnalysisSession,
  ): Promise<Described> {
    await this.#ensureRole(session.user);
    const batch = describeBatch(currentNames(sql), parameterOids, session, this.#overlaySql(session));
    return readDescribed(await this.#analysis(batch, this.#limitsOf(session)));
  }

  async analyze(sql: string, parameterOids: readonly number[], session: AnalysisSession): Promise<Analyzed> {
    await this.#ensureRole(session.user);
    const batch = analyzeBatch(currentNames(sql), parameterOids, session, this.#overlaySql(session));
    const analyzed = readAnalyzed(await this.#analysis(batch, this.#limitsOf(session)));
    checkAccess(analyzed.tree, this.ownedRelations(session.overlay), session.user);
    return analyzed;
  }

  async planningError(
    sql: string,
    parameterOids: readonly number[],
    session: AnalysisSession,
    parameters?: readonly RawParameter[],
  ): Promise<SkeinError | undefined> {
    await this.#ensureRole(session.user);
    const overlay = this.#overlaySql(session);
    const batch = planBatch(currentNames(sql), parameterOids, session, parameters, overlay);
    return readPlanningError(await this.#analysis(batch, this.#limitsOf(session)));
  }

  async query(
    sql: string,
    parameters: readonly RawParameter[],
    parameterOids: readonly number[],
    resultFormats: readonly (0 | 1)[],
    session: AnalysisSession,
    signal: AbortSignal,
  ): Promise<CatalogAnswer> {
    const key = verdictKey([this.#version, this.ownedVersion], sql, parameterOids, session);
    if (this.#passed.get(key) === undefined) {
      const { tree } = await this.analyze(shortenLists(sql).sql, parameterOids, session);
      guardCatalogQuery(tree, this.system);
      this.#passed.set(key, true);
    }
    const text = currentNames(sql);
    const { overlay } = session;
    const estimates = rowEstimates(sql, session, this.ownedRelations(overlay));
    const before = [...this.#parts.definitions.visibleSql(overlay), ...estimatesSql(estimates)];
    const batch = executeBatch(text, parameters, parameterOids, resultFormats, session, MAX_ROWS, before);
    const undone = estimates.length + (overlay?.change.put.size ?? 0);
    const { catalog } = this.#parts.threads;
    const limits = this.#queryLimits(signal, mayNameAnInstant(sql) ? session.now : undefined);
    return readCatalogAnswer(await catalog.request(batch, limits, undone), MAX_ROWS);
  }

  async constantText(name: string, sql: string, session: AnalysisSession): Promise<string> {
    await this.#ensureRole(session.user);
    const digest = createHash('sha256')
      .update(JSON.stringify([sql, session]))
      .digest('hex')
      .slice(0, 16);
    return this.#parts.directories.derived(`${name}-${digest}`, async () => {
      const batch = executeBatch(sql, [], [], [0], session, MAX_ROWS);
      const limits = { ...this.#analysisLimits, isWhole: isWholeExecution };
      const answer = await this.#parts.threads.analysis.thread.request(batch, limits);
      const value = readCatalogAnswer(answer, MAX_ROWS).rows[0]?.fields()[0];
      if (!(value instanceof Uint8Array)) throw new SkeinError('internal', `PostgreSQL gave no ${name}`);
      return new TextDecoder().decode(value);
    });
  }

  async readValues(
    types: readonly number[],
    values: readonly RawParameter[],
    session: AnalysisSession,
    signal: AbortSignal,
  ): Promise<RawFields> {
    await this.#ensureRole(session.user);
    const list = types.map((oid, index) => `$${index + 1}::${this.#typeName(oid)}`).join(', ');
    const formats = types.map(() => 1 as const);
    const batch = executeBatch(`SELECT ${list}`, values, types, formats, session, MAX_ROWS);
    const limits = { ...this.#limitsOf(session), isWhole: isWholeExecution, signal };
    const answer = await this.#analysis(batch, limits);
    return readCatalogAnswer(answer, MAX_ROWS).rows[0]?.fields() ?? [];
  }

  async define(sql: string, session: AnalysisSession, options: DefineOptions = {}): Promise<Defined> {
    await this.#ensureRole(session.user);
    const { definitions, threads, options: known } = this.#parts;
    await Promise.allSettled((known.users?.() ?? []).map((user) => this.#ensureRole(user)));
    const limits = { ...this.#analysisLimits, isWhole: isWholeExecution };
    // Another definition may be adopted while this one runs.
    return settled(async () => {
      const version = this.ownedVersion;
      const bytes = await this.#analysis(definitions.batch(sql, session, options), limits);
      // Against other rows than those it ran on, what it wrote would be taken for what others did meanwhile.
      if (this.ownedVersion !== version) return undefined;
      const defined = definitions.read(bytes, session, { tables: this.#tables, roles: this.#roles.oids });
      threads.analysis.noteUndone(defined.overlay.put.size);
      return defined;
    });
  }

  adopt(change: CatalogChange): Promise<void> {
    const { definitions, threads } = this.#parts;
    definitions.state.adopt(change);
    this.#tables = this.#withFreeNames(this.#known);
    const state = this.#state;
    threads.catalog.sync(state);
    const adopted = Promise.all([this.#adopting, threads.analysis.sync(state)]).then(() => undefined);
    this.#adopting = adopted.catch(() => undefined);
    return adopted;
  }

  async close(): Promise<void> {
    await this.#syncing;
    const { threads, directories } = this.#parts;
    await Promise.all([threads.analysis.thread.close(), threads.catalog.close()]);
    await directories.remove();
  }

  async #sync(snapshot: Snapshot): Promise<ShadowMap> {
    const { threads, options, viewOids } = this.#parts;
    const before: ShadowTables = new Map([...this.#remembered, ...this.#tables]);
    const skip = (table: string, reason: unknown) =>
      options.log?.(`table ${table} can't be shown by PostgreSQL`, reason);
    const known = shadowTables(snapshot, before, this.#oids, skip);
    const wanted = this.#withFreeNames(known);
    const views = await this.#viewsToRemake(before, wanted);
    this.#known = known;
    this.#tables = this.#withFreeNames(known);
    threads.catalog.sync(this.#state);
    const held = await threads.analysis.sync(this.#state);
    this.#version = snapshot.version;
    await this.#remake(views);
    const hidden = [...known].filter(([key]) => !wanted.has(key));
    return { version: snapshot.version, relations: shadowRelations(new Map([...held, ...hidden]), viewOids) };
  }

  /** What a user made in `public` keeps its name when an agent announces a table that is called the same. */
  #withFreeNames(known: ShadowTables): ShadowTables {
    const taken = new Set(
      [...this.ownedRelations(undefined).values()].flatMap(({ schema, name, temporary }) =>
        schema === 'public' && !temporary ? [name] : [],
      ),
    );
    return new Map([...known].filter(([, { name }]) => !taken.has(storedIdentifier(name))));
  }

  /** Asked before their tables change: PostgreSQL can't say what a view of a table is that is gone. */
  async #viewsToRemake(before: ShadowTables, wanted: ShadowTables): Promise<ToRemake> {
    const { threads, definitions } = this.#parts;
    const { rows, columns } = definitions.state;
    const kept = new Set([...wanted.values()].map(({ oid }) => oid));
    const lost = [...referredTables(rows.values(), columns)].filter((oid) => !kept.has(oid));
    const broken = brokenViews(rows);
    if (lost.length === 0) return { views: broken, lost };
    await threads.analysis.sync({ ...this.#state, tables: before });
    const sql = frontend.query(dependentsSql(lost));
    const limits = { ...this.#analysisLimits, isWhole: isWholeExecution };
    const dependents = readDependents(readTextRows(await this.#analysis(sql, limits)));
    return { views: [...dependents, ...broken], lost };
  }

  async #remake(views: ToRemake): Promise<void> {
    if (views.views.length === 0 && views.lost.length === 0) return;
    const { definitions, options } = this.#parts;
    const define = async (sql: string, session: AnalysisSession) => this.define(sql, session);
    const change = await remakeViews(views, definitions.state, define);
    if (change.put.size === 0 && change.gone.size === 0) return;
    await this.adopt(change);
    options.persist?.(change).catch((error: unknown) => {
      options.log?.('views that were made anew are not kept yet', error);
    });
  }

  #ensureRole(user: string): Promise<void> {
    const { analysis, catalog } = this.#parts.threads;
    return this.#roles.ensure(user, async () => {
      catalog.sync(this.#state);
      await analysis.sync(this.#state);
    });
  }

  get #state(): ShadowState {
    return { tables: this.#tables, roles: this.#roles.oids, owned: this.#parts.definitions.state };
  }

  /** Sees all that was adopted before it was asked. */
  async #analysis(batch: Uint8Array, limits: RequestLimits): Promise<Uint8Array> {
    await this.#adopting;
    return this.#parts.threads.analysis.thread.request(batch, limits);
  }

  #overlaySql({ overlay }: AnalysisSession): readonly string[] {
    if (overlay !== undefined) this.#parts.threads.analysis.noteUndone(overlay.change.put.size);
    return this.#parts.definitions.overlaySql(overlay);
  }

  #typeName(oid: number): string {
    const name = this.system.types.get(oid);
    if (name === undefined) {
      throw new SkeinError('notSupported', `a parameter of the type with OID ${oid} is not supported`);
    }
    return `pg_catalog."${name}"`;
  }

  get #analysisLimits(): RequestLimits {
    const timeoutMs = this.#parts.options.analysisTimeoutMs ?? DEFAULT_ANALYSIS_TIMEOUT_MS;
    return { timeoutMs, maxBytes: MAX_ANSWER_BYTES, isWhole: isWholeDescription };
  }

  #limitsOf({ now }: AnalysisSession): RequestLimits {
    return { ...this.#analysisLimits, now };
  }

  #queryLimits(signal: AbortSignal, now: bigint | undefined): RequestLimits {
    const timeoutMs = this.#parts.options.queryTimeoutMs ?? DEFAULT_QUERY_TIMEOUT_MS;
    return { now, timeoutMs, maxBytes: MAX_ANSWER_BYTES, signal, isWhole: isWholeExecution };
  }
}
