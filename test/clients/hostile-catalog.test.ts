import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, ask } from '../support/compare.ts';
import { startCatalogTargets } from './catalog-fixture.ts';

/** A client that wants more of the embedded PostgreSQL than its catalogs. */

const targets = startCatalogTargets();
let client: pg.Client;

beforeAll(async () => {
  client = new pg.Client(targets.skein);
  await client.connect();
});

afterAll(async () => {
  // Whatever was tried, the same user asks the same catalog.
  const { rows } = await ask(
    client,
    "SELECT current_user, session_user, current_setting('is_superuser'), (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), (SELECT count(*) FROM pg_class WHERE relnamespace = 2200)",
  );
  await client.end();
  expect(rows).toEqual([['analyst', 'analyst', 'off', 'f', '4']]);
});

/** A refusal by name, a missing privilege, or a name that isn't there. */
const REFUSED = /^(?:0A000|42501|42883|25006|42P01|22023)$/;

const refused = (answer: Answer) =>
  expect(answer).toMatchObject({ sqlstate: expect.stringMatching(REFUSED), rows: [] });

describe('is refused', () => {
  test.each([
    "SELECT set_config('session_authorization', 'skein_system', true) FROM pg_class",
    "SELECT pg_catalog.set_config('role', rolname, false) FROM pg_roles",
    'SET SESSION AUTHORIZATION skein_system',
    'SET ROLE skein_system',
    "SET session_authorization = 'skein_system'",
    'SET ROLE postgres',
    "SELECT query_to_xml('select * from pg_authid', true, true, '')",
    "SELECT pg_catalog.query_to_xmlschema('select 1', true, true, '')",
    "SELECT table_to_xml('pg_authid'::regclass, true, true, '') FROM pg_class LIMIT 1",
    "SELECT schema_to_xml('pg_catalog', true, true, ''), 1",
    "SELECT database_to_xml(true, true, '')",
    "SELECT cursor_to_xml('c', 1, true, true, '')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('PG_VERSION')",
    "SELECT pg_read_file('/etc/passwd') FROM pg_class",
    "SELECT * FROM pg_ls_dir('.')",
    'SELECT * FROM pg_ls_waldir()',
    "SELECT pg_stat_file('PG_VERSION')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/x')",
    'SELECT lo_create(0)',
    "SELECT lo_from_bytea(0, 'x')",
    'SELECT lo_get(oid) FROM pg_largeobject_metadata',
    "SELECT * FROM dblink('', 'select 1') AS t(a int)",
    'SELECT * FROM pg_authid',
    'SELECT passwd FROM pg_shadow',
    'SELECT * FROM pg_user_mapping',
    'SELECT * FROM pg_largeobject',
    'SELECT * FROM pg_hba_file_rules',
    'SELECT pg_advisory_lock(1) FROM pg_class',
    'SELECT pg_advisory_xact_lock(oid::int8) FROM pg_class',
    "SELECT nextval('s'::regclass)",
    "SELECT setval('s'::regclass, 1)",
    'SELECT pg_sleep(oid::int) FROM pg_class',
    'SELECT pg_reload_conf()',
    'SELECT pg_rotate_logfile()',
    "SELECT pg_logical_emit_message(true, 'a', 'b')",
    "SELECT pg_create_physical_replication_slot('x')",
    'SELECT pg_export_snapshot()',
    'SELECT pg_switch_wal()',
    "SELECT pg_notify('a', 'b') FROM pg_class",
    'SELECT binary_upgrade_set_next_pg_type_oid(5)',
    "SELECT pg_restore_relation_stats('relation', 'pg_class'::regclass)",
    "SELECT ts_stat('select 1')",
    "SELECT ts_rewrite('a'::tsquery, 'select 1')",
    "SELECT has_largeobject_privilege(1, 'select')",
    'SELECT pg_stat_clear_snapshot() FROM pg_class',
    'SELECT * FROM pg_class FOR UPDATE',
    'WITH x AS (DELETE FROM pg_class RETURNING 1) SELECT * FROM x',
    "WITH x AS (INSERT INTO pg_description VALUES (1, 1, 1, 'x') RETURNING 1) SELECT * FROM x",
    'UPDATE pg_authid SET rolsuper = true',
    'DELETE FROM pg_class',
    "DO $$ BEGIN EXECUTE 'create role x superuser'; END $$",
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS $$ SELECT 1 $$',
    'CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$',
    "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc', 'system'",
    'CREATE EXTENSION dblink',
    "COPY pg_authid TO '/tmp/x'",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "COPY pg_class FROM '/etc/passwd'",
    'ALTER ROLE analyst SUPERUSER',
    'GRANT pg_read_server_files TO analyst',
    'ALTER SYSTEM SET search_path = x',
    "LOAD '/tmp/x.so'",
    'CALL pg_catalog.system()',
    'CLUSTER pg_class',
    'CHECKPOINT',
    'LOCK pg_class',
    'REINDEX SYSTEM skein',
    "SELECT xpath('/a', query_to_xml('select 1', true, true, ''))",
    "SELECT (SELECT pg_read_file('/etc/passwd'))",
    "SELECT * FROM pg_class WHERE relname = (SELECT pg_read_file('/etc/passwd'))",
    "SELECT * FROM LATERAL (SELECT pg_read_file('/etc/passwd')) AS x",
    "WITH x AS MATERIALIZED (SELECT pg_read_file('/etc/passwd') AS a) SELECT a FROM x",
    "SELECT count(*) FILTER (WHERE pg_read_file('/etc/passwd') IS NULL) FROM pg_class",
    "VALUES (pg_read_file('/etc/passwd'))",
    "SELECT 1 ORDER BY pg_read_file('/etc/passwd')",
    "SELECT 1 LIMIT length(pg_read_file('/etc/passwd'))",
    "EXPLAIN ANALYZE SELECT pg_read_file('/etc/passwd')",
    'EXPLAIN (ANALYZE) DELETE FROM pg_class',
    "PREPARE p AS SELECT pg_read_file('/etc/passwd')",
    "DECLARE c CURSOR WITH HOLD FOR SELECT pg_read_file('/etc/passwd')",
  ])('%s', async (sql) => {
    const answer = await ask(client, sql);
    if (answer.sqlstate !== undefined) return refused(answer);
    // PREPARE and DECLARE may be accepted; what they hold is not.
    const [, name] = /^(?:PREPARE|DECLARE) (\w+)/.exec(sql) ?? [];
    refused(await ask(client, sql.startsWith('PREPARE') ? `EXECUTE ${name}` : `FETCH ALL FROM ${name}`));
  });
});

