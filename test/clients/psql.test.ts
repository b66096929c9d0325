import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCatalogTargets } from './catalog-fixture.ts';
import { runScript, Terminal } from './psql-fixture.ts';
import { psqlVersions } from './psql-versions.ts';

/** Real psqls, against Skein and against PostgreSQL 18 with the same tables: they must print the same. */

const versions = await psqlVersions();
const targets = startCatalogTargets();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'skein-psql-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** Everything that psql can describe. */
const DESCRIPTIONS: readonly (readonly [name: string, script: string])[] = [
  ['\\d', '\\d\n\\d+ products\n\\d sales\n\\d+ sales\n\\d public.visits\n\\d+ public.things\n'],
  [
    '\\d of views',
    '\\d skein.agents\n\\d+ skein.tables\n\\d+ skein.*\n\\sv skein.agents\n\\sv+ skein.tables\n',
  ],
  ['\\d of none', '\\d nosuch\n\\d pg_catalog.nosuch\n\\dt nosuch.*\n\\dt "Nosuch"\n\\d a.b.c.d\n'],
  ['\\d of a catalog', '\\d pg_catalog.pg_am\n\\d pg_class_oid_index\n\\d information_schema.sql_features\n'],
  ['\\dt', '\\dt\n\\dt public.*\n\\dt s*\n\\dt *.sales\n\\dt skein.*\n\\dtv\n\\dtvmsE\n\\dtS pg_am*\n'],
  ['\\dv', '\\dv\n\\dv skein.*\n\\dv pg_catalog.pg_tab*\n\\dvS information_schema.tab*\n'],
  [
    '\\di, \\ds, \\dm, \\dE, \\dD, \\dP, \\dPi',
    '\\di\n\\diS pg_am*\n\\ds\n\\dm\n\\dE\n\\dD\n\\dD information_schema.*\n\\dP\n\\dPi+\n',
  ],
  [
    '\\df, \\da',
    '\\df\n\\df lower\n\\df pg_catalog.date_trunc\n\\df+ abs\n\\dfw\n\\dfwS\n\\dftS pg_*\n\\da sum\n\\daS\n\\df * bigint\n',
  ],
  ['\\sf', '\\sf now\n\\sf pg_catalog.lower(text)\n\\sf+ pg_catalog.bit_length(text)\n\\sf nosuch\n'],
  ['\\dT', '\\dT\n\\dT int8\n\\dT+ numeric\n\\dTS json*\n\\dT information_schema.*\n'],
  [
    '\\do, \\dC, \\dc, \\dO',
    '\\do ||\n\\do + bigint bigint\n\\do+ ->>\n\\dC json\n\\dC+ uuid\n\\dc\n\\dcS utf8_to_*\n',
  ],
  ['\\dx, \\dy, \\dL, \\dX', '\\dx\n\\dx+\n\\dy\n\\dy+\n\\dL\n\\dLS\n\\dL+\n\\dX\n'],
  [
    '\\dA',
    '\\dA\n\\dA+\n\\dAc btree text\n\\dAc+ hash int4\n\\dAf btree integer\n\\dAo btree jsonb_ops\n\\dAp hash text_ops\n',
  ],
  ['\\dF', '\\dF\n\\dF english\n\\dF+ simple\n\\dFd simple\n\\dFp\n\\dFp+ default\n\\dFt\n'],
  ['\\dp, \\z, \\ddp', '\\dp\n\\z sales\n\\dp skein.*\n\\ddp\n'],
  ['\\du, \\dg, \\drds', '\\du\n\\du+\n\\dg analyst\n\\drds\n'],
  ['\\dn', '\\dn\n\\dn+\n\\dnS\n\\dn skein\n'],
  ['\\dd', '\\dd\n\\ddS pg_catalog.abs\n'],
  ['\\db', '\\db\n'],
  ['\\dew, \\des, \\deu, \\det', '\\dew\n\\des\n\\deu\n\\det\n\\dew+\n\\des+\n\\deu+\n\\det+\n'],
  ['\\dR', '\\dRp\n\\dRp+\n\\dRs\n'],
  ['\\dl', '\\dl\n\\lo_list\n'],
  ['\\encoding, \\h', '\\encoding\n\\h SELECT\n'],
];

/** What only newer psqls know, by the version that brought it. */
const NEWER: readonly (readonly [major: number, script: string])[] = [
  [16, '\\drg\n\\drg analyst\n'],
  [16, 'SELECT count(*) FROM sales WHERE region = $1 AND qty > $2 \\bind EU 1 \\g\n'],
  [18, '\\l\n\\list skein\n\\dO\n\\dO+ "C"\n\\dx\n\\dAc+\n'],
  [18, '\\dt\\x\n\\d+x sales\n\\dconfig standard_conforming_strings\n'],
  [
    18,
    'SELECT count(*) FROM sales WHERE region = $1 \\parse s\n\\bind_named s EU \\g\n\\close_prepared s\n\\bind_named s EU \\g\n',
  ],
  [
    18,
    '\\startpipeline\nSELECT count(*) FROM sales WHERE qty = $1 \\bind 1 \\sendpipeline\nSELECT 1 \\bind \\sendpipeline\n\\syncpipeline\n\\getresults\n\\endpipeline\n',
  ],
];

const SIZE = /\b\d+ (?:bytes|kB|MB|GB)\b/g;

