import { SkeinError } from '../base/errors.ts';
import { canceled } from '../engine/errors.ts';

/** At most `running` tasks at once, and at most `waiting` behind them; the oldest starts first. */
export class TaskQueue {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(maxRunning: number, maxWaiting: number) {
    this.#maxRunning = maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  /** Resolves once the task may run. @returns what ends it. @throws 53000 if too many wait, 57014 when aborted. */
  async enter(signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) throw canceled(signal);
    if (this.#running < this.#maxRunning) {
      this.#running++;
      return this.#leave();
    }
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new SkeinError({ sqlstate: '53000' }, `the agent has ${this.#maxWaiting} tasks waiting already`);
    }
    await this.#turn(signal);
    return this.#leave();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(canceled(signal));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(start);
    });
  }

  /** The place goes straight to the next in line. */
  #leave(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    };
  }
}
