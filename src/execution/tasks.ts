import { SkeinError, SQLSTATE, toSkeinError } from '../base/errors.ts';
import { findTable, type Snapshot } from '../catalog/snapshot.ts';
import { canceled } from '../engine/errors.ts';
import type { Batch } from '../types/batch.ts';
import type { Assignment } from './completeness.ts';
import type { MissingShard, TaskRecord, TaskState } from './execution.ts';
import type { Fleet, Task, TaskInput, TaskReport } from './fleet.ts';
import { Semaphore } from './semaphore.ts';

/** Errors of an agent that another agent, or a later moment, may not have; all others are the statement's own. */
export function isAgentFailure(error: unknown): boolean {
  return /^(08|53|57P|58|XX001)/.test(toSkeinError(error).code);
}

/** What an agent itself says of a table that it can't serve doesn't tell which agent that is (Contract 2). */
export function namesAgent(error: unknown): boolean {
  const { code, fields } = toSkeinError(error);
  return code !== SQLSTATE.agentUnavailable || fields.detail !== undefined;
}

/** Made once: an error's stack costs more than the rest of a task's end. */
const LEFT = new SkeinError('queryCanceled', 'the reader left');

/** The tasks of one statement: runs them, not too many at once, and records what they moved. */
export class StatementTasks {
  readonly #fleet: Fleet;
  readonly #queryId: string;
  readonly #snapshot: Snapshot;
  readonly #signal: AbortSignal;
  readonly #slots: Semaphore;
  readonly #records: TaskRecord[] = [];
  readonly #reports = new Set<Promise<void>>();

  constructor(fleet: Fleet, queryId: string, snapshot: Snapshot, signal: AbortSignal, maxTasks: number) {
    this.#snapshot = snapshot;
    this.#fleet = fleet;
    this.#queryId = queryId;
    this.#signal = signal;
    this.#slots = new Semaphore(maxTasks);
  }

  records(): readonly TaskRecord[] {
    return [...this.#records];
  }

  /** One attempt of an assignment on one agent, once there is a slot. Leaving the iteration early cancels it. */
  async *run(assignment: Assignment, agentId: string, inputs: readonly TaskInput[]): AsyncGenerator<Batch> {
    const index = this.#enlist(assignment, agentId);
    await this.#slots.acquire();
    try {
      yield* this.#attempt(assignment, agentId, inputs, index);
    } catch (error) {
      this.#update(index, { state: this.#stateAfter(), error: toSkeinError(error).message });
      throw error;
    } finally {
      this.#slots.release();
    }
  }

  /** Resolves once every task has reported. */
  async ended(): Promise<void> {
    await Promise.all(this.#reports);
    for (const [index, record] of this.#records.entries()) {
      if (record.state === 'queued') this.#update(index, { state: 'cancelled' });
    }
    this.#fleet.endStatement(this.#queryId);
  }

  #enlist({ fragment, shard }: Assignment, agent: string): number {
    const record: TaskRecord = {
      taskId: `${this.#queryId}.${this.#records.length + 1}`,
      fragment: fragment.id,
      agent,
      shard,
      sql: '',
      columns: fragment.columns.map((column) => column.name),
      rows: 0,
      bytesIn: 0,
      bytesOut: 0,
      queueMs: 0,
      runMs: 0,
      transferMs: 0,
      state: 'queued',
      error: undefined,
    };
    return this.#records.push(record) - 1;
  }

  async *#attempt(
    { fragment, shard }: Assignment,
    agentId: string,
    inputs: readonly TaskInput[],
    index: number,
  ): AsyncGenerator<Batch> {
    if (this.#signal.aborted) throw canceled(this.#signal);
    const own = new AbortController();
    const onAbort = (): void => own.abort(this.#signal.reason);
    this.#signal.addEventListener('abort', onAbort, { once: true });
    const task = {
      queryId: this.#queryId,
      taskId: `${this.#queryId}.${index + 1}`,
      agentId,
      plan: fragment.plan,
      columns: fragment.columns,
      inputs,
      maxRows: undefined,
      expects: expectations(fragment, shard, agentId, this.#snapshot),
      keep: fragment.keep,
    };
    this.#update(index, { state: 'running' });
    const run = this.#fleet.run(task, own.signal);
    this.#track(index, run.report);
    try {
      yield* run.batches;
      await run.report;
      this.#update(index, { state: 'done' });
    } finally {
      this.#signal.removeEventListener('abort', onAbort);
      if (this.#records[index]?.state === 'running') this.#update(index, { state: 'cancelled' });
      own.abort(LEFT);
    }
  }

  #track(index: number, report: Promise<TaskReport>): void {
    const recorded = report.then((told) => this.#update(index, told));
    this.#reports.add(recorded);
    void recorded.then(() => this.#reports.delete(recorded));
  }

  #stateAfter(): TaskState {
    return this.#signal.aborted ? 'cancelled' : 'failed';
  }

  #update(index: number, change: Partial<TaskRecord>): void {
    const record = this.#records[index];
    if (record !== undefined) this.#records[index] = { ...record, ...change };
  }
}

/** What the plan's snapshot says of the agent's data, where the plan relies on what was verified of them. */
function expectations(
  { relies = [] }: Assignment['fragment'],
  shard: string,
  agent: string,
  snapshot: Snapshot,
): Task['expects'] {
  if (relies.length === 0) return undefined;
  const versionOf = (name: string): string => {
    const piece = findTable(snapshot, name)?.pieces.find((candidate) => candidate.shard === shard);
    return piece?.dataVersions?.[agent] ?? '';
  };
  return Object.fromEntries(relies.map((name) => [name, versionOf(name)]));
}

/** For an agent that failed in the middle of a statement. */
export function lostShard(
  { fragment, shard, agents }: Assignment,
  labels: Readonly<Record<string, string>>,
  error: unknown,
): MissingShard {
  const { message, fields } = toSkeinError(error);
  const reason = `${message}${fields.detail === undefined ? '' : ` (${fields.detail})`}`;
  return { shard, agents, labels, problem: `failed in fragment ${fragment.id}`, reason };
}
