import { connect } from 'node:net';
import pg from 'pg';
import type { AgentSpec, System } from '../../support/processes.ts';
import { pause, Stream, slowTable, stores } from './fixture.ts';

/** What a statement is doing when it is cancelled. */
export interface Work {
  readonly name: string;
  readonly sql: string;
  /** Rows that must have come before; the client then stops reading until it has cancelled. */
  readonly rows?: number;
  /** Others keep every task slot of the agents busy meanwhile. */
  readonly queued?: boolean;
}

export const WORKS: readonly Work[] = [
  { name: 'scan', sql: "SELECT count(*) FROM big WHERE h LIKE '%fedcba98%'" },
  {
    name: 'sort',
    sql: 'SELECT max(r) FROM (SELECT row_number() OVER (PARTITION BY country ORDER BY h) AS r FROM big) AS w',
  },
  {
    name: 'hash aggregate',
    sql: 'SELECT count(*) FROM (SELECT h, count(*) FROM big GROUP BY country, h) AS g',
  },
  {
    name: 'gather',
    sql: 'SELECT max(r) FROM (SELECT rank() OVER (ORDER BY h) AS r FROM big WHERE i < 900000) AS w',
  },
  {
    name: 'combine',
    sql: `WITH few AS (SELECT i, h FROM big WHERE i < 20000 AND h > '0')
      SELECT count(*) FROM few AS a JOIN few AS b ON a.h < b.h AND a.i <> b.i`,
  },
  { name: 'queue', sql: 'SELECT min(h) FROM big', queued: true },
  { name: 'slow client', sql: 'SELECT i, h FROM big', rows: 2000 },
];

/** One, so that what fills the slots leaves the machine some processor for the cancel itself. */
const SLOTS = 1;
export const AGENTS: readonly AgentSpec[] = stores([slowTable(40_000_000)]).map((spec) => ({
  ...spec,
  maxConcurrentTasks: SLOTS,
  memory: '600MB',
}));
export const PROXY = { memory: '1GB', maxSpill: '4GB' };

/** Statements that hold the agents' slots until they are released. */
export async function fillSlots(system: System): Promise<() => Promise<void>> {
  const clients = await Promise.all(Array.from({ length: SLOTS }, () => system.connect()));
  const ends = clients.map((client) => ended(client.query('SELECT max(h) FROM big -- holds a slot')));
  await pause(100);
  return async () => {
    await Promise.all(clients.map((client) => requestCancel(system, client)));
    await Promise.all(ends);
    await Promise.all(clients.map((client) => client.end()));
  };
}

export interface Cancelled {
  /** From the CancelRequest to the error at the client. */
  readonly ms: number;
  readonly code: string | undefined;
}

/** Starts the work, and cancels it once it has run for a while. */
export async function cancelOnce(system: System, work: Work, afterMs: number): Promise<Cancelled> {
  const client = await system.connect();
  const stream = new Stream(client, work.sql);
  const end = ended(stream.ended);
  if (work.rows !== undefined) {
    await stream.reaches(work.rows);
    reading(client, 'pause');
  }
  await pause(afterMs);
  const started = performance.now();
  await requestCancel(system, client);
  reading(client, 'resume');
  const code = await end;
  const ms = performance.now() - started;
  await client.end();
  return { ms, code };
}

async function ended(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof pg.DatabaseError ? error.code : String(error);
  }
}

const CANCEL_CODE = (1234 << 16) + 5678;

/** As libpq's PQcancel: resolves when the server has hung up. */
export async function requestCancel(system: System, client: pg.Client): Promise<void> {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const packet = Buffer.alloc(16);
  packet.writeInt32BE(16, 0);
  packet.writeInt32BE(CANCEL_CODE, 4);
  packet.writeInt32BE(processID, 8);
  packet.writeInt32BE(secretKey, 12);
  await new Promise<void>((resolve, reject) => {
    const socket = connect(system.pgPort, '127.0.0.1', () => socket.end(packet));
    socket.resume();
    socket.once('error', reject);
    socket.once('close', () => resolve());
  });
}

/** Whether the client takes what the server sends. */
export function reading(client: pg.Client, change: 'pause' | 'resume'): void {
  const { connection } = client as unknown as {
    readonly connection: { readonly stream: { pause(): void; resume(): void } };
  };
  connection.stream[change]();
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** No query runs, and no agent works. */
export async function everyoneRests(system: System): Promise<void> {
  await system.idle();
  await agentsRest(system);
}

/** By their own processor time. */
export async function agentsRest(system: System): Promise<void> {
  await system.until('the agents to rest', async () => {
    const agents = system.processes.slice(1);
    const before = await Promise.all(agents.map((agent) => agent.cpuSeconds()));
    await pause(500);
    const after = await Promise.all(agents.map((agent) => agent.cpuSeconds()));
    return after.every((value, i) => value - (before[i] ?? 0) < 0.15);
  });
}
