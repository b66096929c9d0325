import { setTimeout } from 'node:timers/promises';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { showMessage } from '../support/wire.ts';
import { messages, type SideBySide, startSideBySide, type Target } from './side-by-side.ts';

/** The same changes to Skein's warehouse and to PostgreSQL: rows, tags and errors must be the same. */
let sides: SideBySide;

beforeAll(async () => {
  sides = await startSideBySide();
});

afterAll(async () => {
  await sides.close();
});

const TABLE =
  "create table t (id int primary key, name varchar(5) not null default 'x', v numeric(10,2) constraint positive check (v > 0), d date)";
const DROP = 'drop table t';

describe('INSERT', () => {
  it(
    'of values, defaults and queries',
    () =>
      sides.same(
        TABLE,
        `insert into t (id, name) values (1, 'abc')`,
        `insert into t values (2, 'b', 3.456, '2024-02-29'), (3, default, null, default)`,
        `insert into t (id) select n + 10 from numbers where n < 3 order by n`,
        'insert into t (id, v) select id + 100, v from t where v is not null',
        `insert into t default values`,
        `insert into t (id, name) values (4, 'toolong')`,
        `insert into t (id, name) values (4, 'blank     ')`,
        `insert into t (id, v) values (5, -1)`,
        `insert into t (id, name) values (6, null)`,
        `insert into t (id) values (7), (1), (8)`,
        `insert into t (id) values (7), (7)`,
        `insert into t (id) values ('x')`,
        `insert into t (id, nosuch) values (1, 2)`,
        `insert into t values (1, 2, 3, 4, 5)`,
        `insert into nosuch values (1)`,
        `insert into t (id, name) values (9, 'r') returning id, name, v, d, id + 1 as next`,
        `insert into t (id) values (20), (21) returning old.id, new.id`,
        `!insert into t (id, name) values ($1, $2) returning id | 30 | p`,
        `!insert into t (id, v) values ($1, $2) | 31 | 1.5`,
        'select * from t order by id',
        DROP,
      ),
    60_000,
  );
});

it('long INSERT of literals, as a seed of dbt', async () => {
  const list = (count: number, row: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => row(i)).join(',');
  const columns = 'id, name, price, flag, day, at, note, f';
  const literals = (i: number) =>
    `(${i}, 'n${i % 9}', ${i % 5 === 0 ? 'null' : `${i}.${i % 100}`}, ${i % 2 === 0}, '2024-0${(i % 9) + 1}-1${i % 9}'::date, ` +
    `'2024-01-0${(i % 9) + 1} 1${i % 9}:00:0${i % 6}'::timestamp, '${'é'.repeat(i % 5)} it''s', ${i % 3 === 0 ? i : `${i}.5`})`;
  await sides.same(
    `create table seed (id int primary key, name varchar(5), price numeric(12,2), flag bool, day date, at timestamp, note text, f float8 check (f >= 0))`,
    `insert into seed (${columns}) values ${list(3000, literals)}`,
    `insert into seed (${columns}) values ${list(300, (i) => literals(i + (i === 250 ? 3000 : 2999)))}`,
    `insert into seed (${columns}) values ${list(300, (i) => (i === 270 ? literals(5000).replace(`'n`, `'toolong`) : literals(i + 4000)))}`,
    `insert into seed (id, f) values ${list(3000, (i) => `(${i + 10000}, ${i === 2000 ? -1 : i})`)}`,
    `insert into seed (id, day) values ${list(2000, (i) => `(${i + 20000}, '${i === 5 ? 'Jan 8, 1999' : i === 6 ? '0044-03-15 BC' : '2024-02-29'}')`)}`,
    `insert into seed (id, at) values ${list(2000, (i) => `(${i}, '${i === 500 ? 'infinity' : '2024-01-01 00:00:00.25'}')`)} on conflict do nothing`,
    'select count(*), count(price), sum(price), min(day), max(day), max(at), max(length(note)), sum(f) from seed where at is null or at < date $$2025-01-01$$',
    'select * from seed where id in (0, 1, 7, 2999, 20005, 20006) order by id',
    'drop table seed',
  );
}, 120_000);

const ARRAYS =
  'create table ar (id int primary key, i int[], t text[], v varchar(3)[], n numeric(8,2)[], d date[], b bool[], at timestamptz[], u uuid[], j jsonb[], f float8[], x bytea[])';
const ARRAY_ROWS: readonly string[] = [
  '{1,NULL,-3}|{a,"b c",NULL,"NULL",""}|{abc,NULL}|{1.005,2,NULL}|{2024-02-29,"Jan 8, 1999"}|{t,f,NULL}|{"2024-01-01 00:00:00+02"}|{00000000-0000-0000-0000-000000000001}|{"{\\"b\\": 1, \\"a\\": [1,  2]}",null}|{1.5,NaN,-Infinity}|{"\\\\x00ff",NULL}',
  '{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}',
  ' { 1 , 2 } |{"it\'s","q\\"\\\\",é😀}|{"a  "}|{123456.78}|{infinity}|{yes}|{"2024-06-01 12:00"}|{}|{"1"}|{1e3}|{}',
];

