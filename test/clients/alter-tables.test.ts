import { afterAll, beforeAll, it } from 'vitest';
import { type SideBySide, startSideBySide } from './side-by-side.ts';

/** ALTER TABLE over rows, in Skein's warehouse and in PostgreSQL: rows, tags and errors must be the same. */
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
      'create table t (id int, name text, v numeric(10,2))',
      `insert into t values (1, 'one', 1.55), (2, 'two', 2.45), (3, null, null)`,
      'alter table t add constraint small check (v < 2)',
      'alter table t add constraint small check (v < 3)',
      `insert into t values (4, 'four', 4)`,
      'alter table t add constraint later check (v < 2) not valid',
      'insert into t values (4, null, 2.2)',
      'alter table t drop constraint later',
      'alter table t add unique (name)',
      `insert into t values (5, 'one', null)`,
      `alter table t drop constraint t_name_key; insert into t values (1, 'one', null)`,
      'alter table t add unique (name)',
      'alter table t add primary key (id)',
      'delete from t where v is null and id = 1',
      'alter table t add primary key (id), add unique (name)',
      'alter table t alter name set not null',
      'alter table t add w int not null',
      `alter table t add w int not null default 7, add at timestamp default '2024-01-01 10:00', add s serial`,
      'alter table t add double numeric(12,2) generated always as (v * 2) stored',
      'alter table t add bad int default 1 check (bad > 1)',
      'alter table t add bad int default 1 / 0',
      'insert into t (id, name) values (9, $$nine$$) returning *',
      'select * from t order by id',
      'alter table t drop double',
      'alter table t alter v type numeric(6,1)',
      'alter table t alter v type int',
      'select id, v from t order by id',
      'alter table t alter name type varchar(3)',
      'alter table t alter name type varchar(3) using left(name, 3), alter id type bigint, alter w type text',
      'select * from t order by id',
      'alter table t alter name type int',
      'alter table t alter name type int using name::int',
      'alter table t alter id type int using 1',
      'alter table t alter id type text using (id * 10)::text || $$,$$, alter v drop not null',
      `alter table t alter w set default 'dflt'; insert into t (id, name) values ('x', 'new') returning w; alter table t alter w drop default`,
      'begin; insert into t (id, name) values ($$y$$, $$y$$); alter table t add late bool default true; update t set late = false where id = $$y$$; alter table t alter late type int using late::int; alter table t add later2 int; commit',
      'select id, name, late, later2 from t order by id',
      'begin; savepoint a; alter table t alter late type text; update t set late = late || $$!$$; savepoint b; alter table t drop name; rollback to b',
      'select id, name, late from t order by id',
      'rollback to a; commit',
      'select id, name, late from t order by id',
      'alter table t alter late type date',
      'create view seen as select late from t',
      'alter table t alter late type text',
      'alter table t rename late to early',
      'alter table t alter early set default 5; insert into t (id, name) values ($$z$$, $$z$$) returning early, s',
      'drop table t cascade',
    ),
  120_000,
);
