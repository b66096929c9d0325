import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Batch } from '../types/batch.ts';
import { carrierOf } from '../types/carrier.ts';
import { numericType, OID, type SqlType, sqlType } from '../types/sql-type.ts';
import { type Engine, openEngine } from './duckdb.ts';

let engine: Engine;
const directory = mkdtempSync(join(tmpdir(), 'skein-engine-'));

beforeAll(async () => {
  engine = await openEngine({
    threads: 2,
    memoryLimit: '1GB',
    tempDirectory: join(directory, 'tmp'),
    allowedDirectories: [],
    prelude: [],
    maxConnections: 3,
  });
});

afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Each carrier with SQL texts of values, extremes among them. */
const CARRIERS: readonly { readonly type: SqlType; readonly values: readonly string[] }[] = [
  { type: sqlType(OID.bool), values: ['true', 'false'] },
  { type: sqlType(OID.int2), values: ['-32768', '0', '32767'] },
  { type: sqlType(OID.int4), values: ['-2147483648', '0', '2147483647'] },
  { type: sqlType(OID.int8), values: ['-9223372036854775808', '0', '9223372036854775807'] },
  {
    type: sqlType(OID.float4),
    values: ["'nan'", "'inf'", "'-inf'", '1.17549435e-38', '-0.0', '3.4028235e38'],
  },
  {
    type: sqlType(OID.float8),
    values: ["'nan'", "'inf'", "'-inf'", '5e-324', '-0.0', '1.7976931348623157e308'],
  },
  { type: numericType(4, 2), values: ['-99.99', '0', '99.99'] },
  { type: numericType(9, 0), values: ['-999999999', '999999999'] },
  { type: numericType(18, 18), values: ['-0.999999999999999999', '0.999999999999999999'] },
  {
    type: numericType(38, 10),
    values: [`-${'9'.repeat(28)}.9999999999`, '0', `${'9'.repeat(28)}.9999999999`],
  },
  {
    type: sqlType(OID.date),
    values: ["'infinity'", "'-infinity'", "'4713-01-01 (BC)'", "'5874897-12-31'", "'1970-01-01'"],
  },
  { type: sqlType(OID.time), values: ["'00:00:00'", "'23:59:59.999999'", "'24:00:00'"] },
  { type: sqlType(OID.timetz), values: ["'00:00:00+15:59:59'", "'23:59:59.999999-15:59:59'"] },
  {
    type: sqlType(OID.timestamp),
    values: ["'infinity'", "'-infinity'", "'290309-12-22 (BC) 00:00:00'", "'294247-01-10 04:00:54.775806'"],
  },
  {
    type: sqlType(OID.timestamptz),
    values: ["'infinity'", "'-infinity'", "'2024-02-29 12:00:00.000001+00'"],
  },
  { type: sqlType(OID.interval), values: ["'1 year 2 days 3.000004 seconds'", "'-178956970 years'", "'0'"] },
  {
    type: sqlType(OID.uuid),
    values: ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  },
  {
    type: sqlType(OID.text),
    values: [
      "''",
      "'é'",
      "'twelve bytes'",
      "'thirteen byte'",
      "'a' || chr(0) || 'b'",
      "repeat('long ', 1000)",
    ],
  },
  { type: sqlType(OID.bytea), values: ["''::BLOB", "'\\x00\\xFF'::BLOB", "repeat('ab', 40)::BLOB"] },
  { type: sqlType(OID.int4Array), values: ['[]', '[1, NULL, 3]', 'range(5000)::INTEGER[]'] },
  { type: sqlType(OID.textArray), values: ['[]', "['a', NULL, 'a string of more than twelve bytes']"] },
];

async function collect(sql: string, types: readonly SqlType[]): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of engine.stream(
    sql,
    types.map((type) => carrierOf(type).layout),
  ))
    batches.push(batch);
  return batches;
}

/** Appends the query's rows to a table of the same types, and counts the rows in which the two differ. */
async function differences(
  query: string,
  types: readonly SqlType[],
): Promise<{ rows: number; different: string }> {
  const batches = await collect(query, types);
  const columns = types.map((type, i) => `c${i} ${carrierOf(type).duckdb}`).join(', ');
  return engine.withConnection(async (connection) => {
    await connection.run(`CREATE OR REPLACE TEMP TABLE copy (${columns})`);
    const rows = await connection.append({ name: 'copy', temporary: true }, types, batches);
    const texts = types.map((_, i) => `to_json(c${i})::VARCHAR || typeof(c${i})`).join(', ');
    const names = types.map((_, i) => `c${i}`).join(', ');
    const answer = await connection.texts(
      `WITH o AS (SELECT ${names}, ${texts} FROM (${query}) q(${names})), a AS (SELECT ${names}, ${texts} FROM copy)
       SELECT (SELECT count(*) FROM ((FROM o EXCEPT ALL FROM a) UNION ALL (FROM a EXCEPT ALL FROM o)))::VARCHAR`,
      1,
    );
    await connection.run('DROP TABLE temp.copy');
    return { rows, different: answer[0]?.[0] ?? 'none' };
  });
}