test.each([
  'SELECT * FROM pg_authid',
  'SELECT a.rolpassword FROM pg_class c, pg_authid a',
  "SELECT pg_read_file('PG_VERSION') AS text",
  "SELECT pg_read_file('PG_VERSION') AS text FROM pg_class",
  'SELECT * FROM pg_shadow, sales',
])('a view gives nobody what its query may not read: %s', async (query) => {
  await ask(client, `CREATE VIEW spy AS ${query}`);
  refused(await ask(client, 'SELECT * FROM spy'));
  refused(await ask(client, 'SELECT s.* FROM spy s, sales'));
  refused(await ask(client, 'CREATE TABLE loot AS SELECT * FROM spy'));
  refused(await ask(client, 'COPY (SELECT * FROM spy) TO STDOUT'));
  await ask(client, 'DROP VIEW IF EXISTS spy');
});

test('a message of several statements is looked at as a whole', async () => {
  for (const sql of [
    "SELECT 1; SELECT pg_read_file('/etc/passwd')",
    'SELECT 1 FROM pg_class; SET SESSION AUTHORIZATION skein_system; SELECT * FROM pg_authid',
    'BEGIN; SELECT 1; COMMIT; SELECT * FROM pg_authid',
    "SELECT 1; COMMIT; RESET SESSION AUTHORIZATION; SELECT pg_read_file('PG_VERSION')",
  ]) {
    refused(await ask(client, sql));
    await ask(client, 'ROLLBACK');
  }
});

test('a statement smuggled into another is one statement', async () => {
  for (const sql of [
    "SELECT '; RESET SESSION AUTHORIZATION; SELECT 1' FROM pg_class LIMIT 1",
    'SELECT relname AS "x; ROLLBACK; --" FROM pg_class LIMIT 1',
    'SELECT $$; ROLLBACK; SELECT $$ FROM pg_class LIMIT 1',
    "SELECT E'\\'; ROLLBACK; --' FROM pg_class LIMIT 1",
  ]) {
    expect(await ask(client, sql)).toMatchObject({ sqlstate: undefined, command: 'SELECT 1' });
  }
});

