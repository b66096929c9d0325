import { SkeinError } from '../base/errors.ts';
import { canceled } from '../engine/errors.ts';
import { deferred } from '../execution/deferred.ts';
import type { Task, TaskReport, TaskRun } from '../execution/fleet.ts';
import type { Frame } from '../protocol/frames.ts';
import { INITIAL_CREDIT, type WireError, type WireReport } from '../protocol/messages.ts';
import type { Batch } from '../types/batch.ts';
import { type CarrierLayout, carrierOf } from '../types/carrier.ts';
import { fitsLayout } from './carrier-check.ts';

/** Consumed frames are credited in lots, so that a credit message serves several frames. */
const CREDIT_LOT = INITIAL_CREDIT / 2;

/** A client that cancelled doesn't wait longer for the last report of an agent that hangs; the link goes on watching it. */
const REPORT_GRACE_MS = 75;

/** How a task reaches its agent. */
export interface TaskPort {
  credit(taskId: string, frames: number): void;
  cancel(taskId: string): void;
  /** For errors: `agent "x" (region=EU)`. */
  readonly agentName: string;
}

/**
 * The proxy's end of one task: frames wait here for their reader, never more than the agent has credit for. It is over for
 * the reader once rows end, an error came or the signal aborted; it is over for the agent once that said so.
 */
export class RemoteTask implements TaskRun {
  readonly batches: AsyncIterable<Batch>;
  readonly #report = deferred<TaskReport>();
  readonly #task: Task;
  readonly #port: TaskPort;
  readonly #signal: AbortSignal;
  readonly #layouts: readonly CarrierLayout[];
  readonly #startedAt = performance.now();
  readonly #waiting: Batch[] = [];
  readonly #onAbort = (): void => this.#abandon();
  #outcome: 'rows end' | SkeinError | undefined;
  #endedByAgent = false;
  #wake: (() => void) | undefined;
  #sequence = 0;
  #credit: number = INITIAL_CREDIT;
  #uncredited = 0;
  #rows = 0;
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(task: Task, port: TaskPort, signal: AbortSignal) {
    this.#task = task;
    this.#port = port;
    this.#signal = signal;
    this.#layouts = task.columns.map((column) => carrierOf(column.type).layout);
    this.batches = this.#read();
    if (signal.aborted) this.#outcome = canceled(signal);
    else signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get report(): Promise<TaskReport> {
    return this.#report.promise;
  }

  /** Nobody waits for its rows any more. */
  get isOver(): boolean {
    return this.#outcome !== undefined;
  }

  sent(bytes: number): void {
    this.#bytesIn += bytes;
  }

  /** @returns what the agent did wrong; undefined: nothing. */
  receive(frame: Frame, bytes: number): string | undefined {
    const problem = this.#problem(frame);
    if (problem !== undefined) return problem;
    this.#sequence++;
    this.#rows += frame.batch.rowCount;
    this.#bytesOut += bytes;
    if (this.#outcome !== undefined) return undefined;
    this.#credit--;
    this.#waiting.push(frame.batch);
    this.#wake?.();
    return undefined;
  }

  done(report: WireReport): void {
    const honest = report.rows === this.#rows;
    this.#end(honest ? 'rows end' : this.#lostRows(report.rows), report);
  }

  failed(error: WireError, report: WireReport): void {
    const fields = { detail: error.detail, hint: error.hint, where: this.#port.agentName };
    this.#end(new SkeinError({ sqlstate: error.code }, error.message, fields), report);
  }

  /** The agent's connection ended. */
  lost(error: SkeinError): void {
    this.#end(error, undefined);
  }

  #problem(frame: Frame): string | undefined {
    if (frame.kind !== 'result') return 'it sent an input frame';
    if (frame.sequence !== this.#sequence)
      return `it sent frame ${frame.sequence} as frame ${this.#sequence}`;
    if (this.#outcome === undefined && this.#credit === 0)
      return 'it sent more frames than it had credit for';
    const { columns } = frame.batch;
    if (columns.length !== this.#layouts.length)
      return `it sent ${columns.length} columns instead of ${this.#layouts.length}`;
    const wrong = this.#layouts.findIndex((layout, i) => {
      const column = columns[i];
      return column === undefined || !fitsLayout(column, layout);
    });
    return wrong < 0 ? undefined : `column ${wrong + 1} of its rows has the wrong layout`;
  }

  #lostRows(claimed: number): SkeinError {
    return new SkeinError(
      'dataCorrupted',
      `${this.#port.agentName} reported ${claimed} rows but sent ${this.#rows}`,
    );
  }

  #end(outcome: 'rows end' | SkeinError, report: WireReport | undefined): void {
    if (this.#endedByAgent) return;
    this.#endedByAgent = true;
    this.#stop(outcome);
    this.#settleReport(report);
  }

  #settleReport(report: WireReport | undefined): void {
    const elapsed = performance.now() - this.#startedAt;
    const { sql = '', queueMs = 0, runMs = 0 } = report ?? {};
    this.#report.resolve({
      sql,
      rows: this.#rows,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      queueMs,
      runMs,
      transferMs: Math.max(0, elapsed - queueMs - runMs),
    });
  }

  /** Nobody reads any more: the agent is told, and what still comes is dropped. */
  #abandon(): void {
    if (this.#outcome !== undefined) return;
    this.#stop(canceled(this.#signal));
    this.#port.cancel(this.#task.taskId);
    setTimeout(() => this.#settleReport(undefined), REPORT_GRACE_MS).unref();
  }

  #stop(outcome: 'rows end' | SkeinError): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#outcome ??= outcome;
    if (this.#outcome !== 'rows end') this.#waiting.length = 0;
    this.#wake?.();
  }

  async *#read(): AsyncGenerator<Batch> {
    try {
      for (;;) {
        const batch = this.#waiting.shift();
        if (batch !== undefined) {
          yield batch;
          this.#consumed();
        } else if (this.#outcome === 'rows end') return;
        else if (this.#outcome !== undefined) throw this.#outcome;
        else await this.#more();
      }
    } finally {
      this.#abandon();
    }
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }

  #consumed(): void {
    this.#uncredited++;
    if (this.#uncredited < CREDIT_LOT || this.#outcome !== undefined) return;
    this.#port.credit(this.#task.taskId, this.#uncredited);
    this.#credit += this.#uncredited;
    this.#uncredited = 0;
  }
}
