import { randomUUID } from 'node:crypto';
import { type SkeinError, SQLSTATE, toSkeinError } from '../base/errors.ts';
import type { Execution, TaskRecord } from '../execution/execution.ts';
import type { QueryRecord as HistoryRow, QueryState } from '../warehouse/history.ts';
import type { Client } from './client.ts';
import type { PlannedQuery } from './planned-query.ts';
import { isOwnView, systemViewsIn } from './system/system-relations.ts';

/** Has one line for all that a statement does to change tables: done once its last check has passed. */
export async function recorded<T extends { readonly executed: { readonly rows: number } }>(
  client: Client,
  planned: PlannedQuery,
  work: (record: QueryRecord) => Promise<T>,
): Promise<T> {
  const record = new QueryRecord(client, planned);
  try {
    const done = await work(record);
    record.finish(done.executed.rows, undefined);
    return done;
  } catch (error) {
    record.fail(error, 0, undefined);
    throw error;
  }
}

/** The line of one query in the history, and in skein.last_query. */
export class QueryRecord {
  readonly queryId = randomUUID();
  readonly #client: Client;
  readonly #tasks: TaskRecord[] = [];
  readonly #started = performance.now();
  readonly #row: HistoryRow;
  readonly #isLast: boolean;
  readonly #recorded: boolean;
  #ended = false;

  constructor(client: Client, planned: PlannedQuery) {
    this.#client = client;
    this.#row = {
      queryId: this.queryId,
      userName: client.identity.user,
      sql: planned.sent,
      state: 'running',
      startedAt: new Date().toISOString(),
      durationMs: undefined,
      rows: 0,
      bytes: 0,
      missingAgents: [],
      error: undefined,
    };
    this.#isLast = ![...systemViewsIn(planned.plan).keys()].some(isOwnView);
    this.#recorded = this.#isLast || planned.plan.fragments.length > 0;
    if (this.#recorded) client.server.history.begin(this.#row);
    if (this.#isLast) client.lastQuery = this.#row;
  }

  /** Some of what the statement runs has ended, well or not. */
  ran(tasks: readonly TaskRecord[]): void {
    this.#tasks.push(...tasks);
  }

  /** The rows were read to their end, or no more of them are wanted. */
  finish(rows: number, execution: Pick<Execution, 'tasks' | 'missing'> | undefined): void {
    this.#end('done', rows, execution, undefined);
  }

  fail(error: unknown, rows: number, execution: Execution | undefined): void {
    const failure = toSkeinError(error);
    const state = failure.code === SQLSTATE.queryCanceled ? 'cancelled' : 'failed';
    this.#end(state, rows, execution, failure);
  }

  #end(
    state: QueryState,
    rows: number,
    execution: Pick<Execution, 'tasks' | 'missing'> | undefined,
    error: SkeinError | undefined,
  ): void {
    if (this.#ended) return;
    this.#ended = true;
    const tasks = [...this.#tasks, ...(execution?.tasks() ?? [])];
    const outcome = {
      state,
      durationMs: performance.now() - this.#started,
      rows,
      missingAgents: (execution?.missing() ?? []).flatMap((shard) => shard.agents),
      error: error?.message,
    };
    if (this.#recorded) this.#client.server.history.end(this.#row.queryId, { ...outcome, tasks });
    if (!this.#isLast || this.#client.lastQuery?.queryId !== this.#row.queryId) return;
    const bytes = tasks.reduce((sum, task) => sum + task.bytesIn + task.bytesOut, 0);
    this.#client.lastQuery = { ...this.#row, ...outcome, bytes };
  }
}
