import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { showMessage } from '../support/wire.ts';
import { messages, type SideBySide, startSideBySide, type Target } from './side-by-side.ts';

/** What a session says, message for message, beside PostgreSQL 18. */
let sides: SideBySide;

beforeAll(async () => {
  sides = await startSideBySide();
});
afterAll(() => sides.close());

const same = (...script: readonly string[]): Promise<void> => sides.same(...script);

describe('settings', () => {
  it('in all forms of SET', () =>
    same(
      'set time zone local',
      'set time zone default',
      "set time zone 'Asia/Kolkata'",
      "select '2024-01-05 10:00:00+00'::timestamptz",
      "set time zone interval '-8' hour",
      'show timezone',
      "set timezone = 'FOO+3'",
      "select '2024-01-05 10:00:00+00'::timestamptz",
      "set timezone = 'GMT-3'",
      "set timezone = 'zulu'",
      "set timezone = ''",
      "set session time zone 'America/New_York'",
      'reset timezone',
      'set timezone to 200',
      "set session timezone to 'America/New_York'",
      'set work_mem from current',
      "set names 'utf8'",
      'set names',
      'set session characteristics as transaction read only',
      'show default_transaction_read_only',
      'show transaction_read_only',
      'set session characteristics as transaction isolation level repeatable read, read write, not deferrable',
      'show default_transaction_isolation',
      "set local timezone = 'Asia/Tokyo'",
      'set role none',
      'set role ann',
      'show role',
      'set session authorization default',
      'set session authorization ann',
      'reset session authorization',
      'reset role',
      "set client_encoding = 'utf-8'",
      "set lc_numeric = 'nope'",
      "set lc_time = 'C.UTF-8'",
      "set lc_monetary = ''",
      'reset all',
    ));

  it('whose time zone is an offset', () =>
    same(
      'set time zone 5.5',
      'show timezone',
      "select '2024-01-05 10:00:00+00'::timestamptz, date_trunc('day', '2024-01-05 20:00:00+00'::timestamptz)",
      "select '2024-01-05 10:00:00+00'::timestamptz, n from numbers where n = 1",
      '!select $1::timestamptz from numbers where n = 1 | 2024-01-05 10:00',
      'set time zone -3.25',
      "set time zone interval '+05:30' hour to minute",
      "set timezone = '<+0330>-3:30'",
      "select '2024-01-05 10:00:00+00'::timestamptz, n from numbers where n = 1",
      'set timezone to 25',
      "select '2024-01-05 10:00:00+00'::timestamptz, n from numbers where n = 1",
      "set timezone to '-00:44:30'",
      "set timezone to '+05:45'",
      "select '2024-01-05 10:00:00+00'::timestamptz, n from numbers where n = 1",
      "set timezone = 'foo+3'",
      "set datestyle = 'postgres'",
      "select '2024-01-05 10:00:00+00'::timestamptz, n from numbers where n = 1",
      "select '2024-01-05 10:00:00+00'::timestamptz",
      "set timezone = 'bogus'",
    ));

  it('that form texts', () =>
    same(
      "set datestyle = 'postgres, dmy'",
      "select '2024-01-05 10:00:00.5+00'::timestamptz, '2024-01-05'::date, '2024-01-05 10:00'::timestamp, '0044-03-15 BC'::date",
      "set datestyle = 'SQL'",
      "select '2024-01-05 10:00:00.5+00'::timestamptz, '2024-01-05'::date, '0044-03-15 BC'::timestamp",
      "set datestyle = 'german'",
      "select '2024-01-05 10:00:00.5+00'::timestamptz, '2024-01-05'::date",
      "set intervalstyle = 'sql_standard'",
      "select interval '1 year 2 months 3 days 04:05:06.7', interval '-1 day 2 hours', interval '0'",
      "set intervalstyle = 'postgres_verbose'",
      "select interval '1 year 2 months 3 days 04:05:06.7', interval '-1 day 2 hours', interval '0'",
      "set intervalstyle = 'iso_8601'",
      "select interval '1 year 2 months 3 days 04:05:06.7', interval '-1 day 2 hours', interval '0'",
      "set bytea_output = 'escape'",
      "select '\\x00ff41'::bytea",
      'set extra_float_digits = 0',
      'select 0.1::float8 + 0.2::float8, 1 / 3.0::float8, n / 3.0::float8 from numbers order by n limit 1',
      'select 0.1::float8 + 0.2::float8, 1 / 3.0::float8',
      'set extra_float_digits = -5',
      'select n / 3.0::float8 from numbers order by n limit 1',
      'select 1 / 3.0::float8, (1 / 3.0::float8)::text',
      "set bytea_output = 'base64'",
    ));

  it('and ParameterStatus, before ReadyForQuery', () =>
    same(
      "set application_name = 'a'; set timezone = 'Asia/Tokyo'; set datestyle = 'german'",
      "set application_name = 'b'; select nope",
      "set application_name = 'h'; set datestyle = 'german'; set intervalstyle = 'iso_8601'; set timezone = 'Asia/Tokyo'; reset all",
      "begin; set application_name = 'c'",
      'select nope',
      'rollback',
      "begin; set local application_name = 'd'; commit",
      "!set application_name = 'e'",
      "!select set_config('application_name', 'f', true), current_setting('application_name')",
      "select set_config('application_name', 'g', false)",
      "select set_config('timezone', 'bogus', false)",
      "select set_config('nope', 'x', false)",
      "select set_config('a.b', 'x', true)",
      "select current_setting('a.b')",
      '!select set_config($1, $2, $3) | application_name | x | f',
      '!select current_setting($1) | application_name',
      '!show application_name',
    ));

  it('are put back as pools do it', () =>
    same(
      'SET SESSION AUTHORIZATION DEFAULT;RESET ALL;CLOSE ALL;UNLISTEN *;SELECT pg_advisory_unlock_all();DISCARD SEQUENCES;DISCARD TEMP',
      'SELECT pg_advisory_unlock_all();\nCLOSE ALL;\nUNLISTEN *;\nRESET ALL;',
      'DISCARD ALL',
      'DISCARD ALL;SELECT 1',
      '!DISCARD ALL',
      'DISCARD PLANS',
      'DISCARD TEMPORARY',
      "SET DateStyle = 'ISO';SET extra_float_digits = 2;show transaction_isolation",
      'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED',
      "SET application_name = 'DBeaver 25.1.5 - Main <db>'",
      'show transaction isolation level',
      'show standard_conforming_strings',
      '',
      ';',
    ));
});

