import { connect as connectSocket } from 'node:net';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startProxy, type TestAgent, type TestProxy } from './session-proxy.ts';

/** A whole proxy with three agents, as node-postgres sees it. */
let proxy: TestProxy;
let client: pg.Client;

const COUNTRIES = ['FR', 'DE', 'US'];

function sales(from: number, count: number): string {
  const lines = Array.from({ length: count }, (_, i) => {
    const day = String((i % 28) + 1).padStart(2, '0');
    return `${from + i},${i % 7},${(i % 10) + 0.25},${COUNTRIES[i % 3]},2024-01-${day} 10:00:00`;
  });
  return `Invoice,Quantity,Price,Country,At\n${lines.join('\n')}\n`;
}

const agent = (id: string, storeid: string, region: string, from: number, count: number): TestAgent => ({
  id,
  labels: { storeid, region },
  files: { 'sales.csv': sales(from, count), 'stores.csv': 'id,city\n1,Paris\n2,Toronto\n3,Berlin\n' },
  replicated: ['stores'],
});

beforeAll(async () => {
  proxy = await startProxy([
    agent('paris', '1', 'EU', 1000, 300),
    agent('toronto', '2', 'NA', 2000, 200),
    agent('berlin', '3', 'EU', 3000, 5000),
  ]);
  client = await proxy.client();
});
afterAll(async () => {
  await client.end();
  expect(proxy.bugs).toEqual([]);
  await proxy.close();
});

async function rows(sql: string, values?: unknown[], from = client): Promise<unknown[][]> {
  const query = { text: sql, rowMode: 'array' as const, ...(values === undefined ? {} : { values }) };
  return (await from.query<unknown[]>(query)).rows;
}

async function failure(work: Promise<unknown>): Promise<pg.DatabaseError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

async function withClient<T>(work: (other: pg.Client) => Promise<T>): Promise<T> {
  const other = await proxy.client();
  other.on('error', () => undefined);
  try {
    return await work(other);
  } finally {
    await other.end();
  }
}

describe('queries', () => {
  it('over all agents, one, and none', async () => {
    expect(await rows('SELECT count(*) FROM sales')).toEqual([['5500']]);
    expect(await rows('SELECT region, count(*) FROM sales GROUP BY region ORDER BY region')).toEqual([
      ['EU', '5300'],
      ['NA', '200'],
    ]);
    expect(await rows('SELECT count(*) FROM sales WHERE storeid = 2')).toEqual([['200']]);
    expect(await rows('SELECT count(*), max("Price") FROM sales WHERE region = \'nowhere\'')).toEqual([
      ['0', null],
    ]);
  });

  it('ask only the agents that the labels select', async () => {
    await rows("SELECT count(*) FROM sales WHERE region = 'NA'");
    const asked = await rows(
      'SELECT t.agent, t.rows FROM skein.query_tasks t JOIN skein.last_query q ON q.query_id = t.query_id',
    );
    expect(asked).toEqual([['toronto', '1']]);
  });

  it('join replicated tables', async () => {
    const sql =
      'SELECT city, count(*) FROM sales JOIN stores ON id = storeid GROUP BY city ORDER BY count(*), city';
    expect(await rows(sql)).toEqual([
      ['Toronto', '200'],
      ['Paris', '300'],
      ['Berlin', '5000'],
    ]);
  });

  it('give rows as they come', async () => {
    expect((await rows('SELECT * FROM sales')).length).toBe(5500);
    expect(await rows('SELECT "Invoice" FROM sales ORDER BY "Invoice" LIMIT 2 OFFSET 299')).toEqual([
      ['1299'],
      ['2000'],
    ]);
  });

  it('say what a statement is refused for', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ['SELECT ctid FROM sales', '0A000'],
      ['SELECT * FROM sales FOR UPDATE', '0A000'],
      ['SELECT * FROM sales SEMI JOIN stores ON true', '0A000'],
      ['INSERT INTO sales DEFAULT VALUES', '0A000'],
      ['CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$SELECT 1$$', '0A000'],
      ['CREATE TABLE x (a int GENERATED ALWAYS AS IDENTITY)', '0A000'],
      ['COPY sales FROM STDIN', '0A000'],
      ['SELECT * FROM sales, pg_class', '0A000'],
      ['BEGIN READ ONLY; CREATE TABLE x (a int)', '25006'],
    ];
    for (const [sql, code] of cases) {
      await withClient(async (other) => expect((await failure(other.query(sql))).code).toBe(code));
    }
  });

  it('hint at columns whose case differs', async () => {
    const error = await failure(client.query('SELECT invoice FROM sales'));
    expect([error.code, error.hint, error.position]).toEqual([
      '42703',
      'Perhaps you meant to reference the column "sales.Invoice".',
      '8',
    ]);
  });
});

