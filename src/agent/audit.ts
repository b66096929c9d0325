import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What left this agent and what came to it, or was asked of it in vain. */
export interface AuditEntry {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly proxy: string;
  readonly queryId: string;
  readonly taskId: string;
  readonly sql: string;
  /** What each column of the result tells of the tables: `price`, `sum(price)`, `from price, qty`. */
  readonly columns: readonly string[];
  /** Broadcast relations that came with the task, with their columns as the SQL names them. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly rows: number;
  /** Of the data frames, as on the wire. */
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly runMs: number;
  /** SQLSTATE and message; undefined: it succeeded. */
  readonly error: string | undefined;
}

const FILE = 'tasks.jsonl';
const MAX_FILE_BYTES = 64 << 20;
const KEPT_FILES = 4;

/** The agent's own record of every task, apart from what the proxy says: lines of JSON, in a bounded number of files. */
export class Audit {
  readonly #directory: string;
  readonly #onFailure: (error: unknown) => void;
  #size: number | undefined;
  #written: Promise<void> = Promise.resolve();

  /** @param onFailure is told when the record can't be written. */
  constructor(stateDirectory: string, onFailure: (error: unknown) => void) {
    this.#directory = join(stateDirectory, 'audit');
    this.#onFailure = onFailure;
  }

  record(entry: AuditEntry): void {
    const line = `${JSON.stringify(entry)}\n`;
    this.#written = this.#written.then(() => this.#append(line)).catch(this.#onFailure);
  }

  /** Resolves once everything is on disk. */
  async flush(): Promise<void> {
    await this.#written;
  }

  async #append(line: string): Promise<void> {
    const path = join(this.#directory, FILE);
    if (this.#size === undefined) {
      await mkdir(this.#directory, { recursive: true });
      this.#size = await sizeOf(path);
    }
    if (this.#size > 0 && this.#size + line.length > MAX_FILE_BYTES) {
      await this.#rotate(path);
      this.#size = 0;
    }
    await appendFile(path, line);
    this.#size += Buffer.byteLength(line);
  }

  async #rotate(path: string): Promise<void> {
    for (let i = KEPT_FILES - 1; i >= 0; i--) {
      const from = i === 0 ? path : `${path}.${i}`;
      if ((await sizeOf(from)) > 0) await rename(from, `${path}.${i + 1}`);
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
