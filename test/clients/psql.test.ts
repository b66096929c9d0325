import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeDataset } from '../support/dataset.ts';
import { type Federation, startFederation } from '../support/federation.ts';
import { loadIntoPostgres } from '../support/load-postgres.ts';
import { openDatabase, type Postgres, startPostgres } from '../support/postgres.ts';
import { assertPsql, runScript, type Target, Terminal } from './psql-fixture.ts';

/** The real psql, against Skein and against PostgreSQL 18 with the same rows: it must print the same. */

const dataset = makeDataset({ seed: 11, agents: 5, rows: 40, split: 'random', nulls: 8 });

let postgres: Postgres;
let federation: Federation;
let skein: Target;
let oracle: Target;

beforeAll(async () => {
  assertPsql();
  [postgres, federation] = await Promise.all([startPostgres(), startFederation(dataset)]);
  const client = await openDatabase(postgres, 'skein');
  await loadIntoPostgres(client, dataset);
  await client.query('ANALYZE');
  await client.end();
  oracle = { port: postgres.port, user: postgres.user, password: postgres.password, database: 'skein' };
  skein = { port: federation.port, user: 'postgres', password: '', database: 'skein' };
});

afterAll(async () => {
  await federation?.close();
  await postgres?.close();
});

async function same(script: string): Promise<void> {
  const [ours, theirs] = await Promise.all([runScript(skein, script), runScript(oracle, script)]);
  expect(ours).toBe(theirs);
}

