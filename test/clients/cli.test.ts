import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { lendPostgresTemplate } from '../support/postgres-template.ts';
import {
  Command,
  childrenOf,
  type Ended,
  holderOf,
  isAlive,
  type RunOptions,
  skein,
  until,
} from './cli-fixture.ts';

/** The command line, with real processes: what it prints, how it ends, what it leaves behind. */

let home: string;
let state: string;
let ports: { pg: number; http: number };
let url: string;
let demo: Command;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'skein-cli-'));
  state = join(home, 'demo');
  ports = { pg: await freePort(), http: await freePort() };
  url = `postgres://ann@127.0.0.1:${ports.pg}/skein`;
  await mkdir(join(state, 'proxy'), { recursive: true });
  await lendPostgresTemplate(join(state, 'proxy'), 'skein');
  demo = startDemo();
  await demo.says(/^ready/m);
});

afterAll(async () => {
  demo?.signal('SIGKILL');
  // Its processes may still be about to end.
  await rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

function startDemo(...more: readonly string[]): Command {
  const where = ['--state', state, '--pg-port', `${ports.pg}`, '--http-port', `${ports.http}`];
  return new Command(['demo', '--rows', '200', ...where, ...more], { cwd: home });
}

function query(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return skein(['query', ...args], { cwd: home, env: { SKEIN_URL: url }, ...options });
}

describe('help', () => {
  test.each([
    [[], /demo .*generate a retailer/],
    [['proxy'], /httpHost: 0\.0\.0\.0/],
    [['agent'], /--token-file <file>.*allowedDirectories:/s],
    [['agent', 'list'], /--state <directory>/],
    [['agent', 'token'], /--revoke/],
    [['agent', 'remove'], /--table <name>/],
    [['demo'], /--pg-port <number>.*Ctrl-C stops everything/s],
    [['query'], /SKEIN_URL.*-o paris\.parquet/s],
    [['explain'], /--url <url>/],
  ])('skein %j --help', async (command, expected) => {
    const { code, stdout, stderr } = await skein([...command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(expected);
  });
});

describe('wrong use is named, and ends with 2', () => {
  test.each([
    [['qery'], /unknown command 'qery'.*Did you mean query/s],
    [['query'], /missing required argument 'sql'/],
    [['proxy', '--port', 'abc'], /--port <number>.*Expected a whole number/],
    [['proxy', '--port', '70000'], /Expected a port, 0 to 65535/],
    [['proxy', '--prot', '1'], /unknown option '--prot'.*Did you mean --port/s],
    [['proxy', '--host', '0.0.0.0'], /host: 0\.0\.0\.0 lets other machines connect.*authentication: trust/s],
    [['proxy', '--http-host', '0.0.0.0', '--tokens', 'open'], /tokens: expected required/],
    [['proxy', '--label-type', 'storeid'], /--label-type: expected name=value, not "storeid"/],
    [['proxy', '--label-type', 'storeid=interger'], /labels\.storeid: "interger" is not a PostgreSQL type/],
    [['agent', '--id', 'a b'], /proxies: missing; expected a list.*id: expected letters, digits/s],
    [['agent', '--label', 'a=1', 'a=2'], /--label: "a" is given more than once/],
    [['agent', '--token', 'secret'], /unknown option '--token'/],
    [['demo', '--pg-port', '0'], /Expected a port, 1 to 65535/],
    [['demo', '--rows', '999999999'], /Expected at most 20000000/],
    [['query', 'SELECT 1'], /no proxy was named.*SKEIN_URL/s],
    [['query', 'SELECT 1', '--url', 'localhost:5433'], /"localhost:5433" is not a proxy's URL/],
    [['query', 'SELECT 1', '--url', 'http://me:secret@x'], /"http:\/\/me:…@x" is not a proxy's URL/],
    [['query', 'SELECT 1', '-o', 'x.txt', '--url', 'postgres://x'], /ends in \.csv, \.json or \.parquet/],
    [['query', 'SELECT 1', '-f', 'xml'], /Allowed choices are table, csv, json/],
    [['explain', 'SELECT 1', '--analyze'], /--analyze runs the statement, and needs --url/],
  ])('skein %j', async (args, expected) => {
    const { code, stdout, stderr } = await skein(args, { cwd: home, env: { HOME: home } });
    expect(stderr).toMatch(expected);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('configuration files', () => {
  async function file(text: string): Promise<string> {
    const path = join(home, 'config.yaml');
    await writeFile(path, text);
    return path;
  }

  test.each([
    ['proxy', 'prot: 1', /prot: unknown key; did you mean port\?/],
    ['proxy', 'port: "5433"', /port: expected a number, not "5433"/],
    ['proxy', 'memory: 2 gigs', /memory: expected a size such as 512MB or 2GB/],
    ['proxy', 'log: loud', /log: expected trace, debug, info, warn, error or silent, not "loud"/],
    ['proxy', 'tables: {t: {columns: {a: numeric}}}', /tables\.t\.columns\.a: "numeric" is not/],
    ['proxy', 'port: [', /config\.yaml: .*at line 1/s],
    ['proxy', '- port', /expected a mapping of keys to values/],
    ['agent', 'tables: [{name: t, path: a, query: b}]', /tables\[0\]: expected exactly one of path, paths/],
    ['agent', 'tables: [{name: t, path: a, "Customer ID": 1}]', /tables\[0\]\."Customer ID": unknown key/],
    ['agent', 'tables: [{name: t, path: a}, {name: t, path: b}]', /missing/],
    ['agent', 'proxies: [http://x]', /proxies\[0\]: expected a URL that begins with ws:/],
    ['agent', 'pollIntervalMs: 5', /pollIntervalMs: expected at least 100, not 5/],
  ])('skein %s --config with %s', async (command, text, expected) => {
    const { code, stderr } = await skein([command, '--config', await file(text)]);
    expect(stderr).toMatch(expected);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(code).toBe(2);
  });

  test('a file that is not there', async () => {
    const { code, stderr } = await skein(['proxy', '--config', 'absent.yaml'], { cwd: home });
    expect(stderr).toContain("can't read the configuration absent.yaml: there is no such file");
    expect(code).toBe(1);
  });

  test('relative paths begin at the file, and files are looked at as often as it says', async () => {
    const directory = join(home, 'elsewhere');
    await mkdir(join(directory, 'data'), { recursive: true });
    await writeFile(join(directory, 'data', 'words.csv'), 'word\none\n');
    const config = join(directory, 'agent.yaml');
    await writeFile(
      config,
      `proxies: ["ws://127.0.0.1:${ports.http}/agent"]\nid: elsewhere\nallowedDirectories: [data]\n` +
        'tables: [{name: words, path: data/*.csv}]\nstateDirectory: state\npollIntervalMs: 100\n',
    );
    const agent = new Command(['agent', '--config', config], { cwd: home });
    await agent.says(/connected to the proxy/);
    const words = async () => (await query(['-f', 'csv', 'SELECT count(*) FROM words'])).stdout;
    await until(async () => (await words()) === 'count\n1\n', 'the table');
    await writeFile(join(directory, 'data', 'words.csv'), 'word\none\ntwo\n');
    await until(async () => (await words()) === 'count\n2\n', 'the new row');
    await access(join(directory, 'state', 'lock'));
    agent.signal('SIGTERM');
    expect((await agent.ended()).code).toBe(0);
    const removed = await skein(['agent', 'remove', 'elsewhere', '--state', join(state, 'proxy')]);
    expect(removed.stdout).toBe('removed agent "elsewhere"\n');
  });
});

describe('skein query', () => {
  test('a table', async () => {
    const sql =
      "SELECT storeid, city, NULL AS n, '' AS e, 1.50 AS x FROM transactions GROUP BY 1, 2 ORDER BY 1";
    const { code, stdout } = await query([sql]);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      '┌─────────┬──────────┬──────┬───┬──────┐',
      '│ storeid │ city     │ n    │ e │    x │',
      '├─────────┼──────────┼──────┼───┼──────┤',
      '│       1 │ Paris    │ NULL │   │ 1.50 │',
      '│       2 │ Toronto  │ NULL │   │ 1.50 │',
      '│       3 │ Berlin   │ NULL │   │ 1.50 │',
      '│       4 │ New York │ NULL │   │ 1.50 │',
      '└─────────┴──────────┴──────┴───┴──────┘',
      '(4 rows)',
      '',
    ]);
  });

  test('NULL as one wishes; control characters do not reach the terminal', async () => {
    const { stdout } = await query(['--null', '∅', "SELECT NULL::text AS a, E'\\u001b[31mred' AS b"]);
    expect(stdout).toContain('│ ∅ │ \\x1b[31mred │');
  });

  test('no rows, no columns', async () => {
    expect((await query(['SELECT 1 AS a WHERE false'])).stdout).toMatch(/│ a │.*\(0 rows\)\n$/s);
    expect((await query(['-f', 'csv', 'SELECT 1 AS a WHERE false'])).stdout).toBe('a\n');
    expect((await query(['-f', 'json', 'SELECT 1 AS a WHERE false'])).stdout).toBe('[]\n');
    expect((await query(['SELECT'])).stdout).toBe('(1 row)\n');
  });

  test('CSV: NULL is an empty field, an empty text ""', async () => {
    const { stdout } = await query(['-f', 'csv', `SELECT NULL AS a, '' AS b, 'x,"y"' AS c, E'1\\n2' AS d`]);
    expect(stdout).toBe('a,b,c,d\n,"","x,""y""","1\n2"\n');
  });

  test('JSON keeps digits, order of columns, and json as it is', async () => {
    const sql =
      'SELECT 9007199254740993::bigint AS "2", 0.10::numeric AS "1", ARRAY[ARRAY[1,NULL],ARRAY[2,3]] AS a, ' +
      `'{"n": 1.0000000000000000001}'::json AS j, 'NaN'::float8 AS f, true AS t, NULL AS u, 'é"' AS s`;
    const { stdout } = await query(['-f', 'json', sql]);
    expect(stdout).toBe(
      '[\n{"2":9007199254740993,"1":0.10,"a":[[1,null],[2,3]],"j":{"n": 1.0000000000000000001},' +
        '"f":"NaN","t":true,"u":null,"s":"é\\""}\n]\n',
    );
  });

  test('JSON refuses two columns of one name', async () => {
    const { code, stderr } = await query(['-f', 'json', 'SELECT 1 AS a, 2 AS a']);
    expect(stderr).toContain('two columns have the name "a"');
    expect(code).toBe(2);
  });

  test('statements without rows say their tag', async () => {
    expect(await query(['SET statement_timeout = 5'])).toEqual({ code: 0, stdout: 'SET\n', stderr: '' });
    expect(await query(['-f', 'csv', 'BEGIN'])).toEqual({ code: 0, stdout: '', stderr: 'BEGIN\n' });
    expect(await query([''])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('errors have PostgreSQL’s form, with SQLSTATE, position and hint', async () => {
    const { code, stdout, stderr } = await query(['SELECT regn\nFROM transactions']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'ERROR:  42703: column "regn" does not exist\nLINE 1: SELECT regn\n               ^\n' +
        'HINT:  Perhaps you meant to reference the column "transactions.region".\n',
    );
  });

  test('warnings too', async () => {
    const { code, stderr } = await query(['COMMIT']);
    expect(stderr).toMatch(/^WARNING: {2}25P01: there is no transaction in progress\n/);
    expect(code).toBe(0);
  });

  test('a statement from standard input', async () => {
    expect((await query(['-f', 'csv', '-'], { input: 'SELECT 7 AS n' })).stdout).toBe('n\n7\n');
  });

  test('settings for the statement; one that does not exist is an error', async () => {
    const set = ['--set', 'statement_timeout=1 min', '--set', 'skein.on_missing_agent=partial'];
    const shown = await query([...set, '-f', 'csv', "SELECT current_setting('statement_timeout') AS t"]);
    expect(shown.stdout).toBe('t\n1min\n');
    const mistyped = await query(['--set', 'statement_timeou=1', 'SELECT 1']);
    expect(mistyped.stderr).toContain('42704: unrecognized configuration parameter "statement_timeou"');
    expect(mistyped.code).toBe(1);
  });

  test('the proxy is named by flag, environment, ./skein.yaml or ~/.config/skein.yaml', async () => {
    const here = join(home, 'here');
    await mkdir(join(here, '.config'), { recursive: true });
    const options = { cwd: here, env: { HOME: here } };
    await writeFile(join(here, '.config', 'skein.yaml'), `url: ${url}\n`);
    expect((await query(['-f', 'csv', 'SELECT 1 AS n'], options)).stdout).toBe('n\n1\n');
    await writeFile(join(here, 'skein.yaml'), 'url: postgres://127.0.0.1:1/x\n');
    expect((await query(['SELECT 1'], options)).stderr).toContain(
      "can't connect to 127.0.0.1:1: nothing listens there",
    );
    await writeFile(join(here, 'skein.yaml'), 'uri: postgres://127.0.0.1:1/x\n');
    expect((await query(['SELECT 1'], options)).stderr).toContain('uri: unknown key; did you mean url?');
    const byEnvironment = { ...options, env: { HOME: here, SKEIN_URL: url } };
    expect((await query(['-f', 'csv', 'SELECT 1 AS n'], byEnvironment)).stdout).toBe('n\n1\n');
    const byFlag = await query(['SELECT 1', '--url', `${url}x`], byEnvironment);
    expect(byFlag.stderr).toContain('FATAL:  3D000: database "skeinx" does not exist');
    expect(byFlag.code).toBe(1);
  });

  test('the name of the database may be left out', async () => {
    const short = `postgres://127.0.0.1:${ports.pg}`;
    const { stdout } = await query(['-f', 'csv', 'SELECT current_database() AS d', '--url', short]);
    expect(stdout).toBe('d\nskein\n');
  });

  test('Ctrl-C cancels the statement', async () => {
    const slow =
      'SELECT count(*) FROM transactions a, transactions b, transactions c, transactions d ' +
      'WHERE a."Price" * b."Price" < c."Price" * d."Price"';
    const running = new Command(['query', slow], { env: { SKEIN_URL: url } });
    const state = async (): Promise<string> => {
      const asked =
        "SELECT state FROM skein.queries WHERE sql LIKE '%transactions d%' AND sql NOT LIKE '%skein%'";
      return (await query(['-f', 'csv', asked])).stdout;
    };
    await until(async () => (await state()).includes('running'), 'it to run');
    running.signal('SIGINT');
    const { code, stderr } = await running.ended();
    expect(stderr).toBe('ERROR:  57014: canceling statement due to user request\n');
    expect(code).toBe(130);
    await until(async () => !(await state()).includes('running'), 'its end on the proxy');
  });

  test('a reader that has seen enough is no failure', async () => {
    const running = new Command(['query', '-f', 'csv', 'SELECT * FROM transactions a, stores b, stores c'], {
      env: { SKEIN_URL: url },
    });
    running.process.stdout?.once('data', () => running.process.stdout?.destroy());
    expect(await running.ended()).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('skein query -o', () => {
  async function rowsOf(file: string): Promise<unknown> {
    const connection = await (await DuckDBInstance.create()).connect();
    const reader = await connection.runAndReadAll(`FROM read_parquet('${file}')`);
    const types = reader.columnNames().map((name, i) => `${name} ${reader.columnType(i)}`);
    return { types, rows: reader.getRowsJson() };
  }

  test('CSV and JSON', async () => {
    const { stdout } = await query(['SELECT 1 AS n UNION ALL SELECT NULL ORDER BY 1', '-o', 'n.csv']);
    expect(stdout).toBe('wrote 2 rows to n.csv\n');
    expect(await readFile(join(home, 'n.csv'), 'utf8')).toBe('n\n1\n\n');
    await query(['SELECT 1 AS n', '-o', 'n.json']);
    expect(JSON.parse(await readFile(join(home, 'n.json'), 'utf8'))).toEqual([{ n: 1 }]);
  });

  test('Parquet with the columns’ types', async () => {
    const sql =
      "SELECT i, CASE WHEN i = 1 THEN 'a,\"' WHEN i = 2 THEN '' END AS t, i * 1.5 AS q, sum(i) OVER () AS s, " +
      "DATE '2024-02-29' AS d, TIMESTAMPTZ '2024-01-01 12:00+02' AS z, '\\x00ff'::bytea AS b, " +
      "'NaN'::numeric AS x, interval '1 month' AS v, ARRAY[1, i] AS a, 1.5::float8 AS f, i > 1 AS o " +
      'FROM (VALUES (1), (2), (3)) AS r(i) ORDER BY 1';
    const { code, stderr } = await query([sql, '-o', 'types.parquet']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const same = ['2024-02-29', '2024-01-01 10:00:00+00', '\\x00\\xFF', 'NaN', '1 mon'];
    expect(await rowsOf(join(home, 'types.parquet'))).toEqual({
      types: [
        'i INTEGER',
        't VARCHAR',
        'q DECIMAL(18,1)',
        's BIGINT',
        'd DATE',
        'z TIMESTAMP WITH TIME ZONE',
        'b BLOB',
        'x VARCHAR',
        'v VARCHAR',
        'a VARCHAR',
        'f DOUBLE',
        'o BOOLEAN',
      ],
      rows: [
        [1, 'a,"', '1.5', '6', ...same, '{1,1}', 1.5, false],
        [2, '', '3.0', '6', ...same, '{1,2}', 1.5, true],
        [3, null, '4.5', '6', ...same, '{1,3}', 1.5, true],
      ],
    });
  });

  test('Parquet of a single column with NULL and empty text', async () => {
    await query(["SELECT * FROM (VALUES ('a'), (NULL), ('')) AS v(x) ORDER BY x", '-o', 'one.parquet']);
    expect(await rowsOf(join(home, 'one.parquet'))).toEqual({
      types: ['x VARCHAR'],
      rows: [[''], ['a'], [null]],
    });
  });

  test('names that Parquet’s writer can’t tell apart are said', async () => {
    const { stderr } = await query(['SELECT * FROM transactions LIMIT 1', '-o', 'names.parquet']);
    expect(stderr).toContain('column "country" as "country_1"');
  });

  test('a failure leaves no file', async () => {
    const { code } = await query(['SELECT 1 / (5 - i) FROM generate_series(1, 9) i', '-o', 'half.csv']);
    expect(code).toBe(1);
    expect((await readdir(home)).filter((name) => name.startsWith('half'))).toEqual([]);
  });

  test('a directory that is not there', async () => {
    const { code, stderr } = await query(['SELECT 1', '-o', 'no/where.csv']);
    expect(stderr).toMatch(/^skein: .*no such file or directory/);
    expect(code).toBe(1);
  });
});

describe('skein explain', () => {
  test('the demo’s catalog, with nothing running', async () => {
    await mkdir(join(home, 'explain'));
    await lendPostgresTemplate(join(home, 'explain'), 'skein');
    const where = ['--state', join(home, 'explain')];
    const right = await skein(['explain', "SELECT count(*) FROM transactions WHERE region = 'EU'", ...where]);
    expect(right).toMatchObject({ code: 0, stderr: '' });
    expect(right.stdout).toMatch(/store-1, store-3.*pruned store-2, store-4/);
    const wrong = await skein(['explain', 'SELECT cunt(*) FROM transactions', ...where]);
    expect(wrong.stderr).toMatch(/^ERROR: {2}42883: .*\nLINE 1: SELECT cunt\(.*\n {15}\^\n/);
    expect(wrong.code).toBe(1);
  });

  test('a proxy’s catalog; JSON; ANALYZE', async () => {
    const json = await skein(['explain', '--url', url, '--json', 'SELECT count(*) FROM transactions']);
    expect(JSON.parse(json.stdout)).toBeInstanceOf(Array);
    const analyzed = await skein(['explain', '--url', url, '--analyze', 'SELECT count(*) FROM transactions']);
    expect(analyzed.stdout).toMatch(/Agent store-4: rows=1 bytes_out=/);
  });
});

describe('skein agent list | token | remove', () => {
  test('asks the running proxy', async () => {
    const where = ['--state', join(state, 'proxy')];
    const listed = await skein(['agent', 'list', ...where]);
    expect(listed.stdout).toMatch(
      /│ store-3 │ connected │ store-3 │ storeid=3 region=EU country=DE city=Berlin/,
    );
    const token = await skein(['agent', 'token', 'new', ...where]);
    expect(token).toMatchObject({ code: 0, stderr: '' });
    expect(token.stdout).toMatch(/^\S{20,}\n$/);
    const json = await skein(['agent', 'list', '--json', ...where]);
    expect(JSON.parse(json.stdout)).toContainEqual(
      expect.objectContaining({ agent: 'new', state: 'invited', reason: 'has a token, never connected' }),
    );
    const revoked = await skein(['agent', 'token', '--revoke', 'new', ...where]);
    expect(revoked.stdout).toBe('revoked 1 token of agent "new"\n');
    const removed = await skein(['agent', 'remove', 'new', ...where]);
    expect(removed).toMatchObject({ code: 1, stderr: 'skein: agent "new" does not exist\n' });
  });

  test('a token in a file that only its owner reads, and that is not overwritten', async () => {
    const args = ['agent', 'token', 'filed', '-o', 'filed.token', '--state', join(state, 'proxy')];
    const { stdout } = await skein(args, { cwd: home });
    expect(stdout).toBe('wrote the token of agent "filed" to filed.token\n');
    const file = join(home, 'filed.token');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const before = await readFile(file, 'utf8');
    expect((await skein(args, { cwd: home })).code).toBe(1);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  test('works on the files where no proxy runs', async () => {
    const alone = join(home, 'alone');
    await mkdir(join(alone, 'registry'), { recursive: true });
    const token = await skein(['agent', 'token', 'first', '--state', alone]);
    expect(token).toMatchObject({ code: 0, stderr: '' });
    const { stdout } = await skein(['agent', 'list', '--state', alone]);
    expect(stdout).toMatch(/│ first │ invited/);
  });

  test('names a directory without a proxy’s state, and an id that can’t be', async () => {
    const nowhere = await skein(['agent', 'list', '--state', join(home, 'nowhere')]);
    expect(nowhere.stderr).toMatch(/no proxy has its state in .*nowhere/);
    expect(nowhere.code).toBe(1);
    const odd = await skein(['agent', 'token', 'a b', '--state', join(state, 'proxy')]);
    expect(odd.stderr).toContain('"a b" is not an agent\'s id');
    expect(odd.code).toBe(2);
  });
});

describe('skein check', () => {
  const checked = () => join(home, 'checked');
  const check = (...more: readonly string[]) =>
    skein(['check', '--state', join(checked(), 'proxy'), ...more]);

  async function agentOf(id: string, http: number, lines: string): Promise<Command> {
    const directory = join(checked(), id);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'lines.csv'), lines);
    await writeFile(join(directory, 'currencies.csv'), 'currency\nEUR\n');
    await writeFile(
      join(directory, 'agent.yaml'),
      `proxies: ["ws://127.0.0.1:${http}/agent"]\nid: ${id}\nallowedDirectories: [.]\nstateDirectory: state\n` +
        'tables: [{name: lines, path: lines.csv}, {name: currencies, path: currencies.csv, replicated: true}]\npollIntervalMs: 100\n',
    );
    const agent = new Command(['agent', '--config', join(directory, 'agent.yaml')], { cwd: home });
    await agent.says(/connected to the proxy/);
    return agent;
  }

  test('verifies all that is declared, says what it found, and again when data changed', async () => {
    const [pg, http] = [await freePort(), await freePort()];
    await mkdir(join(checked(), 'proxy'), { recursive: true });
    await lendPostgresTemplate(join(checked(), 'proxy'), 'skein');
    const config = join(checked(), 'proxy.yaml');
    await writeFile(
      config,
      `stateDirectory: proxy\nport: ${pg}\nhttpPort: ${http}\ntokens: open\n` +
        'colocation: {orders: {lines: order_id}, missing: {nothing: id}}\n',
    );
    expect(await check()).toMatchObject({ code: 1, stderr: expect.stringContaining('no proxy') });
    const proxy = new Command(['proxy', '--config', config], { cwd: home });
    await proxy.says(/ready|listening/);
    const agents = [
      await agentOf('a', http, 'order_id,part\n1,x\n2,y\n'),
      await agentOf('b', http, 'order_id,part\n3,x\n'),
    ];
    const found = await check();
    expect(found.stdout).toContain('equal keys of lines.order_id lie in one shard');
    expect(found.stdout).toContain('there is no table "nothing"');
    expect(found.stdout).toMatch(/replicated .* currencies .* b .* ok/);
    expect(found.stderr).toContain('1 of 4 declarations do not hold');
    expect(found.code).toBe(1);
    await writeFile(join(checked(), 'b', 'lines.csv'), 'order_id,part\n3,x\n1,z\n');
    const orders = async () => {
      const { stdout } = await check('--json');
      const findings: readonly {
        readonly subject: string;
        readonly state: string;
        readonly detail: string;
      }[] = JSON.parse(stdout);
      return findings.find(({ subject }) => subject === 'orders');
    };
    await until(async () => (await orders())?.state === 'failed', 'the group to be demoted');
    expect((await orders())?.detail).toBe('lines.order_id: key 1 lies in shards "a" and "b"');
    for (const process of [...agents, proxy]) {
      process.signal('SIGTERM');
      expect((await process.ended()).code).toBe(0);
    }
  });
});

describe('skein proxy and skein agent', () => {
  test('a second one on the same state directory is refused, and the first named', async () => {
    const [proxy] = await childrenOf(state);
    const second = await skein(['proxy', '--config', join(state, 'config', 'proxy.yaml')]);
    expect(second.stderr).toContain(
      `a proxy already uses the state directory ${join(state, 'proxy')} (process ${proxy})`,
    );
    expect(second.code).toBe(1);
    const agent = await skein(['agent', '--config', join(state, 'config', 'store-1.yaml')]);
    expect(agent.stderr).toContain('an agent already uses the state directory');
    expect(agent.code).toBe(1);
  });

  test.each([
    ['--port', '--http-port'],
    ['--http-port', '--port'],
  ])('a busy port is named: %s', async (busy, free) => {
    const args = ['proxy', '--state', join(home, 'busy'), busy, `${ports.pg}`, free, `${await freePort()}`];
    const { code, stderr } = await skein(args);
    expect(stderr).toContain(`can't listen on 127.0.0.1:${ports.pg}: the port is in use`);
    expect(code).toBe(1);
  });
});

describe('skein demo', () => {
  test('prints the labels, where the files are, a line for psql, and ready', async () => {
    const lines = demo.stdout.trimEnd().split('\n').slice(-7);
    expect(lines).toEqual([
      'agent store-1: storeid=1, region=EU, country=FR, city=Paris',
      'agent store-2: storeid=2, region=NorthAmerica, country=CA, city=Toronto',
      'agent store-3: storeid=3, region=EU, country=DE, city=Berlin',
      'agent store-4: storeid=4, region=NorthAmerica, country=US, city=New York',
      'files: demo/data',
      `psql "host=127.0.0.1 port=${ports.pg} user=demo dbname=skein"`,
      'ready; Ctrl-C stops everything',
    ]);
    expect(demo.stdout).toMatch(/writing data \[=+\] 100 %/);
  });

  test('a second one on the same state directory is refused', async () => {
    const other = ['--pg-port', `${await freePort()}`, '--http-port', `${await freePort()}`];
    const { code, stderr, stdout } = await startDemo(...other, '--rows', '5').ended();
    expect(stderr).toContain(
      `a demo already uses the state directory ${state} (process ${demo.process.pid})`,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  test('a busy port is named before anything is made', async () => {
    const server: Server = createServer().listen(0, '127.0.0.1');
    const port = await new Promise<number>((resolve) =>
      server.once('listening', () => resolve((server.address() as { port: number }).port)),
    );
    const busy = join(home, 'busy-demo');
    const { code, stderr } = await startDemo('--state', busy, '--http-port', `${port}`).ended();
    server.close();
    expect(stderr).toMatch(/can't listen on 127\.0\.0\.1:\d+: the port is in use\nhint: .*--pg-port/);
    expect(code).toBe(1);
    expect(await readdir(busy)).toEqual(['lock']);
  });

  test('an agent that ends leaves the others running, and is named', async () => {
    const [, paris] = await childrenOf(state);
    if (paris === undefined) throw new Error('no agent');
    process.kill(paris, 'SIGKILL');
    await demo.says(/agent store-1 was ended by SIGKILL/);
    const counted = await query(['-f', 'csv', 'SELECT count(*) FROM transactions WHERE storeid > 1']);
    expect(counted.stdout).toBe('count\n600\n');
    const all = await query(['SELECT count(*) FROM transactions']);
    expect(all.stderr).toMatch(/store-1/);
    expect(all.code).toBe(1);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('%s leaves no process', async (signal) => {
    // The first ends the demo of the tests before, which has lost an agent.
    if (demo.process.exitCode !== null || demo.process.signalCode !== null) {
      demo = startDemo();
      await demo.says(/^ready/m);
      expect(demo.stdout).not.toContain('writing data');
    }
    const pids = await childrenOf(state);
    expect(pids.length).toBeGreaterThanOrEqual(4);
    demo.signal(signal);
    const { code, stderr } = await demo.ended();
    if (signal !== 'SIGKILL') expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await until(() => !pids.some(isAlive), 'the end of the children');
  });

  test.each(['SIGINT', 'SIGKILL'] as const)('%s while data is written', async (signal) => {
    const begun = join(home, `begun-${signal}`);
    const writing = startDemo('--state', begun, '--rows', '5000000');
    await writing.says(/writing data/);
    // It has its lock by then; to look earlier would take it away.
    await until(() => exists(join(begun, 'proxy', 'postgres')), 'the proxy');
    const proxy = await holderOf(join(begun, 'proxy'));
    writing.signal(signal);
    const { code } = await writing.ended();
    if (signal === 'SIGINT') expect(code).toBe(0);
    await until(() => !isAlive(proxy), 'the end of the proxy');
    expect(await exists(join(begun, 'data', 'manifest.json'))).toBe(false);
    await rm(begun, { recursive: true, force: true });
  });
});

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
