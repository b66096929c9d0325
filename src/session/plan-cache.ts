import type { AnalysisSession, Analyzed, CatalogEngine, Described } from '../analysis/engine.ts';
import type { TreeNode } from '../analysis/tree.ts';
import { assert } from '../base/assert.ts';
import { SkeinError } from '../base/errors.ts';
import { Lru } from '../base/lru.ts';
import type { OwnedTable } from '../catalog/owned.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { Plan } from '../plan/logical.ts';
import { mayFailWhenFolded } from '../planner/foldable.ts';
import type { FromTreeContext, LogicalQuery } from '../planner/from-tree/conversion.ts';
import { fromShortenedTree, fromTree } from '../planner/from-tree/from-tree.ts';
import { type LogicalWrite, writeFromTree } from '../planner/from-tree/write-from-tree.ts';
import { mayNameAnInstant } from '../sql/instants.ts';
import { characters } from '../sql/lexical.ts';
import { shortenLists } from '../sql/long-lists.ts';
import { type LongValues, shortenInsert } from '../sql/long-values.ts';
import { assertPlannable } from '../sql/size.ts';
import type { CatalogView } from './catalog-view.ts';
import type { QueryText } from './planned-query.ts';
import { shiftPosition } from './statement.ts';

/** A query over tables, analysed and made a logical plan. */
export interface AnalyzedQuery extends Omit<Analyzed, 'tree'> {
  readonly logical: LogicalQuery;
  /** What PostgreSQL raises while it plans the statement: after its description, before its first row. */
  readonly planningError: SkeinError | undefined;
}

/** A statement that changes rows, analysed and made a plan of its changes. */
export interface AnalyzedWrite extends Omit<Analyzed, 'tree'> {
  readonly logical: LogicalWrite;
  readonly table: OwnedTable;
  readonly planningError: SkeinError | undefined;
  /** The rows that its tree has too few of. */
  readonly values: LongValues | undefined;
}

/** Longer statements hold their rows, and aren't sent twice: what was made of them for their description is for their run. */
const MAX_KEPT_WRITE = 16_384;
const LONG_WRITES: PlanCacheLimits = { cachedPlans: 4, cachedPlanBytes: 16 * 1024 * 1024 };

export interface PlanCacheLimits {
  readonly cachedPlans: number;
  readonly cachedPlanBytes: number;
}

/** What PostgreSQL said of statements, kept for as long as the catalog has the same version. Shared by all sessions. */
export class PlanCache {
  readonly #engine: CatalogEngine;
  readonly #catalog: CatalogView;
  readonly #described: Lru<Described>;
  readonly #analyzed: Lru<AnalyzedQuery>;
  readonly #writes: Lru<AnalyzedWrite>;
  readonly #longWrites = new Lru<AnalyzedWrite>(LONG_WRITES.cachedPlans, LONG_WRITES.cachedPlanBytes);

  constructor(engine: CatalogEngine, catalog: CatalogView, limits: PlanCacheLimits) {
    this.#engine = engine;
    this.#catalog = catalog;
    this.#described = new Lru(limits.cachedPlans, limits.cachedPlanBytes);
    this.#analyzed = new Lru(limits.cachedPlans, limits.cachedPlanBytes);
    this.#writes = new Lru(limits.cachedPlans, limits.cachedPlanBytes);
  }

  async describe(sql: string, oids: readonly number[], session: AnalysisSession): Promise<Described> {
    const { snapshot } = await this.#catalog.current();
    const key = cacheKey(sql, oids, session, [snapshot.version, this.#engine.ownedVersion]);
    const known = this.#described.get(key);
    if (known !== undefined) return known;
    const shortened = shortenLists(sql).sql;
    assertPlannable(shortened);
    const described = await this.#engine.describe(shortened, oids, session);
    this.#described.set(key, described);
    return described;
  }

  /** @returns the query, and the snapshot that it was made from. */
  async analyze(
    sql: string,
    oids: readonly number[],
    session: AnalysisSession,
  ): Promise<{ readonly query: AnalyzedQuery; readonly snapshot: Snapshot }> {
    const { state, result } = await this.#catalog.stable(async ({ snapshot, shadow }) => {
      const key = cacheKey(sql, oids, session, [snapshot.version, this.#engine.ownedVersion]);
      const known = this.#analyzed.get(key);
      if (known !== undefined) return known;
      const query = await this.#convert(sql, oids, session, {
        system: this.#engine.system,
        shadow,
        snapshot,
        owned: this.#engine.ownedRelations(session.overlay),
      });
      this.#analyzed.set(key, query);
      return query;
    });
    return { query: result, snapshot: state.snapshot };
  }

