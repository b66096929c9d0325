import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FLIGHTS_EXAMPLE } from '../../examples/flights/example.ts';
import { AIRPORTS, FLIGHTS_WITH_REGION } from '../../examples/flights/split.ts';
import { text } from '../../examples/support/duckdb.ts';
import { ask, differences, isOrdered } from '../support/compare.ts';
import { type RunningExample, startExample } from '../support/example.ts';
import { loadOracle } from '../support/oracle-tables.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { psqlTable } from '../support/psql-table.ts';
import { parseQuestions } from '../support/questions.ts';

/** Three million flights over three agents in processes of their own, against native PostgreSQL over the whole file. */

const example = new URL('../../examples/flights/', import.meta.url);
const page = readFileSync(new URL('README.md', example), 'utf8');
const questions = parseQuestions(readFileSync(new URL('questions.sql', example), 'utf8'));

const SITE = "CASE region WHEN 'West' THEN 'Denver' WHEN 'Central' THEN 'Chicago' ELSE 'Atlanta' END AS site";

const ORACLE_TABLES = [
  {
    name: 'flights',
    columns: {
      date: 'timestamp',
      delay: 'bigint',
      distance: 'bigint',
      origin: 'text',
      destination: 'text',
      region: 'text',
      site: 'text',
    },
    query: `SELECT *, ${SITE} FROM (${FLIGHTS_WITH_REGION})`,
  },
  {
    name: 'airports',
    columns: {
      iata: 'text',
      name: 'text',
      city: 'text',
      state: 'text',
      country: 'text',
      latitude: 'float8',
      longitude: 'float8',
    },
    query: `FROM read_csv(${text(AIRPORTS)}, all_varchar = true)`,
  },
];

let postgres: Postgres;
let oracle: pg.Client;
let running: RunningExample;
let skein: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres(['-c', 'work_mem=512MB', '-c', 'max_parallel_workers_per_gather=0']);
  oracle = new pg.Client({ ...postgres, host: '127.0.0.1', database: 'postgres' });
  await oracle.connect();
  [running] = await Promise.all([startExample(FLIGHTS_EXAMPLE), loadOracle(oracle, ORACLE_TABLES)]);
  skein = await running.connect();
});

afterAll(async () => {
  await skein?.end();
  await running?.close();
  await oracle?.end();
  await postgres?.close();
});

describe('the questions of the example', () => {
  test('are ten', () => expect(questions).toHaveLength(10));

  test.each(questions)('$title', async ({ title, sql }) => {
    const [expected, actual] = [await ask(oracle, sql), await ask(skein, sql)];
    expect(differences(expected, actual, isOrdered(sql))).toEqual([]);
    expect(actual.sqlstate, actual.message).toBeUndefined();
    expect(page).toContain(title);
    expect(page).toContain(`\`\`\`sql\n${sql};\n\`\`\``);
    expect(page).toContain(`\`\`\`text\n${psqlTable(actual)}\n\`\`\``);
  });
});

describe('only the agents that the labels select are asked', () => {
  test.each([
    ["region = 'West'", ['flights-west']],
    ["region <> 'West'", ['flights-central', 'flights-east']],
    ["region NOT IN ('West', 'East')", ['flights-central']],
    ["site LIKE 'C%' OR region = 'East'", ['flights-central', 'flights-east']],
    ["lower(site) = 'atlanta' AND delay > 60", ['flights-east']],
    ["region = 'North'", []],
    ['true', ['flights-central', 'flights-east', 'flights-west']],
  ])('WHERE %s', async (predicate, agents) => {
    const sql = `SELECT count(*), min(delay), max(date) FROM flights WHERE ${predicate}`;
    const [expected, actual] = [await ask(oracle, sql), await ask(skein, sql)];
    expect(differences(expected, actual, false)).toEqual([]);
    expect(await askedAgents()).toEqual(agents);
  });

  test('a replicated table is asked of one agent', async () => {
    const sql = "SELECT count(*) FROM airports WHERE state = 'TX'";
    expect(await ask(skein, sql)).toEqual(await ask(oracle, sql));
    expect(await askedAgents()).toHaveLength(1);
  });
});

async function askedAgents(): Promise<readonly string[]> {
  const { rows } = await skein.query<{ agent: string }>(
    'SELECT agent FROM skein.query_tasks WHERE query_id = (SELECT query_id FROM skein.last_query) ORDER BY agent',
  );
  return rows.map(({ agent }) => agent);
}
