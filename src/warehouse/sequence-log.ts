import { closeSync, fdatasyncSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

/** Where a sequence stands. */
export interface SequenceState {
  readonly last: bigint;
  /** `last` was given: the next value is another. */
  readonly called: boolean;
}

const Line = z.tuple([z.string(), z.string().regex(/^-?\d+$/), z.boolean()]);

/** Lines that are about sequences' earlier states are dropped once there are so many. */
const MAX_STALE_LINES = 10_000;

/**
 * Where sequences stand, in a file beside the warehouse's: a line for each change, on disk before {@link set} returns. Values are
 * asked for within a statement of DuckDB's, which waits, so nothing here may.
 */
export class SequenceLog {
  readonly #file: string;
  readonly #states: Map<string, SequenceState>;
  #descriptor: number;
  #stale = 0;

  static open(file: string): SequenceLog {
    return new SequenceLog(file, readStates(file));
  }

  private constructor(file: string, states: Map<string, SequenceState>) {
    this.#file = file;
    this.#states = states;
    this.#descriptor = this.#rewritten();
  }

  get(key: string): SequenceState | undefined {
    return this.#states.get(key);
  }

  set(key: string, state: SequenceState): void {
    if (this.#states.has(key)) this.#stale += 1;
    writeSync(this.#descriptor, line(key, state));
    fdatasyncSync(this.#descriptor);
    this.#states.set(key, state);
    if (this.#stale > MAX_STALE_LINES) this.#compact();
  }

  /** Keeps only what is said of these. */
  retain(isKept: (key: string) => boolean): void {
    const gone = [...this.#states.keys()].filter((key) => !isKept(key));
    if (gone.length === 0) return;
    for (const key of gone) this.#states.delete(key);
    this.#compact();
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #compact(): void {
    closeSync(this.#descriptor);
    this.#descriptor = this.#rewritten();
  }

  /** The file takes the place of the old one whole. */
  #rewritten(): number {
    const fresh = `${this.#file}.new`;
    const descriptor = openSync(fresh, 'w', 0o600);
    writeSync(descriptor, [...this.#states].map(([key, state]) => line(key, state)).join(''));
    fsyncSync(descriptor);
    renameSync(fresh, this.#file);
    const directory = openSync(dirname(this.#file), 'r');
    fsyncSync(directory);
    closeSync(directory);
    this.#stale = 0;
    return descriptor;
  }
}

function line(key: string, { last, called }: SequenceState): string {
  return `${JSON.stringify([key, String(last), called])}\n`;
}

/** What follows the last end of a line was never relied upon: its writer had not come back from the disk. */
function readStates(file: string): Map<string, SequenceState> {
  const lines = readText(file).split('\n').slice(0, -1);
  return new Map(
    lines.map((text) => {
      const [key, last, called] = Line.parse(JSON.parse(text));
      return [key, { last: BigInt(last), called }] as const;
    }),
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