it('long INSERT of arrays', () => {
  const row = (text: string, id: number) =>
    `(${[String(id), ...text.split('|').map((array) => `'${array.replaceAll("'", "''")}'`)].join(',')})`;
  const rows = Array.from({ length: 300 }, (_, i) => row(ARRAY_ROWS[i % 3] ?? '', i));
  return sides.same(
    ARRAYS.replace('(3)', '').replace('numeric(8,2)', 'float4'),
    `insert into ar values ${rows.join(',')}`,
    `insert into ar (id, i) values ${Array.from({ length: 2000 }, (_, i) => `(${i + 2000}, ${i % 3 === 0 ? 'null' : `'{${i},null}'`})`).join(',')}`,
    'select * from ar where id < 3 order by id',
    'select count(*), count(i), sum(cardinality(i)), sum(cardinality(t)), max(n[1]), max(i[1]) from ar',
    'drop table ar',
  );
});

describe('UPDATE and DELETE', () => {
  it(
    'of found rows',
    () =>
      sides.same(
        TABLE,
        `insert into t select g, 'n' || g, g * 1.5, date '2024-01-01' + g from generate_series(1, 5) g`,
        'update t set v = v * 2, d = default where id > 3',
        'update t set v = -1 where id = 2',
        'update t set id = 1 where id = 2',
        'update t set id = id + 1',
        'update t set id = -id',
        'update t set id = -id returning id, old.id, new.v',
        `update t as x set name = left(numbers.word, 5) from numbers where x.id = numbers.n and n > 4 returning x.id, x.name, numbers.word`,
        `update t as x set name = left(numbers.word, 5) from numbers where x.id = numbers.n`,
        'update t set name = (select max(word) from numbers where n = 4) where id = 1',
        'delete from t where id in (select n from numbers where n < 3)',
        'delete from t using numbers where t.id = numbers.n and n = 3 returning t.*, word',
        'delete from t where id = 99',
        'select * from t order by id',
        'delete from t',
        'select count(*) from t',
        DROP,
      ),
    60_000,
  );

  it(
    'in transactions',
    () =>
      sides.same(
        TABLE,
        'begin',
        `insert into t (id) values (1), (2)`,
        'delete from t where id = 1; insert into t (id) values (1), (3)',
        'update t set v = 5 where id = 3',
        'select id, v from t order by id',
        'rollback',
        'select count(*) from t',
        'begin; insert into t (id) values (1); commit',
        'insert into t (id) values (2); insert into t (id) values (2)',
        'select id from t order by id',
        'begin read only',
        'insert into t (id) values (3)',
        'rollback',
        'vacuum (analyze) t',
        'analyze t (id)',
        'analyze nosuch',
        'begin',
        'vacuum t',
        'rollback',
        DROP,
      ),
    60_000,
  );
});

describe('savepoints', () => {
  it(
    'after changes take back what came after them',
    () =>
      sides.same(
        TABLE,
        'create table other (n int)',
        'begin',
        'insert into t (id, v) values (1, 1), (2, 2)',
        'savepoint a',
        'insert into t (id) values (3)',
        'rollback to a',
        'select id, v from t order by id',
        'update t set v = v * 10',
        'savepoint b',
        'delete from t where id = 1',
        'insert into t (id) values (4), (5)',
        'savepoint c',
        'update t set v = 7 where id = 4; delete from t where id = 2; insert into other values (1)',
        'select id, v from t order by id',
        'rollback to c',
        'select id, v from t order by id',
        'select * from other',
        'insert into t (id) values (4)',
        'rollback to b',
        'select id, v from t order by id',
        'insert into t (id, name) values (6, null)',
        'rollback to b',
        'insert into t (id, v) values (6, -1)',
        'rollback to b',
        'select nosuch from t',
        'rollback to b',
        `insert into t (id, name) values (8, 'toolong')`,
        'rollback to b',
        'release b',
        'insert into t (id) values (9)',
        'truncate t',
        'rollback to a',
        'select id, v from t order by id',
        'create table made as select n from numbers',
        'drop table other',
        'alter table t add w int',
        'update t set w = id',
        'rollback to a',
        'select * from t order by id',
        'select * from made',
        'rollback to a',
        'insert into other values (2)',
        'savepoint s; drop table other; savepoint s; create table other (z text); insert into other values ($$x$$); rollback to s; release s',
        'rollback to s',
        'update other set n = n + 1',
        'drop table t',
        'rollback to nosuch',
        'rollback to s',
        'select count(*) from t',
        'commit',
        'select id, v from t order by id',
        'select * from other',
        'begin; drop table other; savepoint x; insert into t (id) values (10); commit',
        'select count(*) from t',
        'begin; insert into t (id) values (20); savepoint x',
        'insert into t (id) values (20)',
        'commit',
        'select count(*) from t',
        DROP,
        'select * from other',
      ),
    60_000,
  );

  it('whose rows are lost are refused, and nothing of them is committed', async () => {
    const client = await sides.proxy.client();
    await client.query('create table lost (n int)');
    await client.query('begin; insert into lost values (0), (1); savepoint a');
    await expect(client.query('update lost set n = 1 / n')).rejects.toMatchObject({ code: '22012' });
    await expect(client.query('rollback to a')).rejects.toMatchObject({
      code: '40001',
      message: 'could not go back to the savepoint',
    });
    expect((await client.query('commit')).command).toBe('ROLLBACK');
    await client.query('begin; savepoint a; insert into lost values (0)');
    await expect(client.query('update lost set n = 1 / n')).rejects.toMatchObject({ code: '22012' });
    await client.query('rollback to a; insert into lost values (5); commit');
    expect((await client.query('select n from lost')).rows).toEqual([{ n: 5 }]);
    await client.query('drop table lost');
    await client.end();
  }, 60_000);
});

