import pg from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import type { Target } from '../support/postgres.ts';
import { outcome, startTargets, told, withClient } from './drivers-fixture.ts';

/** Drivers from npm with their own settings: what a program sees is what it sees with PostgreSQL 18. */

const targets = startTargets();
const { same } = targets;

/** A parameter, what it is compared or passed through as, and the driver's value for it. */
const PARAMETERS: readonly (readonly [type: string, value: unknown])[] = [
  ['int2', -32768],
  ['int4', 2147483647],
  ['int8', '9223372036854775807'],
  ['numeric', '12345678901234567890.123456789'],
  ['numeric(10,2)', '-0.10'],
  ['float4', 1.5],
  ['float8', -1e-300],
  ['float8', 'Infinity'],
  ['float8', 'NaN'],
  ['text', 'it\'s é 🎉 \\ " end'],
  ['text', ''],
  ['varchar', 'x'],
  ['bool', true],
  ['date', '2024-02-29'],
  ['timestamp', '2024-02-29 12:34:56.789012'],
  ['timestamptz', '2024-02-29 12:34:56.789012+02'],
  ['time', '23:59:59.5'],
  ['interval', '1 year 2 days 03:04:05.5'],
  ['uuid', '00112233-4455-6677-8899-aabbccddeeff'],
  ['bytea', Buffer.from([0, 255, 39, 92])],
  ['json', '{"a": [1, null]}'],
  ['jsonb', '{"a": [1, null]}'],
  ['int4[]', [1, null, -3]],
  ['int8[]', ['9223372036854775807']],
  ['text[]', ['a"b', 'c,d', '', 'null', '\\', null]],
  ['text[]', []],
  ['float8[]', [1.5, null]],
  ['bool[]', [true, false]],
  ['date[]', ['2024-02-29']],
  ['timestamptz[]', ['2024-02-29 12:00:00+00']],
  ['numeric[]', ['1.50']],
  ['uuid[]', ['00112233-4455-6677-8899-aabbccddeeff']],
];

interface Answer {
  readonly rows: readonly unknown[];
  readonly command: string;
  readonly rowCount: number | null;
  readonly types: readonly string[];
}

/** The bytes as they came: node-postgres has no binary reading for most types, and a wrong one for NULLs in arrays. */
const RAW = { getTypeParser: () => (value: string | Buffer) => Buffer.from(value).toString('hex') };

