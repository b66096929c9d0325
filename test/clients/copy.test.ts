import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { showMessage, Wire } from '../support/wire.ts';
import { startProxy, type TestProxy } from './session-proxy.ts';

/** COPY TO STDOUT: the messages of Skein beside those of PostgreSQL 18, byte for byte. */
let proxy: TestProxy;
let postgres: Postgres;

const WORDS = ['one', 'zwö', '', 'a,b', "it's", 'say "hi"', '\\.', '\\N', 'NULL', '日本 😀'];
const rowsOf = (count: number): string =>
  Array.from({ length: count }, (_, i) => {
    const word = (WORDS[i % WORDS.length] ?? '').replaceAll('"', '""');
    return `${i + 1},${i % 7 === 3 ? '' : `"${word}"`},${i / 4},2024-02-${String((i % 28) + 1).padStart(2, '0')}`;
  }).join('\n');
const FILE = `n,word,Price,day\n${rowsOf(40)}\n`;
const LONG = `n,word,Price,day\n${rowsOf(200_000)}\n`;

beforeAll(async () => {
  [proxy, postgres] = await Promise.all([
    startProxy([{ id: 'a', labels: { region: 'EU' }, files: { 'sales.csv': FILE, 'long.csv': LONG } }]),
    startPostgres(),
  ]);
  const admin = pgClient('postgres');
  await admin.connect();
  await admin.query(`
    CREATE TABLE sales (n bigint, word text, "Price" double precision, day date, storeid int, region text);
    CREATE ROLE ann LOGIN PASSWORD 'ann';
    GRANT ALL ON sales TO ann;`);
  const client = await proxy.client();
  const { rows } = await client.query({ text: 'SELECT * FROM sales', rowMode: 'array' });
  await client.end();
  for (const row of rows) await admin.query('INSERT INTO sales VALUES ($1, $2, $3, $4, $5, $6)', row);
  await admin.end();
});
afterAll(async () => {
  expect(proxy.bugs).toEqual([]);
  await proxy.close();
  await postgres.close();
});

const pgClient = (user: string): pg.Client =>
  new pg.Client({ host: '127.0.0.1', port: postgres.port, user, password: user, database: 'postgres' });

async function both(send: (wire: Wire) => void, answers: number): Promise<readonly (readonly string[])[]> {
  const targets = [
    { port: proxy.port, user: 'ann', database: 'skein' },
    { port: postgres.port, user: 'ann', database: 'postgres', password: 'ann' },
  ];
  return Promise.all(
    targets.map(async (target) => {
      const wire = await Wire.connect(target);
      send(wire);
      const messages = await wire.answers(answers);
      wire.end();
      return messages.map(showMessage);
    }),
  );
}

async function same(...script: readonly string[]): Promise<readonly string[]> {
  const [ours, theirs] = await both((wire) => {
    for (const sql of script) wire.send(serialize.query(sql));
  }, script.length);
  expect(ours).toEqual(theirs);
  return ours ?? [];
}

const WEIRD = `SELECT n, word || E'\\t|' || word || E'\\r\\n\\b\\f\\v\\\\' AS "A ""b"", c", CASE WHEN n > 3 THEN '\\.' END AS dot FROM sales ORDER BY n`;

