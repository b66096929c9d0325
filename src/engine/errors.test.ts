import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, openEngine } from './duckdb.ts';
import { engineError, hidePaths } from './errors.ts';

let engine: Engine;
const directory = mkdtempSync(join(tmpdir(), 'skein-errors-'));

beforeAll(async () => {
  writeFileSync(join(directory, 'bad.json'), '{"a":1}\n{"a":\n');
  engine = await openEngine({
    threads: 1,
    memoryLimit: '50MB',
    tempDirectory: join(directory, 'tmp'),
    maxTempSize: '1MB',
    allowedDirectories: [],
    prelude: [],
    maxConnections: 1,
  });
});

afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('an error of DuckDB is told as PostgreSQL tells it', () => {
  test.each([
    ['SELECT 2147483647::INTEGER + i::INTEGER FROM range(1, 3) t(i)', '22003', 'integer out of range'],
    ['SELECT 9223372036854775807 + i FROM range(1, 3) t(i)', '22003', 'bigint out of range'],
    ['SELECT (32767::SMALLINT + i::SMALLINT) FROM range(1, 3) t(i)', '22003', 'smallint out of range'],
    ['SELECT (i * 100000)::SMALLINT FROM range(1, 3) t(i)', '22003', 'smallint out of range'],
    ['SELECT (i * 100000)::DECIMAL(4,2) FROM range(1, 3) t(i)', '22003', 'numeric field overflow'],
    ['SELECT 1e30::BIGINT', '22003', 'bigint out of range'],
    [
      'SELECT sum(x) FROM (VALUES (170141183460469231731687303715884105727::HUGEINT), (1)) t(x)',
      '22003',
      'numeric field overflow',
    ],
    ["SELECT 'abc'::INTEGER", '22P02', 'invalid input syntax for type integer: "abc"'],
    ["SELECT 'abc'::UUID", '22P02', 'invalid input syntax for type uuid: "abc"'],
    ["SELECT 'abc'::DATE", '22007', 'invalid input syntax for type date: "abc"'],
    ["SELECT '2024-13-01'::TIMESTAMP", '22008', 'date/time field value out of range: "2024-13-01"'],
    [
      'SELECT (SELECT i FROM range(3) t(i))',
      '21000',
      'more than one row returned by a subquery used as an expression',
    ],
    ["SELECT error('SKEIN:22012:division by zero')", '22012', 'division by zero'],
    [
      "SELECT * FROM read_csv('/nowhere/at/all.csv')",
      '58P01',
      'No files found that match the pattern "all.csv"',
    ],
    ['SELECT list(i) FROM range(100000000) t(i)', '53200', 'out of memory'],
    ['SELECT * FROM nothing', 'XX000', 'Table with name nothing does not exist!'],
  ])('%s', async (sql, code, message) => {
    await expect(engine.run(sql)).rejects.toMatchObject({ code, message });
  });

  test('a full disk', async () => {
    const spill = 'CREATE TABLE big AS SELECT i, hash(i) AS h FROM range(20000000) t(i) ORDER BY h';
    await expect(engine.run(spill)).rejects.toMatchObject({ code: '53100' });
  });

  test.each([
    ['|DETAIL:column "a"', { detail: 'column "a"' }],
    ['|HINT:Be exact.', { hint: 'Be exact.' }],
    ['|DETAIL:column "a"|HINT:Be exact.', { detail: 'column "a"', hint: 'Be exact.' }],
  ])('with the detail and the hint that the marker carries: %s', (marked, fields) => {
    const error = engineError(new Error(`Invalid Input Error: SKEIN:22P02:bad "x"${marked}\n\nLINE 1: …`));
    expect(error).toMatchObject({ code: '22P02', message: 'bad "x"', fields });
  });
});

test.each([
  ['could not open "/srv/data/a b.csv" now', 'could not open "a b.csv" now'],
  ['could not open /srv/data/a.csv: denied', 'could not open a.csv: denied'],
  ['a/b and 1 / 2', 'a/b and 1 / 2'],
])('a path is cut to its file name: %s', (text, shown) => {
  expect(hidePaths(text)).toBe(shown);
});