describe('cursors', () => {
  it('in binary, and words that contradict each other', () =>
    same(
      'begin; declare c binary cursor for select n, word from numbers order by n',
      'fetch 2 from c',
      '!fetch 1 from c',
      'declare d binary cursor for select oid, amname from pg_am order by 1',
      'fetch 1 from d',
      'select name, statement, is_binary from pg_cursors order by 1',
      'declare h scroll no scroll cursor for select 1',
      'rollback',
      'begin; declare h insensitive asensitive cursor for select 1',
      'rollback',
      'begin; declare a insensitive no scroll cursor for select 1; declare b asensitive cursor for select 2',
      'fetch a; fetch b; move backward all in a; fetch backward a',
      'rollback',
      'begin; declare c no scroll cursor for select n from numbers order by n',
      'move backward all in c',
      'fetch 2 from c',
      'fetch last from c',
      'rollback',
      'begin; declare c no scroll cursor for select n from numbers order by n',
      'fetch backward 1 from c',
      'rollback',
    ));

  it('as Tableau, psycopg and others use them', () =>
    same(
      'BEGIN;declare "SQL_CUR01" cursor with hold for select n from numbers order by n;fetch 2 in "SQL_CUR01"',
      'fetch 2 in "SQL_CUR01"',
      'close "SQL_CUR01";commit',
      'begin; declare c cursor for select n from numbers order by n; fetch 1 from c; fetch 1 from c; commit',
      'declare c cursor for select 1; fetch c',
      'begin',
      '!declare c no scroll cursor for select n from numbers where n > $1 order by n | 2',
      '!fetch 2 from c',
      '!declare d no scroll cursor for select $1::text, n from numbers order by n | x',
      '!fetch 1 from d',
      '!move 1 in d',
      'select name, statement from pg_cursors order by 1',
      '!select name, statement from pg_cursors order by 1',
      '!close d',
      'rollback',
      'begin; savepoint a; declare c cursor for select n from numbers order by n; release a; fetch 1 from c; rollback',
    ));

  it('SQL and protocol portals are one namespace', async () => {
    const { parse, bind, describe: ask, execute, sync, query } = serialize;
    const run = async (to: Target) => {
      const wire = await sides.login(to);
      wire.send(
        query('begin'),
        parse({ name: 's', text: 'select n from numbers order by n' }),
        bind({ portal: 'p', statement: 's' }),
        execute({ portal: 'p', rows: 1 }),
        sync(),
        query('move forward 2 p'),
        query('fetch 1 from p'),
        query('declare p cursor for select 1'),
        query('rollback; begin'),
        query('declare "srv" cursor for select n, word from numbers order by n'),
        ask({ type: 'P', name: 'srv' }),
        execute({ portal: 'srv', rows: 2 }),
        sync(),
        query('fetch 1 from srv'),
        bind({ portal: 'srv', statement: 's' }),
        sync(),
        query('rollback'),
        query('deallocate s'),
        query('prepare t as select 1'),
        bind({ statement: 't' }),
        execute({}),
        parse({ name: 't', text: 'select 2' }),
        sync(),
      );
      const answers = await wire.answers(11);
      wire.end();
      return answers.map(showMessage);
    };
    expect(await run('skein')).toEqual(await run('postgres'));
  });
});

