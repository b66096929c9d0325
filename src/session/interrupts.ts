import { SkeinError } from '../base/errors.ts';

/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 2147483647;

/** What ends the statement that runs: CancelRequest, statement_timeout, the end of the session. */
export class Interrupts {
  #current: AbortController | undefined;
  readonly #never = new AbortController().signal;

  /**
   * Runs one statement. Calls don't overlap.
   * @param timeoutMs 0: none.
   */
  async run<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#current = controller;
    const timer =
      timeoutMs > 0
        ? setTimeout(() => controller.abort(canceled('statement timeout')), Math.min(timeoutMs, MAX_TIMER_MS))
        : undefined;
    try {
      return await work(controller.signal);
    } catch (error) {
      throw controller.signal.aborted ? controller.signal.reason : error;
    } finally {
      clearTimeout(timer);
      this.#current = undefined;
    }
  }

  /** Of the statement that runs. */
  get signal(): AbortSignal {
    return this.#current?.signal ?? this.#never;
  }

  /** Nothing happens when nothing runs. */
  cancel(): void {
    this.#current?.abort(canceled('user request'));
  }

  /** The session is over: what runs for it ends too. */
  end(): void {
    this.#current?.abort(new SkeinError('connectionFailure', 'the client has disconnected'));
  }
}

function canceled(cause: string): SkeinError {
  return new SkeinError('queryCanceled', `canceling statement due to ${cause}`);
}

/** Waits, unless the signal ends it first. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', abort);
        resolve();
      },
      Math.min(ms, MAX_TIMER_MS),
    );
    signal.addEventListener('abort', abort, { once: true });
  });
}