describe('parameters', () => {
  it.each<[string, unknown[], unknown[][]]>([
    ['SELECT count(*) FROM sales WHERE storeid = $1', [2], [['200']]],
    ['SELECT count(*) FROM sales WHERE "Country" = $1 AND storeid = $2', ['FR', '2'], [['67']]],
    ['SELECT count(*) FROM sales WHERE storeid = ANY($1)', [[1, 2]], [['500']]],
    ['SELECT count(*) FROM sales WHERE region = ANY($1::text[])', [['NA', 'a"b', null]], [['200']]],
    ['SELECT count(*) FROM sales WHERE "At" >= $1 AND storeid = 1', ['28 Jan 2024'], [['10']]],
    ['SELECT count(*) FROM sales WHERE "Price" > $1', [null], [['0']]],
    ['SELECT count(*) FROM sales WHERE "Price" > $1 AND storeid = 1', [' 9.0 '], [['30']]],
    ['SELECT "Invoice" FROM sales ORDER BY 1 LIMIT $1 OFFSET $2', [1, 3], [['1003']]],
    ['SELECT relname FROM pg_class WHERE oid = $1::regclass', ['pg_type'], [['pg_type']]],
  ])('%s with %j', async (sql, values, expected) => {
    expect(await rows(sql, values)).toEqual(expected);
  });

  it('are read by the rules of PostgreSQL', async () => {
    const date = await failure(client.query('SELECT 1 FROM sales WHERE "At" >= $1', ['2024-13-28']));
    expect([date.code, date.message]).toEqual(['22008', 'date/time field value out of range: "2024-13-28"']);
    const number = await failure(client.query('SELECT 1 FROM sales WHERE storeid = $1', ['x']));
    expect([number.code, number.message]).toEqual(['22P02', 'invalid input syntax for type integer: "x"']);
    const range = await failure(client.query('SELECT 1 FROM sales WHERE storeid = $1', ['3000000000']));
    expect([range.code, range.message]).toEqual([
      '22003',
      'value "3000000000" is out of range for type integer',
    ]);
  });

  it('do not exist in the simple protocol', async () => {
    const error = await failure(client.query('SELECT $1'));
    expect([error.code, error.message, error.position]).toEqual(['42P02', 'there is no parameter $1', '8']);
  });

  it('of a named statement change from run to run', async () => {
    const query = (value: number) =>
      client.query({
        name: 'by-store',
        text: 'SELECT count(*) AS n FROM sales WHERE storeid = $1',
        values: [value],
      });
    expect([(await query(1)).rows, (await query(2)).rows]).toEqual([[{ n: '300' }], [{ n: '200' }]]);
  });

  it('and rows may be binary', async () => {
    const types = { getTypeParser: () => (text: string) => text };
    const binary = await proxy.client({ binary: true, types } as pg.ClientConfig);
    const word = (value: number) => String.fromCharCode(0, 0, 0, value);
    const sql = 'SELECT storeid, region FROM sales WHERE storeid = $1 LIMIT 1';
    expect(await rows(sql, [2], binary)).toEqual([[word(2), 'NA']]);
    expect(await rows('SELECT $1::int4, relname FROM pg_class WHERE oid = 1247', [5], binary)).toEqual([
      [word(5), 'pg_type'],
    ]);
    await binary.end();
  });
});

