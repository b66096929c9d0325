import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { showMessage } from '../support/wire.ts';
import { type SideBySide, startSideBySide, type Target } from './side-by-side.ts';

/** Values of all types through the wire, over tables, beside PostgreSQL 18. */
let sides: SideBySide;

beforeAll(async () => {
  sides = await startSideBySide();
});
afterAll(() => sides.close());

const same = (...script: readonly string[]): Promise<void> => sides.same(...script);

describe('lengths', () => {
  it('of varchar and char', () =>
    same(
      'select cast(word as varchar(3)), word::char(4), n::varchar(2), (n * 1000)::char(2) from numbers order by n',
      "select word::char(6) = 'one', word::char(6)::text = 'one', length(word::char(6)), word::char(6) = 'one   ' from numbers order by n",
      "select concat(word::char(6), '|'), word::char(6) || '|', upper(word::char(6)), word::char(6) like 'o%' from numbers order by n",
      '!select cast($1 as varchar(3)), n from numbers where word = $2::char(6) | abcdef | one',
      '!select $1::char(2), n from numbers where word::char(6) = $2 | abcdef | one',
      'select word::varchar(1), count(*), max(word::char(4)) from numbers group by 1 order by 1',
      'select word::char(1), count(*) from numbers group by 1 order by 1',
      'select distinct word::char(1) from numbers order by 1 desc',
      'select n from numbers order by word::char(2), n',
      'select row_number() over (partition by word::char(1) order by word::char(3), n), word from numbers order by 2',
      "select array[word, 'abcdef']::varchar(2)[], coalesce(word::char(4), 'x'), to_jsonb(word::char(6)) from numbers order by n",
    ));
});

it('instants in text, in the zone of the session', () =>
  same(
    "set timezone = 'America/New_York'",
    `select n || '-' || at, at || word, concat(n, at), concat_ws(', ', word, at, null::timestamptz), format('%s %s %L', n, at, at)
      from (select *, '2024-07-01 12:00+00'::timestamptz + n * interval '1 hour' as at from numbers) t order by n`,
    "select n from numbers where n || '|' || '2024-01-01 00:00+00'::timestamptz = '1|2023-12-31 19:00:00-05'",
  ));

it('times with time zone sort and group by the instant, then the zone', () =>
  same(
    `select t, count(*), rank() over (order by t desc) from (select case n when 1 then timetz '12:00+02' when 2 then '10:00+00'
      when 3 then '09:00-01' when 4 then '10:00+00' else '00:00+15:59' end from numbers) x(t) group by t order by t`,
    `select greatest(a, timetz '10:00+00'), least(a, timetz '10:00+00'), a = '10:00+00', a < '10:00+00', a is distinct from '10:00+00'
      from (select case n when 1 then timetz '12:00+02' when 2 then '09:00-01' end from numbers) x(a) where a is not null order by a`,
    `select distinct timetz '12:00+02' from numbers union select '10:00+00' order by 1`,
  ));

it('infinite intervals, and equality of arrays by value, are refused where DuckDB would not see them', async () => {
  const client = await sides.proxy.client();
  const refused = { code: '0A000' };
  await expect(
    client.query('SELECT isfinite($1::interval) FROM numbers', ['infinity']),
  ).rejects.toMatchObject(refused);
  await expect(client.query("SELECT -interval '-infinity' FROM numbers")).rejects.toMatchObject(refused);
  for (const type of ['jsonb', 'bpchar']) {
    for (const test of ['= $1', 'IS DISTINCT FROM $1', '&& $1']) {
      const query = {
        text: `SELECT array[n::text::${type}] ${test}::${type}[] FROM numbers`,
        values: [['1.0']],
      };
      await expect(client.query(query)).rejects.toMatchObject(refused);
    }
  }
  const ordered = "SELECT array[n * interval '1 day'] < array[interval '1 mon'] FROM numbers";
  await expect(client.query(ordered)).rejects.toMatchObject(refused);
  await client.end();
});