describe.each([
  ['text', {}],
  ['binary', { binary: true, types: RAW }],
])('node-postgres, %s results', (_, config: pg.ClientConfig) => {
  const ask = (target: Target, text: string, values: readonly unknown[] = []): Promise<Answer> =>
    withClient(
      target,
      async (client) => {
        const { rows, fields, command, rowCount } = await client.query(text, [...values]);
        const types = fields.map((field) => `${field.name}:${field.dataTypeID}:${field.format}`);
        return { rows, command, rowCount, types };
      },
      config,
    );

  test.each(PARAMETERS)('a parameter of type %s: %j', async (type, value) => {
    await same((target) => ask(target, `SELECT $1::${type} AS v, $2::${type} AS n`, [value, null]));
  });

  test.each(PARAMETERS)('a parameter of type %s beside rows: %j', async (type, value) => {
    await same((target) =>
      ask(target, `SELECT id, $1::${type} AS v FROM sales WHERE id < 3 AND $2::${type} IS NULL ORDER BY id`, [
        value,
        null,
      ]),
    );
  });

  test('every column of a table', async () => {
    const { rows } = await same((target) =>
      ask(target, 'SELECT * FROM sales WHERE id >= $1 ORDER BY id', [0]),
    );
    expect(rows).toHaveLength(60);
  });

  test.each([
    ['region = ANY($1)', [['EU', 'nowhere', null]]],
    ['storeid = ANY($1)', [[1, 4]]],
    ['storeid = ANY($1::int[])', ['{2,3}']],
    ['storeid <> ALL($1)', [[1, 4]]],
    ['storeid = ANY($1)', [[]]],
    ['storeid = ANY($1)', [null]],
    ['qty = $1', [2]],
    ['qty = $1', [null]],
    ['price > $1', ['1.5']],
    ['price BETWEEN $1 AND $2', [-5, 20.25]],
    ['sold_at >= $1', ['2024-01-01']],
    ['sold_at >= $1', [new Date('2024-01-01T00:00:00Z')]],
    ['due = $1', ['2024-02-01']],
    ['note LIKE $1', ['%a%']],
    ['paid = $1', [true]],
    ['discount < $1', [0.5]],
    ['id IN ($1, $2, $3)', [1, 2, 3]],
    ['coalesce(note, $1) = $1', ['a']],
    ['(region, storeid) = ($1, $2)', ['EU', 1]],
    ['CASE WHEN $1 THEN paid ELSE NOT paid END', [true]],
  ])('WHERE %s with %j', async (condition, values) => {
    await same((target) =>
      ask(target, `SELECT id, region FROM sales WHERE ${condition} ORDER BY id`, values),
    );
  });

  test.each([
    ['LIMIT $1 OFFSET $2', [5, 3]],
    ['LIMIT $1', [null]],
  ])('%s', async (clause, values) => {
    await same((target) => ask(target, `SELECT id FROM sales ORDER BY id ${clause}`, values));
  });

  test.each([
    ['SELECT $1 + 1 AS a', ['x']],
    ['SELECT $1::date AS a', ['2024-02-30']],
    ['SELECT id FROM sales WHERE qty = $1', ['x']],
    ['SELECT $1::int4[] AS a', ['{1,']],
    ['SELECT id FROM sales WHERE id = $2', [1]],
    ['SELECT $1 FROM nosuch', [1]],
    ['SELECT 1; SELECT 2', [1]],
    ['SELECT id FROM sales LIMIT $1', [-1]],
  ])('the error of %s with %j', async (sql, values) => {
    const error = await same((target) => outcome(ask(target, sql, values)));
    expect(error).toHaveProperty('code');
  });
});

