import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startProxy, type TestProxy } from './session-proxy.ts';

/** What the catalog tells once an agent has announced something else. */

let proxy: TestProxy;
let client: pg.Client;

beforeAll(async () => {
  proxy = await startProxy([
    { id: 'paris', labels: { region: 'EU' }, files: { 'sales.csv': 'id,price\n1,2.50\n2,3.00\n' } },
  ]);
  client = await proxy.client();
});

afterAll(async () => {
  await client.end();
  expect(proxy.bugs).toEqual([]);
  await proxy.close();
});

const COLUMNS = {
  name: 'columns',
  text: `SELECT c.relname || '.' || a.attname AS name, col_description(c.oid, a.attnum) AS comment
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND a.attname <> 'storeid' ORDER BY 1`,
};

const TABLES = {
  name: 'tables',
  text: `SELECT c.relname, c.reltuples::int4, s.n_live_tup::int4, obj_description(c.oid), pg_table_size(c.oid)::int4
    FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid ORDER BY c.relname`,
};

it('tells a statement that was prepared before', async () => {
  expect((await client.query(COLUMNS)).rows).toEqual([
    { name: 'sales.id', comment: null },
    { name: 'sales.price', comment: null },
    { name: 'sales.region', comment: "label: 'EU' (paris)" },
  ]);
  expect((await client.query({ ...TABLES, rowMode: 'array' })).rows).toMatchObject([
    ['sales', expect.any(Number), expect.any(Number), 'federated over 1 shard (paris)', 8192],
  ]);
  const before = (await client.query("SELECT 'sales'::regclass::oid")).rows;

  await proxy.join({
    id: 'berlin',
    labels: { region: 'EU', city: 'Berlin' },
    files: { 'sales.csv': 'id,price,note\n3,4.50,x\n', 'returns.csv': 'id\n7\n' },
  });

  expect((await client.query(COLUMNS)).rows).toEqual([
    { name: 'returns.city', comment: "label: 'Berlin' (berlin)" },
    { name: 'returns.id', comment: null },
    { name: 'returns.region', comment: "label: 'EU' (berlin)" },
    { name: 'sales.city', comment: "label: 'Berlin' (berlin), NULL (paris)" },
    { name: 'sales.id', comment: null },
    { name: 'sales.note', comment: null },
    { name: 'sales.price', comment: null },
    { name: 'sales.region', comment: "label: 'EU' (berlin, paris)" },
  ]);
  const { rows } = await client.query<unknown[]>({ ...TABLES, rowMode: 'array' });
  expect(rows.map((row) => row[3])).toEqual([
    'federated over 1 shard (berlin)',
    'federated over 2 shards (berlin, paris)',
  ]);
  expect((await client.query("SELECT 'sales'::regclass::oid")).rows).not.toEqual(before);
});

it('tells each of many clients the same at once', async () => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => proxy.client()));
  const answers = await Promise.all(
    clients.map(async (one) => (await one.query("SELECT oid FROM pg_class WHERE relname = 'sales'")).rows),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  const { fields } = await client.query('SELECT id FROM sales LIMIT 1');
  expect(answers[0]).toEqual([{ oid: fields[0]?.tableID }]);
  for (const one of clients) await one.end();
});

it('keeps the name of what a user makes when an agent announces a table that is called the same', async () => {
  const other = await proxy.client();
  const rowsOf = async (asking: pg.Client, sql: string) => (await asking.query(sql)).rows;
  const count = "SELECT count(*)::int AS n FROM pg_class WHERE relname = 'twice'";
  try {
    await client.query('BEGIN');
    await client.query('CREATE TABLE twice AS SELECT 1 AS a');
    await proxy.join({ id: 'york', labels: { region: 'US' }, files: { 'twice.csv': 'b\n7\n' } });
    expect(await rowsOf(other, 'SELECT b, region FROM twice')).toEqual([{ b: '7', region: 'US' }]);
    expect(await rowsOf(client, 'SELECT * FROM twice')).toEqual([{ a: 1 }]);
    await client.query('CREATE VIEW later AS SELECT a FROM twice');
    expect(await rowsOf(client, count)).toEqual([{ n: 1 }]);
    await client.query('COMMIT');
    for (const asking of [client, other]) {
      expect(await rowsOf(asking, 'SELECT * FROM twice')).toEqual([{ a: 1 }]);
      expect(await rowsOf(asking, count)).toEqual([{ n: 1 }]);
    }
    expect(
      await rowsOf(other, "SELECT kind, reason FROM skein.tables WHERE table_name = 'twice' ORDER BY kind"),
    ).toEqual([
      { kind: 'federated', reason: expect.stringContaining('has its name') },
      { kind: 'warehouse', reason: null },
    ]);
    await client.query('DROP TABLE twice CASCADE');
    expect(await rowsOf(client, 'SELECT b FROM twice')).toEqual([{ b: '7' }]);
    await expect(client.query('CREATE TABLE twice (a int)')).rejects.toMatchObject({ code: '42P07' });
  } finally {
    await other.end();
  }
});
