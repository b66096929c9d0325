import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PRELUDE } from '../dialect/prelude.ts';
import { type Engine, openEngine } from './duckdb.ts';

describe('functions that DuckDB calls back', () => {
  let directory: string;
  let engine: Engine;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'skein-host-functions-'));
    engine = await openEngine({
      threads: 4,
      memoryLimit: '512MB',
      tempDirectory: directory,
      allowedDirectories: [],
      prelude: PRELUDE,
      maxConnections: 3,
    });
    await engine.lock();
  });

  afterAll(async () => {
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  });

  const MANY = `SELECT CASE WHEN i % 3 = 0 THEN NULL ELSE '{"a":"value ' || i || '"}' END AS j FROM range(200000) r(i)`;

  test('see NULLs, many chunks and several threads', async () => {
    const sql = `SELECT count(v)::VARCHAR, min(v), max(length(v))::VARCHAR FROM (SELECT host_json_field_text(j, 'a') AS v FROM (${MANY}))`;
    expect(await engine.texts(sql, 3)).toEqual([['133333', 'value 1', '12']]);
  });

  test('are not evaluated in a branch of CASE that is not taken', async () => {
    const sql = `SELECT count(CASE WHEN i < 2000 THEN host_json_length('[' || i || ']')
      WHEN i > 2000 THEN 1 ELSE 2 END)::VARCHAR, max(CASE WHEN i >= 0 THEN '' ELSE host_json_field(i::VARCHAR || 'x', 'a') END)
      FROM range(4000) r(i)`;
    expect(await engine.texts(sql, 2)).toEqual([['4000', '']]);
  });

  test('give arrays back, empty ones and NULLs among them', async () => {
    const sql = `SELECT string_agg(host_json_elements('json_array_elements_text', x)::VARCHAR, '|' ORDER BY i)
      FROM (VALUES (1, '[1,null,"é"]'), (2, '[]'), (3, NULL), (4, '[{}]')) t(i, x)`;
    expect(await engine.texts(sql, 1)).toEqual([["[1, NULL, é]|[]|['{}']"]]);
  });

  test('report SQLSTATE, message and detail', async () => {
    await expect(
      engine.run(`SELECT host_json_check('{"a":' || i) FROM range(10) r(i)`),
    ).rejects.toMatchObject({
      code: '22P02',
      message: 'invalid input syntax for type json',
      fields: { detail: 'The input string ended unexpectedly.' },
    });
  });

  test('run in several queries at once, of which one is cancelled and one fails', async () => {
    const controller = new AbortController();
    const endless = engine.run(
      `SELECT sum(length(host_json_field_text(j, 'a'))) FROM (${MANY}), range(1000000) q(n)`,
      controller.signal,
    );
    const failing = engine.run(`SELECT sum(host_json_length(j)) FROM (${MANY})`);
    const fine = engine.texts(`SELECT count(host_json_field(j, 'a'))::VARCHAR FROM (${MANY})`, 1);
    await expect(failing).rejects.toMatchObject({ code: '22023' });
    expect(await fine).toEqual([['133333']]);
    controller.abort();
    await expect(endless).rejects.toMatchObject({ code: '57014' });
    expect(await engine.texts(`SELECT host_json_field_text('{"a":"b"}', 'a')`, 1)).toEqual([['b']]);
  });
});
