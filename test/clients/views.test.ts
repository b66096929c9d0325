import { setTimeout } from 'node:timers/promises';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { showMessage, type Wire } from '../support/wire.ts';
import { type SideBySide, startSideBySide, type Target } from './side-by-side.ts';

let both: SideBySide;

beforeAll(async () => {
  both = await startSideBySide();
});

afterAll(async () => {
  await both?.close();
});

describe('the same as with PostgreSQL', () => {
  it.each<[name: string, ...script: string[]]>([
    [
      'made, asked, replaced, dropped',
      'CREATE VIEW big AS SELECT n, word FROM numbers WHERE n > 2',
      'SELECT * FROM big ORDER BY n',
      'SELECT count(*), max(b.word) FROM big b JOIN numbers USING (n)',
      'CREATE OR REPLACE VIEW big AS SELECT n, word, n * 2 AS twice FROM numbers WHERE n > 3',
      'SELECT * FROM big ORDER BY n',
      'CREATE OR REPLACE VIEW big AS SELECT word FROM numbers',
      '!SELECT twice FROM big WHERE n = $1 | 4',
      'DROP VIEW big',
      'SELECT * FROM big',
      'DROP VIEW big',
      'DROP VIEW IF EXISTS big',
    ],
    [
      'stacked, with columns of other names, dropped by cascade',
      'CREATE VIEW one (a, b) AS SELECT n, upper(word) FROM numbers',
      'CREATE VIEW two AS SELECT a, length(b) AS l FROM one WHERE a < 4',
      'CREATE VIEW three AS WITH q AS (SELECT l, sum(a) AS s FROM two GROUP BY l) SELECT * FROM q ORDER BY s DESC, l',
      'SELECT * FROM three',
      'SELECT * FROM three, LATERAL (SELECT b FROM one WHERE a = s) AS x ORDER BY s, l',
      'DROP VIEW one',
      'ALTER VIEW one RENAME TO first',
      'SELECT three.* FROM three',
      'DROP VIEW first CASCADE',
      'SELECT * FROM two',
    ],
    [
      'schemas',
      'CREATE SCHEMA s',
      'CREATE SCHEMA s',
      'CREATE SCHEMA IF NOT EXISTS s',
      'CREATE VIEW s.v AS SELECT n FROM numbers',
      'SET search_path = s, public',
      'SELECT current_schema(), current_schemas(false)',
      'CREATE VIEW w AS SELECT * FROM v WHERE n = 1',
      'SELECT * FROM w',
      'RESET search_path',
      'SELECT * FROM w',
      'ALTER VIEW s.w SET SCHEMA public',
      'SELECT * FROM w',
      'DROP SCHEMA s',
      'ALTER SCHEMA s RENAME TO t',
      "SELECT schemaname, viewname, viewowner, definition FROM pg_views WHERE schemaname IN ('t', 'public')",
      "COMMENT ON VIEW t.v IS 'it''s'",
      "SELECT obj_description('t.v'::regclass)",
      'DROP SCHEMA t CASCADE',
      "SELECT nspname FROM pg_namespace WHERE nspname IN ('s', 't')",
    ],
    [
      'in transactions',
      'BEGIN',
      'CREATE VIEW v AS SELECT n FROM numbers',
      'SELECT count(*) FROM v',
      'SAVEPOINT a',
      'CREATE VIEW w AS SELECT n FROM v',
      'DROP VIEW nosuch',
      'SELECT 1',
      'ROLLBACK TO a',
      'SELECT count(*) FROM w',
      'ROLLBACK TO a',
      'SELECT count(*) FROM v',
      'DROP VIEW v',
      'ROLLBACK',
      'SELECT * FROM v',
      'CREATE VIEW v AS SELECT 1 AS a; CREATE VIEW w AS SELECT * FROM v; SELECT * FROM w',
      'DROP VIEW v, w; SELECT nosuch',
      'SELECT * FROM w',
      'BEGIN READ ONLY',
      'DROP VIEW w',
      'ROLLBACK',
      'DROP VIEW v CASCADE',
    ],
    [
      'without tables, over catalogs, over nothing',
      'CREATE VIEW c AS SELECT 1 AS one, now() IS NOT NULL AS t, current_user AS u',
      'SELECT * FROM c',
      "CREATE VIEW p AS SELECT relname, relkind FROM pg_class WHERE relname = 'numbers'",
      'SELECT * FROM p',
      'CREATE VIEW x AS VALUES (1, NULL::text), (2, $$ü$$)',
      'SELECT * FROM x WHERE column2 IS NULL',
      'CREATE RECURSIVE VIEW r (i) AS VALUES (1) UNION ALL SELECT i + 1 FROM r WHERE i < 4',
      'SELECT sum(i) FROM r',
      'DROP VIEW c, p, x, r',
    ],
    [
      'temporary ones',
      'CREATE TEMP VIEW v AS SELECT n FROM numbers WHERE n < 3',
      'SELECT * FROM v ORDER BY n',
      'CREATE VIEW w AS SELECT * FROM v',
      'SELECT count(*) FROM w',
      'CREATE VIEW public.w AS SELECT 1 AS a',
      'SELECT count(*) FROM w',
      'DROP VIEW w',
      'SELECT * FROM w',
      'DROP VIEW w',
      'BEGIN',
      'DISCARD ALL',
      'ROLLBACK',
      'SELECT * FROM v ORDER BY n',
      'DISCARD TEMP',
      'SELECT * FROM v',
    ],
    [
      'errors',
      'CREATE VIEW v AS SELECT nosuch FROM numbers',
      'CREATE VIEW v AS SELECT n, n FROM numbers',
      'CREATE VIEW numbers AS SELECT 1',
      'CREATE VIEW nosuch.v AS SELECT 1',
      'DROP TABLE nosuch',
      '  CREATE VIEW v AS SELECT n +  FROM numbers',
      'ALTER VIEW nosuch RENAME TO x',
      'COMMENT ON VIEW nosuch IS NULL',
    ],
  ])('%s', async (_name, ...script) => {
    await both.same(...script);
  });
});

