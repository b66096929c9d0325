import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { STORES } from '../../src/cli/demo/retail.ts';
import { freePort } from '../support/free-port.ts';
import { processesWith } from '../support/process-list.ts';
import { SkeinProcess } from '../support/processes.ts';

/** The demo as a newcomer starts it, but for its ports and size. */

const ROWS = 2000;

let state: string;
let ports: { readonly pg: number; readonly http: number };
let demo: SkeinProcess | undefined;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'skein-demo-'));
  ports = { pg: await freePort(), http: await freePort() };
});

afterEach(async () => {
  await demo?.stop();
});

afterAll(async () => {
  await rm(state, { recursive: true, force: true });
});

async function startDemo(): Promise<SkeinProcess> {
  const place = ['--pg-port', String(ports.pg), '--http-port', String(ports.http), '--state', state];
  demo = new SkeinProcess('demo', ['demo', '--rows', String(ROWS), ...place]);
  expect(await demo.line('ready')).toMatch(/^ready/);
  return demo;
}

/** Ctrl-C reaches the demo's group; here the demo alone, which is the harder case. */
async function interrupt(running: SkeinProcess): Promise<void> {
  process.kill(running.pid, 'SIGINT');
  await expect.poll(() => running.isRunning, { timeout: 15_000 }).toBe(false);
  expect(await processesWith(state)).toEqual([]);
}

async function query(sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ host: '127.0.0.1', port: ports.pg, user: 'anyone', database: 'skein' });
  await client.connect();
  try {
    return await client.query(sql);
  } catch (error) {
    throw new Error(`${sql}: ${inspect(error)}`);
  } finally {
    await client.end();
  }
}

test('a first start generates data, says what runs, and answers', async () => {
  const running = await startDemo();
  for (const { storeid, labels } of STORES) {
    const { region, country, city } = labels;
    expect(running.lines).toContain(
      `agent store-${storeid}: storeid=${storeid}, region=${region}, country=${country}, city=${city}`,
    );
  }
  expect(running.lines).toContain(`psql "host=127.0.0.1 port=${ports.pg} user=demo dbname=skein"`);
  expect(running.lines.at(-1)).toMatch(/^ready/);

  const all = await query(
    'SELECT storeid, count(*)::integer AS sold FROM transactions GROUP BY 1 ORDER BY 1',
  );
  expect(all.rows).toEqual([1, 2, 3, 4].map((storeid) => ({ storeid, sold: ROWS })));
  const eu = await query("SELECT DISTINCT country FROM transactions WHERE region = 'EU' ORDER BY 1");
  expect(eu.rows).toEqual([{ country: 'DE' }, { country: 'FR' }]);
  const stores = await query(
    'SELECT s.name, min(t.city) AS city FROM transactions t JOIN stores s USING (storeid) GROUP BY 1 ORDER BY 1',
  );
  expect(stores.rows.map(({ name, city }) => `${name}, ${city}`)).toEqual([
    'Bleecker, New York',
    'Kreuzberg, Berlin',
    'Queen Street, Toronto',
    'Rivoli, Paris',
  ]);
  await interrupt(running);
});

test('the data is as real data is', async () => {
  const running = await startDemo();
  const { rows } = await query(
    `SELECT storeid, bool_or("Customer ID" IS NULL) AS without_customer, bool_or("Quantity" < 0) AS returns,
            bool_or("Invoice" LIKE 'C%') AS letters, bool_or("Description" LIKE '%É%') AS accents,
            bool_or("Description" LIKE '%"%' AND "Description" LIKE '%,%') AS quotes
     FROM transactions GROUP BY storeid ORDER BY storeid`,
  );
  const everywhere = { without_customer: true, returns: true, accents: true, quotes: true };
  expect(rows).toEqual(
    [1, 2, 3, 4].map((storeid) => ({ storeid, letters: storeid % 2 === 0, ...everywhere })),
  );
  const months = await query(
    `SELECT count(DISTINCT date_trunc('month', at))::integer AS months, min(at)::date::text AS first,
            bool_and(context IS NOT NULL) AS nested, sum(amount) > 0 AS amounts FROM events`,
  );
  expect(months.rows).toEqual([{ months: 12, first: '2024-01-01', nested: true, amounts: true }]);
  const store = join(state, 'data', 'store-1');
  expect(await readdir(join(store, 'events'))).toHaveLength(12);
  const [header] = (await readFile(join(store, 'transactions.csv'), 'utf8')).split('\n');
  expect(header).toBe('Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country');
  await interrupt(running);
});

test('a second start uses the data that is there', async () => {
  const file = join(state, 'data', 'store-1', 'transactions.csv');
  const before = await stat(file);
  const running = await startDemo();
  expect((await stat(file)).mtimeMs).toBe(before.mtimeMs);
  expect(running.lines.join('\n')).not.toContain('writing data');
  const second = new SkeinProcess('second demo', ['demo', '--state', state]);
  await second.line('a demo already uses the state directory');
  await second.stop();
  expect((await query('SELECT count(*)::integer AS n FROM transactions')).rows).toEqual([{ n: 4 * ROWS }]);
  await interrupt(running);
});