describe('a query over tables', () => {
  it.each([
    '',
    '(HEADER)',
    "(FORMAT text, DELIMITER '|', NULL '(nil)')",
    "(DELIMITER E'\\x01', HEADER on)",
    "(DELIMITER E'\\t')",
    '(FORMAT csv)',
    'WITH CSV HEADER',
    'WITH CSV HEADER FORCE QUOTE word, n',
    "CSV QUOTE '|' ESCAPE '!' NULL 'one' DELIMITER ';'",
    "WITH DELIMITER AS '~' NULL AS 'x'",
    "(FORMAT csv, FORCE_QUOTE *, NULL 'NULL', HEADER true)",
    "(FORMAT csv, FORCE_QUOTE (\"Price\"), ESCAPE '\\', DELIMITER E'\\t')",
    "(FORMAT csv, QUOTE '''', HEADER 1)",
    '(FORMAT binary)',
    'BINARY',
    "(ENCODING 'utf-8', LOG_VERBOSITY silent)",
  ])('COPY … TO STDOUT %s', async (options) => {
    await same(
      `COPY (SELECT n, word, "Price", day, word IS NULL AS nil FROM sales ORDER BY n) TO STDOUT ${options}`,
      `COPY (SELECT word FROM sales ORDER BY n) TO STDOUT ${options.replace(/FORCE.QUOTE \(?[^*].*?\)?(?=,|$)/, '')}`,
    );
  });

  it('with everything that needs a backslash or quotes', async () => {
    await same(
      `COPY (${WEIRD}) TO STDOUT`,
      `COPY (${WEIRD}) TO STDOUT (HEADER, DELIMITER '"')`,
      `COPY (${WEIRD}) TO STDOUT (FORMAT csv, HEADER)`,
      `COPY (${WEIRD}) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *)`,
      `COPY (${WEIRD}) TO STDOUT (FORMAT binary)`,
    );
  });

  it('of no rows', async () => {
    await same(
      'COPY (SELECT n FROM sales WHERE n < 0) TO STDOUT',
      'COPY (SELECT n FROM sales WHERE n < 0) TO STDOUT CSV HEADER',
      'COPY (SELECT n FROM sales WHERE n < 0) TO STDOUT BINARY',
    );
  });

  it('in the styles of the session', async () => {
    await same(
      "SET IntervalStyle = 'iso_8601'; SET DateStyle = 'German'; SET extra_float_digits = 0; SET bytea_output = 'escape'",
      `COPY (SELECT day, day - date '2024-01-01' AS days, "Price" / 3, day + interval '1 hour' FROM sales WHERE n = 6) TO STDOUT`,
    );
  });
});

describe('a table', () => {
  it('whole, and some of its columns', async () => {
    await same(
      'COPY sales TO STDOUT',
      'COPY public.sales TO STDOUT WITH (FORMAT csv, HEADER)',
      'COPY sales ("Price", n) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE (n))',
      'COPY BINARY sales TO STDOUT',
      "COPY sales (n) TO STDOUT USING DELIMITERS 'x'",
      'COPY sales TO STDIN',
      'COPY sales (word, n) TO STDOUT',
    );
  });

  it('of the catalog', async () => {
    await same(
      "COPY (SELECT relname, relkind, relacl IS NULL FROM pg_class WHERE relname IN ('pg_type', 'pg_class') ORDER BY 1) TO STDOUT CSV HEADER",
      "COPY (SELECT oid, nspname FROM pg_namespace WHERE nspname LIKE 'pg\\_c%') TO STDOUT BINARY",
      'COPY pg_am (amname) TO STDOUT',
      "COPY (SELECT 1, 'a\tb', NULL, E'\\\\', ARRAY['x', NULL]) TO STDOUT",
      'COPY (VALUES (1), (2)) TO STDOUT CSV',
      'COPY (TABLE pg_am ORDER BY 1 LIMIT 1) TO STDOUT CSV',
      'COPY pg_tables TO STDOUT',
    );
  });
});

