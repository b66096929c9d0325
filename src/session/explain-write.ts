import { SkeinError } from '../base/errors.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { ExplainActual } from '../plan/explain.ts';
import type { ExplainWrite, WriteTarget } from '../plan/explain-write.ts';
import type { WriteCommand } from '../plan/write.ts';
import type { CreateAs } from '../sql/define-statement.ts';
import { createTableAs, explainedCreation } from './define.ts';
import type { PlannedQuery } from './planned-query.ts';
import type { Outcome } from './portals.ts';
import type { Run } from './run.ts';
import type { Executed } from './running-query.ts';
import { checkMayWrite } from './write/may-write.ts';
import type { PlannedWrite } from './write/stage-changes.ts';
import { performWrite, planningOf } from './write/write.ts';
import { isRouted, newPiece } from './write/write-in-place.ts';

/** What EXPLAIN shows of a statement. */
export interface Explained {
  readonly planned: Pick<PlannedQuery, 'plan' | 'snapshot'>;
  readonly write?: ExplainWrite;
  readonly actual: ExplainActual | undefined;
}

/** @param analyze whether the rows are written. */
export async function explainWrite(run: Run, command: WriteCommand, analyze: boolean): Promise<Explained> {
  if (!analyze) return shownWrite(run, await (await planningOf(run))());
  const started = performance.now();
  const { planned, written } = await performWrite(run, command);
  await closed(written.outcome);
  const { snapshot, planningMs } = planned.changes;
  const target = targetOf(snapshot, written.shards);
  return {
    planned: { plan: written.plan, snapshot },
    write: nodeOf(planned, target),
    actual: actualOf(written.executed, planningMs, started),
  };
}

function shownWrite({ client }: Run, planned: PlannedWrite): Explained {
  const { table, changes } = planned;
  const { snapshot } = changes;
  const shown = (target: WriteTarget, plan = changes.plan): Explained => ({
    planned: { plan, snapshot },
    write: nodeOf(planned, target),
    actual: undefined,
  });
  if (table.piece === undefined) return shown({ kind: 'warehouse' });
  if (isRouted(planned)) {
    const all = snapshot.shards.map(({ id }) => id);
    return shown({ kind: 'routed', agents: agentsOf(snapshot, all) });
  }
  const made = newPiece(client, planned, table.piece);
  return shown(targetOf(snapshot, made?.shards ?? []), made?.plan);
}

function nodeOf({ table, bound }: PlannedWrite, target: WriteTarget): ExplainWrite {
  return { command: bound.write.command, schema: table.schema, table: table.name, target };
}

/** @returns undefined where the table is there, and the statement has nothing to do. */
export async function explainCreation(
  run: Run,
  createAs: CreateAs,
  analyze: boolean,
): Promise<Explained | undefined> {
  if (analyze) checkMayWrite(run.client, 'CREATE TABLE AS');
  const started = performance.now();
  const created = await (analyze ? createTableAs : explainedCreation)(run, createAs);
  const { planned, made, shards, executed } = created;
  if (made === undefined) return undefined;
  const { schema, name: table } = made;
  const target = targetOf(planned.snapshot, shards);
  return {
    planned,
    write: { command: 'CREATE TABLE AS', schema, table, target },
    actual: analyze ? actualOf(executed, planned.planningMs, started) : undefined,
  };
}

function targetOf(snapshot: Snapshot, shards: readonly string[] | undefined): WriteTarget {
  return shards === undefined
    ? { kind: 'warehouse' }
    : { kind: 'in place', agents: agentsOf(snapshot, shards) };
}

function agentsOf(snapshot: Snapshot, shards: readonly string[]): readonly string[] {
  const wanted = snapshot.shards.filter(({ id }) => shards.includes(id));
  return [...new Set(wanted.flatMap(({ agents }) => agents.map(({ id }) => id)))];
}

/** What is written is never partial. */
function actualOf({ rows, tasks }: Executed, planningMs: number, started: number): ExplainActual {
  return { rows, tasks, planningMs, executionMs: performance.now() - started - planningMs, missing: [] };
}

/** The rows of RETURNING are nobody's. */
async function closed(outcome: Outcome): Promise<void> {
  if (outcome.kind === 'rows') await outcome.source.close();
  else if (outcome.kind !== 'done') throw new SkeinError('internal', `a write gave ${outcome.kind}`);
}
