import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { startProxy, type TestProxy } from './session-proxy.ts';

/** The same statements to Skein and to PostgreSQL: what a session says must be the same. */
let proxy: TestProxy;
let postgres: Postgres;

const FILE = 'n,word\n1,one\n2,two\n3,three\n4,four\n5,five\n';

beforeAll(async () => {
  [proxy, postgres] = await Promise.all([
    startProxy([{ id: 'a', labels: { region: 'EU' }, files: { 'numbers.csv': FILE } }]),
    startPostgres(),
  ]);
  const client = await connect('postgres');
  await client.query('CREATE TABLE numbers (n bigint, word text, region text)');
  await client.query(
    `INSERT INTO numbers VALUES (1,'one','EU'),(2,'two','EU'),(3,'three','EU'),(4,'four','EU'),(5,'five','EU')`,
  );
  await client.end();
});
afterAll(async () => {
  await proxy.close();
  await postgres.close();
});

async function connect(to: 'skein' | 'postgres'): Promise<pg.Client> {
  if (to === 'skein') return proxy.client();
  const { port, user, password } = postgres;
  const client = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'postgres' });
  await client.connect();
  return client;
}

/** Each query of the script and what came of it, a line each. */
async function transcript(to: 'skein' | 'postgres', script: readonly string[]): Promise<string[]> {
  const client = await connect(to);
  const lines: string[] = [];
  const statuses: string[] = [];
  client.on('notice', (notice) => lines.push(`  ${notice.severity} ${notice.code} ${notice.message}`));
  client.connection.on('parameterStatus', (status: { parameterName: string; parameterValue: string }) => {
    statuses.push(`  ${status.parameterName} = ${status.parameterValue}`);
  });
  for (const sql of script) {
    lines.push(sql, ...(await outcome(client, sql)));
    lines.push(...statuses.splice(0).sort());
  }
  await client.end();
  return lines;
}

async function outcome(client: pg.Client, sql: string): Promise<string[]> {
  try {
    const results = [await client.query({ text: sql, rowMode: 'array' })].flat();
    return results.map((result) => {
      const fields = result.fields.map((field) => `${field.name}:${field.dataTypeID}`).join(',');
      return `  ${result.command} ${result.rowCount} [${fields}] ${JSON.stringify(result.rows)}`;
    });
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    const { code, message, detail, hint, position } = error;
    return [`  ${code} ${message} | ${detail ?? ''} | ${hint ?? ''} | ${position ?? ''}`];
  }
}

async function same(...script: string[]): Promise<void> {
  expect(await transcript('skein', script)).toEqual(await transcript('postgres', script));
}

describe('transactions', () => {
  it('outside and inside of blocks', () =>
    same(
      'commit',
      'rollback',
      'begin',
      'begin',
      'select n from numbers order by n limit 1',
      'select 1/0',
      'select 1',
      'commit',
      'abort',
      'end',
      'start transaction isolation level serializable',
      'show transaction_isolation',
      'rollback and chain',
      'show transaction_isolation',
      'commit and chain',
      'commit',
      'commit and chain',
    ));

  it('AND CHAIN after an error', () =>
    same(
      'start transaction isolation level serializable, read only',
      'select nope',
      'rollback and chain',
      'show transaction_isolation',
      'show transaction_read_only',
      'savepoint a',
      'select nope',
      'rollback to a',
      'show transaction_isolation',
      'select nope',
      'commit and chain',
      'show transaction_isolation',
      'rollback',
    ));

  it('savepoints', () =>
    same(
      'savepoint a',
      'release a',
      'rollback to a',
      'begin',
      'savepoint a',
      'select 1/0',
      'savepoint b',
      'release a',
      'rollback to b',
      'rollback to a',
      'release zz',
      'rollback to a',
      'select 1',
      'release a',
      'rollback to a',
      'rollback',
    ));

  it('several statements in one message', () =>
    same(
      'begin; select 1; commit; select 2',
      'select 1; begin; select 2',
      'commit',
      'select 1; select 1/0; select 3',
      "set application_name = 'x'; select 1/0",
      'show application_name',
      'begin; select 1/0; commit',
      'commit',
      ';',
      '',
      '-- nothing',
      'select 1;;',
      'selec',
      'select 1; selec',
    ));

  it('isolation levels', () =>
    same(
      'begin',
      'set transaction isolation level repeatable read',
      'select 1',
      'set transaction isolation level serializable',
      'rollback',
      'set transaction isolation level serializable',
      'set session characteristics as transaction isolation level read uncommitted',
      'show transaction isolation level',
      'set local work_mem = 64',
      'begin read only',
      'show transaction_read_only',
      'commit',
      'reset transaction_isolation',
    ));

  it('now() stands still', () =>
    same(
      'begin',
      'select now() = statement_timestamp(), now() = transaction_timestamp()',
      'select pg_sleep(0.01)',
      'select now() < statement_timestamp()',
      'commit',
    ));
});

