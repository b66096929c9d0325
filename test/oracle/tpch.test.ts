import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, differences, isOrdered } from '../support/compare.ts';
import { type Federation, startFederation } from '../support/federation.ts';
import { loadIntoPostgres } from '../support/load-postgres.ts';
import { openDatabase, type Postgres, startPostgres } from '../support/postgres.ts';
import { makeTpch } from '../support/tpch.ts';

/** TPC-H's 22 queries over both splits, beside PostgreSQL; `npm run test:full` asks them at scale 0.1. */
const FULL = 10;
/** As many lines as TPC-H has at scale 0.1. */
const TENTH = 1000;
const runs = Number(process.env['RUNS'] ?? '1');
const size = runs >= FULL ? TENTH : Math.max(1, runs);
const LOADING = size === TENTH ? 1_200_000 : 300_000;
/** TPC-H divides Q11's fraction by the scale. */
const FRACTION = size === TENTH ? '0.00001' : '0.01';
const queries = readFileSync(new URL('./tpch/queries.sql', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((sql) => sql.replaceAll('* 0.01 FROM', `* ${FRACTION} FROM`));
/** What PostgreSQL needs to answer correlated subqueries in time. */
const INDEXES = ['lineitem (l_orderkey)', 'lineitem (l_partkey, l_suppkey)', 'partsupp (ps_partkey)'];

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
    for (const index of INDEXES) await oracle.query(`CREATE INDEX ON ${index}`);
    await oracle.query('ANALYZE');
    federation = await startFederation(dataset);
    skein = await federation.connect();
  }, LOADING);

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
