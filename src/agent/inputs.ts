import { canceled } from '../engine/errors.ts';
import type { Frame } from '../protocol/frames.ts';
import type { TaskMessage } from '../protocol/messages.ts';
import type { Batch } from '../types/batch.ts';
import type { TaskInputRows } from './session.ts';

/** Largest broadcast that an agent takes for one task, in bytes of its batches. */
const MAX_INPUT_BYTES = 1 << 30;

/** The data frames of a task's inputs, which follow its message. */
export class IncomingInputs {
  readonly #announced: TaskMessage['inputs'];
  readonly #batches: Batch[][];
  readonly #received: number[];
  #wake: () => void = () => undefined;
  #bytes = 0;

  constructor(announced: TaskMessage['inputs']) {
    this.#announced = announced;
    this.#batches = announced.map(() => []);
    this.#received = announced.map(() => 0);
  }

  /** @returns what the proxy did wrong; undefined: nothing. */
  receive(frame: Frame): string | undefined {
    const input = this.#announced[frame.input];
    const received = this.#received[frame.input];
    if (frame.kind !== 'input' || input === undefined || received === undefined)
      return 'a frame is of no input';
    if (frame.sequence !== received || received >= input.frames)
      return 'a frame of an input is out of sequence';
    this.#bytes += bytesOf(frame.batch);
    if (this.#bytes > MAX_INPUT_BYTES) return `the inputs of a task have more than ${MAX_INPUT_BYTES} bytes`;
    this.#received[frame.input] = received + 1;
    this.#batches[frame.input]?.push(frame.batch);
    this.#wake();
    return undefined;
  }

  /** Each waits for its frames as it is read. */
  relations(signal: AbortSignal): TaskInputRows[] {
    return this.#announced.map(({ name, columns }, index) => ({
      name,
      columns,
      batches: this.#read(index, signal),
    }));
  }

  async *#read(index: number, signal: AbortSignal): AsyncGenerator<Batch> {
    const waiting = this.#batches[index] ?? [];
    const total = this.#announced[index]?.frames ?? 0;
    for (let given = 0; given < total; given++) {
      while (waiting.length === 0) await this.#next(signal);
      const batch = waiting.shift();
      if (batch !== undefined) yield batch;
    }
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(canceled(signal));
        return;
      }
      const onAbort = (): void => reject(canceled(signal));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#wake = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
    });
  }
}

function bytesOf(batch: Batch): number {
  return batch.columns.reduce(
    (sum, column) => sum + (column.kind === 'list' ? column.offsets.byteLength : column.data.byteLength),
    0,
  );
}
