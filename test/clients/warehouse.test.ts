import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { showMessage, type Wire } from '../support/wire.ts';
import { messages, type SideBySide, startSideBySide } from './side-by-side.ts';

/** Tables that are made of queries, changed and dropped, in Skein's warehouse and in PostgreSQL: all that is said must be the same. */
let sides: SideBySide;

beforeAll(async () => {
  sides = await startSideBySide();
});

afterAll(async () => {
  await sides.close();
});

describe('tables of the warehouse', () => {
  it(
    'are made of queries, and read beside federated tables',
    () =>
      sides.same(
        'create schema s',
        `create table s.t as select n, word, n * 1.25 as x, sum(n) over (order by n) as total from numbers`,
        'select * from s.t order by n',
        'select t.word, count(*) from s.t join numbers using (n) group by 1 order by 1',
        'select * from numbers left join (select n as m, x from s.t where n > 3) q on n = m order by n',
        'select word from numbers where n in (select n from s.t where x > 4) order by 1',
        'with a as (select n from s.t), b as (select * from a where n > 1) select count(*), (select max(n) from a) from b',
        'create table s.t as select 1 as a',
        'create table if not exists s.t as select 1 as a',
        'create table s.none as select word, n from numbers with no data',
        'select * from s.none',
        "create table s.named (a, b) as values (1, null), (2, date '2024-01-01')",
        'select * from s.named order by a',
        'select n, word into s.si from s.t where n < 3',
        'select * from s.si order by n',
        "create table s.types as select true b, 1::int2 i2, 1::int8 i8, 1.5::float4 f4, 2.5::float8 f8, 1.50::numeric(5,2) nu, 'x'::char(3) c, 'y'::varchar(4) vc, '2024-02-29'::date d, '10:11:12.5'::time t, '2024-01-01 00:00'::timestamp ts, '2024-01-01 00:00+00'::timestamptz tz, '1 mon 2 days'::interval iv, '{\"a\": 1}'::jsonb j, '\\x00ff'::bytea by, array[1, null, 3] ar, '6f1c6bd6-6f4a-4a3c-a8a8-6b7b6f1c6bd6'::uuid u",
        'select * from s.types',
        'select nope from s.t',
        'create table s.bad as select n, nope from numbers',
        'create table s.bad as select 1 / (n - n) from numbers',
        'select * from s.bad',
        'create table nowhere.t as select 1 as a',
        'drop schema s',
        'drop schema s cascade',
        'select * from s.t',
      ),
    60_000,
  );

  it(
    'are changed',
    () =>
      sides.same(
        'create table t as select n::int as n, word from numbers',
        'alter table t rename to u',
        'select count(*) from t',
        'alter table u add column extra date',
        'alter table u rename column word to w',
        'select * from u order by n limit 2',
        'alter table u drop column w',
        'select * from u order by n limit 2',
        'alter table u alter column extra set not null',
        'alter table u alter column n set not null',
        'create schema other',
        'alter table u set schema other',
        'select sum(n) from other.u',
        'alter table other.u add constraint u_key primary key (n)',
        'insert into other.u values (1)',
        'insert into other.u values (6), (6)',
        'alter table other.u add unique (extra)',
        'truncate other.u',
        'select count(*) from other.u',
        'truncate nosuch',
        'truncate other.u, other.u',
        'drop table other.u, nosuch',
        'drop table if exists other.u, nosuch',
        'drop schema other',
      ),
    60_000,
  );

  it(
    'come and go with their transaction',
    () =>
      sides.same(
        'begin',
        'create table t as select n, word from numbers',
        'select count(*) from t',
        'declare c cursor for select n from t order by n',
        'fetch 2 from c',
        'select max(word) from t',
        'fetch 2 from c',
        'close c',
        'truncate t',
        'select count(*) from t',
        'rollback',
        'select * from t',
        'begin',
        'create table t as select n from numbers',
        'select 1 / 0',
        'select 1',
        'commit',
        'select * from t',
        'create table t as select n from numbers; select 1 / 0',
        'select * from t',
        'begin; create table t as select n from numbers; commit; select count(*) from t',
        'begin',
        'savepoint a',
        'drop table t',
        'select * from t',
        'rollback to a',
        'select count(*) from t',
        'drop table t',
        'create table t as select word from numbers where n = 2',
        'commit',
        'select * from t',
        'begin read only',
        'create table r as select 1 as a',
        'rollback',
        'begin read only',
        'truncate t',
        'rollback',
        'drop table t',
      ),
    60_000,
  );

  it('are seen by other sessions once they are committed, and not before', async () => {
    const [ours, theirs] = await Promise.all(
      (['skein', 'postgres'] as const).map(async (to) => {
        const [one, two] = [await sides.login(to), await sides.login(to)];
        const said: string[] = [];
        const say = async (wire: Wire, sql: string) => {
          wire.send(...messages(sql));
          said.push(sql, ...(await wire.answers()).map(showMessage));
        };
        await say(one, 'begin');
        await say(one, 'create table t as select n from numbers');
        await say(two, 'select count(*) from t');
        await say(two, 'begin isolation level read committed');
        await say(two, 'select 1');
        await say(one, 'commit');
        await say(two, 'select count(*) from t');
        await say(one, 'insert into t values (100)');
        await say(two, 'select count(*) from t');
        await say(two, 'commit');
        await say(two, 'begin isolation level repeatable read');
        await say(two, 'select count(*) from t');
        await say(one, 'delete from t where n > 2');
        await say(two, 'select count(*) from t');
        await say(two, 'commit');
        await say(two, 'select count(*) from t');
        await say(one, 'drop table t');
        await say(two, 'select count(*) from t');
        one.end();
        two.end();
        return said;
      }),
    );
    expect(ours).toEqual(theirs);
  }, 60_000);

  it('are among skein.tables, with their rows', async () => {
    const client = await sides.proxy.client();
    await client.query('create table listed as select n from numbers');
    const { rows } = await client.query(
      "select schema_name, kind, agent, row_estimate from skein.tables where table_name = 'listed'",
    );
    expect(rows).toEqual([{ schema_name: 'public', kind: 'warehouse', agent: null, row_estimate: '5' }]);
    await client.query('insert into listed values (6), (7)');
    const asked = await client.query("select reltuples from pg_class where relname = 'listed'");
    expect(asked.rows).toEqual([{ reltuples: 7 }]);
    const live = await client.query(
      "select n_live_tup, pg_table_size(relid) from pg_stat_user_tables where relname = 'listed'",
    );
    expect(live.rows).toEqual([{ n_live_tup: '7', pg_table_size: null }]);
    await client.query('drop table listed');
    await client.end();
  });

  it('are in skein.lineage, with what made and changed them', async () => {
    const client = await sides.proxy.client();
    const run = async (...script: readonly string[]) => {
      for (const sql of script) await client.query(sql);
    };
    const lineage = async (table: string, columns = 'statement, rows::int, parents, agents') =>
      (await client.query(`select ${columns} from skein.lineage where table_name = $1`, [table])).rows;
    await run(
      'create schema l',
      'create view l.big as select n, word from numbers where n > 2',
      'create table l.t__new as select word, count(*) as n from l.big group by word',
      'begin',
      'alter table l.t__new rename to t',
      'alter table l.t add column more int',
    );
    const made = {
      statement: 'create table l.t__new as select word, count(*) as n from l.big group by word',
      rows: 3,
      parents: ['l.big'],
      agents: ['a'],
    };
    expect(await lineage('t')).toEqual([made]);
    await run('commit', 'alter view l.big rename to "Big"');
    expect(await lineage('t')).toEqual([{ ...made, parents: ['l."Big"'] }]);
    const bigMade = 'create view l.big as select n, word from numbers where n > 2';
    expect(await lineage('Big', '*')).toMatchObject([
      {
        kind: 'view',
        statement: bigMade,
        rows: null,
        parents: ['public.numbers'],
        agents: null,
        change: null,
      },
    ]);
    const changed = 'changed_by, change, changed_rows::int, parents, agents';
    await run(
      'create temp table latest as select word, n from numbers where n < 3',
      'insert into l.t (word, n) select word, n from latest',
      'delete from l.t where n > 100',
      'begin',
      'insert into l.t values (null, 1)',
      'rollback',
    );
    expect(await lineage('latest')).toEqual([]);
    expect(await lineage('t', changed)).toEqual([
      {
        changed_by: 'ann',
        change: 'insert into l.t (word, n) select word, n from latest',
        changed_rows: 2,
        parents: ['l."Big"', 'public.numbers'],
        agents: ['a'],
      },
    ]);
    await run(
      'create or replace view l."Big" as select n, word from l.t',
      'truncate l.t',
      'drop schema l cascade',
    );
    expect(await lineage('t')).toEqual([]);
    await client.end();
  });
});
