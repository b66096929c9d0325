import type { Snapshot } from '../catalog/snapshot.ts';
import { canceled } from '../engine/errors.ts';
import type { Batch } from '../types/batch.ts';
import { type Assigned, assign } from './completeness.ts';
import type {
  Execution,
  ExecutionContext,
  ExecutionRequest,
  TaskRecord,
  WriteSql,
  Written,
} from './execution.ts';
import type { Fleet } from './fleet.ts';
import { missingAgentError } from './missing.ts';
import { Statement } from './statement.ts';

/**
 * Checks that every shard that the plan needs can answer (Contract 2), waiting for them if the session wants that, and
 * makes the statement ready to run.
 * @throws 58000 naming the agents that can't answer; 57014 once the signal aborts.
 */
export async function runPlan(context: ExecutionContext, request: ExecutionRequest): Promise<Execution> {
  const { assignments, missing } = await completely(context.fleet, request);
  const statement = new Statement(context, request, assignments, missing);
  const rows = statement.rows();
  return {
    columns: request.plan.output,
    batches: { [Symbol.asyncIterator]: () => rows },
    tasks: () => statement.tasks.records(),
    missing: () => [...statement.missing],
    get combineSql() {
      return statement.combineSql;
    },
    close: () => close(statement, rows),
  };
}

/**
 * As {@link runPlan}, but the rows are written by one statement on the transaction's connection.
 * @param ended told of its tasks, also where it fails.
 */
export async function runInto(
  context: ExecutionContext,
  request: ExecutionRequest,
  sqlOf: WriteSql,
  ended: (tasks: readonly TaskRecord[]) => void,
): Promise<Written> {
  const { assignments, missing } = await completely(context.fleet, request);
  const statement = new Statement(context, request, assignments, missing);
  try {
    const rows = await statement.write(sqlOf);
    return {
      rows,
      tasks: () => statement.tasks.records(),
      missing: () => [...statement.missing],
      combineSql: statement.combineSql,
    };
  } catch (error) {
    throw request.signal.aborted ? canceled(request.signal) : error;
  } finally {
    await statement.close();
    ended(statement.tasks.records());
  }
}

async function close(statement: Statement, rows: AsyncGenerator<Batch>): Promise<void> {
  const ended = statement.close();
  // What a pending read says now is told to its reader.
  await rows.return(undefined).catch(() => undefined);
  await ended;
}

async function completely(fleet: Fleet, request: ExecutionRequest): Promise<Assigned> {
  const { plan, settings } = request;
  const turn = hash(request.queryId);
  const judge = (now: Snapshot): Assigned => assign(plan, now, turn);
  const assigned = judge(fleet.snapshot());
  if (isComplete(assigned)) return assigned;
  switch (settings.onMissingAgent) {
    case 'fail':
      throw missingAgentError([...assigned.missing, ...assigned.unanswerable]);
    case 'partial':
      if (assigned.unanswerable.length > 0) throw missingAgentError(assigned.unanswerable);
      return assigned;
    case 'wait':
      return waitFor(fleet, judge, settings.missingAgentTimeoutMs, request.signal);
  }
}

function isComplete({ missing, unanswerable }: Assigned): boolean {
  return missing.length === 0 && unanswerable.length === 0;
}

function waitFor(
  fleet: Fleet,
  judge: (now: Snapshot) => Assigned,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Assigned> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      unsubscribe();
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const look = (now: Snapshot): void => {
      const assigned = judge(now);
      if (isComplete(assigned)) settle(() => resolve(assigned));
    };
    const onAbort = (): void => settle(() => reject(canceled(signal)));
    const unsubscribe = fleet.onChange(look);
    const timer = setTimeout(() => {
      const { missing, unanswerable } = judge(fleet.snapshot());
      settle(() => reject(missingAgentError([...missing, ...unanswerable])));
    }, timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else look(fleet.snapshot());
  });
}

/** Spreads statements over replicas. */
function hash(text: string): number {
  let value = 0;
  for (const char of text) value = (value * 31 + (char.codePointAt(0) ?? 0)) % 2_147_483_647;
  return value;
}
