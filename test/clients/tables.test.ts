import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SideBySide, startSideBySide } from './side-by-side.ts';

/** Tables and sequences of Skein's warehouse and of PostgreSQL: rows, values, tags and errors must be the same. */
let sides: SideBySide;

beforeAll(async () => {
  sides = await startSideBySide();
}, 60_000);

afterAll(async () => {
  await sides.close();
});

it(
  'CREATE TABLE AS with parameters',
  () =>
    sides.same(
      '!create table made as select n, $1 as word, $2::numeric(5,2) as price from numbers where n > $3 | it | 1.5 | 3',
      'select * from made order by n',
      '!create table made as select $1::int as n | 1',
      '!create temp table other as select $1::int as n, $1 + 1 as m with no data | 1',
      'select * from other',
      'create table never as select $1',
      'drop table made, other',
    ),
  60_000,
);

it(
  'ALTER TABLE over rows',
  () =>
    sides.same(
      'create table k (id int, name text, v numeric(10,2))',
      `insert into k values (1, 'one', 1.55), (2, 'two', 2.45), (3, null, null)`,
      'alter table k add constraint small check (v < 2)',
      'alter table k add constraint small check (v < 3)',
      `insert into k values (4, 'four', 4)`,
      'alter table k add constraint later check (v < 2) not valid',
      'insert into k values (4, null, 2.2)',
      'alter table k drop constraint later',
      'alter table k add unique (name)',
      `insert into k values (5, 'one', null)`,
      `alter table k drop constraint k_name_key; insert into k values (1, 'one', null)`,
      'alter table k add unique (name)',
      'alter table k add primary key (id)',
      'delete from k where v is null and id = 1',
      'alter table k add primary key (id), add unique (name)',
      'alter table k alter name set not null',
      'alter table k add w int not null',
      `alter table k add w int not null default 7, add at timestamp default '2024-01-01 10:00', add s serial`,
      'alter table k add double numeric(12,2) generated always as (v * 2) stored',
      'alter table k add bad int default 1 check (bad > 1)',
      'alter table k add bad int default 1 / 0',
      'insert into k (id, name) values (9, $$nine$$) returning *',
      'select * from k order by id',
      'alter table k drop double',
      'alter table k alter v type numeric(6,1)',
      'alter table k alter v type int',
      'select id, v from k order by id',
      'alter table k alter name type varchar(3)',
      'alter table k alter name type varchar(3) using left(name, 3), alter id type bigint, alter w type text',
      'select * from k order by id',
      'alter table k alter name type int',
      'alter table k alter name type int using name::int',
      'alter table k alter id type int using 1',
      'alter table k alter id type text using (id * 10)::text || $$,$$, alter v drop not null',
      `alter table k alter w set default 'dflt'; insert into k (id, name) values ('x', 'new') returning w; alter table k alter w drop default`,
      'begin; insert into k (id, name) values ($$y$$, $$y$$); alter table k add late bool default true; update k set late = false where id = $$y$$; alter table k alter late type int using late::int; alter table k add later2 int; commit',
      'select id, name, late, later2 from k order by id',
      'begin; savepoint a; alter table k alter late type text; update k set late = late || $$!$$; savepoint b; alter table k drop name; rollback to b',
      'select id, name, late from k order by id',
      'rollback to a; commit',
      'select id, name, late from k order by id',
      'alter table k alter late type date',
      'create view seen as select late from k',
      'alter table k alter late type text',
      'alter table k rename late to early',
      'alter table k alter early set default 5; insert into k (id, name) values ($$z$$, $$z$$) returning early, s',
      'drop table k cascade',
    ),
  120_000,
);

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
      // How far PostgreSQL's log is ahead (log_cnt) is its own matter, but before the first value it is 0.
      'create sequence s start 5 increment 10',
      'select * from s',
      `select nextval('s'), nextval('s')`,
      'select last_value, is_called from s',
      `!select last_value + $1 as later, is_called from s where last_value > 0 | 1`,
      `select setval('s', 7, false)`,
      'table s',
      'select n, last_value, is_called from numbers join s on n <> last_value order by n',
      'select count(*) from s where not is_called',
      'select c.relname, s.last_value from pg_class c, s where c.relname = $$s$$',
      'begin',
      'alter sequence s restart with 105',
      'select last_value, is_called from s',
      'declare c cursor for select last_value from s',
      'fetch all from c',
      'rollback',
      'select last_value, is_called from s',
      'copy (select last_value from s) to stdout',
      'copy s to stdout',
      'create view at as select last_value from s',
      `select nextval('s')`,
      'select * from at',
      'drop view at',
      'select nope from s',
      'drop sequence s',
      'select * from s',
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