describe('the same as with PostgreSQL', () => {
  test.each([
    ['\\d of a table', '\\d sales\n\\d products\n\\d public.visits\n'],
    ['\\d of none', '\\d nosuch\n\\d pg_catalog.nosuch\n\\dt nosuch.*\n'],
    ['\\d of a catalog', '\\d pg_catalog.pg_am\n'],
    ['\\df', '\\df\n\\df lower\n\\df pg_catalog.date_trunc\n\\da sum\n'],
    ['\\dx, \\dA, \\dy, \\dRp, \\dd', '\\dx\n\\dA\n\\dy\n\\dRp\n\\dd\n'],
    ['\\di, \\ds, \\dm, \\dE, \\dD', '\\di\n\\ds\n\\dm\n\\dE\n\\dD\n'],
    ['\\do, \\dC, \\dF, \\sf', '\\do ||\n\\dC json\n\\dF english\n\\sf now\n'],
    ['\\gdesc', 'SELECT price, region, count(*), avg(qty), now(), NULL FROM sales GROUP BY 1, 2 \\gdesc\n'],
    ['\\gdesc of no columns', 'BEGIN \\gdesc\n'],
    [
      '\\pset null',
      "\\pset null '(null)'\nSELECT NULL AS n, '' AS e, id FROM sales WHERE qty IS NULL ORDER BY id;\n",
    ],
    ['\\x', '\\x\nSELECT * FROM sales ORDER BY id LIMIT 3;\n'],
    ['\\gset', 'SELECT count(*) AS n, min(note) AS m FROM sales \\gset\n\\echo :n :m\n'],
    ['\\gexec', "SELECT 'SELECT ' || id || ' AS n' FROM sales ORDER BY id LIMIT 2 \\gexec\n"],
    [
      '\\crosstabview',
      'SELECT region, paid, count(*) FROM sales WHERE region IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2 \\crosstabview\n',
    ],
    ['FETCH_COUNT', '\\set FETCH_COUNT 7\nSELECT id, note, region FROM sales ORDER BY id;\n'],
    ['several statements on a line', 'SELECT 1 AS a; SELECT count(*) FROM sales; SELECT 2;\n'],
    ['several statements in a message', 'SELECT 1 AS a \\; SELECT count(*) FROM sales \\; SELECT 2 AS b;\n'],
    [
      'an error ends a message of several statements',
      'SELECT 1 AS a \\; SELECT 1/0 \\; SELECT 2 AS b;\nSELECT 3 AS c;\n',
    ],
    ['transactions', 'BEGIN;\nSELECT count(*) FROM sales;\nSELECT 1/0;\nSELECT 1;\nROLLBACK;\nCOMMIT;\n'],
    [
      'savepoints',
      'BEGIN;\nSAVEPOINT a;\nSELECT 1/0;\nROLLBACK TO a;\nSELECT count(*) FROM sales;\nRELEASE a;\nCOMMIT;\n',
    ],
    ['ON_ERROR_ROLLBACK', '\\set ON_ERROR_ROLLBACK on\nBEGIN;\nSELECT 1/0;\nSELECT 1 AS a;\nCOMMIT;\n'],
    [
      'AUTOCOMMIT off',
      '\\set AUTOCOMMIT off\nSELECT 1 AS a;\nSELECT x;\nSELECT 2;\nROLLBACK;\nSELECT 3;\nCOMMIT;\n',
    ],
    [
      'cursors',
      'BEGIN;\nDECLARE c CURSOR FOR SELECT id FROM sales ORDER BY id;\nFETCH 2 FROM c;\nCLOSE c;\nCOMMIT;\n',
    ],
    [
      'prepared statements',
      'PREPARE p(int) AS SELECT count(*) FROM sales WHERE qty = $1;\nEXECUTE p(2);\nDEALLOCATE p;\n',
    ],
    [
      'settings',
      "SET timezone TO 'Europe/Paris';\nSELECT timestamptz '2024-07-01 00:00Z';\nSHOW timezone;\nRESET timezone;\n",
    ],
    ['psql’s variables', 'SELECT 1/0;\n\\echo :LAST_ERROR_SQLSTATE :ERROR :ROW_COUNT :LAST_ERROR_MESSAGE\n'],
    // psql learnt it in version 16; an older one says so.
    ['\\bind', 'SELECT count(*) FROM sales WHERE region = $1 AND qty > $2 \\bind EU 1 \\g\n'],
    ['TABLE and VALUES', "TABLE products ORDER BY product;\nVALUES (1, 'a'), (2, 'b');\n"],
    ['an empty statement', ';\n;;\n'],
  ])('%s', async (_, script) => {
    await same(script);
  });

  test.each([
    'SELECT regin FROM sales;',
    'SELECT count(*)\n  FROM sales\n WHERE regin = 1;',
    'SELECT cont(*) FROM sales;',
    'SELECT * FROM nosuch;',
    'SELECT * FROM nosuch.sales;',
    'SELEC 1;',
    'SELECT 1 +;',
    "SELECT 'abc'::int;",
    "SELECT * FROM sales WHERE sold_at > 'yesterdayish';",
    'SELECT id + note FROM sales;',
    'SELECT "ID" FROM sales;',
    'SELECT id FROM sales GROUP BY note;',
    'SELECT sum(count(*)) FROM sales;',
    "SELECT 'é', '🎉', regin FROM sales;",
    `SELECT ${'id, '.repeat(60)}regin, ${'id, '.repeat(60)}id FROM sales;`,
    'SELECT id FROM sales ORDER BY 5;',
    'SELECT (SELECT id FROM sales);',
    'SELECT * FROM sales, sales;',
    'SELECT id FROM sales LIMIT -1;',
    "SET statement_timeout = 'soon';",
    'SET nosuch = 1;',
    'EXECUTE nosuch;',
    'FETCH 1 FROM nosuch;',
  ])('the error of %s', async (sql) => {
    await same(`\\set VERBOSITY default\n${sql}\n\\set SHOW_CONTEXT always\n\\echo :LAST_ERROR_SQLSTATE\n`);
  });
});