describe('arrays of several dimensions', () => {
  const NESTED = [
    ['int4[]', '{{1,2,NULL},{3,4,5}}'],
    ['text[]', '{{{a,"b c"},{NULL,"NULL"}}}'],
    ['numeric[]', '{{1.5},{-2.5}}'],
    ['timestamptz[]', '{{"2024-07-01 12:00:00+00",infinity}}'],
  ] as const;

  it('are written, bound, sorted and grouped', () =>
    same(
      ...NESTED.flatMap(([type, value]) => [
        `select n, '${value}'::${type} from numbers order by n`,
        `!select n, $1::${type} from numbers order by n | ${value}`,
        `copy (select '${value}'::${type} from numbers where n < 3) to stdout`,
      ]),
      'select array[[n, n * 2], [0, null]] as a, count(*) from numbers group by 1 order by 1 desc',
      'select distinct array[array[word], array[region]] from numbers order by 1',
      "select n from numbers where n = any('{{1,2},{5,NULL}}'::int[]) order by n",
      '!select n from numbers where n = any($1) order by n | {{1,2},{5,6}}',
      "select u, n from numbers, unnest('{{1,2},{3,4}}'::int[]) u where u = n order by 1",
      "select '{{1,2}}'::int[] is null, count(*) from numbers where '{{1,2}}'::int[] is not null",
      'with a as (select n, array[[n]] as x from numbers) select b.x from a join a b using (n) order by n limit 2',
    ));

  it('go out and come in in binary', async () => {
    const answers = async (to: Target) => {
      const wire = await sides.login(to);
      const ask = async (type: string, value: string | Buffer) => {
        const parse = serialize.parse({ text: `select $1::${type}, n from numbers where n = 1` });
        const bind = serialize.bind({ values: [value], binary: true });
        wire.send(parse, bind, serialize.execute({}), serialize.sync());
        return (await wire.answers()).find(({ code }) => code === 'D')!.body;
      };
      const rows: Buffer[] = [];
      for (const [type, value] of NESTED) {
        const row = await ask(type, value);
        rows.push(row, await ask(type, row.subarray(6, 6 + row.readInt32BE(2))));
      }
      wire.end();
      return rows;
    };
    expect(await answers('skein')).toEqual(await answers('postgres'));
  });

  it('are refused where they are more than shown', async () => {
    const client = await sides.proxy.client();
    for (const sql of [
      "SELECT array_length('{{1,2}}'::int[], n::int) FROM numbers",
      "SELECT CASE n WHEN 1 THEN '{{1,2}}'::int[] END FROM numbers",
      "SELECT ARRAY[ARRAY[n], string_to_array(word, ',')::bigint[]] FROM numbers",
      'SELECT ARRAY[[n]] FROM numbers UNION ALL SELECT ARRAY[[n]] FROM numbers',
      'CREATE TEMP TABLE kept AS SELECT ARRAY[[n]] AS a FROM numbers',
    ]) {
      await expect(client.query(sql)).rejects.toMatchObject({ code: '0A000' });
    }
    await client.query('CREATE TEMP TABLE flat (a int[])');
    await expect(client.query('INSERT INTO flat VALUES ($1)', ['{{1}}'])).rejects.toMatchObject({
      code: '0A000',
    });
    await expect(client.query('INSERT INTO flat SELECT ARRAY[[n::int]] FROM numbers')).rejects.toMatchObject({
      code: '0A000',
    });
    await client.end();
  });
});

describe('bits', () => {
  it('of fixed and varying length', () =>
    same(
      "select '101'::bit(3), '101'::bit(5), '10111'::bit(2), '11'::varbit, '11011'::varbit(3), '101'::bit(3)::text from numbers where n = 1",
      '!select $1::bit(3), $2::varbit(4), $3::varbit, n from numbers where n = 1 | 101 | 11 | 0011',
      "select n from numbers where '101'::varbit = '101'::bit(3) and '11'::varbit > '101'::varbit order by n",
    ));
});