describe('ON CONFLICT and MERGE', () => {
  it(
    'ON CONFLICT',
    () =>
      sides.same(
        TABLE,
        `insert into t (id, v) values (1, 1), (2, 2)`,
        'insert into t (id) values (1), (3), (3) on conflict do nothing',
        'insert into t (id) values (1), (4), (4) on conflict (id) do nothing returning id',
        `insert into t (id, v) values (1, 10), (5, 5) on conflict (id) do update set v = excluded.v + t.v, name = 'up'`,
        'insert into t (id, v) values (1, 10), (2, 7) on conflict (id) do update set v = excluded.v where t.v < 5 returning id, old.v, new.v',
        'insert into t (id) values (1), (1) on conflict (id) do update set v = 1',
        'insert into t (id) values (9), (9) on conflict (id) do update set v = 1',
        'insert into t (id) values (1) on conflict (name) do nothing',
        'insert into t (id, v) values (1, -1) on conflict (id) do nothing',
        'select * from t order by id',
        DROP,
      ),
    60_000,
  );

  it(
    'MERGE',
    () =>
      sides.same(
        TABLE,
        `insert into t (id, v) values (1, 1), (2, 2), (8, 8)`,
        `merge into t using numbers n on t.id = n.n
         when matched and n.n = 1 then delete
         when matched then update set name = n.word, v = t.v + 1
         when not matched and n.n = 3 then do nothing
         when not matched and n.n = 5 then insert (id, name) values (n.n, left(n.word, 5))
         returning merge_action(), t.id, old.v, new.v, n.word`,
        `merge into t using numbers n on t.id = n.n when matched then do nothing when not matched by source then update set name = 'src'`,
        `merge into t using (values (2), (2)) as s(i) on t.id = s.i when matched then update set v = 9`,
        `merge into t using (values (2)) as s(i) on t.id = s.i when matched then delete`,
        `merge into t using (values (77)) as s(i) on t.id = s.i when not matched then insert (id, v) values (s.i, -1)`,
        'select * from t order by id',
        DROP,
      ),
    60_000,
  );
});

/** `a: …` runs to its end; `a> …` is only sent, for it waits for the other; `a<` takes its answer. */
async function byTurns(to: Target, turns: readonly string[]): Promise<readonly string[]> {
  const wires = { a: await sides.login(to), b: await sides.login(to) };
  const lines: string[] = [];
  for (const turn of turns) {
    const wire = turn.startsWith('a') ? wires.a : wires.b;
    if (turn[1] !== '<') wire.send(...messages(turn.slice(2).trim()));
    if (turn[1] === '>') await setTimeout(300);
    else lines.push(turn, ...(await wire.answers()).map((message) => `  ${showMessage(message)}`));
  }
  wires.a.end();
  wires.b.end();
  return lines;
}

it(
  'what Tableau tries before it uses temporary tables',
  () =>
    sides.same(
      'CREATE LOCAL TEMPORARY TABLE "#Tableau_1_connect" ( "COL" INTEGER NOT NULL ) ON COMMIT PRESERVE ROWS',
      'INSERT INTO "#Tableau_1_connect" ("COL") VALUES (1)',
      'SELECT "COL" FROM "#Tableau_1_connect"',
      'DROP TABLE "#Tableau_1_connect"',
    ),
  60_000,
);

it(
  'an index that is unique is enforced, whatever made it',
  () =>
    sides.same(
      'create table u (a int, b text, c int)',
      "insert into u values (1, 'x', 1), (1, 'y', 2), (null, 'z', 3)",
      'create unique index on u (a)',
      'create unique index named on u (b) include (a)',
      "insert into u values (2, 'x', 4)",
      "insert into u values (null, 'w', 5)",
      "insert into u values (3, 'x', 4) on conflict (b) do nothing",
      "insert into u values (3, 'x', 4) on conflict (b) do update set c = excluded.c",
      'create unique index pair on u (a, c) nulls not distinct',
      "insert into u values (null, 'v', 5)",
      'update u set b = b || c where a is null',
      'alter index named rename to other',
      "insert into u values (9, 'y', 9)",
      'drop index other',
      "insert into u values (9, 'y', 9)",
      'select * from u order by b, c',
      'drop table u',
    ),
  60_000,
);

it('a key is unique among what two sessions write at once', async () => {
  const turns = [
    'a: create table k (id int primary key, v int)',
    'a: begin; insert into k values (1, 1)',
    'b> insert into k values (1, 2)',
    'a: commit',
    'b<',
    'a: begin; insert into k values (2, 1)',
    'b> insert into k values (2, 2)',
    'a: rollback',
    'b<',
    'a: begin; update k set id = 7 where id = 1',
    'b> insert into k values (1, 3)',
    'a: commit',
    'b<',
    'b: select * from k order by id',
    'a: drop table k',
  ];
  expect(await byTurns('skein', turns)).toEqual(await byTurns('postgres', turns));
});