describe('Skein’s own', () => {
  test('\\dt+, \\l, \\dn, \\du, \\dv name what there is', async () => {
    const output = await runScript(
      skein,
      '\\dt+\n\\l\n\\dn\n\\du\n\\dv skein.*\n\\d\n\\d skein.agents\n\\conninfo\n',
    );
    expect(output).not.toMatch(/ERROR/);
    for (const table of ['sales', 'visits', 'products'])
      expect(output).toMatch(new RegExp(`^ public \\| ${table} +\\| table`, 'm'));
    expect(output).toMatch(/^ skein +\|.*UTF8/m);
    expect(output).toMatch(/^ public \| pg_database_owner/m);
    for (const view of ['agents', 'last_query', 'queries', 'query_tasks', 'tables'])
      expect(output).toMatch(new RegExp(`^ skein +\\| ${view} +\\| view`, 'm'));
    expect(output).toMatch(/^ last_seen +\| timestamp with time zone/m);
    expect(output).toContain('connected to database "skein" as user "postgres"');
  });

  test.each([
    'COPY (SELECT 1) TO STDOUT;',
    'COPY sales FROM STDIN;',
    '\\copy (SELECT 1) TO STDOUT CSV',
    "\\copy sales FROM '/dev/null' CSV",
  ])('refuses %s, and goes on', async (command) => {
    const output = await runScript(skein, `\\set VERBOSITY verbose\n${command}\nSELECT 7 AS n;\n`);
    expect(output).toMatch(/ERROR: {2}0A000: COPY is not supported\nHINT: {2}.*skein query -o/);
    expect(output).toMatch(/ n \n---\n 7\n\(1 row\)/);
  });

  test.each([
    ['INSERT INTO sales VALUES (1);', 'INSERT'],
    ['CREATE TABLE x (a int);', 'CREATE TABLE'],
    ['DROP TABLE sales;', 'DROP TABLE'],
    ['VACUUM;', 'VACUUM'],
    ['LISTEN x;', 'LISTEN'],
    ['DO $$ BEGIN END $$;', 'DO'],
  ])('refuses %s by name', async (sql, name) => {
    const output = await runScript(skein, `\\set VERBOSITY verbose\n${sql}\n`);
    expect(output).toContain(`ERROR:  0A000: ${name} is not supported`);
  });

  test('\\timing', async () => {
    expect(await runScript(skein, '\\timing on\nSELECT 1 AS a;\n')).toMatch(/\(1 row\)\n\nTime: [\d.]+ ms/);
  });

  test('the database that is not there', async () => {
    const output = await runScript({ ...skein, database: 'other' }, 'SELECT 1;\n');
    expect(output).toContain('FATAL:  database "other" does not exist');
  });
});

describe('at a terminal', () => {
  async function atTerminal(act: (terminal: Terminal) => Promise<void>): Promise<void> {
    const terminal = new Terminal(skein);
    try {
      await terminal.shows(/skein=[#>] /);
      await act(terminal);
    } finally {
      await terminal.quit();
    }
  }

  test.each([
    ['a table', 'SELECT * FROM sal\t', /FROM sales /],
    ['tables to choose from', 'SELECT * FROM pro\t', /FROM products /],
    ['a column of the table', 'SELECT * FROM sales WHERE disc\t', /WHERE discount /],
    ['a schema', 'SELECT * FROM ske\t', /FROM skein\./],
    ['a view of a schema', 'SELECT * FROM skein.age\t', /FROM skein\.agents /],
    ['\\d', '\\d vis\t', /\\d visits /],
    ['a setting', 'SET statement_t\t', /SET statement_timeout /],
    ['a setting of Skein', 'SET skein.on_m\t', /SET skein\.on_missing_agent /],
    ['a role', '\\du post\t', /\\du postgres /],
    ['a function', '\\df date_tr\t', /\\df date_trunc /],
    ['a database', '\\c ske\t', /\\c skein /],
  ])('TAB completes %s', async (_, keys, expected) => {
    await atTerminal(async (terminal) => {
      terminal.type(keys);
      await terminal.shows(expected);
    });
  });

  test('Ctrl-C cancels what runs, and psql goes on', async () => {
    await atTerminal(async (terminal) => {
      const slow =
        'SELECT count(*) FROM sales a, sales b, sales c, sales d, sales e WHERE a.id * b.id < c.id * d.id * e.id;';
      terminal.type(`${slow}\n`);
      const running = await federation.connect();
      const isRunning = async (): Promise<boolean> => {
        const { rows } = await running.query(
          "SELECT 1 FROM skein.queries WHERE state = 'running' AND sql LIKE '%sales e%' AND sql NOT LIKE '%skein%'",
        );
        return rows.length > 0;
      };
      while (!(await isRunning())) await new Promise((next) => setTimeout(next, 20));
      terminal.type('\u0003');
      await terminal.shows(/canceling statement due to user request/);
      while (await isRunning()) await new Promise((next) => setTimeout(next, 20));
      await running.end();
      terminal.clear();
      terminal.type('SELECT 40 + 2 AS n;\n');
      await terminal.shows(/42\r?\n\(1 row\)/);
    });
  });

  test('\\watch until Ctrl-C', async () => {
    await atTerminal(async (terminal) => {
      terminal.type('SELECT count(*) AS watched FROM sales \\watch 0.2\n');
      await terminal.shows(/(watched.*){4}/s);
      terminal.type('\u0003');
      terminal.clear();
      terminal.type('SELECT 40 + 2 AS n;\n');
      await terminal.shows(/42\r?\n\(1 row\)/);
    });
  });
});