describe('rows', () => {
  it('as text', () =>
    same(
      `select row(n, word, 'a b', '', null, 'q"\\\\', E'\\v', true), row(n) from numbers order by n`,
      "select row('2020-01-01'::timestamptz, interval '1 day', '\\x00ff'::bytea, 1.50, 2::float4, '11'::varbit, 'x'::char(3), array['a b', null]) from numbers limit 1",
      "select n, md5(s::text), s::text from numbers s where s::text like '%three%'",
      'with t as (select n, word from numbers) select t from t order by n',
      "select v from (values (1, 'a b'), (2, null)) v(x, y)",
      'copy (select s from numbers s order by n) to stdout',
      "set datestyle = 'german'",
      'select s::text from numbers s order by n limit 1',
    ));

  it('of a table, to a client', async () => {
    const client = await sides.proxy.client();
    const { rows } = await client.query('SELECT s, n FROM numbers s WHERE n < 3 ORDER BY n');
    expect(rows).toEqual([
      { s: '(1,one,,EU)', n: '1' },
      { s: '(2,two,,EU)', n: '2' },
    ]);
    const binary = { text: 'SELECT s FROM numbers s WHERE n = $1', values: [1], binary: true };
    await expect(client.query(binary)).rejects.toMatchObject({ code: '0A000' });
    await client.end();
  });

  it('as JSON', () =>
    same(
      'select row_to_json(s), row_to_json(s, true), to_json(s), to_jsonb(s) from numbers s order by n',
      'select row_to_json(s) from numbers s(a, b) order by n',
      'select row_to_json(t) from (select n, word as "Wört" from numbers order by n) t',
      'select json_agg(t), jsonb_agg(t) from (select n, word from numbers order by n) t(x, y)',
      'select json_agg(s order by n desc) filter (where n > 3), jsonb_object_agg(n, s) from numbers s',
      "select json_build_object('row', s, 'n', n), jsonb_build_array(s, 1) from numbers s order by n",
      'select row_to_json(row(n, word)), to_jsonb(row()) from numbers order by n',
      'select word, (select json_agg(b order by b.n) from numbers b where b.n < a.n) from numbers a order by n',
      "select key, value from numbers s, jsonb_each_text(to_jsonb(s) - 'region') where n = 1 order by 1",
      'select row_to_json(j) from (numbers a join numbers b using (n)) j order by n',
      'select region, json_agg(t) from (select region, n from numbers order by n) t group by region',
    ));

  it('that are there, and that are NULL', () =>
    same(
      'select count(s.*), count(s), count(distinct n) from numbers s',
      'select n from numbers s where s is null or s is not null',
      'select n from numbers s where not (s is not null) order by n',
      'select b is null, b is not null from numbers a left join numbers b on a.n = b.n + 3 order by a.n',
    ));

  it('that an outer join may leave out', () =>
    same(
      'select row_to_json(b), b::text, b is null from numbers a left join numbers b on a.n = b.n + 2 order by a.n',
      'select count(b), count(*), json_agg(b order by a.n) from numbers a left join numbers b on a.n = b.n + 2',
      'select json_agg_strict(b order by a.n) from numbers a left join numbers b on a.n = b.n + 2',
      'select a.word, json_agg(b order by b.n) filter (where b is not null) from numbers a left join (select n, word from numbers) b on a.n > b.n group by 1 order by 1',
      'select to_jsonb(b), row_to_json(a) from numbers a full join (select n, word from numbers where n > 3) b on a.n = b.n + 2 order by a.n, b.n',
      "select v from numbers a left join (values (1, 'x')) v(k, t) on a.n = v.k order by a.n",
      'with b as (select n, word from numbers) select row_to_json(b) from numbers a left join b on a.n = b.n + 4 order by a.n',
      'select row_to_json(b), row_to_json(c) from numbers a left join (numbers b left join numbers c on b.n = c.n + 1) on a.n = b.n + 2 order by a.n',
      "select row_to_json(b) from numbers a left join lateral (select a.n * 2 as d, 'k' as k from numbers c where c.n = a.n and c.n > 3) b on true order by a.n",
    ));

  it('without columns', () =>
    same(
      'select from numbers',
      '!select from numbers where n = $1 | 2',
      'select from numbers a join numbers b on a.n = b.n limit 2',
      'begin; declare c cursor for select from numbers; fetch 2 from c; rollback',
      'copy (select from numbers) to stdout',
      'select count(*) from (select from numbers) x',
    ));
});