it(
  'ON CONFLICT ON CONSTRAINT of one of several',
  () =>
    sides.same(
      'create table oc (a int primary key, b int constraint "B key" unique, c int, d int check (d > 0), constraint pair unique nulls not distinct (c, d))',
      'create unique index by_index on oc (c)',
      'insert into oc values (1, 1, 1, 1), (2, 2, 2, null)',
      'insert into oc values (1, 7, 7, 7) on conflict on constraint oc_pkey do update set b = excluded.b returning *',
      'insert into oc values (3, 7, 8, 8) on conflict on constraint "B key" do update set c = oc.c + 100 returning *',
      'insert into oc values (4, 9, 2, null) on conflict on constraint pair do nothing returning *',
      'insert into oc values (4, 9, 2, null) on conflict on constraint pair do update set a = excluded.a returning old.a, new.a',
      'insert into oc values (1, 10, 10, 10) on conflict on constraint "B key" do nothing',
      'insert into oc values (9, 9, 9, 9) on conflict on constraint oc_d_check do nothing',
      'insert into oc values (9, 9, 9, 9) on conflict on constraint by_index do nothing',
      'insert into oc values (9, 9, 9, 9) on conflict on constraint nosuch do nothing',
      'alter table oc rename constraint pair to couple',
      'insert into oc values (5, 11, 2, null) on conflict on constraint couple do nothing returning *',
      'select * from oc order by a',
      'drop table oc',
    ),
  60_000,
);

it(
  'RETURNING with subqueries, which see the tables as they were',
  () =>
    sides.same(
      'create table t (id int primary key, name text, v numeric(10,2) default 1.5)',
      'create table other (id int, w text, p numeric(8,4))',
      `insert into t values (1,'a',1),(2,'b',2),(3,'c',3)`,
      `insert into other values (1,'x',0.5),(2,'y',1.25),(2,'z',null)`,
      'update t set v = v + 1 where id = 2 returning id, (select count(*) from t), (select sum(v) from t), v',
      `insert into t values (60,'y',1) returning (select max(id) from t), id, exists (select 1 from t x where x.id = t.id), exists (select 1 from numbers where n = t.id - 58)`,
      'delete from t where id = 60 returning exists (select 1 from t x where x.id = 60), (select word from numbers order by n limit 1), name',
      `update t set name = name || '!' where id = 2 returning id, (select max(w) from other where other.id = t.id) as w, array(select w from other o where o.id = t.id order by w), id in (select id from other), (select p + t.v from other o where o.id = t.id and p is not null)`,
      `update t set v = 9 where id = 2 returning old.v, new.v, (select new.v + old.v), (select string_agg(w, ',' order by w) from other where id = old.id)`,
      'update t set v = 9 where id = 2 returning (select w from other where other.id = t.id)',
      'select * from t order by id',
      `merge into t using (select * from other where w = 'x') o on t.id = o.id when matched then update set v = o.p when not matched then insert values (100 + o.id, o.w) returning merge_action(), t.id, (select count(*) from t), (select word from numbers where n = t.id)`,
      `insert into t values (1, 'again') on conflict (id) do update set name = excluded.name returning (select name from t x where x.id = 1), name`,
      `insert into t values (1, 'again') on conflict do nothing returning (select 1)`,
      `insert into t values (1, 'again'), (300, 'new') on conflict do nothing returning id, (select count(*) from t), (select 5 where exists (select 1 from other))`,
      '!update t set v = $1 where id = $2 returning (select count(*) from t where v > $1) + $3::int as n, (select $4::text) | 2.5 | 3 | 7 | q',
      'update t set v = 0 where id = 3 returning (select 1/(v - v) from other limit 1)',
      'with o as (select id, max(w) m from other group by id) update t set name = o.m from o where o.id = t.id and o.id = 2 returning t.id, o.m',
      'select v from t where id = 3',
      `delete from t using other where other.id = t.id and other.w = 'x' returning t.*, (select count(*) from other where other.w = 'x'), t.id = any (select id from other), (t.id, name) in (select id, w from other)`,
      'drop table t, other',
    ),
  60_000,
);

it('who alters a table waits for those who use it, and they for it', async () => {
  const turns = [
    "a: create table al (id int, v int, s text); insert into al values (1, 10, 'a'), (2, 20, 'b')",
    'b: begin; insert into al values (1, 30, null)',
    'a> alter table al add constraint few check (v < 25)',
    'b: commit',
    'a<',
    'b: begin; update al set s = null where id = 2',
    'a> alter table al alter s set not null',
    'b: rollback',
    'a<',
    "b: begin; insert into al values (2, 5, 'c')",
    'a> create unique index on al (id)',
    'b: commit',
    'a<',
    'a: begin; alter table al add x int default 5',
    'b> select * from al order by id, v',
    'a: commit',
    'b<',
    'a: begin; alter table al drop x; update al set v = v * 10',
    'b> !update al set v = v + 1 returning v',
    'a: commit',
    'b<',
    "a: begin; alter table al rename to al_old; create table al as select id, 'new' as w from al_old",
    'b> select * from al order by id',
    'a: commit',
    'b<',
    'a: drop table al, al_old',
  ];
  expect(await byTurns('skein', turns)).toEqual(await byTurns('postgres', turns));
});