describe.each(versions)('psql $major', ({ path, major }) => {
  const same = async (script: string, but: (output: string) => string = (output) => output) => {
    const [ours, theirs] = await Promise.all(
      [targets.skein, targets.oracle].map(async (target) => but(await runScript(path, target, script))),
    );
    expect(ours).toBe(theirs);
  };

  test.each(DESCRIPTIONS)('%s', async (_, script) => {
    await same(script);
  });

  test.each(NEWER.filter(([since]) => since <= major))('since %s: %s', async (_, script) => {
    await same(script);
  });

  test('sizes are those of the agents’ files', async () => {
    const script = '\\pset format unaligned\n\\dt+\n\\dtv+ skein.*\n\\di+\n\\db+\n';
    await same(script, (output) => output.replace(SIZE, 'SIZE'));
    const output = await runScript(path, targets.skein, '\\pset format unaligned\n\\dt+ sales\n');
    expect(output).toMatch(
      /^public\|sales\|table\|skein_system\|permanent\|heap\|\d+ (?:bytes|kB)\|federated over 5 shards/m,
    );
  });

  // psql 15 and 16 fail at a genuine PostgreSQL 18, which renamed columns that they read.
  test('\\l and \\dO', async () => {
    const output = await runScript(path, targets.skein, '\\l\n\\l+\n\\dO\n\\dOS "C"\n');
    expect(output).not.toContain('ERROR');
    expect(output).toMatch(/^ skein +\| skein_system \| UTF8/m);
    expect(output).toMatch(/^ pg_catalog \| C +\|/m);
  });

  test('\\conninfo, \\dconfig', async () => {
    const output = await runScript(
      path,
      targets.skein,
      '\\conninfo\n\\dconfig *stat*timeout\n\\dconfig skein.*\n',
    );
    expect(output).not.toContain('ERROR');
    expect(output).toContain('analyst');
    expect(output).toMatch(/skein.on_missing_agent +\| fail/);
  });

  test('\\copy … to', async () => {
    const copied = await Promise.all(
      [targets.skein, targets.oracle].map(async (target, index) => {
        const file = join(directory, `copied-${major}-${index}`);
        const query = '(SELECT id, note, price, sold_at, region FROM sales ORDER BY id)';
        await runScript(
          path,
          target,
          `\\copy ${query} to '${file}.csv' csv header\n\\copy ${query} to '${file}.bin' (format binary)\n`,
        );
        return [await readFile(`${file}.csv`, 'utf8'), await readFile(`${file}.bin`, 'base64')];
      }),
    );
    expect(copied[0]).toEqual(copied[1]);
    await same(
      '\\copy (SELECT id, code FROM sales ORDER BY id LIMIT 3) to stdout\nCOPY products TO STDOUT (FORMAT csv) \\g /dev/null\nSELECT 1 AS n;\n',
    );
  });

  test.each([
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
      '\\copy',
      '\\copy (SELECT id, note, region, price FROM sales ORDER BY id) TO STDOUT\n' +
        '\\copy (SELECT id, note, region, price FROM sales ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER, FORCE_QUOTE *)\n' +
        "\\copy (SELECT note FROM sales ORDER BY id) TO STDOUT (DELIMITER '|', NULL '-')\n" +
        '\\copy nosuch TO STDOUT\n\\copy sales TO STDOUT (FORMAT nosuch)\n',
    ],
    [
      'COPY',
      "COPY (SELECT id, paid FROM sales ORDER BY id) TO STDOUT CSV HEADER;\nCOPY (SELECT 'é', NULL) TO STDOUT;\n",
    ],
    [
      'SCROLL cursors',
      'BEGIN;\nDECLARE c SCROLL CURSOR FOR SELECT id FROM sales ORDER BY id;\nFETCH 3 FROM c;\nFETCH BACKWARD 2 FROM c;\nFETCH LAST FROM c;\nMOVE ABSOLUTE 2 IN c;\nFETCH PRIOR FROM c;\nCOMMIT;\n',
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
  const psql = versions.at(-1)?.path ?? '';

  test.each([
    ['INSERT INTO sales VALUES (1);', 'INSERT'],
    ['CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$SELECT 1$$;', 'CREATE FUNCTION'],
    ['DROP TABLE sales;', 'DROP TABLE of "sales"'],
    ['LOCK sales;', 'LOCK'],
    ['NOTIFY x;', 'NOTIFY'],
    ['DO $$ BEGIN END $$;', 'DO'],
  ])('refuses %s by name', async (sql, name) => {
    const output = await runScript(psql, targets.skein, `\\set VERBOSITY verbose\n${sql}\n`);
    expect(output).toContain(`ERROR:  0A000: ${name} is not supported`);
  });

  test('\\timing', async () => {
    expect(await runScript(psql, targets.skein, '\\timing on\nSELECT 1 AS a;\n')).toMatch(
      /\(1 row\)\n\nTime: [\d.]+ ms/,
    );
  });

  test('the database that is not there', async () => {
    const output = await runScript(psql, { ...targets.skein, database: 'other' }, 'SELECT 1;\n');
    expect(output).toContain('FATAL:  database "other" does not exist');
  });
});

describe.each(versions)('psql $major at a terminal', ({ path }) => {
  async function atTerminal(act: (terminal: Terminal) => Promise<void>): Promise<void> {
    const terminal = new Terminal(path, targets.skein);
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
    ['a role', '\\du anal\t', /\\du analyst /],
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
      const running = await targets.federation.connect();
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
