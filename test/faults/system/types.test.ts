import { DuckDBInstance } from '@duckdb/node-api';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BinaryClient } from '../../support/binary-client.ts';
import { openDatabase, type Postgres, startPostgres } from '../../support/postgres.ts';
import { useSystem } from './fixture.ts';

/** Every type of DuckDB's at its least and greatest, and NULL. */
const ALL_TYPES = 'SELECT (row_number() OVER ())::INTEGER AS ord, t.* FROM test_all_types() AS t';
/** Parquet has no column for these, or DuckDB writes them as others. */
const NOT_IN_PARQUET = [
  'hugeint',
  'uhugeint',
  'bignum',
  'time_ns',
  'union',
  'geometry',
  'bit',
  'time_tz',
  'interval',
];
const system = useSystem({
  agents: [{ id: 'only', labels: { site: 'x' }, tables: [{ name: 'everything', query: ALL_TYPES }] }],
});

let postgres: Postgres;
let native: pg.Client;
let nativeBinary: BinaryClient;
let skein: pg.Client;
let skeinBinary: BinaryClient;
let columns: readonly { readonly name: string; readonly type: string }[];

beforeAll(async () => {
  postgres = await startPostgres();
  native = await openDatabase(postgres, 'types');
  nativeBinary = await BinaryClient.connect({ ...postgres, database: 'types' });
  skein = await system().connect();
  skeinBinary = await BinaryClient.connect({ port: system().pgPort, user: 'tester', database: 'skein' });
  columns = (
    await skein.query<{ name: string; type: string }>(
      `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
       WHERE attrelid = 'everything'::regclass AND attnum > 0 AND attname NOT IN ('ord', 'site') ORDER BY attnum`,
    )
  ).rows;
});

afterAll(async () => {
  nativeBinary?.end();
  skeinBinary?.end();
  await native?.end();
  await postgres?.close();
});

const UNPARSED = { getTypeParser: () => (value: string) => value };
const PLACES = [1, 2, 3];

interface Told {
  readonly value?: string | null;
  readonly code?: string | undefined;
}

async function textOf(client: pg.Client, sql: string, values: unknown[] = []): Promise<Told> {
  try {
    const { rows } = await client.query<(string | null)[]>({
      text: sql,
      values,
      rowMode: 'array',
      types: UNPARSED,
    } as pg.QueryArrayConfig);
    return { value: rows[0]?.[0] ?? null };
  } catch (error) {
    return { code: (error as pg.DatabaseError).code };
  }
}

async function binaryOf(client: BinaryClient, sql: string, values: string[] = []): Promise<Told> {
  const { rows, sqlstate } = await client.ask(sql, values);
  return sqlstate === undefined ? { value: rows[0]?.[0] ?? null } : { code: sqlstate };
}

/** DuckDB's own text of each value, as PostgreSQL's input functions take it. */
async function duckdbTexts(
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly (string | null)[]>> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const texts = new Map<string, readonly (string | null)[]>();
  for (const name of names) {
    const reader = await connection.runAndReadAll(
      `SELECT ${inputText(name)} FROM (${ALL_TYPES}) AS t ORDER BY ord`,
    );
    texts.set(
      name,
      reader.getRows().map(([value]) => (value === null || value === undefined ? null : String(value))),
    );
  }
  connection.closeSync();
  return texts;
}

const JSON_VALUES = /^(nested|struct|array_of|map|union|fixed_(nested|struct|array)|list_of)/;

function inputText(name: string): string {
  if (name === 'blob') return `'\\x' || hex("${name}")`;
  if (JSON_VALUES.test(name)) return `CAST(to_json("${name}") AS VARCHAR)`;
  if (/_array$/.test(name)) {
    const element = `CASE WHEN e IS NULL THEN 'NULL' ELSE '"' || replace(e, ' (BC)', ' BC') || '"' END`;
    return `'{' || array_to_string(list_transform("${name}"::VARCHAR[], lambda e: ${element}), ',') || '}'`;
  }
  // DuckDB's own text of the greatest instant is a millisecond late.
  const value = name === 'timestamp_tz' ? `make_timestamp(epoch_us("${name}"))` : `"${name}"`;
  // 290309-12-22 (BC) 00:00:00+00 is 290309-12-22 00:00:00+00 BC.
  return `regexp_replace(CAST(${value} AS VARCHAR), '^(\\S+) \\(BC\\)(.*)$', '\\1\\2 BC')`;
}

