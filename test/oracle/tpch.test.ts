import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, differences, isOrdered } from '../support/compare.ts';
import { type Federation, startFederation } from '../support/federation.ts';
import { loadIntoPostgres } from '../support/load-postgres.ts';
import { openDatabase, type Postgres, startPostgres } from '../support/postgres.ts';
import { makeTpch } from '../support/tpch.ts';

/** TPC-H's 22 queries over both splits, beside PostgreSQL. `RUNS` makes the relations larger. */
const queries = readFileSync(new URL('./tpch/queries.sql', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const size = Math.max(1, Number(process.env['RUNS'] ?? '1'));

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(async () => {
  await postgres?.close();
});

describe.each(['colocated', 'scattered'] as const)('TPC-H, %s', (split) => {
  let oracle: pg.Client;
  let skein: pg.Client;
  let federation: Federation;

  beforeAll(async () => {
    const dataset = makeTpch({ seed: 1, size, split });
    oracle = await openDatabase(postgres, `tpch ${split}`);
    await loadIntoPostgres(oracle, dataset);
    federation = await startFederation(dataset);
    skein = await federation.connect();
  });

  afterAll(async () => {
    await skein?.end();
    await oracle?.end();
    await federation?.close();
  });

  test.each(queries.map((sql, i) => [`Q${i + 1}`, sql] as const))('%s', async (_name, sql) => {
    const [expected, actual] = await Promise.all([ask(oracle, sql), ask(skein, sql)]);
    expect(differences(expected, actual, isOrdered(sql))).toEqual([]);
    expect(expected.rows.length, 'a query that finds nothing shows nothing').toBeGreaterThan(0);
    expect(expected.rows[0]?.some((value) => value !== null)).toBe(true);
  });
});
