import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import Cursor from 'pg-cursor';
import postgres from 'postgres';
import { int16, int32, message, packet, StartupClient, startup } from '../startup-client.ts';

/** What the soak's clients do. Each of them opens a connection, and ends or loses it. */

export interface Place {
  readonly port: number;
  /** `sales` has this many rows, with `id` from 0. */
  readonly rows: number;
}

export interface Asker extends Place {
  /** Below `below`, at random. */
  random(below: number): number;
  /** One that nobody else has. */
  token(): string;
}

export type Actor = (asker: Asker) => Promise<void>;

/** Nothing that a client does takes so long: who waits longer has lost its answer. */
export const LOST_MS = 120_000;
const USER = 'soak';
const DATABASE = 'skein';
const MANY = 'SELECT a.id, b.note FROM sales a, sales b WHERE a.note IS DISTINCT FROM b.code';
const LONG = `SELECT count(*) FROM sales a, sales b, sales c, sales d, sales e WHERE a.qty + b.qty + c.qty + d.qty + e.qty > 3`;
const ASKED = 'SELECT $1::text AS token, count(*)::int AS n FROM sales WHERE id < $2::int8';

/** @throws where an answer isn't its asker's. */
function check(what: string, found: unknown, expected: unknown): void {
  const [ours, theirs] = [JSON.stringify(found), JSON.stringify(expected)];
  if (ours !== theirs) throw new Error(`${what}: ${ours} instead of ${theirs}`);
}

async function withClient(asker: Asker, act: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port: asker.port, user: USER, database: DATABASE });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await act(client);
  } finally {
    await client.end();
  }
}

async function ask(asker: Asker, client: pg.Client, name?: string): Promise<void> {
  const [token, below] = [asker.token(), asker.random(asker.rows)];
  const { rows } = await client.query({
    text: ASKED,
    values: [token, below],
    ...(name === undefined ? {} : { name }),
  });
  check('node-postgres', rows, [{ token, n: below }]);
}

const queries: Actor = (asker) =>
  withClient(asker, async (client) => {
    for (let i = asker.random(8); i >= 0; i--) await ask(asker, client, i % 2 === 0 ? 'asked' : undefined);
  });

const transactions: Actor = (asker) =>
  withClient(asker, async (client) => {
    await client.query('BEGIN');
    await ask(asker, client);
    await client.query('SAVEPOINT one');
    const error = await client.query(`SELECT '${asker.token()}'::int`).then(
      () => undefined,
      (thrown: pg.DatabaseError) => thrown.code,
    );
    check('a mistake', error, '22P02');
    await client.query('ROLLBACK TO one');
    await ask(asker, client);
    await client.query(asker.random(2) === 0 ? 'COMMIT' : 'ROLLBACK');
  });

const cursors: Actor = (asker) =>
  withClient(asker, async (client) => {
    const token = asker.token();
    const cursor = client.query(
      new Cursor<{ t: string; id: string }>('SELECT $1::text AS t, id FROM sales ORDER BY id', [token]),
    );
    let seen = 0;
    for (let parts = asker.random(5); parts >= 0; parts--) {
      for (const row of await cursor.read(7)) check('pg-cursor', row, { t: token, id: String(seen++) });
    }
    await cursor.close();
    await ask(asker, client);
  });

const postgresJs: Actor = async (asker) => {
  const sql = postgres({
    host: '127.0.0.1',
    port: asker.port,
    user: USER,
    database: DATABASE,
    max: 1,
    connect_timeout: LOST_MS / 1000,
    onnotice: () => undefined,
  });
  try {
    const tokens = Array.from({ length: 5 }, () => asker.token());
    const answers = await Promise.all(
      tokens.map((token) => sql`SELECT ${token}::text AS token, count(*)::int AS n FROM sales`),
    );
    check(
      'postgres.js',
      answers,
      tokens.map((token) => [{ token, n: asker.rows }]),
    );
  } finally {
    await sql.end({ timeout: 5 });
  }
};

