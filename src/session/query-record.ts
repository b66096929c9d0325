import { type SkeinError, SQLSTATE, toSkeinError } from '../base/errors.ts';
import type { Execution } from '../execution/execution.ts';
import type { QueryRecord as HistoryRow, QueryState } from '../warehouse/history.ts';
import type { Client } from './client.ts';
import type { PlannedQuery } from './planned-query.ts';
import { isOwnView, systemViewsIn } from './system/system-relations.ts';

/** The line of one query in the history, and in skein.last_query. */
export class QueryRecord {
  readonly #client: Client;
  readonly #started = performance.now();
  readonly #row: HistoryRow;
  readonly #isLast: boolean;
  readonly #recorded: boolean;
  #ended = false;

  constructor(client: Client, queryId: string, planned: PlannedQuery) {
    this.#client = client;
    this.#row = {
      queryId,
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

  /** The rows were read to their end, or no more of them are wanted. */
  finish(rows: number, execution: Pick<Execution, 'tasks' | 'missing'>): void {
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
    const tasks = execution?.tasks() ?? [];
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