describe('settings', () => {
  it('values and errors', () =>
    same(
      "set timezone to 'europe/paris'",
      'show timezone',
      "set time zone 'bogus'",
      'set timezone to -3',
      'show time zone',
      "set time zone interval '-08:00' hour to minute",
      'show timezone',
      "set datestyle = 'german'",
      'show datestyle',
      "set datestyle = 'iso, foo'",
      "set datestyle='iso,sql'",
      'set datestyle to default',
      "set intervalstyle to 'Iso_8601'",
      "set intervalstyle to 'x'",
      "set names 'UTF8'",
      "set work_mem = '64 MB'",
      'show work_mem',
      "set temp_buffers = '8kB'",
      'set geqo_effort = 20',
      "set work_mem = '64KB'",
      'set work_mem to 1, 2',
      "set statement_timeout='1.5s'",
      'show statement_timeout',
      "set statement_timeout = '5 parsecs'",
      'set statement_timeout = 99999999999',
      'reset statement_timeout',
      'set extra_float_digits = 4',
      'set jit = maybe',
      'set server_version = 5',
      "set shared_buffers = '1GB'",
      'set foo = 1',
      'show foo',
      'set foo.bar = 1',
      'show foo.bar',
      'reset foo.bar',
      'show foo.bar',
      'set "foo bar.x" = 1',
      `set search_path = a, "B c", '$user'`,
      'show search_path',
      "set search_path = ''",
      'show search_path',
      'reset all',
      'discard all',
      'begin; discard all',
      'rollback',
    ));

  it('end with transactions', () =>
    same(
      'begin',
      "set timezone = 'Asia/Tokyo'",
      "set local application_name = 'local'",
      'savepoint a',
      "set application_name = 'later'",
      'rollback to a',
      'show application_name',
      'commit',
      'show application_name',
      'show timezone',
      'begin',
      "set timezone = 'Europe/Berlin'",
      'rollback',
      'show timezone',
    ));

  it('functions', () =>
    same(
      "select current_setting('nope')",
      "select current_setting('nope', true)",
      "select set_config('work_mem','1MB',false), current_setting('jit') in ('on', 'off') as jit",
      'show work_mem',
      "select set_config(null, 'a', false)",
      "select set_config('search_path','a,,b',false)",
      "begin; select set_config('timezone','Asia/Tokyo',true); show timezone; commit; show timezone",
      'select pg_backend_pid() = pg_backend_pid() as same',
    ));
});