async function cancel(asker: Asker, processID: number, secretKey: number): Promise<void> {
  const other = new StartupClient(asker.port, LOST_MS);
  await other.write(packet(int16(1234), int16(5678), int32(processID), int32(secretKey))).ended();
  other.close();
}

const CANCEL_MS = 300;

const cancels: Actor = (asker) =>
  withClient(asker, async (client) => {
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
    const asked = client.query(asker.random(2) === 0 ? LONG : 'SELECT pg_sleep(3)').then(
      () => 'answered',
      (error: pg.DatabaseError) => error.code,
    );
    let outcome: string | undefined = 'not yet';
    // One that comes before its statement cancels nothing: again, until it did.
    for (let wait = asker.random(200); outcome === 'not yet'; wait = CANCEL_MS) {
      outcome = await Promise.race([asked, sleep(wait, 'not yet')]);
      if (outcome === 'not yet') await cancel(asker, processID, secretKey);
    }
    if (outcome !== '57014' && outcome !== 'answered') throw new Error(`a cancel: ${outcome}`);
    await ask(asker, client);
  });

async function raw(asker: Asker): Promise<StartupClient> {
  const client = new StartupClient(asker.port, LOST_MS).write(startup({ user: USER, database: DATABASE }));
  const last = (await client.until('ZE')).at(-1);
  if (last?.tag !== 'Z') throw new Error(`a raw connection was not let in: ${last?.body ?? 'closed'}`);
  return client;
}

const text = (value: string): Buffer => Buffer.from(`${value}\0`);

function round(sql: string, parameter: string): Buffer {
  const bytes = Buffer.from(parameter);
  return Buffer.concat([
    message('P', Buffer.concat([text(''), text(sql), int16(0)])),
    message(
      'B',
      Buffer.concat([text(''), text(''), int16(0), int16(1), int32(bytes.length), bytes, int16(0)]),
    ),
    message('E', Buffer.concat([text(''), int32(0)])),
    message('S'),
  ]);
}

/** Rounds sent at once, some of them wrong: a ReadyForQuery for each, and the tokens in their order. */
const pipelines: Actor = async (asker) => {
  const client = await raw(asker);
  const asked = Array.from({ length: 12 }, () => ({ token: asker.token(), wrong: asker.random(4) === 0 }));
  const sql = 'SELECT $1::text, count(*) FROM sales';
  client.write(
    Buffer.concat(asked.map(({ token, wrong }) => round(wrong ? `${sql} WHERE nothing` : sql, token))),
  );
  for (const { token, wrong } of asked) {
    const messages = await client.until('Z');
    check('a pipeline', messages.map(({ tag }) => tag).join(''), wrong ? 'EZ' : '12DCZ');
    const row = messages.find(({ tag }) => tag === 'D');
    if (row !== undefined)
      check('its token', row.body.toString('utf8', 6, 6 + row.body.readInt32BE(2)), token);
  }
  client.write(message('X')).close();
};

/** Goes away while a query runs, its rows come, or nobody reads them. */
const dies: Actor = async (asker) => {
  const client = await raw(asker);
  client.write(message('Q', text(asker.random(2) === 0 ? MANY : LONG)));
  if (asker.random(3) === 0) client.socket.pause();
  await sleep(asker.random(300));
  client.close();
};

/** Goes away before it is known who it is. */
const hesitates: Actor = async (asker) => {
  const client = new StartupClient(asker.port, LOST_MS).write(
    startup({ user: USER, database: DATABASE }).subarray(0, asker.random(30)),
  );
  await sleep(asker.random(100));
  client.close();
};

const catalog: Actor = (asker) =>
  withClient(asker, async (client) => {
    const token = asker.token();
    const { rows } = await client.query(
      'SELECT $1::text AS token, count(*)::int AS n FROM pg_catalog.pg_class WHERE relname = $2',
      [token, 'sales'],
    );
    check('the catalog', rows, [{ token, n: 1 }]);
  });

export const ACTORS: readonly Actor[] = [
  ...[queries, queries, queries, transactions, cursors, postgresJs],
  ...[cancels, pipelines, dies, hesitates, catalog],
];