it('what comes before Sync is one transaction, and empty statements end with it', async () => {
  const { parse, bind, describe: ask, execute, sync, query, copyData, copyDone, copyFail } = serialize;
  const asked = (text: string, rows = 0) => [
    parse({ text }),
    bind({}),
    ask({ type: 'P' }),
    execute({ rows }),
  ];
  const copied = (...rows: readonly Uint8Array[]) => [...asked('copy w from stdin'), sync(), ...rows, sync()];
  const run = async (to: Target) => {
    const wire = await sides.login(to);
    const lines: string[] = [];
    for (const messages of [
      [query('create table w (a int not null)')],
      [
        ...asked('insert into w values (1), (2)'),
        ...asked('insert into w values (null)'),
        ...asked('select 1'),
        sync(),
      ],
      [
        ...asked('insert into w values (3) returning a'),
        ...asked('select a from w', 1),
        execute({ rows: 1 }),
        sync(),
      ],
      [...asked('declare c cursor for select n from numbers order by n'), sync()],
      [
        ...asked('select 1'),
        ...asked('declare c cursor for select n from numbers order by n'),
        ...asked('fetch 2 from c'),
        sync(),
      ],
      [
        ...asked('begin'),
        ...asked('insert into w values (4)'),
        ...asked('savepoint s'),
        ...asked('insert into w values (null)'),
        sync(),
      ],
      [...asked(''), sync()],
      [...asked('rollback to s'), ...asked('insert into w values (5)'), ...asked('commit'), sync()],
      copied(copyData(Buffer.from('6\n')), sync(), copyData(Buffer.from('7\n')), copyDone()),
      copied(copyData(Buffer.from('8\n')), copyFail('no more')),
      copied(copyData(Buffer.from('x\n8\n')), copyData(Buffer.from('9\n')), copyDone()),
      [query('copy w from stdin; select 1'), copyData(Buffer.from('10\n')), copyDone()],
      [query('insert into w values (11); commit; insert into w values (12); select nope')],
      [query('select a from w order by a')],
      [query('drop table w')],
    ]) {
      wire.send(...messages);
      lines.push(...(await wire.answers()).map(showMessage));
    }
    wire.end();
    return lines;
  };
  expect(await run('skein')).toEqual(await run('postgres'));
});

describe('prepared statements', () => {
  it('count their plans', () =>
    same(
      'prepare p as select n from numbers where n < 3',
      'prepare q(int) as select $1',
      'execute p',
      'execute p',
      'execute q(1)',
      'execute q(nope)',
      '!execute nope',
      '!close all',
      'select name, generic_plans, custom_plans from pg_prepared_statements order by 1',
      'deallocate p',
      'prepare p as select 1',
      'select name, generic_plans, custom_plans from pg_prepared_statements order by 1',
    ));
});