describe('settings that form texts', () => {
  it.each([
    ['DateStyle', 'SQL, DMY', `"At"::text`, '"At"', '01/01/2024 10:00:00'],
    [
      'IntervalStyle',
      'iso_8601',
      `('1 day'::interval * "Quantity")::text`,
      `'1 day'::interval * "Quantity"`,
      'P6D',
    ],
    ['extra_float_digits', '0', `('x' || 0.1::float8 * "Quantity")`, '0.1::float8 * "Quantity"', '0.6'],
  ])(
    '%s: results follow it, texts inside a query are refused',
    async (setting, value, inside, outside, text) => {
      await withClient(async (other) => {
        const of = (expression: string) =>
          `SELECT ${expression} AS v FROM sales WHERE "Invoice" IN (1000, 1006) ORDER BY "Invoice"`;
        expect(await rows(of(inside), undefined, other)).toHaveLength(2);
        await other.query(`SET ${setting} = '${value}'`);
        const error = await failure(other.query(of(inside)));
        expect(error.code).toBe('0A000');
        expect(error.message).toContain(`while ${setting} is ${value} is not supported`);
        const types = { getTypeParser: () => (raw: string) => raw };
        const { rows: found } = await other.query<{ v: string }>({ text: of(outside), types });
        expect(found.map(({ v }) => v)).toContain(text);
      });
    },
  );
});

describe('portals', () => {
  it('are read in steps, without loss', async () => {
    await withClient(async (other) => {
      const cursor = other.query(
        new Cursor('SELECT "Invoice" FROM sales WHERE region = $1 ORDER BY 1', ['EU'], { rowMode: 'array' }),
      );
      const sizes: number[] = [];
      const all: unknown[] = [];
      for (const step of [3, 4997, 300, 100]) {
        const read: unknown[][] = await cursor.read(step);
        sizes.push(read.length);
        all.push(...read.flat());
      }
      await cursor.close();
      expect(sizes).toEqual([3, 4997, 300, 0]);
      expect(new Set(all).size).toBe(5300);
    });
  });

  it('closed early leave nothing running', async () => {
    await withClient(async (other) => {
      const cursor = other.query(new Cursor('SELECT * FROM sales'));
      await cursor.read(1);
      await cursor.close();
      expect(await rows('SELECT 1', undefined, other)).toEqual([[1]]);
      expect(await rows("SELECT state FROM skein.queries WHERE state = 'running'")).toEqual([]);
    });
  });

  it('SQL cursors take parameters and outlive nothing but the transaction', async () => {
    await withClient(async (other) => {
      await other.query('BEGIN');
      await other.query(
        'DECLARE c CURSOR FOR SELECT "Invoice" FROM sales WHERE storeid = $1 ORDER BY 1',
        [2],
      );
      expect(await rows('FETCH 2 FROM c', undefined, other)).toEqual([['2000'], ['2001']]);
      expect((await other.query('MOVE 10 IN c')).rowCount).toBe(10);
      expect(await rows('FETCH FORWARD 1 FROM c', [], other)).toEqual([['2012']]);
      await other.query('COMMIT');
      expect((await failure(other.query('FETCH c'))).code).toBe('34000');
    });
  });

  it('WITH HOLD outlives it', async () => {
    await withClient(async (other) => {
      await other.query(
        'BEGIN; DECLARE h CURSOR WITH HOLD FOR SELECT "Invoice" FROM sales ORDER BY 1; COMMIT',
      );
      expect(await rows('FETCH 1 FROM h', undefined, other)).toEqual([['1000']]);
      await other.query('BEGIN; ROLLBACK');
      expect(await rows('FETCH 1 FROM h', undefined, other)).toEqual([['1001']]);
    });
  });
});

describe('transactions', () => {
  it('fail in the extended protocol as in the simple one', async () => {
    await withClient(async (other) => {
      await other.query('BEGIN', []);
      expect((await failure(other.query('SELECT nope FROM sales', []))).code).toBe('42703');
      expect((await failure(other.query('SELECT count(*) FROM sales', []))).code).toBe('25P02');
      expect((await other.query('COMMIT', [])).command).toBe('ROLLBACK');
      expect((await other.query('SELECT 1', [])).rowCount).toBe(1);
    });
  });

  it('see one now(), in catalogs and over tables', async () => {
    await withClient(async (other) => {
      await other.query('BEGIN');
      const [[catalog]] = (await rows('SELECT now()::text', undefined, other)) as [[string]];
      const [[keyword]] = (await rows('SELECT current_timestamp::text', undefined, other)) as [[string]];
      const [[table]] = (await rows('SELECT max(now())::text FROM sales', undefined, other)) as [[string]];
      expect([keyword, table]).toEqual([catalog, catalog]);
      await other.query('COMMIT');
    });
  });
});