test('odd user names are names', async () => {
  for (const user of ['a"; RESET SESSION AUTHORIZATION; --', "x'; SELECT 1; --", 'ü 😀', 'skein']) {
    const other = new pg.Client({ ...targets.skein, user });
    await other.connect();
    expect((await ask(other, 'SELECT current_user FROM pg_class LIMIT 1')).rows).toEqual([[user]]);
    refused(await ask(other, 'SELECT * FROM pg_authid'));
    await other.end();
  }
  for (const user of ['skein_system', 'pg_read_all_data', 'public']) {
    const other = new pg.Client({ ...targets.skein, user });
    await other.connect();
    const { sqlstate } = await ask(other, 'SELECT count(*) FROM pg_class');
    expect(sqlstate).toMatch(/^(?:42501|42939)$/);
    await other.end();
  }
});

test('settings are only what a session may set', async () => {
  for (const sql of [
    "SELECT set_config('session_authorization', 'skein_system', false)",
    "SELECT set_config('role', 'skein_system', false)",
    'SET session_authorization TO DEFAULT; SET allow_system_table_mods = on',
    'SET session_preload_libraries = x',
  ]) {
    await ask(client, sql);
  }
  expect((await ask(client, 'SELECT current_user, session_user')).rows).toEqual([['analyst', 'analyst']]);
  refused(await ask(client, 'SELECT * FROM pg_authid'));
});

describe('a query that burns', () => {
  const HEAVY = [
    'SELECT count(*) FROM pg_class a, pg_class b, pg_class c, pg_class d',
    'SELECT count(*) FROM generate_series(1, 1000000000)',
    'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r',
  ];

  test.each(HEAVY)('ends at statement_timeout: %s', async (sql) => {
    const other = new pg.Client({ ...targets.skein, statement_timeout: 300 });
    await other.connect();
    expect(await ask(other, sql)).toMatchObject({
      sqlstate: '57014',
      message: 'canceling statement due to statement timeout',
    });
    await ask(other, 'SET statement_timeout = 0');
    expect((await ask(other, 'SELECT count(*) > 0 FROM pg_class')).rows).toEqual([['t']]);
    await other.end();
  });

  test('is cancelled by another session, while others are answered', async () => {
    const heavy = new pg.Client(targets.skein);
    await heavy.connect();
    const pid = (await ask(heavy, 'SELECT pg_backend_pid()')).rows[0]?.[0];
    let ended = false;
    const running = ask(heavy, HEAVY[0] ?? '').finally(() => {
      ended = true;
    });
    for (let answered = 0; answered < 10; answered += 1) {
      expect((await ask(client, `SELECT ${answered}, count(*) > 0 FROM pg_class`)).rows[0]?.[1]).toBe('t');
      expect(
        (await ask(client, 'SELECT count(*) FROM sales WHERE sold_at < $1', ['2100-01-01'])).sqlstate,
      ).toBe(undefined);
    }
    expect(ended).toBe(false);
    expect((await ask(client, `SELECT pg_cancel_backend(${pid})`)).rows).toEqual([['t']]);
    expect(await running).toMatchObject({ sqlstate: '57014' });
    await heavy.end();
  });

  test('more of them than there are threads wait, and end too', async () => {
    const clients = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const other = new pg.Client({ ...targets.skein, statement_timeout: 1000 });
        await other.connect();
        return other;
      }),
    );
    const answers = await Promise.all(clients.map((other) => ask(other, HEAVY[0] ?? '')));
    expect(answers.map(({ sqlstate }) => sqlstate)).toEqual(Array.from({ length: 6 }, () => '57014'));
    for (const other of clients) await other.end();
    expect((await ask(client, 'SELECT count(*) > 0 FROM pg_class')).rows).toEqual([['t']]);
  });

  test('too large an answer is refused', async () => {
    const answer = await ask(client, "SELECT repeat('x', 100000000) FROM generate_series(1, 5)");
    expect(answer.sqlstate).toMatch(/^(?:54000|53200|57014|XX000)$/);
    expect((await ask(client, 'SELECT 1')).rows).toEqual([['1']]);
  });
});
