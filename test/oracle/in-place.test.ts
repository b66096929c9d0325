import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, ask, differences } from '../support/compare.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { startWorld, type World } from '../support/world.ts';

/** Tables that are made in place: their rows are PostgreSQL's, and only numbers of rows leave the agents. */

let postgres: Postgres;
let world: World;

beforeAll(async () => {
  postgres = await startPostgres();
  world = await startWorld(postgres, 'in_place', {
    seed: 11,
    agents: 5,
    rows: 60,
    nulls: 5,
    split: 'random',
  });
  await world.skein.query("SET skein.materialize = 'agents'");
});

afterAll(async () => {
  await world?.close();
  await postgres?.close();
});

async function both(sql: string): Promise<{ readonly expected: Answer; readonly actual: Answer }> {
  const [expected, actual] = await Promise.all([ask(world.oracle, sql), ask(world.skein, sql)]);
  return { expected, actual };
}

async function same(sql: string): Promise<void> {
  const { expected, actual } = await both(sql);
  expect(actual.sqlstate, `${sql}: ${actual.message}`).toBe(expected.sqlstate);
  expect(differences(expected, actual, false), sql).toEqual([]);
}

/** What crossed for the session's last statement over tables. */
async function crossed(): Promise<{ readonly rows: number; readonly agents: number }> {
  const { rows } = await world.skein.query(
    `SELECT coalesce(sum(t.rows), 0)::int AS rows, count(*)::int AS agents FROM skein.query_tasks t JOIN skein.last_query q USING (query_id)`,
  );
  return rows[0];
}

/** What is recorded of the session's statements, the last first. */
async function told(sql: string): Promise<readonly unknown[]> {
  const { rows } = await world.skein.query(
    'SELECT state, rows::int AS rows, error FROM skein.queries WHERE sql LIKE $1 ORDER BY started_at DESC',
    [sql],
  );
  return rows;
}