describe('cancelling', () => {
  const running = 'SELECT count(*) FROM sales a, sales b, sales c WHERE a."Price" + b."Price" > c."Price"';

  it('by statement_timeout', async () => {
    await withClient(async (other) => {
      await other.query('SET statement_timeout = 100');
      for (const sql of ['SELECT pg_sleep(10)', running]) {
        const error = await failure(other.query(sql));
        expect([error.code, error.message]).toEqual([
          '57014',
          'canceling statement due to statement timeout',
        ]);
      }
      await other.query('RESET statement_timeout');
      expect(await rows('SELECT count(*) FROM stores', undefined, other)).toEqual([['3']]);
    });
  });

  it('by pg_cancel_backend', async () => {
    await withClient(async (other) => {
      const [[pid]] = (await rows('SELECT pg_backend_pid()', undefined, other)) as [[number]];
      const work = failure(other.query(running));
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await rows(`SELECT pg_cancel_backend(${pid})`)).toEqual([[true]]);
      expect((await work).message).toBe('canceling statement due to user request');
      expect(await rows('SELECT 1', undefined, other)).toEqual([[1]]);
    });
  });

  it('by CancelRequest', async () => {
    await withClient(async (other) => {
      const { processID, secretKey } = other as unknown as { processID: number; secretKey: number };
      const work = failure(other.query(running));
      await new Promise((resolve) => setTimeout(resolve, 100));
      const request = Buffer.alloc(16);
      const words = [16, 80877102, processID, secretKey];
      for (const [index, word] of words.entries()) request.writeInt32BE(word, index * 4);
      connectSocket(proxy.port, '127.0.0.1').end(request);
      expect((await work).code).toBe('57014');
    });
  });

  it('ends sessions that others choose from pg_stat_activity', async () => {
    await withClient(async (other) => {
      await other.query("SET application_name = 'victim'");
      const ended = new Promise((resolve) => other.once('end', resolve));
      const sql =
        "SELECT pg_terminate_backend(pid), application_name FROM pg_stat_activity WHERE application_name = 'victim'";
      expect(await rows(sql)).toEqual([[true, 'victim']]);
      await ended;
    });
  });

  it('by idle_in_transaction_session_timeout', async () => {
    await withClient(async (other) => {
      const error = new Promise<pg.DatabaseError>((resolve) => other.once('error', resolve));
      await other.query('SET idle_in_transaction_session_timeout = 50; BEGIN');
      expect((await error).code).toBe('25P03');
    });
  });
});

describe('missing agents', () => {
  const asked = 'SELECT count(*) FROM sales';

  it('fail a query by name, unless it may be partial or wait', async () => {
    await withClient(async (other) => {
      const notices: string[] = [];
      other.on('notice', (notice) => notices.push(`${notice.severity} ${notice.message} ${notice.detail}`));
      proxy.disconnect('toronto');
      const error = await failure(other.query(asked));
      expect(error.code).toBe('58000');
      expect(error.detail).toContain('agent "toronto" (storeid=2, region=NA)');
      expect(await rows("SELECT count(*) FROM sales WHERE region = 'EU'", undefined, other)).toEqual([
        ['5300'],
      ]);

      await other.query("SET skein.on_missing_agent = 'partial'");
      expect(await rows(asked, undefined, other)).toEqual([['5300']]);
      expect(notices.length).toBe(1);
      expect(notices[0]).toContain('toronto');
      expect(await rows('SELECT sql, missing_agents, rows FROM skein.last_query', undefined, other)).toEqual([
        [asked, ['toronto'], '1'],
      ]);
      expect(
        await rows("SELECT state, reason IS NOT NULL FROM skein.agents WHERE agent = 'toronto'"),
      ).toEqual([['absent', true]]);

      await other.query("SET skein.on_missing_agent = 'wait'; SET skein.missing_agent_timeout = '10s'");
      const waiting = rows(asked, undefined, other);
      await proxy.connect('toronto');
      expect(await waiting).toEqual([['5500']]);
    });
  });
});

