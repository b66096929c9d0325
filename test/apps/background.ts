import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const MAX_LOG = 64 * 1024;
const POLL_MS = 200;

/** A program that stays until it is stopped. */
export class Background {
  readonly #child: ChildProcess;
  #log = '';

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-MAX_LOG);
      });
    }
  }

  log(): string {
    return this.#log;
  }

  async until(what: string, timeoutMs: number, condition: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + timeoutMs; !(await condition()); await sleep(POLL_MS)) {
      const why = this.#child.exitCode !== null ? 'it ended' : Date.now() > end ? 'it took too long' : '';
      if (why !== '') throw new Error(`${why}, waiting for ${what}:\n${this.#log}`);
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
