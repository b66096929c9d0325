import { SkeinError } from '../../base/errors.ts';
import { printPlan } from '../../dialect/print.ts';
import { allChanges, ORDINAL } from '../../dialect/print-write.ts';
import type { SessionRelation } from '../../execution/execution.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { Column, Plan, RelationPlan } from '../../plan/logical.ts';
import { expressionsOf, visitPlan } from '../../plan/walk.ts';
import { hasSubquery } from '../../planner/exprs.ts';
import { ORDINAL_COLUMN, STAGE } from '../../planner/from-tree/write-from-tree.ts';
import type { Batch } from '../../types/batch.ts';
import { carrierOf } from '../../types/carrier.ts';
import type { Client } from '../client.ts';
import type { QueryRecord } from '../query-record.ts';
import { BatchSource, type RowSource } from '../row-source.ts';
import { planBound } from '../run-query.ts';
import { columnCarrier, executeWhole } from '../running-query.ts';
import { batchBytes } from '../scroll-rows.ts';
import type { PlannedWrite } from './stage-changes.ts';
import type { StagedWrite } from './violations.ts';

/** Rows of RETURNING that are kept until their client reads them. */
const MAX_RETURNED_BYTES = 256 * 1024 * 1024;

/**
 * The rows of RETURNING, before the changes are made: its subqueries see the tables as they were.
 * @returns undefined: nothing is returned.
 */
export async function returned(
  client: Client,
  planned: PlannedWrite,
  write: StagedWrite,
  record: QueryRecord,
): Promise<RowSource | undefined> {
  const { bound, columns } = planned;
  const plan = bound.returning;
  if (plan === undefined || columns.length === 0) return undefined;
  const batches = expressionsOf(plan).some(hasSubquery)
    ? await computedRows(client, planned, plan, write, record)
    : await stagedRows(plan, write);
  const carriers = outputColumns(plan).map(columnCarrier);
  return new BatchSource(columns, carriers, inTurn(batches), new AbortController(), async () => {
    batches.length = 0;
  });
}

/** Of the changes alone. */
function stagedRows(plan: Plan, { stage, lease, reading }: StagedWrite): Promise<Batch[]> {
  const sql = printPlan(plan, {
    scan: ({ table }) => {
      throw new Error(`RETURNING reads ${table}`);
    },
    relation: () => allChanges(stage),
  });
  return kept(lease.stream(sql, layoutsOf(outputColumns(plan)), reading.signal));
}

/** Of the changes and of other tables: planned like any query over the changes. */
async function computedRows(
  client: Client,
  { changes, columns }: PlannedWrite,
  plan: Plan,
  write: StagedWrite,
  record: QueryRecord,
): Promise<Batch[]> {
  const { signal } = write.reading;
  const outputs = outputColumns(plan);
  const { snapshot } = changes;
  const placed = await planBound(client, { bound: { plan, outputs }, snapshot, columns }, signal);
  const given = new Map<string, SessionRelation>();
  for (const root of [placed.combine, ...placed.broadcasts.map((broadcast) => broadcast.plan)]) {
    for (const leaf of stagesIn(root)) given.set(leaf.name, await stagedRelation(leaf, write));
  }
  return executeWhole(client, { ...changes, plan: placed, columns }, { record, given, signal }, (execution) =>
    kept(execution.batches),
  );
}

function stagesIn(plan: Plan): readonly RelationPlan[] {
  const leaves: RelationPlan[] = [];
  visitPlan(plan, (part) => {
    if (part.kind === 'relation' && part.name.startsWith(STAGE)) leaves.push(part);
  });
  return leaves;
}

async function stagedRelation(
  { columns }: RelationPlan,
  { stage, lease, reading }: StagedWrite,
): Promise<SessionRelation> {
  const read = columns.length === 0 ? [ORDINAL_COLUMN] : columns;
  const sql = `SELECT ${read.map(({ id }) => `c${id}`).join(', ')} FROM ${allChanges(stage)} ORDER BY ${ORDINAL}`;
  const batches = await kept(lease.stream(sql, layoutsOf(read), reading.signal));
  const shown = batches.map((batch) => ({ ...batch, columns: batch.columns.slice(0, columns.length) }));
  return { types: columns.map(({ type }) => type), batches: shown };
}

const layoutsOf = (columns: readonly Column[]) => columns.map(({ type }) => carrierOf(type).layout);

async function kept(source: AsyncIterable<Batch>): Promise<Batch[]> {
  const batches: Batch[] = [];
  let bytes = 0;
  for await (const batch of source) {
    batches.push(batch);
    bytes += batchBytes(batch);
    if (bytes <= MAX_RETURNED_BYTES) continue;
    throw new SkeinError('limitExceeded', `RETURNING gives more than ${MAX_RETURNED_BYTES} bytes`);
  }
  return batches;
}

async function* inTurn(batches: readonly Batch[]): AsyncGenerator<Batch> {
  yield* batches;
}