describe('skein.gather_limit', () => {
  it('refuses before anything moves, and EXPLAIN shows why', async () => {
    await withClient(async (other) => {
      await other.query("SET skein.gather_limit = '1kB'");
      const sql = 'SELECT a."Invoice" FROM sales a JOIN sales b ON a."Price" = b."Price" AND a."At" = b."At"';
      const error = await failure(other.query(sql));
      expect([error.code, error.message]).toEqual([
        '54000',
        'the query would gather more than skein.gather_limit allows',
      ]);
      expect(error.detail).toContain('the limit is 1024 bytes');
      expect((await rows(`EXPLAIN ${sql}`, undefined, other)).flat().join('\n')).toContain('Gather');
      expect((await rows('SELECT * FROM sales', undefined, other)).length).toBe(5500);
    });
  });
});

it('a long INSERT is analysed once; after a definition, again', async () => {
  await withClient(async (other) => {
    await other.query('CREATE TABLE long (id int, name text)');
    const list = Array.from({ length: 3000 }, (_, i) => `(${i}, 'n${i}')`).join(',');
    const analyze = vi.spyOn(proxy.catalog, 'analyze');
    try {
      await other.query(`INSERT INTO long VALUES ${list}`);
      expect(analyze).toHaveBeenCalledTimes(1);
      await other.query({ text: `INSERT INTO long (id, name) VALUES ${list}`, values: [] });
      expect(analyze).toHaveBeenCalledTimes(2);
      await other.query({ name: 'l', text: `INSERT INTO long VALUES  ${list}` });
      await other.query('ALTER TABLE long ALTER COLUMN id TYPE bigint');
      await other.query({ name: 'l', text: `INSERT INTO long VALUES  ${list}` });
    } finally {
      analyze.mockRestore();
    }
    expect(await rows('SELECT count(*)::int, sum(id)::int FROM long', [], other)).toEqual([
      [12_000, 4 * 4_498_500],
    ]);
    await other.query('DROP TABLE long');
  });
});

it('skein.queries has a CREATE TABLE AS as it was sent', async () => {
  await withClient(async (other) => {
    const recorded = async () =>
      (await rows("SELECT sql FROM skein.queries WHERE sql LIKE '%sent_as%' ORDER BY started_at", [], other))
        .flat()
        .filter((sql) => !String(sql).includes('LIKE'));
    const sent = [
      '/* {"app": "dbt"} */\ncreate table sent_as as (\n  select "Invoice" from sales where storeid = 1 -- Paris\n)',
      'create temp table sent_as_two as select count(*), current_user as u from sales where "Price" > $1',
      'select region into sent_as_three from sales group by 1',
    ];
    await other.query(sent[0] as string);
    await other.query(sent[1] as string, [1]);
    await other.query(sent[2] as string);
    expect(await recorded()).toEqual(sent);
    await other.query('DROP TABLE sent_as, sent_as_two, sent_as_three');
  });
});