it('what a transaction does not see of a table, it does not alter: 40001', async () => {
  const turns = [
    'a: create table other (id int); create table al (id int, v int); insert into al values (1, 10)',
    ...[
      'add check (v < 25)',
      'alter v set not null',
      'add unique (id)',
      'alter v type text',
      'add w int default 5',
    ].flatMap((change) => [
      'a: begin; insert into other values (1)',
      'b: insert into al values (1, 30), (2, null)',
      `a: alter table al ${change}`,
      'a: rollback',
    ]),
    'a: drop table al, other',
  ];
  const codes = (await byTurns('skein', turns)).filter((line) => line.includes('SERROR'));
  expect(codes).toEqual(Array.from({ length: 5 }, () => expect.stringContaining('C40001')));
});

it('what another has changed since is not overwritten: 40001', async () => {
  const turns = [
    'a: create table c (id int, v int)',
    'a: insert into c values (1, 1)',
    'a: begin isolation level repeatable read',
    'a: select * from c',
    'b: update c set v = 2 where id = 1',
    'a: update c set v = 3 where id = 1',
    'a: rollback',
    'a: select * from c',
    'a: drop table c',
  ];
  expect(await byTurns('skein', turns)).toEqual(await byTurns('postgres', turns));
});

describe('COPY FROM STDIN', () => {
  const copied = (statement: string, ...chunks: readonly string[]): readonly Uint8Array[] => [
    serialize.query(statement),
    ...chunks.map((chunk) => serialize.copyData(Buffer.from(chunk))),
    serialize.copyDone(),
  ];

  const int = (value: number) => Buffer.from([0, 0, 0, 4, 0, 0, 0, value]);
  const word = (value: string) => Buffer.concat([Buffer.from([0, 0, 0, value.length]), Buffer.from(value)]);
  const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
  const row = (...fields: readonly Buffer[]) => Buffer.concat([Buffer.from([0, fields.length]), ...fields]);
  const NULL = Buffer.from([255, 255, 255, 255]);
  const END = Buffer.from([255, 255]);
  const binary = (...parts: readonly Buffer[]): readonly Uint8Array[] => {
    const all = Buffer.concat(parts);
    return [
      serialize.query('copy t (id, name) from stdin (format binary)'),
      serialize.copyData(all.subarray(0, 21)),
      ...(all.length > 21 ? [serialize.copyData(all.subarray(21))] : []),
      serialize.copyDone(),
    ];
  };

  it('binary', async () => {
    const script = [
      [serialize.query(TABLE)],
      binary(header, row(int(1), word('one')), row(int(2), word('zwei')), END),
      binary(header, row(int(3), word('no end'.slice(0, 3)))),
      binary(header, row(int(1), word('one')), END),
      binary(header, row(int(4), NULL), END),
      binary(header, row(int(4), word('toolong')), END),
      binary(header, row(int(4)), END),
      binary(header, row(int(5), word('x')), row(word('x'), word('x')), END),
      binary(header, row(int(5), word('x')).subarray(0, 9)),
      binary(header, END),
      binary(Buffer.from('no signature at all, but text')),
      [serialize.query('copy t from stdin (format binary, delimiter $$,$$)')],
      [serialize.query('select id, name from t order by id')],
      [serialize.query(DROP)],
    ];
    expect(await told('skein', script)).toEqual(await told('postgres', script));
  });

  async function told(to: Target, script: readonly (readonly Uint8Array[])[]): Promise<readonly string[]> {
    const wire = await sides.login(to);
    const lines: string[] = [];
    for (const [index, messages] of script.entries()) {
      wire.send(...messages);
      lines.push(
        `${index}`,
        ...(await wire.answers()).map((message) => `  ${showMessage(message)}${where(message)}`),
      );
    }
    wire.end();
    return lines;
  }

  const where = ({ code, body }: { readonly code: string; readonly body: Buffer }): string => {
    const fields = code === 'E' ? body.toString().split('\0') : [];
    return fields.filter((field) => /^[Wn]/.test(field)).join(' | ');
  };

  it('arrays in each format', async () => {
    const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('|', '\t');
    const lines = ARRAY_ROWS.map((text, id) => `${id}\t${escaped(text)}\n`);
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const csv = ARRAY_ROWS.map((text, id) => `${id + 10},${text.split('|').map(quoted).join(',')}\n`);
    const array = (oid: number, ...elements: readonly Buffer[]) => {
      const head = [
        elements.length === 0 ? 0 : 1,
        1,
        oid,
        ...(elements.length === 0 ? [] : [elements.length, 1]),
      ];
      const bytes = Buffer.concat([...head.map((value) => int(value).subarray(4)), ...elements]);
      return Buffer.concat([int(bytes.length).subarray(4), bytes]);
    };
    const sent = (...arrays: readonly Buffer[]) => [
      serialize.query('copy ar (id, i, t) from stdin (format binary)'),
      serialize.copyData(
        Buffer.concat([
          header,
          ...arrays.map((cells, id) => Buffer.concat([Buffer.from([0, 3]), int(20 + id), cells])),
          END,
        ]),
      ),
      serialize.copyDone(),
    ];
    const script = [
      [serialize.query(ARRAYS)],
      copied('copy ar from stdin', ...lines),
      copied('copy ar from stdin (format csv)', ...csv),
      copied('copy ar (id, i) from stdin', '30\t{1,x}\n'),
      copied('copy ar (id, i) from stdin', '30\t{1}\n31\t1\n'),
      copied('copy ar (id, v) from stdin', '30\t{abc}\n31\t{a,abcd}\n'),
      copied('copy ar (id, n) from stdin', '30\t{999999.999}\n'),
      copied('copy ar (id, i) from stdin', '30\t\\N\n31\t{null}\n'),
      sent(
        Buffer.concat([
          array(23, int(1), NULL),
          array(25, word('a b'), word(''), word('"\\'), word('null'), NULL),
        ]),
        Buffer.concat([array(23), array(25)]),
        Buffer.concat([NULL, NULL]),
      ),
      [serialize.query('select * from ar order by id')],
      [serialize.query('drop table ar')],
    ];
    expect(await told('skein', script)).toEqual(await told('postgres', script));
    const refused = [
      [serialize.query('create table ar (id int, i int[])')],
      copied('copy ar from stdin', '1\t{{1,2},{3,4}}\n'),
      copied('copy ar from stdin', '1\t[0:1]={1,2}\n'),
      [serialize.query('drop table ar')],
    ];
    expect(await told('skein', refused)).toMatchInlineSnapshot(`
      [
        "0",
        "  C "CREATE TABLE\\u0000"",
        "  Z "I"",
        "1",
        "  G "\\u0000\\u0000\\u0002\\u0000\\u0000\\u0000\\u0000"",
        "  E SERROR | C0A000 | Man array of more than one dimension is not supportedWCOPY ar, line 1, column i: "{{1,2},{3,4}}"",
        "  Z "I"",
        "2",
        "  G "\\u0000\\u0000\\u0002\\u0000\\u0000\\u0000\\u0000"",
        "  E SERROR | C0A000 | Man array whose lower bound is not 1 is not supportedWCOPY ar, line 1, column i: "[0:1]={1,2}"",
        "  Z "I"",
        "3",
        "  C "DROP TABLE\\u0000"",
        "  Z "I"",
      ]
    `);
  });

  it('options', async () => {
    const into = (columns: string, options: string, ...chunks: readonly string[]) =>
      copied(`copy t (${columns}) from stdin (${options})`, ...chunks);
    const latin = (encoding: string, ...bytes: readonly number[]) => [
      serialize.query(`copy t (id, name) from stdin (encoding '${encoding}')`),
      serialize.copyData(Buffer.from(bytes)),
      serialize.copyDone(),
    ];
    const wrong = '1\ta\t1\nx\tb\t1\n2\ttoolong\t1\n3\tc\t123456789\n4\td\t4\n5\t\\N\tz\n';
    const clear = [
      [serialize.query('select id, name, v from t order by id')],
      [serialize.query('delete from t')],
    ];
    const script = [
      [serialize.query(TABLE.replace('not null ', ''))],
      into('id, name, v', "format csv, force_null (name), null 'x'", '1,"x",1\n2,x,2\n3,"y",3\n'),
      into('id, name, v', 'format csv, force_not_null (name)', '4,,1\n5,"",\n'),
      into('id, name', 'format csv, force_not_null *, force_null *', '6,\n7,""\n'),
      into('id', 'format csv, force_null (name)', '8\n'),
      into('id', 'format csv, force_not_null (nosuch)', '8\n'),
      into('id, name', 'force_null (name)', '8\tx\n'),
      into('id', 'format csv, force_quote (id)', '8\n'),
      ...clear,
      into('id, name', 'header match', 'id\tname\n1\ta\n'),
      into('id, name', 'format csv, header match', 'id,"name"\n2,a\n'),
      into('id, name', 'format csv, header match', 'id,Name\n3,a\n'),
      into('id, name', 'format csv, header match', 'id\n3,a\n'),
      into('id, name', 'format csv, header match', 'id,\n3,a\n'),
      into('id, name', "header match, null 'name'", 'id\tname\n3\ta\n'),
      into('id, name', 'header maybe', 'id\n'),
      into('id, name', 'format binary, header match', 'id\n'),
      ...clear,
      into('id, name, v', 'on_error ignore', wrong),
      ...clear,
      into('id, name, v', 'on_error ignore, log_verbosity verbose', wrong),
      into('id, name, v', 'on_error ignore, log_verbosity verbose', 'x\ta\t1\n'),
      into('id, name, v', 'on_error ignore, log_verbosity silent', 'x\ta\t1\n11\ta\t1\n'),
      into('id, name, v', 'on_error ignore, reject_limit 2', wrong.replaceAll('\n1\t', '\n21\t')),
      into('id, name, v', 'on_error ignore', '30\ta\t1\n31\ta\n'),
      into('id, name, v', 'on_error ignore', '30\ta\t-1\n31\tx\ty\n'),
      into('id, name, v', 'on_error stop, log_verbosity default', '30\ta\tx\n'),
      into('id', 'on_error sometimes', '1\n'),
      into('id', 'reject_limit 2', '1\n'),
      into('id', 'on_error ignore, reject_limit 0', '1\n'),
      into('id', 'on_error ignore, format binary', '1\n'),
      into('id', 'log_verbosity much', '1\n'),
      [serialize.query('set client_min_messages = warning')],
      into('id, name, v', 'on_error ignore, log_verbosity verbose', 'x\ta\t1\n'),
      ...clear,
      latin('latin1', 0x31, 0x09, 0xe9, 0x80, 0x0a),
      latin('windows-1252', 0x32, 0x09, 0x80, 0x0a),
      latin('windows-1252', 0x33, 0x09, 0x81, 0x0a),
      latin('utf8', 0x33, 0x09, 0xc3, 0xa9, 0x0a),
      latin('latin1', 0x34, 0x09, 0x00, 0x0a),
      latin('utf8', 0x34, 0x09, 0x61, 0x0a, 0x35, 0x09, 0xe9, 0x61, 0x61, 0x0a),
      into('id', "encoding 'nosuch'", '1\n'),
      into('id', "default 'x', format binary", '1\n'),
      into('id', "default '\\N'", '1\n'),
      into('id', "default 'a,b', format csv", '1\n'),
      into('id', "default 'a\"b', format csv", '1\n'),
      into('id', "default E'\n'", '1\n'),
      into('id', 'freeze false', '50\n'),
      ...clear,
      [serialize.query(DROP)],
    ];
    expect(await told('skein', script)).toEqual(await told('postgres', script));
  });

  it('DEFAULT', async () => {
    const script = [
      [
        serialize.query(
          `create table d (id int primary key, name varchar(5) not null default 'x', v numeric(10,2) default 1.5 check (v > 0),
             bare text, twice int generated always as (id * 2) stored, b boolean default true, a int[] default '{1,2}', n numeric default 0.25)`,
        ),
      ],
      copied(
        "copy d from stdin (default '\\D')",
        '1\t\\D\t\\D\tq\t\\D\t\\D\t\\D\n2\ttwo\t\\N\t\\N\tf\t{}\t3.12\n',
      ),
      copied("copy d (id, name, v) from stdin (default 'D', format csv)", '3,D,D\n4,"D",2\n5,D,\n'),
      copied("copy d (id, v) from stdin (default 'D', null 'N')", '6\tD\n7\tN\n'),
      copied("copy d (id, name) from stdin (default 'D', header match)", 'id\tname\n8\tD\n'),
      copied("copy d (id, bare) from stdin (default 'D', format csv)", '9,D\n'),
      copied("copy d (id) from stdin (default 'D')", 'D\n'),
      copied("copy d (id, name, v) from stdin (default 'D', on_error ignore)", '10\tD\tx\n11\tD\tD\n'),
      copied(
        "copy d (id, name, v) from stdin (default 'D') where name = 'x' and v > 1",
        '12\tD\tD\n13\ty\tD\n',
      ),
      copied("copy d (id, twice) from stdin (default 'D')", '14\tD\n'),
      [serialize.query('select *, n::numeric(9,4) is null from d order by id; drop table d')],
      [serialize.query('create table ds (id serial, t timestamp default now())')],
      copied("copy ds from stdin (default 'D')", 'D\tD\n7\tD\nD\t2024-02-29\n'),
      [
        serialize.query(
          "select id, t = now() or t > now() - interval '1 day' from ds order by t, id; drop table ds",
        ),
      ],
    ];
    expect(await told('skein', script)).toEqual(await told('postgres', script));
  });

  it('WHERE and FREEZE', async () => {
    const script = [
      [serialize.query(TABLE)],
      copied("copy t (id, v) from stdin where v > 2 and name = 'x'", '1\t1\n2\t2.50\n', '3\t\\N\n4\t3\n'),
      copied('copy t (id, v) from stdin (format csv) where id > 5 and d is null', '4,-1\n5,-1\n6,1\n'),
      copied('copy t (id, v) from stdin where id > 5', '7\t-1\n'),
      copied('copy t from stdin where nosuch > 5', '7\t1\n'),
      copied('copy t from stdin where id', '7\t1\n'),
      copied('copy t from stdin where max(id) > 1', '7\t1\n'),
      copied('copy t (id) from stdin (freeze)', '8\n'),
      [serialize.query('begin; truncate t')],
      copied('copy t (id) from stdin (freeze)', '8\n'),
      [serialize.query('create temp table fresh (id int)')],
      copied('copy fresh (id) from stdin (freeze) where id < 9', '8\n9\n'),
      [serialize.query('commit; select * from t; select * from fresh; drop table fresh')],
      [serialize.query(DROP)],
    ];
    expect(await told('skein', script)).toEqual(await told('postgres', script));
  });

  it('a numeric without precision', async () => {
    const script = [
      [serialize.query('create table bare (id int, n numeric, m numeric)')],
      copied('copy bare from stdin', '1\t12345.50\t0.1\n2\t-0.25\t1.123456789\n', '3\t\\N\t2\n'),
      copied('copy bare (id, n) from stdin (format csv)', '4,1419.99\n5,319.00\n'),
      [serialize.query('select id, n, m = 2, m::numeric(12,9) from bare order by id')],
      copied('copy bare (id, n) from stdin', '6\t0.123456\n7\tx\n'),
      copied('copy bare (id, n) from stdin', '6\t0.123456\n'),
      [serialize.query('select sum(n)::numeric(20,6) from bare')],
      [serialize.query('drop table bare')],
    ];
    expect(await told('skein', script)).toEqual(await told('postgres', script));
    const refused = [
      [serialize.query('create table bare (n numeric)')],
      copied('copy bare from stdin', '0.123456789012345678901\n'),
      [serialize.query('drop table bare')],
    ];
    expect((await told('skein', refused)).join()).toContain('C0A000');
  });

  it('defaults by sequences', async () => {
    const script = [
      [serialize.query('create table ser (id serial primary key, name text, big bigserial)')],
      copied('copy ser (name) from stdin', 'a\nb\n', 'c\n'),
      copied('copy ser (id, name) from stdin (format csv)', '100,d\n101,e\n'),
      copied('copy ser (name, big) from stdin', 'x\tnone\n'),
      copied('copy ser (name) from stdin', 'after\n'),
      [serialize.query("select currval('ser_big_seq'), lastval() > 0")],
      [serialize.query('insert into ser (name) values (1) returning big')],
      [serialize.query('select * from ser order by big')],
      [serialize.query('drop table ser')],
    ];
    expect(await told('skein', script)).toEqual(await told('postgres', script));
  });

  it('text and CSV, row by row as PostgreSQL reads them', async () => {
    const text = 'copy t from stdin';
    const csv = 'copy t (id, name, v) from stdin (format csv)';
    const all = serialize.query('select * from t order by id');
    const script = [
      [serialize.query(TABLE)],
      copied(text, '1\tone\t1.005\t2024-02-29\n2\t\\N\t\\N\t\\N\n'),
      copied(text, '1\tone\t1.005\t2024-', '02-29\n2\ta\\tb\t\\N\tJan 8, 1999\r\n'),
      copied(
        text,
        '1\tone\t1.005\t2024-',
        '02-29\n2\ta\\tb\t\\N\tJan 8, 1999\n3\t\\x41\\102\t2\t\\N\n',
        '\\.\nignored',
      ),
      copied(text, '4\tone\n'),
      copied(text, '4\tone\t1\t2024-01-01\tmore\n'),
      copied(text, '4\tone\t1\tnever\n'),
      copied(text, '4\tone\tx1\tnever\n'),
      copied(text, '4\ttoolong\t1\t\\N\n'),
      copied(text, '4\tok\t123456789\t\\N\n'),
      copied(text, '4\tok\t-1\t\\N\n5\tok\tx\t\\N\n'),
      copied(text, '4\tok\t1\t\\N\n3\tok\t1\t\\N\n'),
      copied(text),
      copied(csv, '10,"a""b",1\n11,"x\ny",2\n12,,3\n'),
      copied(csv, '10,"a""b",1\n11,"x\ny",2\n12,"",\n'),
      copied(csv, '13,"open,1\n'),
      copied(csv, '14,"a\nb",1\n15,"a\nb",1\n16,,\n'),
      copied(csv, '14,"a\nb",1\n15,"open,\n'),
      copied('copy t (id) from stdin (format csv, header)', 'id\n20\n21'),
      copied("copy t (id, name) from stdin with (delimiter '|', null '-')", '30|-\n'),
      copied("copy t (id, name) from stdin with (delimiter '|', null '-')", '31|é\n'),
      [serialize.query('copy t from stdin'), serialize.copyFail('no more')],
      [serialize.query('copy nosuch from stdin')],
      [serialize.query('copy t (nosuch) from stdin')],
      [serialize.query('copy t (id, id) from stdin')],
      [serialize.query('begin')],
      [all],
      copied(text, '40\tin\t1\t\\N\n'),
      [serialize.query('rollback')],
      [all],
      [serialize.query(DROP)],
    ];
    expect(await told('skein', script)).toEqual(await told('postgres', script));
  });
});