describe('errors', () => {
  it('of constants come before any row description', () =>
    same(
      'select 1/0',
      "select 'x'::int",
      'select 1; select 1/0; select 2',
      'copy (select 1/0) to stdout',
      "select 1 + 1, 'a' || 'b'",
    ));

  it('say where a refused expression stands', async () => {
    const client = await sides.proxy.client();
    const refusals: readonly (readonly [string, string])[] = [
      ['select n, to_tsvector(word) from numbers', '11'],
      ["select 'é', to_tsvector(word) from numbers", '13'],
      ["select 1; select 'é', to_tsvector(word) from numbers", '23'],
      ['explain select to_tsvector(word) from numbers', '16'],
      ['prepare p as select to_tsvector(word) from numbers', '21'],
      ['copy (select n, to_tsvector(word) from numbers) to stdout', '17'],
      ['select n from numbers order by to_tsvector(word)', '32'],
    ];
    for (const [sql, position] of refusals) {
      await expect(client.query(sql)).rejects.toMatchObject({ code: '0A000', position });
    }
    await client.end();
  });

  it('say what a change would have changed', async () => {
    const client = await sides.proxy.client();
    for (const sql of [
      'DROP TABLE numbers',
      'UPDATE public.numbers SET n = 1',
      'ALTER TABLE numbers ADD x int',
    ]) {
      await expect(client.query(sql)).rejects.toMatchObject({
        code: '0A000',
        detail: expect.stringContaining('"numbers" is a federated table'),
      });
    }
    await expect(client.query('CREATE ROLE x')).rejects.toMatchObject({
      hint: expect.stringContaining('skein user add'),
    });
    await client.end();
  });
});