describe('EXPLAIN of a statement that writes', () => {
  const explained = async (sql: string, from: pg.Client, values?: unknown[]) =>
    (await rows(sql, values, from)).flat().join('\n');

  it('shows what is written, where, and the plan of its source; ANALYZE writes', async () => {
    await withClient(async (other) => {
      await other.query('CREATE TABLE made (id int PRIMARY KEY, n int)');
      const count = async () => (await rows('SELECT count(*)::int FROM made', undefined, other))[0]?.[0];
      const insert = 'INSERT INTO made SELECT "Invoice", "Quantity" FROM sales WHERE region = \'NA\'';
      const text = await explained(`EXPLAIN ${insert}`, other);
      expect(text).toMatch(
        /^Insert on public\.made {2}\(cost=[\d.]+ rows=0 width=0\)\n {2}Target: the warehouse\n {2}-> {2}Stream/,
      );
      expect(text).toMatch(/^ {8}-> {2}Gather g1/m);
      expect(text).toMatch(/^ {14}Target: 1 shard: toronto$/m);
      expect(text).toContain('Shards: 1 of 3 shards');
      expect(await count()).toBe(0);
      await other.query('BEGIN');
      const actual = await explained(`EXPLAIN ANALYZE ${insert} RETURNING id`, other);
      expect(actual).toMatch(/^Insert on public\.made .*\(actual rows=200\)$/m);
      expect(actual).toMatch(/Agent toronto: rows=200 /);
      expect(await count()).toBe(200);
      await other.query('ROLLBACK');
      expect(await count()).toBe(0);
      await other.query(`EXPLAIN (ANALYZE, COSTS OFF) ${insert}`);
      expect(await count()).toBe(200);
      const update = 'UPDATE made SET n = $1 WHERE id < $2';
      expect(await explained(`EXPLAIN ANALYZE ${update}`, other, [7, 2010])).toMatch(
        /^Update .*actual rows=10/,
      );
      expect(await rows('SELECT count(*)::int FROM made WHERE id < 2010 AND n = 7', [], other)).toEqual([
        [10],
      ]);
      await other.query('PREPARE d (int) AS DELETE FROM made WHERE id = $1');
      expect(await explained('EXPLAIN EXECUTE d (2000)', other)).toMatch(/^Delete on public\.made/);
      expect(await count()).toBe(200);
      const [[json]] = (await rows('EXPLAIN (FORMAT JSON, ANALYZE) EXECUTE d (2000)', [], other)) as [
        [[{ Plan: object }]],
      ];
      expect(json[0].Plan).toMatchObject({
        'Node Type': 'ModifyTable',
        Operation: 'Delete',
        'Relation Name': 'made',
        'Actual Rows': 1,
        Target: 'warehouse',
        Plans: [{ 'Plan Rows': 1 }],
      });
      expect(await count()).toBe(199);
      const merge =
        'MERGE INTO made m USING stores s ON m.id = s.id WHEN NOT MATCHED THEN INSERT VALUES (s.id, 0)';
      expect(await explained(`EXPLAIN ${merge}`, other)).toMatch(/^Merge on public\.made/);
      await other.query('DROP TABLE made');
    });
  });

  it('CREATE TABLE AS: a table is made by ANALYZE only, and errors are as of the statement', async () => {
    await withClient(async (other) => {
      const create =
        'CREATE TABLE by_region AS SELECT region, count(*) FROM sales WHERE "Invoice" > $1 GROUP BY region';
      const text = await explained(`EXPLAIN ${create}`, other, [0]);
      expect(text).toMatch(/^Create Table on public\.by_region .*\n {2}Target: the warehouse\n {2}-> {2}/);
      expect((await failure(other.query('TABLE by_region'))).code).toBe('42P01');
      expect(await explained(`EXPLAIN ANALYZE ${create}`, other, [0])).toMatch(/actual rows=2/);
      expect(await rows('SELECT count(*)::int FROM by_region', [], other)).toEqual([[2]]);
      const again = 'EXPLAIN ANALYZE CREATE TABLE IF NOT EXISTS by_region AS SELECT 1';
      expect(await rows(again, undefined, other)).toEqual([]);
      expect(await failure(other.query('EXPLAIN CREATE TABLE by_region AS SELECT 1'))).toMatchObject({
        code: '42P07',
      });
      expect(await failure(other.query('EXPLAIN INSERT INTO by_region VALUES (1, nosuch)'))).toMatchObject({
        code: '42703',
        position: '42',
      });
      expect((await failure(other.query('EXPLAIN UPDATE sales SET "Price" = 0'))).code).toBe('0A000');
      await other.query('BEGIN READ ONLY');
      expect(await explained('EXPLAIN DELETE FROM by_region', other)).toMatch(/^Delete/);
      expect((await failure(other.query('EXPLAIN ANALYZE DELETE FROM by_region'))).code).toBe('25006');
      await other.query('ROLLBACK');
      await other.query('DROP TABLE by_region');
    });
  });
});

describe('EXPLAIN', () => {
  it('shows what moves, and what moved', async () => {
    const plan = (await rows('EXPLAIN SELECT avg("Price") FROM sales WHERE region = \'EU\''))
      .flat()
      .join('\n');
    expect(plan).toMatch(/cost=\d/);
    expect(plan).toContain('pruned toronto');
    expect(plan).toContain('Agent SQL');
    const actual = (await rows('EXPLAIN ANALYZE SELECT count(*) FROM sales')).flat().join('\n');
    expect(actual).toMatch(/Agent berlin: rows=1/);
  });

  it('as JSON, and of prepared statements', async () => {
    const [[json]] = (await rows('EXPLAIN (FORMAT JSON) SELECT * FROM sales')) as [[[{ Plan: object }]]];
    expect(json[0].Plan).toMatchObject({ 'Node Type': 'Stream' });
    await withClient(async (other) => {
      await other.query('PREPARE p(int) AS SELECT count(*) FROM sales WHERE storeid = $1');
      const lines = (await rows('EXPLAIN EXECUTE p(1)', undefined, other)).flat().join('\n');
      expect(lines).toContain('1 of 3 shards of sales (paris)');
    });
  });
});