/** Nanoseconds do not fit PostgreSQL's types: they are cut off. */
const cut = (name: string, text: string | null): string | null =>
  /_ns$/.test(name) ? (text?.replace(/(\.\d{6})\d+/, '$1') ?? null) : text;

describe('every DuckDB type, from an agent to the client', () => {
  test('there are as many columns as types, and none of unknown', () => {
    expect(columns.length).toBeGreaterThan(50);
    expect(columns.filter(({ type }) => /unknown|-/.test(type))).toEqual([]);
  });

  test('in text and binary: what PostgreSQL makes of DuckDB’s own text, or refused where it can not hold it', async () => {
    const texts = await duckdbTexts(columns.map(({ name }) => name));
    const differences: unknown[] = [];
    for (const { name, type } of columns) {
      for (const place of PLACES) {
        const input = cut(name, texts.get(name)?.[place - 1] ?? null);
        const ask = `SELECT "${name}" FROM everything WHERE ord = ${place}`;
        const own = { text: await textOf(skein, ask), binary: await binaryOf(skeinBinary, ask) };
        // pg can't send U+0000 as text; PostgreSQL would not take it.
        const oracle = input?.includes('\0')
          ? { text: { code: '22021' }, binary: { code: '22021' } }
          : {
              text: await textOf(native, `SELECT $1::${type}`, [input]),
              binary:
                input === null
                  ? { value: null }
                  : await binaryOf(nativeBinary, `SELECT $1::${type}`, [input]),
            };
        if (!isSame(own, oracle, name)) differences.push({ name, type, place, input, own, oracle });
      }
    }
    expect(differences).toEqual([]);
  });

  test('rows that one column can not answer for do not hinder the others', async () => {
    const { rows } = await skein.query('SELECT ord, bigint FROM everything ORDER BY ord');
    expect(rows).toHaveLength(3);
  });

  test('gathered, sorted and grouped they are the same', async () => {
    for (const { name } of columns) {
      const direct = await textOf(skein, `SELECT "${name}" FROM everything WHERE ord = 2`);
      const through = await textOf(
        skein,
        `SELECT v FROM (SELECT "${name}" AS v, row_number() OVER (ORDER BY ord) AS r FROM everything) AS w WHERE r = 2`,
      );
      expect({ name, ...through }).toEqual({ name, ...direct });
    }
  });

  test('from a Parquet file, too', async () => {
    const file = `${system().data}/everything.parquet`;
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(`COPY (SELECT * EXCLUDE (${NOT_IN_PARQUET.map((name) => `"${name}"`).join(', ')}) FROM (${ALL_TYPES}))
      TO '${file}' (FORMAT parquet)`);
    connection.closeSync();
    await system().startAgent({ id: 'files', tables: [{ name: 'parquet_types', path: file }] });
    for (const { name } of columns.filter((column) => !NOT_IN_PARQUET.includes(column.name))) {
      for (const place of PLACES) {
        const from = (table: string) => `SELECT "${name}" FROM ${table} WHERE ord = ${place}`;
        const parquet = await textOf(skein, from('parquet_types'));
        expect({ name, place, ...parquet }).toEqual({
          name,
          place,
          ...(await textOf(skein, from('everything'))),
        });
      }
    }
  });
});

interface Both {
  readonly text: Told;
  readonly binary: Told;
}

/** Where PostgreSQL says that it has no such value, another code of the same class will do. */
function isSame(own: Both, oracle: Both, name: string): boolean {
  if (oracle.text.code !== undefined || own.text.code !== undefined) {
    const refused = [own.text.code, own.binary.code].every((code) => code?.startsWith('22'));
    return refused && (oracle.text.code !== undefined || /hugeint/.test(name));
  }
  return own.text.value === oracle.text.value && own.binary.value === oracle.binary.value;
}
