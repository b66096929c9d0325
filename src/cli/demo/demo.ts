import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { stringify } from 'yaml';
import { SkeinError } from '../../base/errors.ts';
import { type Progress, prepareData, storeDirectory } from './prepare.ts';
import { STORES, type Store } from './retail.ts';

export interface DemoOptions {
  readonly pgPort: number;
  readonly httpPort: number;
  readonly state: string;
  readonly rows: number;
}

const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
const STOP_TIMEOUT_MS = 5_000;
const DATABASE = 'skein';

/** Data, a proxy and four agents in processes of their own, until Ctrl-C; then none of them is left. */
export async function runDemo(
  options: DemoOptions,
  progress: Progress,
  say: (line: string) => void,
): Promise<void> {
  await Promise.all([assertFree(options.pgPort), assertFree(options.httpPort)]);
  await prepareData(join(options.state, 'data'), options.rows, progress);
  const configs = await writeConfigs(options);
  const children: ChildProcess[] = [];
  const stopped = stopSignal();
  try {
    for (const { command, file } of configs) children.push(start(command, file));
    await Promise.race([whenReady(options), anyExit(children), stopped]);
    if (!stopped.happened) announce(options, say);
    await Promise.race([stopped, anyExit(children)]);
  } finally {
    await stopAll(children);
  }
}

interface ProcessConfig {
  readonly command: 'proxy' | 'agent';
  readonly file: string;
}

/** The processes are configured by files, which the user can read and copy. */
async function writeConfigs(options: DemoOptions): Promise<readonly ProcessConfig[]> {
  const directory = join(options.state, 'config');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const write = async (name: string, config: object) => {
    const file = join(directory, `${name}.yaml`);
    await writeFile(file, stringify(config));
    return file;
  };
  const proxy = {
    port: options.pgPort,
    httpPort: options.httpPort,
    stateDirectory: join(options.state, 'proxy'),
    database: DATABASE,
    labels: { storeid: 'integer' },
    tokens: 'open',
  };
  return Promise.all([
    write('proxy', proxy).then((file) => ({ command: 'proxy' as const, file })),
    ...STORES.map(async (store) => ({
      command: 'agent' as const,
      file: await write(agentId(store), agentConfig(store, options)),
    })),
  ]);
}

function agentId({ storeid }: Store): string {
  return `store-${storeid}`;
}

function agentConfig(store: Store, options: DemoOptions): object {
  const data = storeDirectory(join(options.state, 'data'), store);
  return {
    id: agentId(store),
    proxies: [`ws://127.0.0.1:${options.httpPort}/agent`],
    labels: store.labels,
    allowedDirectories: [data],
    stateDirectory: join(options.state, agentId(store)),
    tables: [
      {
        name: 'transactions',
        path: join(data, 'transactions.csv'),
        comment: 'what the tills sold; returns are negative',
        // Invoice numbers look like numbers in two stores and like words in the others.
        columns: {
          Invoice: 'text',
          StockCode: 'text',
          Description: 'text',
          Quantity: 'integer',
          InvoiceDate: 'timestamp',
          Price: 'numeric(10,2)',
          'Customer ID': 'integer',
          Country: 'text',
        },
      },
      {
        name: 'events',
        path: join(data, 'events', '*.jsonl'),
        comment: 'what customers did on the web; context is a nested object',
        columns: { event_id: 'bigint', at: 'timestamp', customer_id: 'integer', amount: 'numeric(12,2)' },
      },
      {
        name: 'stores',
        path: join(data, 'stores.parquet'),
        replicated: true,
        comment: 'the stores; the same rows on every agent',
      },
    ],
  };
}

function start(command: ProcessConfig['command'], file: string): ChildProcess {
  const main = new URL('../skein.cjs', import.meta.url);
  // Of their own group, so that Ctrl-C reaches them through us, in order.
  return fork(main, [command, '--config', file, '--log', 'error'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

interface StopSignal extends Promise<void> {
  happened: boolean;
}

function stopSignal(): StopSignal {
  const signal = Object.assign(
    new Promise<void>((resolve) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.on(name, () => {
          signal.happened = true;
          resolve();
        });
      }
    }),
    { happened: false },
  );
  return signal;
}

async function anyExit(children: readonly ChildProcess[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const child of children) {
      child.once('exit', (code, signal) => {
        reject(
          new SkeinError('internal', `${child.spawnargs.slice(2, 5).join(' ')} ended with ${signal ?? code}`),
        );
      });
    }
  });
}

async function whenReady(options: DemoOptions): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (await isReady(options)) return;
    await sleep(POLL_MS);
  }
  throw new SkeinError('cannotConnectNow', 'the demo was not ready in time', {
    hint: 'The lines above say what is wrong.',
  });
}

async function isReady({ pgPort }: DemoOptions): Promise<boolean> {
  const client = new pg.Client({ host: '127.0.0.1', port: pgPort, user: 'demo', database: DATABASE });
  try {
    await client.connect();
    const { rows } = await client.query<{ n: string }>(
      "SELECT count(*) AS n FROM skein.agents WHERE state = 'connected'",
    );
    return Number(rows[0]?.n) === STORES.length;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') return false;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function announce(options: DemoOptions, say: (line: string) => void): void {
  for (const { labels, ...store } of STORES) {
    const shown = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    say(`agent ${agentId({ labels, ...store })}: ${shown.join(', ')}`);
  }
  say(`files: ${relative(process.cwd(), join(options.state, 'data'))}`);
  say(`psql "host=127.0.0.1 port=${options.pgPort} user=demo dbname=${DATABASE}"`);
  say('ready; Ctrl-C stops everything');
}

async function stopAll(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(children.map(stop));
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(late);
}

async function assertFree(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once('error', () =>
      reject(
        new SkeinError('cannotConnectNow', `port ${port} is in use`, {
          hint: 'Choose others with --pg-port and --http-port.',
        }),
      ),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });
}
