import type { OwnedTable } from '../../catalog/owned.ts';
import { createStage, fillStage, type Stage } from '../../dialect/print-write.ts';
import type { SessionRelation } from '../../execution/execution.ts';
import type { Lease } from '../../execution/lease.ts';
import type { DistributedPlan } from '../../plan/distributed.ts';
import type { BoundWrite } from '../../planner/from-tree/write-from-tree.ts';
import type { Client } from '../client.ts';
import type { AnalyzedWrite } from '../plan-cache.ts';
import type { PlannedQuery } from '../planned-query.ts';
import type { Outcome } from '../portals.ts';
import type { QueryRecord } from '../query-record.ts';
import { type Executed, executeInto } from '../running-query.ts';
import type { CopiedRows } from './violations.ts';

/** A write with everything decided. */
export interface PlannedWrite {
  readonly table: OwnedTable;
  readonly bound: BoundWrite;
  readonly changes: PlannedQuery;
  /** What the changes read that only the statement itself has. */
  readonly given: ReadonlyMap<string, SessionRelation> | undefined;
  readonly copied?: CopiedRows;
  /** Called once the rows are staged and whole. @throws what ended them early. */
  readonly afterRows?: () => Promise<void>;
  readonly columns: AnalyzedWrite['columns'];
}

/** What came of a write, and of what it ran at last. */
export interface Written {
  readonly outcome: Outcome;
  readonly plan: DistributedPlan;
  /** Those that make the pieces of a table that is in place. */
  readonly shards: readonly string[] | undefined;
  readonly executed: Executed;
}

/** Runs the plan of the changes into a temp table of the transaction's. */
export async function stageChanges(
  client: Client,
  { stage, changes, given }: Pick<PlannedWrite, 'changes' | 'given'> & { readonly stage: Stage },
  lease: Lease,
  record: QueryRecord,
  signal: AbortSignal,
): Promise<Executed> {
  const types = new Map(changes.plan.output.map(({ column }) => [column.id, column.type]));
  await lease.create(stage.name, createStage(stage, types), signal);
  const sqlOf = (select: string) => fillStage(stage, select, types);
  return executeInto(client, changes, { lease, sqlOf, record }, signal, given);
}

export function tagOf(command: BoundWrite['write']['command'], count: number): string {
  return command === 'INSERT' ? `INSERT 0 ${count}` : `${command} ${count}`;
}