/**
 * Sessions by turns: `a: …` runs to its end, `a> …` is only sent, for it waits for the other; `a<` takes its answer.
 */
async function turns(to: Target, script: readonly string[]): Promise<readonly string[]> {
  const wires: Readonly<Record<string, Wire>> = {
    a: await both.login(to, 'ann'),
    b: await both.login(to, 'ann'),
    c: await both.login(to, 'bob'),
  };
  const lines: string[] = [];
  for (const turn of script) {
    const wire = wires[turn.slice(0, 1)];
    const text = turn.slice(3);
    if (wire === undefined) throw new Error(`whose turn is ${turn}?`);
    if (turn[1] !== '<') wire.send(serialize.query(text));
    if (turn[1] === '>') await setTimeout(200);
    else lines.push(turn, ...(await wire.answers()).map((message) => `  ${showMessage(message)}`));
  }
  for (const wire of Object.values(wires)) wire.end();
  return lines;
}

describe('two sessions, the same as with PostgreSQL', () => {
  it.each<[name: string, ...script: string[]]>([
    [
      'what is not committed is not seen',
      'a: BEGIN',
      'a: CREATE VIEW v AS SELECT n FROM numbers',
      'b: SELECT * FROM v',
      'a: COMMIT',
      'b: SELECT count(*) FROM v',
      'b: DROP VIEW v',
      'a: SELECT * FROM v',
    ],
    [
      'a name is taken once',
      'a: BEGIN',
      'a: CREATE SCHEMA IF NOT EXISTS s',
      'b> CREATE SCHEMA s',
      'a: ROLLBACK',
      'b<',
      'a: CREATE SCHEMA IF NOT EXISTS s',
      'a: DROP SCHEMA s',
    ],
    [
      'a view that is being used in another is not dropped',
      'a: CREATE VIEW v AS SELECT 1 AS a',
      'a: BEGIN',
      'a: CREATE VIEW w AS SELECT * FROM v',
      'b> DROP VIEW v',
      'a: COMMIT',
      'b<',
      'b: DROP VIEW v CASCADE',
    ],
    [
      'who drops first',
      'a: CREATE VIEW v AS SELECT 1 AS a',
      'a: BEGIN',
      'a: DROP VIEW v',
      'b> DROP VIEW IF EXISTS v',
      'a: COMMIT',
      'b<',
    ],
    [
      'each waits for the other',
      'a: CREATE VIEW v AS SELECT 1 AS a; CREATE VIEW w AS SELECT 1 AS a',
      'a: BEGIN; ALTER VIEW v RENAME COLUMN a TO b',
      "b: SET lock_timeout = '100ms'; BEGIN; ALTER VIEW w RENAME COLUMN a TO b",
      'b: ALTER VIEW v RENAME COLUMN a TO c',
      'b: ROLLBACK',
      'a: DROP VIEW v, w; COMMIT',
    ],
    [
      'what a transaction reads is dropped when that has ended',
      'a: CREATE TABLE t AS SELECT n FROM numbers; CREATE VIEW v AS SELECT n FROM t WHERE n > 1',
      'a: BEGIN ISOLATION LEVEL REPEATABLE READ',
      'a: SELECT count(*) FROM v',
      'b> DROP TABLE t CASCADE',
      'a: SELECT sum(n) FROM t',
      'a: COMMIT',
      'b<',
      'a: SELECT count(*) FROM t',
    ],
    [
      'what a transaction reads is renamed, altered and truncated when that has ended',
      'a: CREATE TABLE t AS SELECT n FROM numbers; CREATE TABLE u AS SELECT n + 10 AS n FROM numbers',
      'a: BEGIN; SELECT max(n) FROM t',
      'b: BEGIN',
      'b> ALTER TABLE t RENAME TO old',
      'a: SELECT max(n) FROM t; COMMIT',
      'b<',
      'b: ALTER TABLE u RENAME TO t',
      'a> SELECT max(n) FROM t',
      'b: COMMIT',
      'a<',
      'a: BEGIN; DELETE FROM t WHERE n = 11',
      'b> TRUNCATE t',
      'a: SELECT count(*) FROM t; COMMIT',
      'b<',
      'a: BEGIN; SELECT count(*) FROM t',
      'b> ALTER TABLE t ADD COLUMN more text',
      'c: SELECT 1',
      'a: ROLLBACK',
      'b<',
      'a: SELECT * FROM t',
      'a: DROP TABLE t, old',
    ],
    [
      'who failed keeps nobody waiting, and who waits may give up',
      'a: CREATE TABLE t AS SELECT n FROM numbers',
      'a: BEGIN; SELECT count(*) FROM t',
      "b: SET lock_timeout = '100ms'",
      'b: DROP TABLE t',
      'a: SELECT 1 / 0',
      'b: DROP TABLE t',
      'a: ROLLBACK',
    ],
    [
      'readers that want to change what they read',
      'a: CREATE TABLE t AS SELECT n FROM numbers',
      'a: BEGIN; SELECT count(*) FROM t',
      'b: BEGIN; SELECT count(*) FROM t',
      "b: SET lock_timeout = '100ms'",
      'b: TRUNCATE t',
      'b: ROLLBACK',
      'a: TRUNCATE t',
      'a: COMMIT',
      'b: SELECT count(*) FROM t; DROP TABLE t',
    ],
    [
      'what a cursor of the same session reads is not dropped',
      'a: CREATE TABLE t AS SELECT n FROM numbers; CREATE VIEW v AS SELECT n FROM t',
      'a: BEGIN; DECLARE c CURSOR FOR SELECT n FROM v ORDER BY n; FETCH 1 FROM c',
      'a: DROP VIEW v; FETCH 1 FROM c',
      'a: DROP TABLE t',
      'a: ROLLBACK',
      'a: BEGIN; DECLARE c CURSOR FOR SELECT n FROM t ORDER BY n; FETCH 1 FROM c',
      'a: TRUNCATE t',
      'a: ROLLBACK',
      'a: BEGIN; DECLARE c CURSOR FOR SELECT n FROM t ORDER BY n; FETCH 1 FROM c',
      'a: ALTER TABLE t ADD COLUMN more int',
      'a: ROLLBACK',
      'a: BEGIN; DECLARE c CURSOR FOR SELECT n FROM t ORDER BY n; FETCH 1 FROM c',
      'a: ALTER TABLE t RENAME TO u',
      'a: FETCH 1 FROM c; CLOSE c; DROP VIEW v; DROP TABLE u; COMMIT',
    ],
    [
      'who may read what',
      'c: SELECT 1',
      'a: CREATE SCHEMA own; CREATE VIEW own.v AS SELECT 1 AS a; CREATE VIEW public.open AS SELECT a FROM own.v',
      'c: SELECT * FROM own.v',
      'c: SELECT * FROM open',
      'a: GRANT SELECT ON open TO bob',
      'c: SELECT * FROM open',
      'a: GRANT USAGE ON SCHEMA own TO PUBLIC',
      'c: SELECT * FROM own.v, open',
      'a: GRANT SELECT ON ALL TABLES IN SCHEMA own TO PUBLIC',
      'c: SELECT * FROM own.v, open',
      'c: CREATE VIEW mine AS SELECT * FROM own.v',
      'c: GRANT SELECT ON mine TO ann',
      'a: SELECT * FROM mine',
      'a: REVOKE SELECT ON own.v FROM PUBLIC',
      'a: SELECT * FROM mine',
      'a: DROP VIEW mine',
      'c: DROP VIEW mine',
      'a: DROP SCHEMA own CASCADE',
    ],
  ])('%s', async (_name, ...script) => {
    expect(await turns('skein', script)).toEqual(await turns('postgres', script));
  });
});

