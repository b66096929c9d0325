import { SkeinError } from '../base/errors.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { evaluateLabelPredicates } from '../execution/label-questions.ts';
import type { DistributedPlan, Fragment } from '../plan/distributed.ts';
import { gatherAdvice } from '../plan/gather-advice.ts';
import { type BoundValues, bindParameters } from '../planner/from-tree/bind.ts';
import type { LogicalQuery } from '../planner/from-tree/conversion.ts';
import type { PgColumn } from '../types/pg-column.ts';
import type { Client } from './client.ts';
import { boundValues } from './parameters.ts';
import type { Circumstances } from './placed-plans.ts';
import type { PlannedQuery, QueryText } from './planned-query.ts';
import { analyzedInUse } from './read-locks.ts';
import { executePlan, gatherLimit, type RunningQuery } from './running-query.ts';
import { analysisUnder } from './statement.ts';
import { readsWarehouse, withRows } from './stored-tables.ts';
import { separateSystemRelations, systemViewsIn } from './system/system-relations.ts';
import { requireDefaultStyles, textStyles } from './text-styles.ts';

/** The whole path of a query over tables: analyse, bind, rewrite, prune, place, run. */
export async function runQuery(client: Client, text: QueryText, signal: AbortSignal): Promise<RunningQuery> {
  return executePlan(client, await planToRun(client, text, signal), signal);
}

/** Definitions that change all the time end the attempts: DuckDB then says which table is not the one that was meant. */
const MAX_ATTEMPTS = 5;

/** As {@link planText}; what the plan reads of the warehouse, the transaction sees as the plan means it. */
export async function planToRun(client: Client, text: QueryText, signal: AbortSignal): Promise<PlannedQuery> {
  const { engine } = client.server;
  for (let attempt = 1; ; attempt++) {
    const version = engine.ownedVersion;
    const planned = await planText(client, text, signal);
    checkGatherLimit(client, planned.plan);
    if (!readsWarehouse(planned.plan) && !systemViewsIn(planned.plan).has('lineage')) return planned;
    await client.storage.read(signal);
    if (engine.ownedVersion === version || attempt === MAX_ATTEMPTS) return planned;
  }
}

/** The path up to execution: EXPLAIN stops here. */
export async function planText(client: Client, text: QueryText, signal: AbortSignal): Promise<PlannedQuery> {
  const started = performance.now();
  const session = () => analysisUnder(client.analysis, text.readUnder);
  const { query, snapshot } = await analyzedInUse(
    client,
    () => client.server.plans.analyze(text.sql, text.declaredOids, session()),
    (analyzed) => analyzed.query.reads,
    signal,
  );
  await client.server.plans.checkPlanned(query, text, session());
  const values = await boundValues(client, query, text.parameters, signal);
  const plan = await client.server.placedPlans.placed(query, circumstances(client, snapshot, values), () => {
    const bound = bindParameters(query.logical, values);
    return planBound(client, { bound, snapshot, columns: query.columns }, signal);
  });
  const planningMs = performance.now() - started;
  return {
    sql: text.sql,
    sent: text.sent ?? text.sql,
    plan,
    snapshot,
    columns: query.columns,
    planningMs,
    reads: query.reads,
  };
}

function circumstances(client: Client, { version }: Snapshot, values: BoundValues): Circumstances {
  return {
    version,
    values,
    planner: client.server.planner.name,
    mayMissShards: mayMissShards(client),
    textStyles: textStyles(client.settings),
  };
}

function mayMissShards({ settings }: Client): boolean {
  return settings.get('skein.on_missing_agent') === 'partial';
}

/** A query whose parameters are bound. */
export interface BoundQuery {
  readonly bound: Pick<LogicalQuery, 'plan' | 'outputs'>;
  readonly snapshot: Snapshot;
  /** One for each of the outputs. */
  readonly columns: readonly PgColumn[];
}

export async function planBound(
  client: Client,
  { bound, snapshot, columns }: BoundQuery,
  signal: AbortSignal,
): Promise<DistributedPlan> {
  requireDefaultStyles(bound.plan, client.settings);
  const { planner } = client.server;
  const counted = withRows(separateSystemRelations(bound.plan), (oid) => client.server.warehouse.rowsOf(oid));
  const rewritten = planner.rewriteQuery({ ...bound, plan: counted }, snapshot);
  const { engine } = client.server.execution;
  const answers = await evaluateLabelPredicates(engine, rewritten.questions, snapshot.shards, signal);
  const context = { snapshot, answers, output: columns, mayMissShards: mayMissShards(client) };
  return planner.planQuery(rewritten, context);
}

/** Contract 3: what would gather more than its budget is refused before anything moves. */
export function checkGatherLimit(client: Client, plan: DistributedPlan): void {
  if (plan.passThrough !== undefined) return;
  const limit = gatherLimit(client);
  const sum = (of: (fragment: Fragment) => number) =>
    plan.fragments.reduce((total, fragment) => total + of(fragment), 0);
  const bytes = sum(({ estimate }) => estimate.bytes);
  const rows = sum(({ estimate }) => estimate.rows);
  if (bytes <= limit.bytes && rows <= limit.rows) return;
  const setting = bytes > limit.bytes ? 'skein.gather_limit' : 'skein.gather_row_limit';
  const reasons = [...new Set(plan.fragments.map(({ reason }) => reason))];
  throw new SkeinError('limitExceeded', `the query would gather more than ${setting} allows`, {
    detail: `About ${rows} rows, ${bytes} bytes, would move to the proxy; the limit is ${limit.bytes} bytes and ${limit.rows} rows. Gathered for: ${reasons.join('; ')}.`,
    hint: gatherAdvice(reasons),
  });
}