describe('node-postgres', () => {
  test('a pool under load', async () => {
    const sums = await same(async (target) => {
      const pool = new pg.Pool({ ...target, max: 4 });
      const asked = Array.from({ length: 40 }, (_, i) =>
        i % 10 === 9
          ? outcome(pool.query('SELECT 1 / (id - $1) FROM sales WHERE id = $1', [i]))
          : pool
              .query('SELECT sum(id) AS s, count(*) AS n FROM sales WHERE id % 7 = $1', [i % 7])
              .then((r) => r.rows),
      );
      const answers = await Promise.all(asked);
      await pool.end();
      return answers;
    });
    expect(sums).toHaveLength(40);
  });

  test('a pool whose client is released in a transaction, and destroyed', async () => {
    await same(async (target) => {
      const pool = new pg.Pool({ ...target, max: 1 });
      const client = await pool.connect();
      await client.query('BEGIN');
      client.release(true);
      const { rows } = await pool.query('SELECT count(*) FROM sales');
      await pool.end();
      return rows;
    });
  });

  test('named statements, again and again, with others between', async () => {
    await same((target) =>
      withClient(target, async (client) => {
        const byRegion = (region: string | null) =>
          client
            .query({
              name: 'by-region',
              text: 'SELECT count(*) FROM sales WHERE region = $1',
              values: [region],
            })
            .then((r) => r.rows);
        const answers = [await byRegion('EU'), await byRegion('NorthAmerica'), await byRegion(null)];
        answers.push((await client.query('SELECT count(*) FROM sales WHERE region = $1', ['EU'])).rows);
        answers.push(await byRegion('EU'));
        answers.push((await client.query('SELECT name, statement FROM pg_prepared_statements')).rows);
        await client.query('DEALLOCATE ALL');
        answers.push([await outcome(byRegion('EU'))]);
        return answers;
      }),
    );
  });

  test('a statement that fails is prepared anew', async () => {
    await same((target) =>
      withClient(target, async (client) => {
        const ask = () => outcome(client.query({ name: 'p', text: 'SELECT nosuch FROM sales' }));
        return [await ask(), await ask(), (await client.query('SELECT 1 AS n')).rows];
      }),
    );
  });

  test('queries wait for each other, and one that fails harms none', async () => {
    await same((target) =>
      withClient(target, (client) =>
        Promise.all([
          outcome(client.query('SELECT 1 AS n').then((r) => r.rows)),
          outcome(client.query('SELECT 1/0 AS n').then((r) => r.rows)),
          outcome(client.query('SELECT $1::int AS n', ['x']).then((r) => r.rows)),
          outcome(client.query('SELECT nosuch').then((r) => r.rows)),
          outcome(client.query('SELECT count(*) AS n FROM sales').then((r) => r.rows)),
        ]),
      ),
    );
  });

  test('several statements in one text', async () => {
    await same((target) =>
      withClient(target, async (client) => {
        const results = [
          await client.query(
            "SELECT 1 AS a; SET application_name = 'x'; SELECT count(*) FROM sales; BEGIN; COMMIT",
          ),
        ].flat();
        const failed = await outcome(client.query('SELECT 1; SELECT 1/0; SELECT 2'));
        const after = await client.query('SHOW application_name');
        return [
          results.map(({ command, rowCount, rows }) => ({ command, rowCount, rows })),
          failed,
          after.rows,
        ];
      }),
    );
  });

  test('transactions: errors, savepoints, and what comes after', async () => {
    await same((target) =>
      withClient(target, async (client) => {
        const steps = [
          'BEGIN',
          'SELECT count(*) FROM sales',
          'SAVEPOINT a',
          'SELECT 1/0',
          'SELECT 1',
          'ROLLBACK TO SAVEPOINT a',
          'SELECT count(*) FROM visits',
          'RELEASE SAVEPOINT a',
          'SELECT nosuch',
          'COMMIT',
          'SELECT 2 AS n',
          'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY',
          'SHOW transaction_isolation',
          'ROLLBACK',
          'ROLLBACK',
        ];
        const told: unknown[] = [];
        client.on('notice', (notice) => told.push([notice.code, notice.message]));
        for (const sql of steps)
          told.push(await outcome(client.query(sql).then(({ command, rows }) => ({ command, rows }))));
        return told;
      }),
    );
  });

  test('pg-cursor: in pages, to the end, closed early, with an error', async () => {
    await same((target) =>
      withClient(target, async (client) => {
        const sql = 'SELECT id, region FROM sales WHERE id >= $1 ORDER BY id';
        const whole = client.query(new Cursor(sql, [0]));
        const pages = [];
        for (let page = await whole.read(25); page.length > 0; page = await whole.read(25)) pages.push(page);
        const early = client.query(new Cursor(sql, [0]));
        pages.push(await early.read(2));
        await early.close();
        const failing = client.query(new Cursor('SELECT 1 / (id - 5) FROM sales WHERE id = 5'));
        const error = await outcome(failing.read(10));
        const mistaken = client.query(new Cursor('SELECT nosuch FROM sales'));
        const other = await outcome(mistaken.read(10));
        return [pages, error, other, (await client.query('SELECT 1 AS n')).rows];
      }),
    );
  });

  test('two cursors at once, in a transaction', async () => {
    await same((target) =>
      withClient(target, async (client) => {
        await client.query('BEGIN');
        await client.query('DECLARE a CURSOR FOR SELECT id FROM sales ORDER BY id');
        await client.query(
          "DECLARE b CURSOR FOR SELECT id FROM visits WHERE kind = 'web'".replace('id', 'visit'),
        );
        const rows = [];
        for (const fetch of ['FETCH 3 FROM a', 'FETCH 1 FROM b', 'MOVE 2 FROM a', 'FETCH FORWARD 2 FROM a'])
          rows.push((await client.query(fetch)).rowCount);
        rows.push((await client.query('FETCH NEXT FROM a')).rows);
        await client.query('CLOSE a');
        rows.push(await outcome(client.query('FETCH 1 FROM a')));
        await client.query('ROLLBACK');
        return rows;
      }),
    );
  });

  test('pg-query-stream: to the end, and broken off', async () => {
    await same((target) =>
      withClient(target, async (client) => {
        const stream = client.query(
          new QueryStream('SELECT id FROM sales ORDER BY id', [], { batchSize: 7 }),
        );
        const rows: unknown[] = [];
        for await (const row of stream) rows.push(row);
        const broken = client.query(
          new QueryStream('SELECT id FROM sales ORDER BY id', [], { batchSize: 7 }),
        );
        for await (const row of broken) if (rows.push(row) > 70) break;
        return [rows, (await client.query('SELECT 1 AS n')).rows];
      }),
    );
  });

  test('settings with the startup', async () => {
    const config = {
      statement_timeout: 12_345,
      idle_in_transaction_session_timeout: 23_456,
      application_name: 'driver’s test',
      options: '-c timezone=Europe/Paris -c search_path=public',
    };
    const sql =
      "SELECT current_setting('statement_timeout') AS a, current_setting('idle_in_transaction_session_timeout') AS b, " +
      "current_setting('application_name') AS c, current_setting('timezone') AS d, current_setting('search_path') AS e";
    await same((target) => withClient(target, async (client) => (await client.query(sql)).rows, config));
  });

  test('statement_timeout ends what takes too long; the connection goes on', async () => {
    const slow =
      'SELECT count(*) FROM sales a, sales b, sales c, sales d, sales e WHERE a.id * b.id < c.id * d.id * e.id';
    await same((target) =>
      withClient(target, async (client) => {
        await client.query('SET statement_timeout = 200');
        const error = await outcome(client.query(slow));
        return [error, (await client.query('SELECT 1 AS n')).rows];
      }),
    );
  });

  /** What the server answers to a pipeline with one Sync, by the names of its messages. */
  async function pipeline(target: Target, statements: readonly string[]): Promise<unknown> {
    return withClient(target, async (client) => {
      const { connection } = client;
      const names: string[] = [];
      const answered = new Promise<void>((resolve) => {
        connection.on('message', ({ name, code }: { name: string; code?: string }) => {
          names.push(code === undefined ? name : `${name} ${code}`);
          if (name === 'readyForQuery') resolve();
        });
      });
      connection.removeAllListeners('error');
      connection.removeAllListeners('errorMessage');
      for (const event of ['rowDescription', 'dataRow', 'commandComplete', 'parseComplete', 'readyForQuery'])
        connection.removeAllListeners(event);
      for (const text of statements) {
        connection.parse({ name: '', text, types: [] }, true);
        connection.bind({ portal: '', statement: '', values: [] }, true);
        connection.describe({ type: 'P', name: '' }, true);
        connection.execute({ portal: '', rows: '0' }, true);
      }
      connection.sync();
      await answered;
      return names;
    });
  }

  test.each([
    [['SELECT 1', 'SELECT count(*) FROM sales', 'SELECT 2']],
    [['SELECT 1', "SELECT 'x'::int", 'SELECT 2']],
    [['SELECT nosuch', 'SELECT 1']],
    [['SELECT count(*) FROM sales', 'SELECT 1 / (id - id) FROM sales', 'SELECT 2']],
    [['BEGIN', 'SELECT 1', 'SELEC', 'COMMIT']],
    [['BEGIN', 'SELECT count(*) FROM sales', 'COMMIT']],
    [['', 'SELECT 1']],
  ])('a pipeline of %j', async (statements) => {
    await same((target) => pipeline(target, statements));
  });
});

