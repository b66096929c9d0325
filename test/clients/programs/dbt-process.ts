import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const COMMANDS = fileURLToPath(new URL('./python/run_dbt.py', import.meta.url));
const TIMEOUT_MS = 280_000;
const MAX_LOG = 1024 * 1024;

export interface NodeResult {
  readonly id: string;
  readonly status: string;
  readonly message: string | null;
}

const Outcome = z.object({
  success: z.boolean(),
  exception: z.string().nullable(),
  nodes: z.array(z.object({ id: z.string(), status: z.string(), message: z.string().nullable() })),
});

/** A dbt that loads its modules once and runs one command after another, in a project's directory. */
export class DbtProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers: AsyncIterator<string>;
  #log = '';

  constructor(python: string, cwd: string, env: Readonly<Record<string, string>>) {
    this.#child = spawn(python, ['-W', 'ignore', COMMANDS], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-MAX_LOG);
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** What each node came to. @throws if one failed, or dbt did. */
  async run(
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<readonly NodeResult[]> {
    const late = setTimeout(() => this.#child.kill('SIGKILL'), TIMEOUT_MS);
    this.#child.stdin.write(`${JSON.stringify({ arguments: args, environment })}\n`);
    const answer = await this.#answers.next().finally(() => clearTimeout(late));
    if (answer.done === true) throw new Error(`dbt ${args.join(' ')} ended:\n${this.#log}`);
    const outcome = Outcome.parse(JSON.parse(answer.value));
    if (outcome.success) return outcome.nodes;
    const failed = outcome.nodes.filter(({ status }) => status !== 'success' && status !== 'pass');
    throw new Error(`dbt ${args.join(' ')}: ${outcome.exception ?? JSON.stringify(failed)}\n${this.#log}`);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.stdin.end();
    await closed;
  }
}
