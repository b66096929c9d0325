import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { SkeinError } from '../../base/errors.ts';

const STOP_TIMEOUT_MS = 10_000;

export interface Child {
  readonly name: string;
  readonly process: ChildProcess;
}

/** The processes that the demo started. They watch their channel to it, and end when it is gone, however it ended. */
export class Children {
  readonly #children: Child[] = [];
  #stopping = false;

  /** @param command of `skein`, with its configuration. */
  start(name: string, command: 'proxy' | 'agent', configFile: string): Child {
    if (this.#stopping) throw new SkeinError('adminShutdown', 'the demo stops');
    const launcher = new URL('../skein.cjs', import.meta.url);
    const child = fork(launcher, [command, '--config', configFile], {
      // Of its own group, so that Ctrl-C reaches it through us, in order.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const started = { name, process: child };
    this.#children.push(started);
    return started;
  }

  /** Rejects when a child ends. */
  async anyEnd(children: readonly Child[] = this.#children): Promise<never> {
    return Promise.race(
      children.map(async ({ name, process: child }) => {
        throw new SkeinError('internal', `${name} ${await howEnded(child)}`, { hint: 'It says why above.' });
      }),
    );
  }

  async stopAll(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#children.map(({ process: child }) => stop(child)));
  }
}

/** Resolves with how a child ended, past or coming. */
export async function howEnded(child: ChildProcess): Promise<string> {
  if (isRunning(child)) await once(child, 'exit');
  return child.signalCode === null
    ? `ended with exit code ${child.exitCode}`
    : `was ended by ${child.signalCode}`;
}

async function stop(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(late);
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
