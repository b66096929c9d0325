import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, ask } from '../support/compare.ts';
import { startCatalogTargets } from './catalog-fixture.ts';

/** Queries over PostgreSQL's catalogs and tables at once: the answers of PostgreSQL 18, or a refusal that says why. */

const targets = startCatalogTargets();
let skein: pg.Client;
let oracle: pg.Client;

beforeAll(async () => {
  skein = new pg.Client(targets.skein);
  oracle = new pg.Client(targets.oracle);
  await Promise.all([skein.connect(), oracle.connect()]);
});

afterAll(async () => {
  await Promise.all([skein?.end(), oracle?.end()]);
});

async function same(sql: string, parameters?: readonly unknown[]): Promise<Answer> {
  const [ours, theirs] = await Promise.all([ask(skein, sql, parameters), ask(oracle, sql, parameters)]);
  expect(ours).toEqual(theirs);
  return ours;
}

describe('the same as with PostgreSQL', () => {
  test.each([
    "SELECT c.relname, (SELECT count(*) FROM sales) FROM pg_class c WHERE c.relnamespace = 2200 AND c.relkind = 'r' ORDER BY 1",
    "SELECT c.relname, c.relkind, c.reltuples, s.id FROM pg_class c JOIN sales s ON s.id = c.relnatts WHERE c.relname IN ('sales', 'visits', 'products') ORDER BY 1, 4",
    "SELECT column_name, data_type, ordinal_position, (SELECT max(price) FROM sales) AS m FROM information_schema.columns WHERE table_name = 'sales' AND table_schema = 'public' ORDER BY ordinal_position",
    "SELECT s.code, count(*) FROM sales s LEFT JOIN information_schema.columns c ON c.column_name = s.code AND c.table_schema = 'public' GROUP BY s.code ORDER BY 1",
    "SELECT t.table_name, p.name FROM information_schema.tables t, products p WHERE t.table_schema = 'public' AND p.product = 1 ORDER BY 1, 2",
    'SELECT count(*) FROM sales WHERE region IN (SELECT datname FROM pg_database)',
    "SELECT count(*) FROM sales WHERE EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'public')",
    "SELECT id FROM sales WHERE id < (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'p%' AND nspname NOT LIKE '%temp%' OR nspname COLLATE \"default\" ~ '^(public|skein)$') ORDER BY 1",
    "WITH t AS (SELECT relname, relnatts FROM pg_class WHERE relname = 'sales') SELECT t.relname, s.id FROM t, sales s WHERE s.id <= 2 ORDER BY s.id",
    "SELECT 'table' AS what, relname::text AS name FROM pg_class WHERE relnamespace = 2200 UNION ALL SELECT 'product', name FROM products ORDER BY 1, 2",
    "SELECT n.nspname, count(DISTINCT s.product) FROM pg_namespace n CROSS JOIN sales s WHERE n.nspname IN ('public', 'skein') GROUP BY 1 ORDER BY 1",
    "SELECT relkind::text, relkind <> 'v', relhasindex, relnatts FROM pg_class, (SELECT min(id) FROM sales) m WHERE relname IN ('sales', 'pg_class', 'pg_tables') ORDER BY relname",
    'SELECT count(*) > 10 FROM pg_class, products WHERE product = 1',
    "SELECT d.description, (SELECT count(*) FROM visits) FROM pg_description d JOIN pg_class c ON c.oid = d.objoid WHERE c.relname = 'sales' AND d.objsubid = 0",
    "SELECT a.agent IS NOT NULL, n.nspname FROM skein.agents a, pg_namespace n WHERE n.nspname = 'public' AND false",
  ])('%s', async (sql) => {
    const { sqlstate, message } = await same(sql);
    expect({ sqlstate, message }).toEqual({ sqlstate: undefined, message: undefined });
  });

  test('with parameters', async () => {
    const sql = 'SELECT c.relname, s.id FROM pg_class c, sales s WHERE c.relname = $1 AND s.id = $2';
    expect((await same(sql, ['sales', '3'])).rows).toEqual([['sales', '3']]);
  });

  test('errors of names', async () => {
    for (const sql of ['SELECT nosuch FROM pg_class, sales', 'SELECT relname.x FROM pg_class, sales']) {
      expect((await same(sql)).sqlstate).toMatch(/^42/);
    }
  });
});

describe('Skein’s own', () => {
  const rows = async (sql: string) => (await ask(skein, sql)).rows;

  test('sessions and settings beside tables', async () => {
    const pid = await rows('SELECT pg_backend_pid()');
    expect(
      await rows(
        "SELECT a.pid, s.setting, (SELECT count(*) FROM products) FROM pg_stat_activity a, pg_settings s WHERE a.usename = 'analyst' AND s.name = 'skein.on_missing_agent'",
      ),
    ).toEqual([[pid[0]?.[0], 'fail', '5']]);
  });

  test('agents beside catalogs', async () => {
    expect(
      await rows(
        "SELECT count(*) FROM skein.tables t JOIN pg_class c ON c.relname = t.table_name WHERE c.relkind = 'r'",
      ),
    ).toEqual([['20']]);
  });

  test('EXPLAIN says that the catalog’s rows stay', async () => {
    const plan = (await rows('EXPLAIN SELECT relname, id FROM pg_class, sales WHERE relnatts = id'))
      .flat()
      .join('\n');
    expect(plan).toContain('pg_catalog_pg_class');
    expect(plan).toMatch(/5 shards/);
  });

  test.each([
    ['SELECT c.relacl FROM pg_class c, sales', /^the column c.relacl beside tables/],
    ['SELECT pg_get_userbyid(c.relowner) FROM pg_class c, sales', /pg_get_userbyid/],
    ['SELECT * FROM pg_authid a, sales', /permission denied for (?:table|relation) pg_authid/],
    ["SELECT set_config('role', relname, false) FROM pg_class, sales", /set_config/],
  ])('refuses %s', async (sql, message) => {
    const answer = await ask(skein, sql);
    expect(answer.sqlstate).toMatch(/^(?:0A000|42501)$/);
    expect(answer.message).toMatch(message);
  });
});