describe('postgres.js', () => {
  async function withSql<T>(
    target: Target,
    act: (sql: postgres.Sql) => Promise<T>,
    options: postgres.Options<Record<string, never>> = {},
  ): Promise<T> {
    const sql = postgres({ ...target, max: 1, onnotice: () => undefined, ...options });
    try {
      return await act(sql);
    } finally {
      await sql.end({ timeout: 5 });
    }
  }

  test.each([
    ['prepared statements', {}],
    ['no prepared statements', { prepare: false }],
  ] as const)('parameters: %s', async (_, options) => {
    await same((target) =>
      withSql(
        target,
        async (sql) => [
          await sql`SELECT ${1} + 1 AS a, ${'é'}::text AS b, ${null}::int AS c, ${true}::bool AS d`,
          await sql`SELECT ${new Date('2024-02-29T12:00:00.5Z')}::timestamptz AS t, ${'2024-02-29'}::date AS d`,
          await sql`SELECT ${sql.json({ a: [1, null] })}::jsonb AS j, ${Buffer.from([0, 255])}::bytea AS b`,
          await sql`SELECT ${'12345678901234567890.5'}::numeric AS n, ${'9007199254740993'}::int8 AS i`,
          await sql`SELECT id FROM sales WHERE region = ANY(${['EU', 'x']}) ORDER BY id`,
          await sql`SELECT id FROM sales WHERE storeid = ANY(${[1, 4]}::int[]) ORDER BY id`,
          await sql`SELECT id FROM sales WHERE storeid IN ${sql([1, 4])} ORDER BY id`,
          await sql`SELECT ${sql(['id', 'note', 'region'])} FROM ${sql('sales')} WHERE id < ${5} ORDER BY id`,
          await sql`SELECT * FROM sales ORDER BY id`,
          await sql`SELECT id FROM sales WHERE qty IS NOT DISTINCT FROM ${null}::int ORDER BY id`,
          await sql`SELECT id FROM sales WHERE sold_at > ${new Date('2024-01-01T00:00:00Z')} ORDER BY id LIMIT ${3}`,
          await sql`SELECT id, round(price, ${1}) AS r, trunc(price, ${0}) AS t FROM sales ORDER BY id`,
          await sql`SELECT id, date_trunc(${'month'}, sold_at) AS m, note LIKE ${'a'} || '%' AS l FROM sales ORDER BY id`,
        ],
        options,
      ),
    );
  });

  test('array parameters, typed by the types that it fetched', async () => {
    await same((target) =>
      withSql(target, async (sql) => [
        // It fetches the types with its first query.
        await sql`SELECT 1 AS n`,
        await sql`SELECT ${sql.array([1, 2])}::int[] AS a, ${sql.array(['a"', 'b,'])}::text[] AS b`,
        await sql`SELECT ARRAY[1, NULL]::int[] AS a, ARRAY['x', NULL] AS b, ARRAY[1.5]::numeric[] AS c, ARRAY[true] AS d`,
        await sql`SELECT array_agg(price ORDER BY id) AS prices, array_agg(id / 700.0 ORDER BY id) AS parts FROM sales`,
        await sql`SELECT array_agg(id ORDER BY id) AS ids, region FROM sales GROUP BY region ORDER BY region`,
      ]),
    );
  });

  test('the columns that it is told', async () => {
    await same((target) =>
      withSql(target, async (sql) => {
        const rows =
          await sql`SELECT id, price, region, count(*) OVER () AS n FROM sales ORDER BY id LIMIT 1`;
        return [rows.columns.map(({ name, type }) => [name, type]), rows.count, rows.command];
      }),
    );
  });

  test('describe', async () => {
    await same((target) =>
      withSql(target, async (sql) => {
        const { types, columns } =
          await sql`SELECT id, note FROM sales WHERE region = ${'EU'} AND qty > ${1}`.describe();
        return [types, columns.map(({ name, type }) => [name, type])];
      }),
    );
  });

  test('cursors: by callback, by iteration, left early', async () => {
    await same((target) =>
      withSql(target, async (sql) => {
        const pages: unknown[] = [];
        await sql`SELECT id FROM sales ORDER BY id`.cursor(25, async (rows) => {
          pages.push([...rows]);
        });
        for await (const rows of sql`SELECT id FROM sales ORDER BY id`.cursor(40)) pages.push([...rows]);
        await sql`SELECT id FROM sales ORDER BY id`.cursor(10, (rows) => {
          pages.push([...rows]);
          return sql.CLOSE;
        });
        for await (const rows of sql`SELECT id FROM sales ORDER BY id`.cursor(10)) {
          pages.push([...rows]);
          break;
        }
        await sql`SELECT id FROM sales ORDER BY id LIMIT 3`.forEach((row) => {
          pages.push(row);
        });
        return [pages, await sql`SELECT 1 AS n`];
      }),
    );
  });

  test('simple, unsafe, values and raw', async () => {
    await same((target) =>
      withSql(target, async (sql) => [
        await sql`SELECT 1 AS a; SELECT count(*) FROM sales; SELECT 'x' AS b`.simple(),
        await sql.unsafe('SELECT 1 AS a; SELECT 2 AS b'),
        await sql.unsafe('SELECT id FROM sales WHERE id = $1', [7]),
        await sql.unsafe('SELECT id FROM sales WHERE id = $1', [7], { prepare: true }),
        await sql`SELECT id, note FROM sales ORDER BY id LIMIT 2`.values(),
        await sql`SELECT id, note FROM sales ORDER BY id LIMIT 2`.raw(),
        await outcome(sql.unsafe('SELECT 1; SELECT 1/0; SELECT 2')),
        await sql`SELECT 3 AS n`,
      ]),
    );
  });

  test('many queries at once on one connection; those that fail harm none', async () => {
    await same((target) =>
      withSql(target, (sql) =>
        Promise.all([
          ...Array.from({ length: 20 }, (_, i) => sql`SELECT count(*) FROM sales WHERE id > ${i}`),
          outcome(sql`SELECT 1/0 FROM sales`),
          outcome(sql`SELECT nosuch FROM sales`),
          sql`SELECT count(*) FROM visits`,
          outcome(sql`SELECT ${'x'}::int`),
          sql`SELECT 4 AS n`,
        ]),
      ),
    );
  });

  test('transactions and savepoints', async () => {
    await same((target) =>
      withSql(
        target,
        async (sql) => [
          await sql.begin(async (tx) => [await tx`SELECT count(*) FROM sales`, await tx`SELECT 1 AS n`]),
          await outcome(sql.begin((tx) => [tx`SELECT 1 AS n`, tx`SELECT 1/0 AS n`])),
          await sql.begin('read only', async (tx) => {
            const failed = await outcome(tx.savepoint((sp) => sp`SELECT 1/0`));
            return [failed, await tx`SELECT count(*) FROM sales`];
          }),
          await outcome(
            sql.begin(async (tx) => {
              await tx`SELECT 1`;
              throw new Error('changed my mind');
            }),
          ),
          await sql`SELECT 5 AS n`,
        ],
        { max: 2 },
      ),
    );
  });

  test('a query is cancelled, and the connection goes on', async () => {
    await same((target) =>
      withSql(target, async (sql) => {
        const query = sql`SELECT count(*) FROM sales a, sales b, sales c, sales d, sales e
          WHERE a.id * b.id < c.id * d.id * e.id`;
        const answer = outcome(query.execute());
        await new Promise((next) => setTimeout(next, 300));
        query.cancel();
        return [await answer, await sql`SELECT 6 AS n`];
      }),
    );
  });

  test('several connections', async () => {
    await same((target) =>
      withSql(
        target,
        (sql) =>
          Promise.all(
            Array.from({ length: 30 }, (_, i) => sql`SELECT max(id) FROM sales WHERE id < ${i + 1}`),
          ),
        { max: 5 },
      ),
    );
  });

  test('what is not supported is refused, and the connection goes on', async () => {
    await withSql(targets.skein, async (sql) => {
      for (const refused of ['COPY sales FROM STDIN', 'NOTIFY x', 'INSERT INTO sales VALUES (1)'])
        expect(await sql.unsafe(refused).catch(told)).toMatchObject({ code: '0A000' });
      expect([...(await sql`SELECT 1 AS n`)]).toEqual([{ n: 1 }]);
    });
  });
});
