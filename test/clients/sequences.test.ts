import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SideBySide, startSideBySide } from './side-by-side.ts';

/** Sequences of Skein's warehouse and of PostgreSQL: values, tags and errors must be the same. */
let sides: SideBySide;

beforeAll(async () => {
  sides = await startSideBySide();
}, 60_000);

afterAll(async () => {
  await sides.close();
});

it(
  'sequences give the values that PostgreSQL gives',
  () =>
    sides.same(
      `select currval('nosuch')`,
      'create sequence s',
      `select currval('s')`,
      'select lastval()',
      `select nextval('s'), nextval('s'::regclass), currval('s'), lastval()`,
      `select nextval('s') from generate_series(1, 3)`,
      `select n, nextval('s') from numbers order by n desc`,
      `select n, nextval('s') as v from numbers where n > 1 order by n limit 2`,
      `select setval('s', 100), nextval('s'), setval('s', 7, false), nextval('s')`,
      `select setval('s', (select max(n) from numbers))`,
      `select setval('s', 0)`,
      `select setval('s', null)`,
      `!select nextval('public.s')`,
      `!select setval('s', $1) | 40`,
      `select schemaname, sequencename, sequenceowner, data_type, start_value, increment_by, cycle, last_value from pg_sequences`,
      `begin; select nextval('s')`,
      'rollback',
      `select nextval('s')`,
      'begin read only',
      `select nextval('s')`,
      'rollback',
      `select currval('s')`,
      'alter sequence s restart',
      `select currval('s'), nextval('s')`,
      'begin',
      'alter sequence s restart with 500 increment by 10',
      `select nextval('s'), nextval('s')`,
      'rollback',
      `select nextval('s')`,
      'alter sequence s minvalue 10',
      'alter sequence if exists nosuch restart',
      'alter sequence s maxvalue 5 minvalue 0 cycle increment by 2',
      `select nextval('s') from generate_series(1, 4)`,
      'alter sequence s no cycle increment by -1',
      `select nextval('s') from generate_series(1, 4)`,
      `select nextval('s')`,
      'alter sequence s rename to r',
      `select nextval('r')`,
      'create sequence r',
      'create sequence if not exists r',
      'create sequence d as smallint increment by -5 start with -3 no minvalue maxvalue -1 cache 5',
      `select nextval('d'), nextval('d')`,
      'create temp sequence z start 3',
      `select nextval('z'), nextval('pg_temp.z')`,
      'alter sequence z restart with 9',
      `select nextval('z')`,
      'drop sequence r, d',
      `select nextval('r')`,
      'select lastval()',
      'drop sequence z',
      'select lastval()',
      'discard sequences',
      'select lastval()',
    ),
  120_000,
);

it(
  'serial columns',
  () =>
    sides.same(
      'create table t (id serial primary key, big bigserial, name text)',
      `insert into t (name) values ('a'), ('b') returning id, big, name`,
      `insert into t (name) select word from numbers order by n returning id, name`,
      `insert into t values (default, default, 'c') returning *`,
      `!insert into t (name) values ($1) returning id | d`,
      `insert into t (id, name) values (1, 'again')`,
      `insert into t (name) values ('e') on conflict (id) do nothing returning id`,
      `insert into t (id, name) values (1, 'up') on conflict (id) do update set name = excluded.name returning id, big, name`,
      `select currval('t_id_seq'), currval(pg_get_serial_sequence('t', 'big')), lastval()`,
      `select pg_get_serial_sequence('t', 'id')`,
      `merge into t using numbers on t.id = numbers.n when matched then update set name = 'm' when not matched then insert (name) values (word)`,
      `update t set big = nextval('t_big_seq') where id = 1 returning big`,
      `insert into t (name) values ('f'), (null) returning id`,
      'alter table t alter name set not null',
      `select table_name, column_name, column_default from information_schema.columns where table_name = 't' order by 2`,
      'drop sequence t_id_seq',
      'create table u (like t including defaults, n int)',
      'drop table t',
      "create table u (n int default nextval('t_big_seq'))",
      'create sequence own',
      "create table o (n int default nextval('own') not null, x int)",
      'insert into o (x) values (1)',
      'alter sequence own owned by o.n',
      'insert into o (x) values (2)',
      'begin',
      'truncate o restart identity',
      'insert into o (x) values (3) returning n',
      'rollback',
      'insert into o (x) values (4) returning n',
      'truncate o restart identity; insert into o (x) values (5)',
      'select n, x from o',
      'alter table o alter n drop default',
      'drop table o',
      `select nextval('own')`,
    ),
  120_000,
);

it('values come in the order of very many rows', async () => {
  const client = await sides.proxy.client();
  await client.query('create temp table many (id bigserial, n int)');
  await client.query('insert into many (n) select g from generate_series(300000, 1, -1) g');
  const { rows } = await client.query(
    'select count(*)::int as rows, count(distinct id)::int as ids, bool_and(id + n = 300001) as ordered from many',
  );
  expect(rows).toEqual([{ rows: 300_000, ids: 300_000, ordered: true }]);
  await client.end();
}, 60_000);