describe('functions of the server', () => {
  it('about sessions', () =>
    same(
      'listen foo',
      'unlisten foo',
      'unlisten *',
      'begin read only; listen a; unlisten a; rollback',
      'select pg_advisory_unlock_all()',
      "select version() like 'PostgreSQL 18.%', version() like '%, 64-bit'",
      "select current_setting('server_version_num')::int / 10000",
      'select version() = version(), n from numbers order by n limit 1',
      'select pg_backend_pid() > 0',
      'select pg_cancel_backend(99999999)',
      'select pg_terminate_backend(99999999)',
      '!select pg_cancel_backend($1) | 99999999',
      '!select pg_terminate_backend($1::int) | 99999999',
      "select pg_terminate_backend(pid) from pg_stat_activity where pid='99999999'",
      'select state, query, backend_type, wait_event_type, xact_start = query_start, client_addr, application_name, usename, datname from pg_stat_activity where pid = pg_backend_pid()',
      'select count(*) from pg_stat_activity where pid = pg_backend_pid() and client_port = inet_client_port() and client_hostname is null',
      '!select count(*) from pg_stat_activity where query like $1 and pid = pg_backend_pid() | %query like%',
      'select inet_client_addr(), inet_client_port() > 0, inet_server_addr(), inet_server_port() > 0',
      'select * from current_setting($$DateStyle$$)',
      'select x, y.* from current_setting($$DateStyle$$) x, current_setting($$IntervalStyle$$) as y(z)',
      'begin; select now() = statement_timestamp()',
      'rollback',
    ));

  it('with computed arguments, and of the catalog beside tables', () =>
    same(
      "!select set_config($1, $2 || 'b', $3) | application_name | x | f",
      "select set_config('search_path', current_setting('search_path') || ', pg_catalog', false), n from numbers where n = 1",
      'show search_path',
      'select pg_sleep(0.001 * 2)',
      "select pg_sleep_for('2 milliseconds'), pg_sleep_until(now() + interval '2 ms')",
      '!select pg_sleep_for($1) | 1 ms',
      "select pg_sleep_for('soon')",
      'listen foo',
      `listen "B'ar"`,
      'select * from pg_listening_channels()',
      'select count(*), min(x) from pg_listening_channels() as x',
      'unlisten *',
      'select pg_listening_channels()',
      '!select format_type($1, $2), n from numbers where n = 1 | 1043 | 14',
      "select format_type(23, null) || word, obj_description('pg_class'::regclass) from numbers where n = 1",
      "select current_schemas(false), has_table_privilege('numbers', 'select'), pg_size_bytes('1 GB') from numbers where n = 1",
      "select n from numbers where pg_is_in_recovery() or pg_size_pretty(pg_relation_size('numbers')) is null",
      "select pg_typeof(n), pg_typeof(word), pg_typeof('x'), pg_typeof(1.5), pg_typeof(now()), pg_typeof(null) from numbers where n = 1",
      "select pg_typeof(n)::text || '!', pg_typeof(array[n]), pg_typeof(sum(n)) from numbers group by n order by n limit 1",
      'select pg_size_pretty(sum(n) * 1000000), pg_size_pretty(max(n)) from numbers',
    ));

  it('are refused by name where sessions would have to share something', async () => {
    const client = await sides.proxy.client();
    for (const sql of ['NOTIFY a', "SELECT pg_notify('a', 'b')", 'SELECT pg_advisory_lock(1)']) {
      await expect(client.query(sql)).rejects.toMatchObject({
        code: '0A000',
        message: expect.stringMatching(/NOTIFY|pg_notify|pg_advisory_lock/),
      });
    }
    await client.end();
  });

  it('show what other sessions of the user do', async () => {
    const run = async (to: Target) => {
      const [one, other] = await Promise.all([sides.login(to), sides.login(to)]);
      // PostgreSQL's session has answered a moment before it waits for its client.
      const look = serialize.query(
        `select state, query, coalesce(wait_event_type, 'Client'), coalesce(wait_event, 'ClientRead'), xact_start is null, query_start <= state_change, backend_type
         from pg_stat_activity where application_name = 'seen'`,
      );
      const seen: string[] = [];
      const steps = [
        "set application_name = 'seen'",
        'begin; select 1',
        '!select $1::int | 1',
        'select nope',
        'rollback',
        'begin; savepoint a',
        'select nope',
        'rollback',
      ];
      for (const step of steps) {
        one.send(...messages(step));
        await one.answers();
        other.send(look);
        seen.push(step, ...(await other.answers()).map(showMessage));
      }
      one.end();
      other.end();
      return seen;
    };
    expect(await run('skein')).toEqual(await run('postgres'));
  });

  it("show another user's session, but not what it runs, and don't signal it", async () => {
    const run = async (to: Target) => {
      const bob = await sides.login(to, 'bob');
      bob.send(serialize.query("set application_name = 'of bob'; select 'secret'"));
      await bob.answers();
      bob.send(serialize.query('select pg_backend_pid()'));
      const row = (await bob.answers()).find(({ code }) => code === 'D');
      const pid = row?.body.subarray(6).toString() ?? '';
      const ann = await sides.login(to);
      ann.send(
        serialize.query(
          `select usename, application_name, query, state, client_addr, client_port, xact_start, backend_start, query_start, state_change, backend_type from pg_stat_activity where pid = ${pid}`,
        ),
        serialize.query(`select pg_cancel_backend(${pid})`),
        serialize.query(`select pg_terminate_backend(pid) from pg_stat_activity where pid = ${pid}`),
      );
      const answers = await ann.answers(3);
      ann.end();
      bob.end();
      return answers.map(showMessage);
    };
    expect(await run('skein')).toEqual(await run('postgres'));
  });

  it('end a session as Superset asks for it', async () => {
    const run = async (to: Target) => {
      const [victim, ann] = await Promise.all([sides.login(to), sides.login(to)]);
      victim.send(serialize.query('select pg_backend_pid()'));
      const row = (await victim.answers()).find(({ code }) => code === 'D');
      const pid = row?.body.subarray(6).toString() ?? '';
      ann.send(serialize.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid='${pid}'`));
      const answers = await ann.answers();
      const last = await victim.next();
      ann.end();
      return [
        ...answers.map(showMessage),
        last === undefined ? 'closed' : showMessage(last),
        await victim.next(),
      ];
    };
    expect(await run('skein')).toEqual(await run('postgres'));
  });
});
