import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PLANNER, type Planner } from '../../src/planner/plan-query.ts';
import { makeDataset } from '../support/dataset.ts';
import { type Federation, startFederation } from '../support/federation.ts';

let planned = 0;
const counting: Planner = {
  ...PLANNER,
  planQuery: (query, context) => {
    planned += 1;
    return PLANNER.planQuery(query, context);
  },
};

let federation: Federation;
let client: pg.Client;

beforeAll(async () => {
  federation = await startFederation(
    makeDataset({ seed: 3, agents: 2, rows: 20, split: 'random', nulls: 0 }),
    counting,
  );
  client = await federation.connect();
});

afterAll(async () => {
  await client?.end();
  await federation?.close();
});

/** @returns the first value of the answer, and how often the query was planned for it. */
async function asked(text: string, values: readonly unknown[] = []): Promise<readonly [unknown, number]> {
  const before = planned;
  const { rows } = await client.query({ text, values: [...values], rowMode: 'array' });
  return [rows[0]?.[0], planned - before];
}

it('plans a query once for the same values, labels and settings', async () => {
  const count = 'SELECT count(*)::int FROM sales WHERE storeid = $1';
  const [first] = await asked(count, [1]);
  expect(await asked(count, [1])).toEqual([first, 0]);
  const [second, again] = await asked(count, [2]);
  expect([Number(first) + Number(second), again]).toEqual([20, 1]);
  await client.query("SET skein.on_missing_agent = 'partial'");
  expect(await asked(count, [1])).toEqual([first, 1]);
  await client.query('RESET skein.on_missing_agent');
  expect(await asked(count, [1])).toEqual([first, 0]);
});

it('keeps to what the session may have as text', async () => {
  const texts = "SELECT string_agg(x::text, ',') FROM (SELECT 0.1::float8 AS x FROM sales LIMIT 1) AS s";
  expect(await asked(texts)).toEqual(['0.1', 1]);
  await client.query('SET extra_float_digits = 0');
  await expect(asked(texts)).rejects.toMatchObject({ code: '0A000' });
  await client.query('RESET extra_float_digits');
  expect(await asked(texts)).toEqual(['0.1', 0]);
});

it('plans anew over a table that may have another number of rows', async () => {
  await client.query('CREATE TABLE few AS SELECT 1 AS a');
  expect(await asked('SELECT count(*)::int FROM few')).toEqual([1, 1]);
  await client.query('INSERT INTO few VALUES (2)');
  expect(await asked('SELECT count(*)::int FROM few')).toEqual([2, 1]);
  await client.query('DROP TABLE few');
});