describe('errors', () => {
  it('of options', async () => {
    const lists = [
      '(FORMAT xml)',
      '(FORMAT)',
      '(FORMAT csv, FORMAT csv)',
      'CSV CSV',
      "(nope 'x')",
      '(FORMAT csv, é 1)',
      '(HEADER match)',
      '(HEADER 2)',
      '(HEADER maybe)',
      "(HEADER 'ON')",
      "(FORMAT binary, DELIMITER ',')",
      "(FORMAT binary, NULL '')",
      '(FORMAT binary, HEADER)',
      "(FORMAT binary, QUOTE ',')",
      "(DELIMITER 'ab')",
      "(DELIMITER 'é')",
      "(DELIMITER '')",
      "(DELIMITER E'\\n')",
      "(DELIMITER 'a')",
      "(DELIMITER '\\')",
      "(DELIMITER '.')",
      "(NULL E'a\\nb')",
      "(NULL 'a|b', DELIMITER '|')",
      "(FORMAT csv, NULL 'a\"b')",
      "(QUOTE '|')",
      "(ESCAPE '|')",
      "(FORMAT csv, QUOTE 'ab')",
      "(FORMAT csv, QUOTE ',')",
      "(FORMAT csv, ESCAPE '')",
      '(FORCE_QUOTE *)',
      '(FORMAT csv, FORCE_QUOTE x)',
      '(FORMAT csv, FORCE_QUOTE (nope))',
      '(FORMAT csv, FORCE_QUOTE (n, n))',
      '(FORMAT csv, FORCE_NOT_NULL (n))',
      '(FORMAT csv, FORCE_NULL *)',
      '(FORCE_NULL *)',
      '(FREEZE)',
      '(FREEZE off)',
      '(FREEZE 3)',
      "(DEFAULT 'x')",
      "(FORMAT binary, DEFAULT 'x')",
      "(ENCODING 'nope')",
      '(ON_ERROR stop)',
      '(LOG_VERBOSITY loud)',
      '(REJECT_LIMIT 0)',
      '(REJECT_LIMIT 3)',
      '(REJECT_LIMIT x)',
      '(REJECT_LIMIT)',
      '(DELIMITER 3)',
      "(FORMAT 'csv', DELIMITER 3)",
      '(FORMAT csv, NULL true, QUOTE x)',
    ];
    for (const options of lists) {
      await same(
        `COPY sales (n) TO STDOUT ${options}`,
        `SELECT 'é'; COPY (SELECT n FROM sales WHERE n = 1) TO STDOUT ${options}`,
      );
    }
  });

  it('of names and statements', async () => {
    await same(
      'COPY nope TO STDOUT',
      'COPY public.nope TO STDOUT (FORMAT x)',
      'COPY nope.sales TO STDOUT',
      'COPY sales (nope) TO STDOUT (FORMAT x)',
      'COPY sales (n, n) TO STDOUT',
      'COPY sales (ctid) TO STDOUT',
      'COPY (SELECT nope FROM sales) TO STDOUT',
      "SELECT 'é'; COPY (SELECT nope FROM sales) TO STDOUT",
      'COPY (SELECT $1) TO STDOUT',
      'COPY (SELECT n FROM sales WHERE n = $1) TO STDOUT',
      'COPY (SELECT 1 / (n - 2) FROM sales ORDER BY n) TO STDOUT',
      'COPY (SELECT 1/0) TO STDOUT',
      "COPY sales TO '/tmp/x'",
      "COPY sales FROM '/tmp/x'",
      "COPY sales TO PROGRAM 'cat'",
      "COPY (SELECT 1) TO '/tmp/x'",
      'BEGIN READ ONLY; COPY sales FROM STDIN',
      'ROLLBACK',
      'BEGIN; SELECT nope',
      'COPY sales TO STDOUT',
      'ROLLBACK',
      'COPY',
      'PREPARE p AS COPY sales TO STDOUT',
      'EXPLAIN COPY sales TO STDOUT',
      'COPY sales TO STDOUT; SELECT 1; COPY (SELECT 2) TO STDOUT; SELECT nope',
    );
  });
});

describe('the extended protocol', () => {
  const { parse, bind, describe: ask, execute, sync, close } = serialize;

  it('as the simple one, whatever the row limit', async () => {
    const [ours, theirs] = await both((wire) => {
      wire.send(
        parse({ name: 's', text: 'COPY (SELECT n, word FROM sales ORDER BY n LIMIT 3) TO STDOUT' }),
        ask({ type: 'S', name: 's' }),
        bind({ portal: 'p', statement: 's', binary: true }),
        ask({ type: 'P', name: 'p' }),
        execute({ portal: 'p', rows: 1 }),
        execute({ portal: 'p', rows: 1 }),
        sync(),
        bind({ statement: 's' }),
        execute({}),
        close({ type: 'S', name: 's' }),
        sync(),
        parse({ text: 'COPY nope TO STDOUT' }),
        bind({}),
        ask({ type: 'P' }),
        execute({}),
        sync(),
        parse({ text: 'COPY (SELECT $1) TO STDOUT', types: [23] }),
        ask({ type: 'S' }),
        bind({ values: ['1'] }),
        execute({}),
        sync(),
        parse({ text: 'COPY (SELECT count(*) FROM sales) TO STDOUT' }),
        bind({}),
        execute({}),
        parse({ text: 'SELECT 1 AS one' }),
        bind({}),
        execute({}),
        sync(),
      );
    }, 5);
    expect(ours).toEqual(theirs);
  });
});