  /** As {@link analyze}, of an INSERT, UPDATE, DELETE or MERGE. */
  async analyzeWrite(
    sql: string,
    oids: readonly number[],
    session: AnalysisSession,
  ): Promise<{ readonly query: AnalyzedWrite; readonly snapshot: Snapshot }> {
    const { state, result } = await this.#catalog.stable(async ({ snapshot, shadow }) => {
      const key = cacheKey(sql, oids, session, [snapshot.version, this.#engine.ownedVersion]);
      const isLong = sql.length > MAX_KEPT_WRITE;
      const known = isLong ? this.#longWrites.take(key) : this.#writes.get(key);
      if (known !== undefined) return known;
      const shortened = shortenInsert(sql);
      assertPlannable(shortened.sql);
      const { tree, ...described } = await this.#engine.analyze(shortened.sql, oids, session);
      const owned = this.#engine.ownedRelations(session.overlay);
      const context = { system: this.#engine.system, shadow, snapshot, owned };
      const write = {
        ...described,
        ...inCharacters(sql, () => analyzedWrite(tree, context, shortened.values)),
      };
      const query = await this.#planned(shortened.sql, write, write.logical.write.changes, session);
      (isLong ? this.#longWrites : this.#writes).set(key, query);
      return query;
    });
    return { query: result, snapshot: state.snapshot };
  }

  async #convert(
    sql: string,
    oids: readonly number[],
    session: AnalysisSession,
    context: FromTreeContext,
  ): Promise<AnalyzedQuery> {
    const shortened = shortenLists(sql);
    assertPlannable(shortened.sql);
    const { tree, ...described } = await this.#engine.analyze(shortened.sql, oids, session);
    const logical = inCharacters(sql, () => fromShortenedTree(tree, context, shortened.lists));
    if (logical !== undefined) {
      return this.#planned(shortened.sql, { ...described, logical }, logical.plan, session);
    }
    assertPlannable(sql);
    const { tree: whole } = await this.#engine.analyze(sql, oids, session);
    const query = { ...described, logical: inCharacters(sql, () => fromTree(whole, context)) };
    return this.#planned(sql, query, query.logical.plan, session);
  }

  /** @throws what PostgreSQL raises while it plans the statement for these values: a branch that they rule out isn't computed. */
  async checkPlanned(
    { planningError, parameterOids }: Pick<AnalyzedQuery, 'planningError' | 'parameterOids'>,
    { sql, parameters }: Pick<QueryText, 'sql' | 'parameters'>,
    session: AnalysisSession,
  ): Promise<void> {
    if (planningError === undefined) return;
    const error =
      parameterOids.length === 0
        ? planningError
        : await this.#engine.planningError(sql, parameterOids, session, parameters);
    if (error !== undefined) throw error;
  }

  /** With what PostgreSQL raises while it plans the statement. */
  async #planned<Q extends Described>(
    sql: string,
    query: Q,
    plan: Plan,
    session: AnalysisSession,
  ): Promise<Q & { readonly planningError: SkeinError | undefined }> {
    const planningError = mayFailWhenFolded(plan)
      ? await this.#engine.planningError(sql, query.parameterOids, session)
      : undefined;
    return { ...query, planningError };
  }
}

function analyzedWrite(
  tree: TreeNode,
  context: FromTreeContext,
  values: LongValues | undefined,
): Pick<AnalyzedWrite, 'logical' | 'table' | 'values'> {
  const logical = writeFromTree(tree, context, values);
  const table = context.owned?.get(logical.write.target);
  assert(table?.kind === 'table', 'what is written to is a table');
  return { logical, table, values };
}

/** Positions in PostgreSQL's tree count bytes, those of errors characters. */
function inCharacters<T>(sql: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const position = error instanceof SkeinError ? error.fields.position : undefined;
    if (position === undefined) throw error;
    const before = Buffer.from(sql).toString('utf8', 0, position - 1);
    throw shiftPosition(error, characters(before) + 1 - position);
  }
}

function cacheKey(
  sql: string,
  oids: readonly number[],
  session: AnalysisSession,
  versions: readonly number[],
): string {
  const { user, searchPath, timeZone, dateStyle, intervalStyle, settings, overlay } = session;
  const others = [...(settings ?? [])];
  const now = mayNameAnInstant(sql) ? String(session.now) : '';
  const all = [user, searchPath, timeZone, dateStyle, intervalStyle, now, others];
  return JSON.stringify([versions, overlay?.id ?? 0, oids, all, sql]);
}