describe('CREATE TABLE AS in place', () => {
  test('has PostgreSQL’s rows, of which only the numbers crossed', async () => {
    await same(`CREATE TABLE own AS SELECT storeid, region, code, sum(price) AS total, count(*) AS n, avg(price) AS mean,
      max(sold_at) AS last, percentile_cont(0.5) WITHIN GROUP (ORDER BY qty) AS half
      FROM sales WHERE id > 5 GROUP BY storeid, region, code`);
    expect(await crossed()).toEqual({ rows: 5, agents: 5 });
    await same('SELECT * FROM own');
    await same('SELECT region, sum(total), sum(n) FROM own GROUP BY region');
    await same('SELECT o.code, s.note FROM own o JOIN sales s ON s.storeid = o.storeid AND s.code = o.code');
  });

  test('keeps its labels: they prune', async () => {
    await same("SELECT * FROM own WHERE region = 'EU' AND storeid = 3");
    expect((await crossed()).agents).toBe(1);
  });

  test('is explained by the names that its users know, and those of the pieces', async () => {
    const { rows } = await world.skein.query('EXPLAIN SELECT code, total FROM own WHERE storeid = 1');
    const text = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).toMatch(/\/\* code \(@3\) \*\//);
    expect(text).toMatch(/FROM t \/\* public\.own \(@\w{8}\.own\.[\w-]+\) \*\//);
    expect(text).toContain('Shards: 1 of 5 shards of public.own (');
  });

  test('EXPLAIN of what makes and changes it tells the agents, and ANALYZE what they made', async () => {
    const explain = async (sql: string) => {
      const { rows } = await world.skein.query(sql);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    const query = 'SELECT storeid, region, id, code FROM sales';
    const create = await explain(`EXPLAIN CREATE TABLE explained AS ${query} WHERE region = 'EU'`);
    expect(create).toMatch(
      /^Create Table on public\.explained .*\n {2}Target: in place, pieces made by \S+, \S+\n/,
    );
    expect(create).toMatch(/Stays there: the rows of its SQL, as @\w{8}\.explained/);
    expect(create).toMatch(/Leaves each agent: c\d+ \(rows\)/);
    expect(await explain(`EXPLAIN ANALYZE CREATE TABLE explained AS ${query}`)).toMatch(/Agent \S+: rows=1 /);
    await world.oracle.query(`CREATE TABLE explained AS ${query}`);
    const changes: readonly [string, RegExp][] = [
      [
        'UPDATE explained SET code = upper(code) WHERE id < 20',
        /^Update on .*\n {2}Target: in place, pieces/,
      ],
      [`INSERT INTO explained ${query} WHERE id < 3`, /^Insert on .*\n {2}Target: in place, pieces/],
      [
        `INSERT INTO explained ${query} WHERE region = 'nowhere'`,
        /^Insert on .*\n.* pieces made by no agent\n/,
      ],
      ['DELETE FROM explained WHERE id % 7 = 0', /^Delete on .*\n {2}Target: in place, pieces/],
    ];
    for (const [sql, shape] of changes) {
      expect(await explain(`EXPLAIN ${sql}`)).toMatch(shape);
      await world.skein.query('BEGIN');
      await explain(`EXPLAIN ANALYZE ${sql}`);
      await world.skein.query('ROLLBACK');
      await same('SELECT * FROM explained');
      const actual = await explain(`EXPLAIN ANALYZE ${sql}`);
      const { rowCount } = await world.oracle.query(sql);
      expect(actual).toContain(`(actual rows=${rowCount})`);
      await same('SELECT * FROM explained');
    }
    const { rows } = await world.oracle.query('SELECT storeid, region FROM explained LIMIT 1');
    const routed = `INSERT INTO explained VALUES (${rows[0].storeid}, '${rows[0].region}', 1000, 'new')`;
    expect(await explain(`EXPLAIN ${routed}`)).toMatch(
      /Target: in place, each row at the agent of its labels, of /,
    );
    expect(await explain(`EXPLAIN ANALYZE ${routed}`)).toMatch(/actual rows=1\)/);
    await world.oracle.query(routed);
    await same('SELECT * FROM explained');
    await same('DROP TABLE explained');
  });

  test('of some shards only', async () => {
    await same("CREATE TABLE eu AS SELECT id, note, city FROM sales WHERE region = 'EU'");
    expect((await crossed()).agents).toBe(2);
    await same('SELECT count(*), count(note), min(city) FROM eu');
    await same('SELECT e.note, o.total FROM eu e CROSS JOIN own o WHERE o.storeid = 1');
  });

  test('is in skein.tables with the agents that keep it', async () => {
    const { rows } = await world.skein.query(
      `SELECT schema_name, table_name, kind, count(*)::int AS agents, sum(row_estimate)::int AS rows FROM skein.tables
        WHERE table_name IN ('eu', 'sales') GROUP BY 1, 2, 3 ORDER BY 2`,
    );
    const count = await world.oracle.query('SELECT count(*)::int AS rows FROM eu');
    expect(rows[0]).toEqual({
      schema_name: 'public',
      table_name: 'eu',
      kind: 'in place',
      agents: 2,
      rows: count.rows[0].rows,
    });
    expect(rows[1]).toMatchObject({ table_name: 'sales', kind: 'federated', agents: 5 });
    const { rows: lineage } = await world.skein.query(
      `SELECT kind, rows::int AS rows, parents, cardinality(agents) AS agents FROM skein.lineage WHERE table_name = 'eu'`,
    );
    expect(lineage).toEqual([
      { kind: 'in place', rows: count.rows[0].rows, parents: ['public.sales'], agents: 2 },
    ]);
  });

  test('of a table that was made in place', async () => {
    await same('CREATE TABLE again AS SELECT storeid, code, total * 2 AS twice FROM own WHERE n > 1');
    await same('SELECT * FROM again');
  });

  test.each([
    ['groups over shards', 'SELECT code, count(*) FROM sales GROUP BY code', /gathered/],
    ['a limit', 'SELECT id FROM sales LIMIT 3', /gathered/],
    ['replicated tables alone', 'SELECT * FROM products', /replicated/],
    ['no table', 'SELECT 1 AS one', /no agent/],
    ['a column that has the name of a label', "SELECT id, 'x' AS region FROM sales", /label/],
  ])('is refused for %s', async (_, query, detail) => {
    await expect(world.skein.query(`CREATE TABLE refused AS ${query}`)).rejects.toMatchObject({
      code: '0A000',
      detail: expect.stringMatching(detail),
    });
    expect((await ask(world.skein, 'SELECT * FROM refused')).sqlstate).toBe('42P01');
  });

  test.each([
    'ALTER TABLE own ADD COLUMN more int',
    'ALTER TABLE own DROP COLUMN n',
    'ALTER TABLE own ADD CHECK (n > 0)',
    'ALTER TABLE own ALTER COLUMN n TYPE numeric',
    'CREATE UNIQUE INDEX ON own (storeid)',
    'DELETE FROM own RETURNING n',
    'MERGE INTO own USING sales ON own.storeid = sales.storeid WHEN MATCHED THEN DELETE',
  ])('what would change its pieces is refused: %s', async (sql) => {
    await expect(world.skein.query(sql)).rejects.toMatchObject({
      code: '0A000',
      message: expect.stringContaining('made in place'),
    });
    await same('SELECT * FROM own');
  });

  test('no table is made elsewhere in silence', async () => {
    for (const sql of ['CREATE TABLE bare (storeid int)', 'CREATE TEMP TABLE bare (LIKE sales)'])
      await expect(world.skein.query(sql)).rejects.toMatchObject({ code: '0A000' });
  });

  test('is rolled back, dropped, renamed and moved like any table', async () => {
    for (const sql of [
      'BEGIN',
      'CREATE TABLE gone AS SELECT storeid, id FROM sales',
      'SELECT count(*) FROM gone',
      'ROLLBACK',
      'SELECT count(*) FROM gone',
      'CREATE SCHEMA made',
      'ALTER TABLE again SET SCHEMA made',
      'ALTER TABLE made.again RENAME TO renamed',
      'SELECT * FROM made.renamed',
      'CREATE TABLE made.again AS SELECT storeid, note FROM sales WHERE qty > 2',
      'DROP TABLE made.renamed',
      'ALTER TABLE made.again RENAME TO renamed',
      'SELECT * FROM made.renamed',
      'CREATE TABLE IF NOT EXISTS made.renamed AS SELECT storeid FROM sales',
      'SELECT * FROM made.renamed',
      'DROP SCHEMA made CASCADE',
      'SELECT * FROM made.renamed',
    ]) {
      await same(sql);
    }
  });
});

describe('changes of a table that was made in place', () => {
  test('INSERT … SELECT, DELETE and UPDATE have PostgreSQL’s rows and tags, and only numbers cross', async () => {
    await same(
      'CREATE TABLE kept AS SELECT storeid, region, code, id, price, note FROM sales WHERE id % 3 = 0',
    );
    for (const sql of [
      'INSERT INTO kept SELECT storeid, region, code, id, price, note FROM sales WHERE id % 3 = 1',
      "INSERT INTO kept (storeid, region, id, note) SELECT storeid, region, -id, 'ü''' FROM sales WHERE region = 'EU'",
      "INSERT INTO kept SELECT storeid, region, code, id, price, note FROM sales WHERE region = 'nowhere'",
      'DELETE FROM kept WHERE id % 2 = 0 OR note IS NULL AND price > 10',
      'DELETE FROM kept USING sales s WHERE s.storeid = kept.storeid AND s.id = kept.id AND s.qty > 3',
      'DELETE FROM kept WHERE (storeid, code) IN (SELECT DISTINCT storeid, code FROM sales WHERE qty = 1)',
      'UPDATE kept SET note = upper(note), price = price * 2 WHERE id < 40',
      'UPDATE kept SET note = own.code FROM own WHERE own.storeid = kept.storeid AND own.code = kept.code AND own.n > 1',
      'DELETE FROM kept WHERE id > (SELECT max(id) - 4 FROM kept)',
      'DELETE FROM kept WHERE false',
    ]) {
      await same(sql);
      const { rows, agents } = await crossed();
      expect(rows, sql).toBeLessThanOrEqual(2 * agents);
      await same('SELECT * FROM kept');
      await same('SELECT region, count(*), sum(price) FROM kept GROUP BY region');
    }
  });

  test.each([
    [
      'INSERT INTO kept SELECT storeid + 1, region, code, id, price, note FROM sales',
      /another value than the label/,
    ],
    ["UPDATE kept SET region = 'US'", /another value than the label/],
    [
      'INSERT INTO kept (storeid, region, id) SELECT max(storeid), max(region), id FROM sales GROUP BY id',
      /gathered/,
    ],
    ['DELETE FROM kept USING sales s WHERE s.id = kept.id', /rows would be/],
  ])('is refused where a row would leave its shard: %s', async (sql, detail) => {
    await expect(world.skein.query(sql)).rejects.toMatchObject({
      code: '0A000',
      detail: expect.stringMatching(detail),
    });
    await same('SELECT * FROM kept');
  });

  test('rows of the proxy go to the shard that their labels name', async () => {
    const { rows } = await world.oracle.query('SELECT DISTINCT storeid, region FROM sales ORDER BY 1');
    const values = rows.map(
      ({ storeid, region }, index) =>
        `(${storeid}, ${region === null ? 'NULL' : `'${region}'`}, ${9000 + index}, 1.25, 'new')`,
    );
    await same(`INSERT INTO kept (storeid, region, id, price, note) VALUES ${values.join(', ')}`);
    await same('SELECT * FROM kept');
    await same(
      'SELECT s.storeid, count(*) FROM kept k JOIN sales s ON s.storeid = k.storeid GROUP BY s.storeid',
    );
    await world.skein.query("SET skein.materialize = 'warehouse'");
    await same(
      `CREATE TABLE seed AS SELECT * FROM (VALUES (${rows[0].storeid}, '${rows[0].region}', 1)) v(storeid, region, id)`,
    );
    await world.skein.query("SET skein.materialize = 'agents'");
    await same('INSERT INTO kept (storeid, region, id) SELECT * FROM seed');
    await same('SELECT * FROM kept');
    await expect(
      world.skein.query("INSERT INTO kept (storeid, region, id) VALUES (1, 'Mars', 1)"),
    ).rejects.toMatchObject({ code: '23514', message: 'no shard of relation "kept" found for row' });
    expect(await told('INSERT INTO kept (storeid%VALUES%')).toEqual([
      { state: 'failed', rows: 0, error: expect.stringContaining('no shard') },
      { state: 'done', rows: values.length, error: null },
    ]);
    await same('SELECT * FROM kept');
  });

  test('reads what its transaction wrote, and is rolled back whole or to a savepoint', async () => {
    for (const sql of [
      'BEGIN',
      'DELETE FROM kept WHERE id < 0',
      'SELECT count(*) FROM kept',
      'SAVEPOINT a',
      'TRUNCATE kept',
      'SELECT count(*) FROM kept',
      'ROLLBACK TO a',
      'SELECT count(*) FROM kept',
      'INSERT INTO kept SELECT * FROM kept',
      'SELECT count(*) FROM kept',
      'ROLLBACK',
      'SELECT * FROM kept',
      'BEGIN',
      'DELETE FROM kept WHERE id = 9000',
      'ALTER TABLE kept RENAME TO renamed',
      'ALTER TABLE renamed RENAME COLUMN note TO remark',
      "ALTER TABLE renamed ALTER COLUMN remark SET DEFAULT 'none'",
      "COMMENT ON COLUMN renamed.remark IS 'remarks'",
      'INSERT INTO renamed SELECT * FROM renamed WHERE price > 5',
      'INSERT INTO renamed (storeid, region, id) SELECT storeid, region, id FROM renamed WHERE id < 20',
      'COMMIT',
      'SELECT * FROM renamed',
      "UPDATE renamed SET remark = 'é' WHERE id > 100",
      'SELECT remark, count(*) FROM renamed GROUP BY remark',
    ]) {
      await same(sql);
    }
  });
});

test('two transactions that change one table: at REPEATABLE READ the second must try again', async () => {
  await same('CREATE TABLE shared AS SELECT storeid, region, id, qty FROM sales');
  const { host, port, user = '', database = '' } = world.skein;
  const other = new pg.Client({ host, port, user, database });
  await other.connect();
  try {
    await other.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await other.query("SET skein.materialize = 'warehouse'");
    await other.query('CREATE TABLE aside AS SELECT id FROM shared');
    await same('UPDATE shared SET qty = 0 WHERE id < 9');
    await expect(other.query('DELETE FROM shared WHERE id < 20')).rejects.toMatchObject({ code: '40001' });
    await other.query('ROLLBACK');
    await other.query('DELETE FROM shared WHERE id < 20');
    await world.oracle.query('DELETE FROM shared WHERE id < 20');
    await same('SELECT * FROM shared');
  } finally {
    await other.end();
  }
});

test('thousands of rows of VALUES are routed, too', async () => {
  const { rows } = await world.oracle.query(
    'SELECT DISTINCT storeid, region FROM sales WHERE region IS NOT NULL',
  );
  const values = Array.from({ length: 3000 }, (_, i) => {
    const { storeid, region } = rows[i % rows.length];
    return `(${storeid}, '${region}', ${-i}, ${i % 7})`;
  });
  await same(`INSERT INTO shared VALUES ${values.join(', ')}`);
  await same('SELECT storeid, region, count(*), sum(id), sum(qty) FROM shared GROUP BY 1, 2');
});

test('rows of COPY are routed, and one of no shard takes them all back', async () => {
  const { rows } = await world.oracle.query(
    'SELECT DISTINCT storeid, region FROM sales WHERE region IS NOT NULL',
  );
  const lines = Array.from({ length: 500 }, (_, i) => {
    const { storeid, region } = rows[i % rows.length];
    return `${storeid},${region},${-10_000 - i},${i % 7}\n`;
  });
  const copied = async (client: pg.Client, text: readonly string[]): Promise<number | null> => {
    const stream = client.query(copyFrom('COPY shared (storeid, region, id, qty) FROM STDIN (FORMAT csv)'));
    await pipeline(Readable.from(text), stream);
    return stream.rowCount;
  };
  expect(await copied(world.skein, lines)).toBe(500);
  expect(await copied(world.oracle, lines)).toBe(500);
  await expect(copied(world.skein, [...lines, '1,Mars,1,1\n'])).rejects.toMatchObject({ code: '23514' });
  await same('SELECT storeid, region, count(*), sum(id), sum(qty) FROM shared GROUP BY 1, 2');
});

describe('where a new table’s rows go', () => {
  test('a temporary table is made in place too, and what dbt does with it moves no row', async () => {
    for (const sql of [
      'CREATE TABLE facts AS SELECT storeid, region, code, count(*) AS n FROM sales WHERE id < 30 GROUP BY 1, 2, 3',
      'BEGIN',
      'CREATE TEMPORARY TABLE "facts__dbt_tmp1" AS (SELECT storeid, region, code, count(*) AS n FROM sales WHERE id > 20 GROUP BY 1, 2, 3)',
      'SELECT * FROM facts__dbt_tmp1',
      `DELETE FROM "public"."facts" AS DBT_INTERNAL_DEST WHERE (storeid, code) IN (
         SELECT DISTINCT storeid, code FROM "facts__dbt_tmp1" AS DBT_INTERNAL_SOURCE)`,
      'INSERT INTO "public"."facts" ("storeid", "region", "code", "n") (SELECT "storeid", "region", "code", "n" FROM "facts__dbt_tmp1")',
      'COMMIT',
      'SELECT * FROM facts',
      'DELETE FROM facts__dbt_tmp1 WHERE n > 1',
      'SELECT count(*) FROM facts__dbt_tmp1',
      'DELETE FROM facts USING facts__dbt_tmp1 AS t WHERE t.storeid = facts.storeid AND t.code = facts.code',
      'SELECT * FROM facts',
      'DROP TABLE facts__dbt_tmp1',
      'SELECT * FROM facts__dbt_tmp1',
    ]) {
      await same(sql);
      if (/^(CREATE|DELETE|INSERT)/.test(sql)) {
        const { rows, agents } = await crossed();
        expect(rows, sql).toBe(agents);
      }
    }
  });

  test('WITH NO DATA, and WITH (materialize = …), whatever the setting says', async () => {
    await same('CREATE TABLE bare AS SELECT storeid, note FROM sales WITH NO DATA');
    await same('SELECT * FROM bare');
    await same('INSERT INTO bare SELECT storeid, note FROM sales WHERE id < 9');
    await same('SELECT * FROM bare');
    const places = async () => {
      const { rows } = await world.skein.query(
        "SELECT table_name || ' ' || kind AS place FROM skein.tables WHERE table_name ~ '^(bare|here|there)' GROUP BY 1 ORDER BY 1",
      );
      return rows.map(({ place }) => place);
    };
    await world.skein.query(
      "CREATE TABLE here WITH (fillfactor = 70, materialize = 'warehouse') AS SELECT storeid FROM sales",
    );
    await world.skein.query("SET skein.materialize = 'warehouse'");
    await world.skein.query(
      'CREATE TABLE there WITH (materialize = agents) AS SELECT storeid, id FROM sales',
    );
    await world.skein.query(
      "CREATE TEMP TABLE there2 (a, b) WITH (materialize = 'agents', fillfactor=70) AS SELECT storeid, id FROM sales",
    );
    await world.skein.query("SET skein.materialize = 'agents'");
    expect(await places()).toEqual(['bare in place', 'here warehouse', 'there in place', 'there2 in place']);
    const { rows } = await world.skein.query(
      'SELECT count(*)::int AS n FROM there2 JOIN there ON a = storeid AND b = id',
    );
    expect(rows[0].n).toBe(60);
    await expect(
      world.skein.query("CREATE TABLE no WITH (materialize = 'moon') AS SELECT 1"),
    ).rejects.toMatchObject({ code: '22023' });
    await expect(
      world.skein.query("CREATE TABLE no (a int) WITH (materialize = 'agents')"),
    ).rejects.toMatchObject({ code: '0A000' });
  });
});
