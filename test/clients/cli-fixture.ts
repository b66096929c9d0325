import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SkeinError } from '../../src/base/errors.ts';
import { lockState } from '../../src/cli/state-lock.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/skein.cjs', import.meta.url));
const TIMEOUT_MS = 90_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
}

/** One `skein …`, as a user would start it. */
export class Command {
  stdout = '';
  stderr = '';
  readonly process: ChildProcess;
  readonly #ended: Promise<Ended>;

  constructor(args: readonly string[], options: RunOptions = {}) {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run \`npm run build\` first`);
    const { SKEIN_URL: _url, SKEIN_TOKEN: _token, ...env } = process.env;
    this.process = spawn(process.execPath, [MAIN, ...args], {
      cwd: options.cwd,
      env: { ...env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.process.stdin?.end(options.input ?? '');
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#ended = once(this.process, 'close').then(() => ({
      code: this.process.exitCode,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** Resolves when it has printed this. */
  async says(pattern: RegExp): Promise<void> {
    await until(() => {
      if (pattern.test(this.stdout) || pattern.test(this.stderr)) return true;
      if (this.process.exitCode !== null || this.process.signalCode !== null)
        throw new Error(`it ended without ${pattern}:\n${this.stdout}${this.stderr}`);
      return false;
    }, `${pattern}`);
  }

  async ended(): Promise<Ended> {
    const late = sleep(TIMEOUT_MS, undefined, { ref: false }).then(() => {
      this.process.kill('SIGKILL');
      throw new Error(`it did not end:\n${this.stdout}${this.stderr}`);
    });
    return Promise.race([this.#ended, late]);
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }
}

export function skein(args: readonly string[], options?: RunOptions): Promise<Ended> {
  return new Command(args, options).ended();
}

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + TIMEOUT_MS; !(await condition()); await sleep(25)) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
  }
}

/** The process that holds a state directory, as its lock names it. */
export async function holderOf(stateDirectory: string): Promise<number> {
  try {
    (await lockState(stateDirectory, 'x'))();
  } catch (error) {
    const pid = error instanceof SkeinError ? /process (\d+)/.exec(error.message)?.[1] : undefined;
    if (pid !== undefined) return Number(pid);
    throw error;
  }
  throw new Error(`nothing holds ${stateDirectory}`);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The proxy and the agents of a running demo, as far as they run. */
export async function childrenOf(demoState: string): Promise<number[]> {
  const directories = ['proxy', 'store-1', 'store-2', 'store-3', 'store-4'];
  const holders = await Promise.allSettled(directories.map((name) => holderOf(join(demoState, name))));
  return holders.flatMap((holder) => (holder.status === 'fulfilled' ? [holder.value] : []));
}
