import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, differences, isOrdered } from '../support/compare.ts';
import { type DatasetOptions, makeDataset } from '../support/dataset.ts';
import { type Federation, startFederation } from '../support/federation.ts';
import { loadIntoPostgres } from '../support/load-postgres.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';

/**
 * Contract 1 over written queries: PostgreSQL 18 holds all shards' rows with their labels in one table; Skein answers the same
 * SQL through the wire. A refusal of what is listed here fails.
 */

const directory = new URL('./queries/', import.meta.url);

interface WrittenQuery {
  readonly feature: string;
  readonly sql: string;
}

const WORLDS: readonly (DatasetOptions & { readonly name: string })[] = [
  { name: 'five agents', seed: 1, agents: 5, rows: 120, split: 'random', nulls: 12 },
  { name: 'one agent', seed: 2, agents: 1, rows: 60, split: 'random', nulls: 8 },
  { name: 'two agents, NULL-heavy', seed: 3, agents: 2, rows: 60, split: 'random', nulls: 2 },
  { name: 'five agents, one empty', seed: 4, agents: 5, rows: 60, split: 'one-empty', nulls: 10 },
  { name: 'five agents, all rows on one', seed: 5, agents: 5, rows: 30, split: 'all-on-first', nulls: 10 },
  { name: 'no rows', seed: 6, agents: 2, rows: 0, split: 'random', nulls: 10 },
];

/** What Skein does not do by design: these must be refused with 0A000 (or the given state), whatever PostgreSQL does. */
const REFUSED = new Set(['refused']);

function writtenQueries(): readonly WrittenQuery[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .flatMap((file) => parse(readFileSync(new URL(file, directory), 'utf8')));
}

/** A line is a statement; `-- feature: x` names what the next lines show. */
function parse(text: string): readonly WrittenQuery[] {
  let feature = '';
  const queries: WrittenQuery[] = [];
  for (const line of text.split('\n').filter((candidate) => candidate.trim() !== '')) {
    const heading = /^-- feature: (.*)$/.exec(line);
    if (heading?.[1] !== undefined) feature = heading[1];
    else queries.push({ feature, sql: line });
  }
  return queries;
}

describe.each(WORLDS)('written queries over $name', (world) => {
  let postgres: Postgres;
  let oracle: pg.Client;
  let federation: Federation;
  let skein: pg.Client;

  beforeAll(async () => {
    const dataset = makeDataset(world);
    postgres = await startPostgres();
    oracle = new pg.Client({
      host: '127.0.0.1',
      port: postgres.port,
      user: postgres.user,
      password: postgres.password,
      database: 'postgres',
    });
    await oracle.connect();
    await loadIntoPostgres(oracle, dataset);
    federation = await startFederation(dataset);
    skein = await federation.connect();
  });

  afterAll(async () => {
    await skein?.end();
    await oracle?.end();
    await federation?.close();
    await postgres?.close();
  });

  const queries = writtenQueries();
  test.each(queries.filter(({ feature }) => !REFUSED.has(feature)))('$feature: $sql', async ({ sql }) => {
    const [expected, actual] = [await ask(oracle, sql), await ask(skein, sql)];
    expect(differences(expected, actual, isOrdered(sql))).toEqual([]);
  });

  test.each(queries.filter(({ feature }) => REFUSED.has(feature)))('refused: $sql', async ({ sql }) => {
    const answer = await ask(skein, sql);
    expect(answer.sqlstate, answer.message).toBe('0A000');
  });
});
