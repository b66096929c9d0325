import { SkeinError } from '../base/errors.ts';
import { canceled } from '../engine/errors.ts';

export interface TaskLimits {
  /** At work in DuckDB at once; each blocks a thread. */
  readonly running: number;
  /** Started and not ended, those whose reader pauses included; each holds a connection. */
  readonly open: number;
  /** Not started yet. */
  readonly queued: number;
}

/** A started task. It begins in its turn; who waits for something else than DuckDB ends the turn, and takes another later. */
export interface StartedTask {
  pause(): void;
  /** @throws 57014 when aborted. */
  resume(signal: AbortSignal): Promise<void>;
  end(): void;
}

/** Who runs, and who waits: the oldest goes first, and a reader that stops reading keeps nobody from running. */
export class TaskQueue {
  readonly #places: Gate;
  readonly #turns: Gate;
  readonly #maxQueued: number;
  #queued = 0;

  constructor(limits: TaskLimits) {
    this.#places = new Gate(limits.open);
    this.#turns = new Gate(limits.running);
    this.#maxQueued = limits.queued;
  }

  /** Resolves in the task's first turn. @throws 53000 if too many wait, 57014 when aborted. */
  async enter(signal: AbortSignal): Promise<StartedTask> {
    if (this.#queued >= this.#maxQueued && (this.#places.full || this.#turns.full)) {
      throw new SkeinError({ sqlstate: '53000' }, `the agent has ${this.#maxQueued} tasks waiting already`);
    }
    this.#queued++;
    try {
      return await this.#start(signal);
    } finally {
      this.#queued--;
    }
  }

  async #start(signal: AbortSignal): Promise<StartedTask> {
    const leavePlace = await this.#places.enter(signal);
    try {
      let endTurn = await this.#turns.enter(signal);
      return {
        pause: () => endTurn(),
        resume: async (again) => {
          endTurn = await this.#turns.enter(again);
        },
        end: () => {
          endTurn();
          leavePlace();
        },
      };
    } catch (error) {
      leavePlace();
      throw error;
    }
  }
}

/** Lets `size` in at once; the others wait in order. */
class Gate {
  readonly #size: number;
  readonly #waiting = new Set<() => void>();
  #inside = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get full(): boolean {
    return this.#inside >= this.#size;
  }

  /** @returns what lets the next one in; further calls of it do nothing. */
  async enter(signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) throw canceled(signal);
    if (this.full) await this.#turn(signal);
    else this.#inside++;
    return this.#leave();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', onAbort);
        this.#waiting.delete(start);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.delete(start);
        reject(canceled(signal));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(start);
    });
  }

  /** The place goes straight to the next in line. */
  #leave(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const [next] = this.#waiting;
      if (next === undefined) this.#inside--;
      else next();
    };
  }
}
