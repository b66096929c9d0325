import { relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { SkeinError } from '../../base/errors.ts';
import { assertFree } from '../ports.ts';
import { lockState } from '../state-lock.ts';
import { type Child, Children, howEnded } from './children.ts';
import { agentId, DATABASE, type DemoPlace, dataDirectory, writeConfigs } from './demo-config.ts';
import { prepareData } from './prepare.ts';
import { progressBar } from './progress.ts';
import { STORES } from './retail.ts';

export interface DemoOptions extends DemoPlace {
  /** Transactions a store. */
  readonly rows: number;
}

const HOST = '127.0.0.1';
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 25;

/** Data, a proxy and four agents in processes of their own, until Ctrl-C; then none of them is left. */
export async function runDemo(flags: DemoOptions): Promise<void> {
  const { signal, requested } = stopRequest();
  const children = new Children();
  try {
    await Promise.race([run({ ...flags, state: resolve(flags.state) }, children, signal), requested]);
  } catch (error) {
    // What breaks off because the demo stops is no failure.
    if (!signal.aborted) throw error;
  } finally {
    await children.stopAll();
  }
}

/** The embedded PostgreSQL starts while the data is written. */
async function run(options: DemoOptions, children: Children, signal: AbortSignal): Promise<void> {
  await claim(options);
  const configs = await writeConfigs(options);
  const proxy = children.start('the proxy', 'proxy', configs.proxy);
  const prepared = prepareData(dataDirectory(options), options.rows, progressBar(), signal);
  await Promise.race([prepared, children.anyEnd()]);
  const agents = [...configs.agents].map(([name, file]) => children.start(`agent ${name}`, 'agent', file));
  await Promise.race([untilConnected(options, signal), children.anyEnd()]);
  announce(options);
  for (const agent of agents) void sayItsEnd(agent, signal);
  await children.anyEnd([proxy]);
}

/** Ports and state are had before anything is begun. */
async function claim({ pgPort, httpPort, state }: DemoOptions): Promise<void> {
  const hint = 'Choose others with --pg-port and --http-port.';
  await lockState(state, 'a demo');
  await Promise.all([assertFree(pgPort, HOST, hint), assertFree(httpPort, HOST, hint)]);
}

/** The first signal asks; the second leaves at once, and the children see that. */
function stopRequest(): { readonly signal: AbortSignal; readonly requested: Promise<void> } {
  const controller = new AbortController();
  const requested = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        if (controller.signal.aborted) process.exit(1);
        controller.abort();
        resolve();
      });
    }
  });
  return { signal: controller.signal, requested };
}

async function untilConnected(place: DemoPlace, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let reason = '';
  while (Date.now() < deadline) {
    const connected = await connectedAgents(place).catch((error: Error) => error);
    if (connected === STORES.length) return;
    reason = connected instanceof Error ? connected.message : `${connected} agents are connected`;
    await sleep(POLL_MS, undefined, { signal });
  }
  throw new SkeinError('cannotConnectNow', `the demo was not ready in time: ${reason}`);
}

async function connectedAgents({ pgPort }: DemoPlace): Promise<number> {
  const client = new pg.Client({ host: HOST, port: pgPort, user: 'demo', database: DATABASE });
  // A connection that breaks fails what is asked over it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ n: string }>(
      "SELECT count(*) AS n FROM skein.agents WHERE state = 'connected'",
    );
    return Number(rows[0]?.n);
  } finally {
    await client.end();
  }
}

function announce(options: DemoOptions): void {
  const lines = STORES.map((store) => {
    const labels = Object.entries(store.labels).map(([name, value]) => `${name}=${value}`);
    return `agent ${agentId(store)}: ${labels.join(', ')}`;
  });
  lines.push(
    `files: ${shortest(dataDirectory(options))}`,
    `psql "host=${HOST} port=${options.pgPort} user=demo dbname=${DATABASE}"`,
    'ready; Ctrl-C stops everything',
  );
  process.stdout.write(`${lines.join('\n')}\n`);
}

function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.length < path.length ? fromHere : path;
}

/** People may end an agent to see what a query says then: the others go on. */
async function sayItsEnd({ name, process: child }: Child, signal: AbortSignal): Promise<void> {
  const ending = await howEnded(child);
  if (!signal.aborted)
    process.stdout.write(`${name} ${ending}; queries that need its rows fail until the demo starts anew\n`);
}