it('prunes by labels through a view, in prepared statements too', async () => {
  const client = await both.proxy.client({ user: 'ann', password: 'ann' });
  await client.query('CREATE VIEW here AS SELECT n, word, region FROM numbers WHERE n > 1');
  const count = 'SELECT count(*)::int AS c FROM here WHERE region = $1';
  for (const [region, c] of [
    ['EU', 4],
    ['US', 0],
    ['EU', 4],
  ]) {
    expect((await client.query({ name: 'counted', text: count, values: [region] })).rows).toEqual([{ c }]);
  }
  const plan = await client.query("EXPLAIN SELECT word FROM here WHERE region = 'US'");
  expect(JSON.stringify(plan.rows)).toContain('pruned');
  await client.query('DROP VIEW here');
  await client.end();
});

it('lets many make schemas, swap views and replace tables at once', async () => {
  const before = both.proxy.bugs.length;
  const found = await Promise.all(
    Array.from({ length: 6 }, async (_, index) => {
      const client = await both.proxy.client({ user: 'ann', password: 'ann' });
      const run = async () => {
        await client.query('CREATE SCHEMA IF NOT EXISTS many');
        await client.query('BEGIN');
        await client.query(`CREATE VIEW many.new${index} AS SELECT ${index} AS i, count(*) FROM numbers`);
        await client.query(`DROP VIEW IF EXISTS many.v${index}`);
        await client.query(`ALTER VIEW many.new${index} RENAME TO v${index}`);
        await client.query('COMMIT');
        return (await client.query(`SELECT i FROM many.v${index}`)).rows;
      };
      const replace = async () => {
        await client.query('BEGIN');
        await client.query(`DROP TABLE IF EXISTS many.t${index} CASCADE`);
        await client.query(`CREATE TABLE many.t${index} AS SELECT ${index} AS i FROM many.v${index}`);
        await client.query('COMMIT');
        return (await client.query(`SELECT i FROM many.t${index}`)).rows;
      };
      const rows = [await run(), await run()];
      for (let time = 0; time < 4; time++) rows.push(await replace());
      await client.end();
      return rows;
    }),
  );
  expect(found).toEqual(Array.from({ length: 6 }, (_, index) => Array(6).fill([{ i: index }])));
  const client = await both.proxy.client({ user: 'ann', password: 'ann' });
  const views = await client.query("SELECT count(*)::int AS n FROM pg_views WHERE schemaname = 'many'");
  expect(views.rows).toEqual([{ n: 6 }]);
  await client.query('DROP SCHEMA many CASCADE');
  await client.end();
  expect(both.proxy.bugs).toHaveLength(before);
});