describe('vectors', () => {
  test.each(CARRIERS)('carry the extremes of %j there and back', async ({ type, values }) => {
    const { duckdb } = carrierOf(type);
    const list = [...values, 'NULL'].map((value) => `(CAST(${value} AS ${duckdb}))`).join(', ');
    const query = `SELECT v FROM (VALUES ${list}) t(v), range(1500)`;
    expect(await differences(query, [type])).toEqual({ rows: (values.length + 1) * 1500, different: '0' });
  });

  test('carry any mixture of carriers, NULLs and row counts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...CARRIERS), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 7000 }),
        fc.integer({ min: 1, max: 9 }),
        async (carriers, rows, every) => {
          const columns = carriers.map(({ type, values }, i) => {
            const picks = values
              .slice(0, 5)
              .map((value, k) => `WHEN ${k} THEN CAST(${value} AS ${carrierOf(type).duckdb})`);
            return `CASE WHEN (i + ${i}) % ${every} = 0 THEN NULL ELSE CASE (i + ${i}) % 5 ${picks.join(' ')} END END AS c${i}`;
          });
          const types = carriers.map(({ type }) => type);
          const query = `SELECT ${columns.join(', ')} FROM range(${rows}) t(i) WHERE hash(i) % 3 <> 0`;
          expect((await differences(query, types)).different).toBe('0');
        },
      ),
      { numRuns: 25 },
    );
  });

  test('a column of another type than expected is an error, never misread memory', async () => {
    await expect(collect('SELECT 1::BIGINT', [sqlType(OID.int4)])).rejects.toMatchObject({ code: 'XX000' });
  });
});

describe('a connection', () => {
  test('streams the first rows in a small batch', async () => {
    const batches = await collect('SELECT i::INTEGER FROM range(100000) t(i)', [sqlType(OID.int4)]);
    expect(batches[0]?.rowCount).toBe(2048);
    expect(batches.reduce((sum, batch) => sum + batch.rowCount, 0)).toBe(100_000);
    expect(Math.max(...batches.map((batch) => batch.rowCount))).toBeLessThan(40_000);
  });

  test.each([
    ['a scan', 'SELECT count(*) FROM range(100000000000) t(i) WHERE i % 3 = 1'],
    ['a sort', 'SELECT i FROM range(40000000) t(i) ORDER BY hash(i)'],
    ['a stream', 'SELECT i FROM range(100000000000) t(i)'],
  ])('is interrupted in %s', async (_, sql) => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 150);
    const reading = (async () => {
      for await (const batch of engine.stream(sql, [{ kind: 'fixed', layout: 'int64' }], abort.signal))
        void batch;
    })();
    await expect(reading).rejects.toMatchObject({ code: '57014' });
    await expect.poll(() => engine.busy, { timeout: 2000 }).toBe(0);
  });

  test('ends its query when the reader leaves, and can be used again', async () => {
    for (let round = 0; round < 5; round++) {
      for await (const batch of engine.stream('SELECT i FROM range(100000000000) t(i)', [
        { kind: 'fixed', layout: 'int64' },
      ])) {
        expect(batch.rowCount).toBeGreaterThan(0);
        break;
      }
    }
    await expect.poll(() => engine.busy).toBe(0);
    expect(await engine.texts("SELECT 'alive'", 1)).toEqual([['alive']]);
  });

  test('gives up a statement that waits for a cancelled one to end', async () => {
    const endless = 'SELECT sum(a.i * b.i) FROM range(100000000) a(i), range(100000000) b(i)';
    const rejected = { code: '57014' };
    await engine.withConnection(async (connection) => {
      const [first, second] = [new AbortController(), new AbortController()];
      const before = connection.run(endless, first.signal);
      setTimeout(() => first.abort(), 20);
      await expect(before).rejects.toMatchObject(rejected);
      const after = connection.run(endless, second.signal);
      second.abort();
      await expect(after).rejects.toMatchObject(rejected);
      await connection.run('SELECT 1');
    });
  });

  test('waits for a free one, and gives up when cancelled', async () => {
    const held = await Promise.all([engine.acquire(), engine.acquire(), engine.acquire()]);
    const abort = new AbortController();
    const waiting = engine.acquire(abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: '57014' });
    for (const connection of held) connection.release();
  });
});

test('the first row of each partition, above an outer join', async () => {
  await engine.run(
    "CREATE TABLE a AS FROM (VALUES (69, NULL::BOOLEAN, 'US'), (11, false, NULL)) v(id, paid, country)",
  );
  await engine.run('CREATE TABLE b AS FROM (VALUES (53)) v(id)');
  const numbered = `SELECT paid, row_number() OVER (PARTITION BY country ORDER BY paid) AS n
    FROM a RIGHT JOIN (SELECT 5) ON true JOIN b ON a.id = b.id`;
  await engine.run(`SELECT paid FROM (${numbered}) WHERE n = 1`);
});

test('a locked engine touches no file and changes no setting', async () => {
  const locked = await openEngine({
    threads: 1,
    memoryLimit: '100MB',
    tempDirectory: join(directory, 'locked'),
    allowedDirectories: [directory],
    prelude: [],
    maxConnections: 1,
  });
  await locked.lock();
  await expect(locked.run("SELECT * FROM read_text('/etc/hostname')")).rejects.toMatchObject({
    code: '58030',
  });
  await expect(locked.run('SET GLOBAL threads = 4')).rejects.toThrow();
  await locked.close();
});

test('LIMIT counts its rows before a join drops some, whichever side is faster', async () => {
  await engine.run('CREATE TABLE keys AS SELECT k::BIGINT AS k FROM (VALUES (33), (36), (40)) t(k)');
  await engine.run('CREATE TABLE ranked AS SELECT k, 6 AS v FROM range(25) t(k)');
  await engine.run('INSERT INTO ranked SELECT k, 6 FROM range(25, 60) t(k)');
  const first = '(SELECT k, v FROM ranked ORDER BY v DESC NULLS LAST, k NULLS LAST LIMIT 5)';
  const sql = `SELECT count(*)::VARCHAR FROM keys JOIN ${first} AS first ON first.k = keys.k`;
  for (let run = 0; run < 100; run++) expect(await engine.texts(sql, 1)).toEqual([['0']]);
});