describe('prepared statements and cursors', () => {
  it('PREPARE, EXECUTE, DEALLOCATE', () =>
    same(
      'prepare p as select 1',
      'prepare p as select 1',
      'execute p',
      'execute q',
      'deallocate q',
      'deallocate p',
      'prepare p(int) as select word from numbers where n = $1',
      'execute p(2)',
      "execute p('3')",
      'execute p',
      'prepare q as begin',
      'select 1; prepare r as select 2',
      'select name, statement, parameter_types, result_types, from_sql from pg_prepared_statements order by 1',
      'deallocate all',
      'execute p',
    ));

  it('literals mean what they meant when they were prepared', () =>
    same(
      "set datestyle = 'ISO, DMY'",
      "prepare p as select '01/02/2024'::date, word from numbers where n = 1",
      "set datestyle = 'ISO, MDY'",
      'execute p',
      "select '01/02/2024'::date, word from numbers where n = 1",
      "prepare q as select timestamptz '2024-01-01 00:00', 'now'::timestamptz < now() from numbers where n = 1",
      "set timezone = 'Asia/Tokyo'",
      'execute q',
      "select timestamptz '2024-01-01 00:00', 'now'::timestamptz = now() from numbers where n = 1",
      "select timestamptz '2024-01-01 00:00', 'now'::timestamptz = now() from numbers where n = 1",
      "begin; select 1; select 'now'::timestamptz = now(), 'today'::date = current_date; commit",
      'reset datestyle',
      'reset timezone',
      'deallocate all',
    ));

  it('EXECUTE with expressions', () =>
    same(
      'prepare p(bigint) as select word from numbers where n = $1',
      'execute p(1+1)',
      "execute p('2'::int)",
      'execute p(abs(-3))',
      'execute p(1.6)',
      'execute p(null::int)',
      'execute p((select 1))',
      "execute p('x'::text)",
      'execute p(true)',
      'execute p(nope)',
      'execute p(sum(1))',
      'execute p(1/0)',
      "execute p('1' || '2')",
      'prepare q(nope) as select 1',
      'prepare q(int, nope) as select 1',
      'prepare q(text, int, timestamptz) as select $1 || $2, $3 = now()',
      "execute q(1.50, '7', now())",
      "execute q('a', 1, 'x')",
      'begin; execute q(1, 2, now()); commit',
      'prepare r(int) as select case when $1 = 0 then 1/0 else n / $1 end from numbers order by n',
      'execute r(1)',
      'execute r(0)',
      'deallocate all',
    ));

  it('DECLARE, FETCH, MOVE, CLOSE', () =>
    same(
      'declare c cursor for select 1',
      'begin',
      'declare c cursor for select n from numbers order by n',
      'fetch 2 from c',
      'fetch next from c',
      'move 1 in c',
      'fetch all from c',
      'fetch 1 from c',
      'close c',
      'close c',
      'rollback',
      'begin',
      'declare c no scroll cursor for select n from numbers order by n',
      'fetch 0 from c',
      'fetch relative 2 from c',
      'fetch absolute 4 from c',
      'fetch prior from c',
      'rollback',
      'begin; declare c cursor with hold for select n from numbers order by n; fetch 2 from c',
      'commit',
      'fetch 2 from c',
      'close all',
      'fetch c',
      'begin; declare c cursor for select 1; declare c cursor for select 1',
      'rollback',
      'begin; declare c cursor for select n from numbers order by n; commit',
      'fetch c',
      'begin; savepoint a; declare c cursor for select 1; rollback to a',
      'fetch c',
      'rollback',
    ));
});

describe('SCROLL and BINARY cursors', () => {
  const declare = 'declare c scroll cursor for select n, word from numbers order by n';

  it('go in all directions', () =>
    same(
      `begin; ${declare}`,
      'fetch 2 from c',
      'fetch backward 1 from c',
      'fetch prior from c',
      'fetch prior from c',
      'fetch first from c',
      'fetch last from c',
      'fetch next from c',
      'fetch prior from c',
      'fetch absolute 3 from c',
      'fetch absolute -1 from c',
      'fetch relative -2 from c',
      'fetch relative 0 from c',
      'fetch 0 from c',
      'fetch absolute 0 from c',
      'fetch all from c',
      'fetch backward all from c',
      'fetch forward all from c',
      'fetch backward 2 from c',
      'fetch -1 from c',
      'fetch forward -1 from c',
      'move backward all in c',
      'move 3 in c',
      'move 0 in c',
      'move absolute 5 in c',
      'move forward all in c',
      'move 0 in c',
      'move first in c',
      'move last in c',
      'move relative -1 in c',
      'fetch absolute 100 from c',
      'fetch absolute -100 from c',
      'select name, statement, is_holdable, is_binary, is_scrollable from pg_cursors',
      'commit',
    ));

  it('over catalogs, held, and of no rows', () =>
    same(
      "declare c scroll cursor with hold for select relname from pg_class where relname ~ '^pg_am_' order by 1",
      'fetch 2 from c',
      'fetch backward 1 from c',
      'begin; fetch 1 from c; rollback',
      'fetch absolute 1 from c',
      'close c',
      'declare c scroll cursor with hold for select n from numbers where n < 0',
      'fetch backward 1 from c',
      'fetch 1 from c',
      'fetch backward 1 from c',
      'fetch all from c',
      'move backward all in c',
      'close all',
    ));
});

describe('errors', () => {
  it('of names and syntax, with positions', () =>
    same(
      'select N, nope from numbers',
      'select "N" from numbers',
      'select numbers."Word" from numbers',
      'select * from nope',
      'select nofunc(1)',
      "select 'ü', nope from numbers",
      "select 'ü'; select nope from numbers",
      'select n from numbers where word = 1',
      'select * from numbers limit -1',
      "select '2024-13-01'::date",
      'explain select nope from numbers',
      'prepare p as select nope from numbers',
    ));
});
