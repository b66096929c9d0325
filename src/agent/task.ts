import { SkeinError, toSkeinError } from '../base/errors.ts';
import { quoteIdentifier } from '../dialect/quote.ts';
import type { EngineConnection } from '../engine/connection.ts';
import type { Engine } from '../engine/duckdb.ts';
import { canceled } from '../engine/errors.ts';
import { frameBytes } from '../protocol/frames.ts';
import type { KeptPiece, TaskMessage, WireReport } from '../protocol/messages.ts';
import type { Batch } from '../types/batch.ts';
import { carrierOf } from '../types/carrier.ts';
import type { Audit } from './audit.ts';
import { describeOutputs } from './describe-outputs.ts';
import type { PreparedTask, ProxySession, TaskInputRows } from './session.ts';
import { readerError } from './source-problem.ts';
import type { PieceStore } from './store.ts';
import type { TaskQueue } from './task-queue.ts';

export interface AgentTaskRun {
  /** Throws the task's SkeinError. The task goes on only as fast as this is read; it must be read or left. */
  readonly batches: AsyncIterable<Batch>;
  /** Settles when the iteration ends, however it ends. Never rejects. */
  readonly report: Promise<WireReport>;
  /** Aborts when the task is cancelled or runs too long: who waits between two batches must stop. */
  readonly signal: AbortSignal;
}

export interface TaskLimits {
  readonly maxResultBytes: number;
  readonly timeoutMs: number;
}

export interface TaskHost {
  readonly engine: Engine;
  readonly queue: TaskQueue;
  readonly audit: Audit;
  readonly limits: TaskLimits;
  readonly proxy: string;
  /** Undefined: this agent has no store. */
  readonly keeper: PieceStore['keep'] | undefined;
}

/** One task from its place in the queue to its report. */
export class AgentTask implements AgentTaskRun {
  readonly batches: AsyncIterable<Batch>;
  readonly report: Promise<WireReport>;
  readonly signal: AbortSignal;
  readonly #host: TaskHost;
  readonly #session: ProxySession;
  readonly #message: TaskMessage;
  readonly #inputs: readonly TaskInputRows[];
  readonly #createdAt = performance.now();
  readonly #timeout: NodeJS.Timeout;
  #startedAt: number | undefined;
  #sql = '';
  #rows = 0;
  #bytesOut = 0;
  #bytesIn = 0;
  #finish: (report: WireReport) => void = () => undefined;

