import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** The built CLI, as a user runs it. */
export const SKEIN = fileURLToPath(new URL('../../dist/cli/skein.cjs', import.meta.url));

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

export interface ProcessOptions {
  /** Where the processes run: paths in queries of agents' tables are relative to it. */
  readonly directory: string;
  readonly proxyConfig: string;
  readonly agentConfigs: readonly string[];
  readonly pgPort: number;
  readonly httpPort: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Processes {
  readonly pids: readonly number[];
  connect(): Promise<pg.Client>;
  /** Rejects as soon as one of the processes ends by itself. */
  readonly ended: Promise<never>;
  stop(): Promise<void>;
}

/** A proxy and its agents as processes of their own, once all agents are connected. */
export async function startProcesses(options: ProcessOptions): Promise<Processes> {
  const agentUrl = `ws://127.0.0.1:${options.httpPort}/agent`;
  const ports = ['--port', String(options.pgPort), '--http-port', String(options.httpPort)];
  const children = [
    run(['proxy', '--config', options.proxyConfig, ...ports], options),
    ...options.agentConfigs.map((config) => run(['agent', '--config', config, '--proxy', agentUrl], options)),
  ];
  const ended = anyEnd(children);
  ended.catch(() => undefined);
  const stop = async () => {
    await Promise.all(children.map(stopChild));
  };
  const connect = () => connectTo(options.pgPort);
  try {
    await Promise.race([whenConnected(connect, options.agentConfigs.length), ended]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pids: children.flatMap(({ pid }) => (pid === undefined ? [] : [pid])), connect, ended, stop };
}

function run(args: readonly string[], { directory, env }: ProcessOptions): ChildProcess {
  return spawn(process.execPath, [SKEIN, ...args, '--log', 'error'], {
    cwd: directory,
    // Its channel ends with this process, however that ended, and the child with it.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
    // Ctrl-C reaches the children through their parent, in order.
    detached: true,
  });
}

async function connectTo(port: number): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'me', database: 'skein' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function whenConnected(connect: () => Promise<pg.Client>, agents: number): Promise<void> {
  for (const deadline = Date.now() + READY_TIMEOUT_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    if ((await connectedAgents(connect)) === agents) return;
  }
  throw new Error('the proxy and its agents were not ready in time');
}

async function connectedAgents(connect: () => Promise<pg.Client>): Promise<number> {
  try {
    const client = await connect();
    try {
      const { rows } = await client.query("SELECT agent FROM skein.agents WHERE state = 'connected'");
      return rows.length;
    } finally {
      await client.end();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') return 0;
    throw error;
  }
}

function anyEnd(children: readonly ChildProcess[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const child of children) {
      child.once('exit', (code, signal) =>
        reject(new Error(`${child.spawnargs.slice(2, 5).join(' ')} ended with ${signal ?? code}`)),
      );
    }
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(late);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Resolves at Ctrl-C. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}