it('prepared, with generated columns, WITH and ONLY', () =>
  sides.same(
    'create table p (id int primary key, a text default now()::date::text, b int generated always as (id * 2) stored)',
    'prepare i (int, text) as insert into p values ($1, $2) returning *',
    `execute i (1, 'x')`,
    'execute i (2, null)',
    `execute i (1, 'y')`,
    'prepare u as update p set a = $1 where id = $2',
    `execute u ('z', 1)`,
    'insert into p (id, b) values (3, 4)',
    'insert into p (id, b) values (3, default)',
    'update p set b = 1',
    'with q as (select 9 as i) insert into p select i from q',
    'select id, b from p order by id',
    'delete from only p where id = 9',
    'insert into p as x (id) values (1) on conflict (id) do update set a = x.a || excluded.id returning x.a',
    'delete from p; select count(*) from p',
    'drop table p',
  ));

it('as dbt changes an incremental model', () =>
  sides.same(
    'create temp table tt (id int, v numeric(10,2))',
    'insert into tt values (1, 2), (2, 3)',
    'create table m (id int, v numeric(10,2))',
    'insert into m values (1, 9)',
    'delete from m as d where (id) in (select distinct id from tt as s); insert into m (id, v) (select id, v from tt)',
    `merge into m as d using tt as s on ((d.id = s.id)) when matched then update set v = s.v when not matched then insert (id, v) values (s.id, s.v)`,
    'update m set v = 0 from tt as s where m.id = s.id; insert into m select id + 5, v from tt',
    'select * from m order by id',
    'drop table m',
  ));
