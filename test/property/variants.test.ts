import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REFUSED, writtenQueries } from '../oracle/written-queries.ts';
import { type Answer, ask, differences, isOrdered } from '../support/compare.ts';
import { type DatasetOptions, halved, makeDataset } from '../support/dataset.ts';
import { type Federation, startFederation } from '../support/federation.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { VARIANTS, type Variant } from '../support/switched-planner.ts';
import { startWorld, type World } from '../support/world.ts';

/**
 * An answer depends neither on the plan nor on the split: each query is asked again without every optional rewrite that it has
 * a use for, with operators that do nothing around all of its own, and over twice as many agents with half the rows each.
 */

/** One query in so many; one in four with RUNS=10. */
const EVERY = Math.max(1, Math.floor(48 / Number(process.env['RUNS'] ?? 1)));
const OPTIONS: DatasetOptions = { seed: 11, agents: 5, rows: 60, split: 'by-sale', nulls: 6 };

/** Each has something to do for one or more of the optional rewrites, and together for all of them. */
const ALWAYS = [
  'SELECT s.id, v.visit FROM sales s JOIN visits v ON s.id = v.sale WHERE s.id < 20 AND v.sale > 3',
  'SELECT s.storeid, count(*) FROM sales s JOIN visits v ON s.storeid = v.storeid WHERE s.storeid = 2 GROUP BY s.storeid',
  'SELECT id, rank() OVER (PARTITION BY storeid ORDER BY qty NULLS LAST, id) FROM sales',
  'SELECT DISTINCT storeid, qty FROM sales',
  'SELECT qty FROM sales UNION ALL SELECT product FROM sales',
  'SELECT region, percentile_disc(0.5) WITHIN GROUP (ORDER BY qty) FROM sales GROUP BY region, storeid',
  'SELECT count(DISTINCT qty), sum(price) FROM sales',
  'SELECT id, price * 2 FROM (SELECT id, price FROM sales ORDER BY id LIMIT 7) AS s',
  'SELECT count(*) FROM (SELECT 1 FROM sales LIMIT 9) AS s',
  'SELECT id FROM sales WHERE (qty, product) IN (SELECT qty, product FROM sales WHERE qty > 2)',
  'SELECT id FROM sales WHERE EXISTS (SELECT 1 FROM visits) AND product IN (SELECT product FROM products)',
  'SELECT id, qty FROM sales WHERE qty > (SELECT avg(qty) FROM sales)',
  'SELECT id FROM sales s WHERE qty > (SELECT min(t.qty) FROM sales t WHERE t.product = s.product)',
  'SELECT s.id, t.q FROM sales s LEFT JOIN (SELECT product, sum(qty) AS q FROM sales WHERE qty = 3 GROUP BY product) AS t ON t.product = s.product',
  "SELECT s.*, t.q FROM sales s JOIN visits v ON v.sale = s.id LEFT JOIN (SELECT id, sum(qty) AS q FROM sales GROUP BY id) AS t ON t.id = v.sale WHERE v.kind = 'web'",
  'SELECT p.name, s.id, v.visit FROM products p, visits v, sales s WHERE p.product = s.product AND v.sale = s.id',
  "SELECT s.*, t.* FROM sales s JOIN visits v ON v.sale = s.id AND v.kind = 'web' JOIN sales t ON t.id = v.sale AND t.product = s.product",
  "SELECT v.visit, t.n FROM visits v LEFT JOIN (SELECT product, count(*) AS n FROM sales GROUP BY product) t ON t.product = v.sale WHERE v.kind = 'web'",
  "SELECT v.visit, s.id, s.note FROM visits v LEFT JOIN sales s ON s.product = v.visit AND s.qty > 1 WHERE v.kind = 'web'",
  'SELECT x.id + 1 AS next FROM (SELECT id FROM sales ORDER BY price NULLS FIRST, id) AS x LIMIT 3',
  'SELECT DISTINCT product, paid FROM sales ORDER BY 1, 2',
];

let postgres: Postgres;
let world: World;
let elsewhere: Federation;
let halves: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
  world = await startWorld(postgres, 'variants', OPTIONS);
  elsewhere = await startFederation(halved(makeDataset(OPTIONS)));
  halves = await elsewhere.connect();
});

afterAll(async () => {
  await halves?.end();
  await elsewhere?.close();
  await world?.close();
  await postgres?.close();
});

describe('another plan', () => {
  const tried = new Map<Variant, number>();
  const written = writtenQueries().filter(({ feature }) => !REFUSED.has(feature));
  const queries = [...ALWAYS, ...written.filter((_, i) => i % EVERY === 0).map(({ sql }) => sql)];

  test.each(queries)('%s', async (sql) => {
    const usual = await asked(undefined, sql);
    for (const variant of world.planner.differing()) {
      tried.set(variant, (tried.get(variant) ?? 0) + 1);
      expect(differs(usual, await asked(variant, sql), sql), `without ${variant}`).toEqual([]);
    }
    expect(differs(usual, await ask(halves, sql), sql), 'over another split').toEqual([]);
  });

  test('each optional rewrite had something to do', () => {
    expect(VARIANTS.filter((variant) => !tried.has(variant))).toEqual([]);
  });
});

async function asked(variant: Variant | undefined, sql: string): Promise<Answer> {
  const { planner, skein } = world;
  planner.variant = variant;
  planner.forget();
  try {
    return await ask(skein, sql);
  } finally {
    planner.variant = undefined;
  }
}

/** A statement that fails may fail at another row. */
function differs(usual: Answer, other: Answer, sql: string): readonly string[] {
  return differences(usual, other, isOrdered(sql));
}