describe('parameters', () => {
  it('of JSON in binary are read too', async () => {
    const jsonb = (text: string) => Buffer.concat([Buffer.from([1]), Buffer.from(text)]);
    const asked = [
      ['jsonb', jsonb('{"b":1, "a":[1,null],"b":2}')],
      ['json', Buffer.from('{"b":1, "a":[1,null],"b":2}')],
      ['jsonb', jsonb('{"b" 1}')],
      ['json', Buffer.from('nul')],
    ] as const;
    const answers = async (to: Target) => {
      const wire = await sides.login(to);
      const all: string[] = [];
      for (const [type, value] of asked) {
        const parse = serialize.parse({ text: `select $1::${type} from numbers where n = 1` });
        const bind = serialize.bind({ values: [value] });
        wire.send(parse, bind, serialize.execute({}), serialize.sync());
        all.push(...(await wire.answers()).map(showMessage));
      }
      wire.end();
      return all;
    };
    expect(await answers('skein')).toEqual(await answers('postgres'));
  });

  it('of wrong lengths in binary are told as PostgreSQL tells them', async () => {
    const types = [
      'bool',
      'int8',
      'numeric',
      'date',
      'timetz',
      'interval',
      'uuid',
      'jsonb',
      'varbit',
      'int[]',
    ];
    const lengths = [0, 1, 3, 9, 17].map((length) => Buffer.alloc(length, 0xff));
    const answers = async (to: Target) => {
      const wire = await sides.login(to);
      const all: string[] = [];
      for (const type of types) {
        for (const value of lengths) {
          const parse = serialize.parse({ text: `select $1::int, $2::${type} from numbers where n = 1` });
          const bind = serialize.bind({ values: ['1', value] });
          wire.send(parse, bind, serialize.execute({}), serialize.sync());
          all.push(type, ...(await wire.answers()).map(showMessage));
        }
      }
      wire.end();
      return all;
    };
    expect(await answers('skein')).toEqual(await answers('postgres'));
  });

  it('are read when they are bound', () =>
    same(
      '!select n from numbers where n = $1 | x',
      '!select $1::int | x',
      '!select $1::date, n from numbers | 2020-13-01',
      '!select $1::interval, $2::float8, $3::timestamptz from numbers limit 1 | 1 day | 1e400 | now',
      '!select $1::interval, $2::float8, $3::timestamptz from numbers limit 1 | 1 day | 1e40 | 2020-01-01',
      '!select $1::int[], n from numbers where n = 1 | {1,2,NULL}',
      '!select $1::int[] | {{1,2},{3,4}}',
      '!select $1::json from numbers limit 1 | {"b" 1}',
      '!select relname from pg_class where relname = $1 and reltuples > $2 and false | x | 1.5e',
      '!begin',
      '!select $1::uuid | x',
      '!select $1::int | 1',
      '!rollback',
      '!select $1::timetz, $2::varbit from numbers limit 1 | 10:00+02 | 1101',
      '!select $1::int, $2::int from numbers | 1 | x',
      '!select $1::varbit[], $2::timetz[], $3::oid[], $4::bpchar[] from numbers limit 1 | {101,NULL,""} | {10:00+02} | {1,4294967295} | {"a "}',
    ));
});
