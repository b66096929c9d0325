import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, differences, isOrdered } from '../support/compare.ts';
import type { DatasetOptions } from '../support/dataset.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { RUNS } from '../support/quick.ts';
import { startWorld, type World } from '../support/world.ts';
import { LONG_LISTS } from './long-lists.ts';
import { REFUSED, type WrittenQuery, writtenQueries } from './written-queries.ts';

/**
 * Contract 1 over written queries: PostgreSQL 18 holds all shards' rows with their labels in one table; Skein answers the same
 * SQL through the wire. A refusal of what is listed here fails.
 */

const WORLDS: readonly (DatasetOptions & { readonly name: string })[] = [
  { name: 'two agents', seed: 9, agents: 2, rows: 120, split: 'random', nulls: 12 },
  { name: 'five agents', seed: 1, agents: 5, rows: 120, split: 'random', nulls: 12 },
  { name: 'one agent', seed: 2, agents: 1, rows: 60, split: 'random', nulls: 8 },
  { name: 'two agents, NULL-heavy', seed: 3, agents: 2, rows: 60, split: 'random', nulls: 2 },
  { name: 'five agents, one empty', seed: 4, agents: 5, rows: 60, split: 'one-empty', nulls: 10 },
  { name: 'five agents, all rows on one', seed: 5, agents: 5, rows: 30, split: 'all-on-first', nulls: 10 },
  { name: 'five agents, placed by sale', seed: 8, agents: 5, rows: 80, split: 'by-sale', nulls: 10 },
  { name: 'many rows', seed: 7, agents: 5, rows: 3000, split: 'random', nulls: 10 },
  { name: 'no rows', seed: 6, agents: 2, rows: 0, split: 'random', nulls: 10 },
];

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(async () => {
  await postgres?.close();
});

/** Each query is asked in as many of the worlds as `RUNS` says, by turns. */
function askedOver(world: number): readonly WrittenQuery[] {
  const turn = (i: number) => (world + i) % WORLDS.length;
  return writtenQueries().filter((_, i) => turn(i) < RUNS);
}

describe.each(WORLDS)('written queries over $name', (options) => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld(postgres, options.name, options);
  });

  afterAll(async () => {
    await world?.close();
  });

  const queries = askedOver(WORLDS.indexOf(options));
  test.each(queries.filter(({ feature }) => !REFUSED.has(feature)))('$feature: $sql', async ({ sql }) => {
    const [expected, actual] = await Promise.all([ask(world.oracle, sql), ask(world.skein, sql)]);
    expect(differences(expected, actual, isOrdered(sql))).toEqual([]);
  });

  if (options.rows > 1000) {
    test.each(LONG_LISTS.map((sql) => [sql.slice(0, 70), sql]))('a long list: %s', async (_, sql) => {
      const [expected, actual] = await Promise.all([ask(world.oracle, sql), ask(world.skein, sql)]);
      expect(differences(expected, actual, false)).toEqual([]);
    });
  }

  test.each(queries.filter(({ feature }) => REFUSED.has(feature)))('refused: $sql', async ({ sql }) => {
    const answer = await ask(world.skein, sql);
    expect(answer.sqlstate, answer.message).toBe('0A000');
  });
});