  constructor(
    host: TaskHost,
    session: ProxySession,
    message: TaskMessage,
    inputs: readonly TaskInputRows[],
    signal: AbortSignal,
  ) {
    this.#host = host;
    this.#session = session;
    this.#message = message;
    this.#inputs = inputs.map((input) => ({ ...input, batches: this.#received(input.batches) }));
    this.report = new Promise((resolve) => {
      this.#finish = resolve;
    });
    const expiry = new AbortController();
    const { timeoutMs } = host.limits;
    this.#timeout = setTimeout(() => {
      expiry.abort(
        new SkeinError('queryCanceled', `canceled by the agent: the task ran longer than ${timeoutMs} ms`),
      );
    }, timeoutMs).unref();
    this.signal = AbortSignal.any([signal, expiry.signal]);
    this.batches = this.#audited(this.signal);
  }

  async *#audited(signal: AbortSignal): AsyncGenerator<Batch> {
    let failure: SkeinError | undefined = new SkeinError('queryCanceled', 'the reader left');
    try {
      yield* this.#queued(signal);
      failure = undefined;
    } catch (error) {
      failure = readerError(toSkeinError(error));
      throw failure;
    } finally {
      clearTimeout(this.#timeout);
      this.#end(failure);
    }
  }

  async *#queued(signal: AbortSignal): AsyncGenerator<Batch> {
    const started = await this.#host.queue.enter(signal);
    this.#startedAt = performance.now();
    try {
      const connection = await this.#host.engine.acquire(signal);
      try {
        for await (const batch of this.#run(connection, signal)) {
          started.pause();
          yield batch;
          await started.resume(signal);
        }
      } finally {
        connection.dropTemporary(this.#inputs.map(({ name }) => name));
        connection.release();
      }
    } finally {
      started.end();
    }
  }

  async *#run(connection: EngineConnection, signal: AbortSignal): AsyncGenerator<Batch> {
    const { queryId, plan, columns, maxRows, expects } = this.#message;
    const prepared = await this.#session.prepare(queryId, plan, this.#inputs, expects);
    if (signal.aborted) throw canceled(signal);
    this.#sql = maxRows === undefined ? prepared.sql : `SELECT * FROM (${prepared.sql}) LIMIT ${maxRows}`;
    await this.#session.load(connection, this.#inputs, signal);
    if (this.#message.keep !== undefined) {
      yield this.#count(await this.#keep(connection, this.#message.keep, prepared, signal));
      return;
    }
    const layouts = columns.map(({ type }) => carrierOf(type).layout);
    yield* this.#counted(connection.stream(this.#sql, layouts, signal), prepared);
  }

  /** @returns one row: how many were kept. */
  async #keep(
    connection: EngineConnection,
    piece: KeptPiece,
    prepared: PreparedTask,
    signal: AbortSignal,
  ): Promise<Batch> {
    const { keeper } = this.#host;
    if (keeper === undefined) {
      throw new SkeinError('notSupported', 'this agent only reads: its config names no store', {
        hint: 'Name a directory as `store` in the agent’s config.',
      });
    }
    const sql = this.#sql;
    this.#sql = `CREATE TABLE ${quoteIdentifier(piece.name)} AS ${sql}`;
    const unchanged = () => this.#session.checkUnchanged(prepared);
    const rows = await keeper(connection, piece, sql, unchanged, signal);
    const data = new Uint8Array(BigInt64Array.of(BigInt(rows)).buffer);
    return { rowCount: 1, columns: [{ kind: 'fixed', layout: 'int64', validity: undefined, data }] };
  }

  /** A file that changed under the rows that were handed out turns them into an error. */
  async *#counted(batches: AsyncIterable<Batch>, prepared: PreparedTask): AsyncGenerator<Batch> {
    for await (const batch of batches) yield this.#count(batch);
    await this.#session.checkUnchanged(prepared);
  }

  #count(batch: Batch): Batch {
    this.#bytesOut += frameBytes(this.#message.taskId, batch);
    if (this.#bytesOut > this.#host.limits.maxResultBytes) {
      const limit = this.#host.limits.maxResultBytes;
      throw new SkeinError(
        'limitExceeded',
        `the result is larger than the ${limit} bytes that this agent gives out`,
      );
    }
    this.#rows += batch.rowCount;
    return batch;
  }

  async *#received(batches: TaskInputRows['batches']): AsyncGenerator<Batch> {
    for await (const batch of batches) {
      this.#bytesIn += frameBytes(this.#message.taskId, batch);
      yield batch;
    }
  }

  #end(failure: SkeinError | undefined): void {
    const now = performance.now();
    const startedAt = this.#startedAt ?? now;
    const report: WireReport = {
      sql: this.#sql,
      rows: this.#rows,
      bytesOut: this.#bytesOut,
      queueMs: startedAt - this.#createdAt,
      runMs: now - startedAt,
    };
    this.#host.audit.record({
      time: new Date().toISOString(),
      proxy: this.#host.proxy,
      queryId: this.#message.queryId,
      taskId: this.#message.taskId,
      sql: this.#sql,
      columns: describeOutputs(this.#message.plan),
      inputs: Object.fromEntries(
        this.#inputs.map(({ name, columns }) => [name, columns.map((column) => column.name)]),
      ),
      rows: report.rows,
      bytesOut: report.bytesOut,
      bytesIn: this.#bytesIn,
      runMs: Math.round(report.runMs),
      error: failure === undefined ? undefined : `${failure.code} ${failure.message}`,
    });
    this.#finish(report);
  }
}