describe('pg-copy-streams', () => {
  it('reads all of a long table', async () => {
    const client = await proxy.client();
    const copied = await text(client.query(copyTo('COPY (SELECT n FROM long) TO STDOUT')));
    expect(copied.split('\n').length).toBe(200_001);
    const { rows } = await client.query('SELECT 1 AS one');
    expect(rows).toEqual([{ one: 1 }]);
    await client.end();
  });

  it('holds the server back, and is cancelled', async () => {
    const client = await proxy.client();
    const stream = client.query(copyTo('COPY (SELECT a.n, b.word FROM long a, sales b) TO STDOUT'));
    const slow = new PassThrough();
    const failed = new Promise<Error>((resolve) => stream.once('error', resolve));
    stream.pipe(slow);
    await new Promise((resolve) => slow.once('data', resolve));
    slow.pause();
    const other = await proxy.client();
    const { rows } = await other.query(
      "SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active' AND pid <> pg_backend_pid()",
    );
    expect(rows.length).toBe(1);
    await other.query(`SELECT pg_cancel_backend(${rows[0].pid})`);
    await other.end();
    slow.resume();
    expect(await failed).toMatchObject({ code: '57014' });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });
});

describe('encodings', () => {
  it('of one byte a character, as PostgreSQL has them', async () => {
    const names = [
      ...[
        'LATIN1',
        'LATIN2',
        'LATIN3',
        'LATIN4',
        'LATIN5',
        'LATIN6',
        'LATIN7',
        'LATIN8',
        'LATIN9',
        'LATIN10',
      ],
      ...['ISO_8859_5', 'ISO_8859_6', 'ISO_8859_7', 'ISO_8859_8', 'KOI8R', 'KOI8U', 'WIN866', 'WIN874'],
      ...['WIN1250', 'WIN1251', 'WIN1252', 'WIN1253', 'WIN1254', 'WIN1255', 'WIN1256', 'WIN1257', 'WIN1258'],
    ];
    const admin = pgClient('postgres');
    await admin.connect();
    await admin.query(`CREATE FUNCTION decoded(byte int, encoding name) RETURNS text LANGUAGE plpgsql AS $$
      BEGIN RETURN convert_from(set_byte('\\x00', 0, byte), encoding); EXCEPTION WHEN OTHERS THEN RETURN ''; END $$`);
    for (const name of names) {
      const { rows } = await admin.query(
        `SELECT string_agg(decoded(byte, '${name}'), '') AS all FROM generate_series(128, 255) byte`,
      );
      await same(`COPY (SELECT '${rows[0].all}') TO STDOUT (ENCODING '${name}')`);
    }
    await admin.end();
  });

  it('lack characters, and some are refused', async () => {
    await same(
      "COPY (SELECT 'a€b') TO STDOUT (ENCODING latin1)",
      "COPY (SELECT '😀') TO STDOUT (FORMAT csv, ENCODING 'ISO-8859-15', HEADER)",
      "COPY (SELECT 'a€b') TO STDOUT (ENCODING sql_ascii)",
      "COPY (SELECT E'\\u0081') TO STDOUT (ENCODING win1252)",
    );
    const client = await proxy.client();
    await expect(client.query("COPY (SELECT 1) TO STDOUT (ENCODING 'sjis')")).rejects.toMatchObject({
      code: '0A000',
    });
    await client.end();
  });
});