describe('clients', () => {
  it('connect with settings and only to this database', async () => {
    const paris = await proxy.client({
      options: '-c TimeZone=Europe/Paris -c search_path=a,\\ b',
    } as pg.ClientConfig);
    expect(await rows('SHOW timezone', undefined, paris)).toEqual([['Europe/Paris']]);
    expect(await rows('SHOW search_path', undefined, paris)).toEqual([['a, b']]);
    await paris.end();
    const error = await failure(proxy.client({ database: 'nope' }));
    expect([error.code, error.message]).toEqual(['3D000', 'database "nope" does not exist']);
  });

  it('keep their settings, statements and last query to themselves', async () => {
    await withClient(async (one) => {
      await one.query("SET application_name = 'one'; PREPARE mine AS SELECT 1");
      await one.query('SELECT count(*) FROM stores');
      await withClient(async (two) => {
        expect(await rows('SHOW application_name', undefined, two)).toEqual([['']]);
        expect((await failure(two.query('EXECUTE mine'))).code).toBe('26000');
        expect(await rows('SELECT sql FROM skein.last_query', undefined, two)).toEqual([]);
      });
      expect(await rows('SELECT sql FROM skein.last_query', undefined, one)).toEqual([
        ['SELECT count(*) FROM stores'],
      ]);
    });
  });

  it('see themselves in the views about sessions', async () => {
    await withClient(async (other) => {
      await other.query(
        "SET application_name = 'me'; SET work_mem = '1MB'; SET skein.on_missing_agent = 'wait'",
      );
      await other.query('SET ROLE ann; PREPARE p(int, text) AS SELECT $1 AS a');
      const settings =
        "SELECT name, setting, unit, source FROM pg_settings WHERE name IN ('work_mem', 'skein.on_missing_agent', 'block_size') ORDER BY 1";
      expect(await rows(settings, undefined, other)).toEqual([
        ['block_size', '8192', null, 'default'],
        ['skein.on_missing_agent', 'wait', null, 'session'],
        ['work_mem', '1024', 'kB', 'session'],
      ]);
      const statements =
        'SELECT name, statement, parameter_types::text, result_types::text, from_sql FROM pg_prepared_statements';
      expect(await rows(statements, undefined, other)).toEqual([
        ['p', 'SET ROLE ann; PREPARE p(int, text) AS SELECT $1 AS a', '{integer,text}', '{integer}', true],
      ]);
      await other.query('BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 1');
      const cursors = "SELECT name, statement, is_holdable FROM pg_catalog.pg_cursors WHERE name <> ''";
      expect(await rows(cursors, undefined, other)).toEqual([
        ['c', 'BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 1', true],
      ]);
      const activity =
        "SELECT usename, datname, state, backend_type FROM pg_stat_activity a WHERE a.application_name = 'me'";
      expect(await rows(activity)).toEqual([['ann', 'skein', 'idle in transaction', 'client backend']]);
    });
  });

  it('take parameters that nothing but functions of the server reads', async () => {
    await withClient(async (other) => {
      await other.query('CREATE TEMP TABLE noted (setting text, n int)');
      const insert = 'INSERT INTO noted VALUES (current_setting($1), $2) RETURNING *';
      expect(await rows(insert, ['TimeZone', 5], other)).toEqual([['UTC', 5]]);
    });
  });

  it('run what pools and tools send between uses', async () => {
    await withClient(async (other) => {
      await other.query('SELECT pg_advisory_unlock_all();\nCLOSE ALL;\nUNLISTEN *;\nRESET ALL;');
      await other.query(
        'SET SESSION AUTHORIZATION DEFAULT;RESET ALL;CLOSE ALL;UNLISTEN *;DISCARD SEQUENCES;DISCARD TEMP',
      );
      await other.query("SET DateStyle = 'ISO';SET extra_float_digits = 2;show transaction_isolation");
      await other.query('DISCARD ALL');
      expect((await other.query('')).rows).toEqual([]);
      expect(
        await rows("SELECT current_setting('server_version_num')::int/100 AS version", undefined, other),
      ).toEqual([[1800]]);
    });
  });
});
