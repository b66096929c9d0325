import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MESSY_AS_FOUND, MESSY_DECLARED } from '../../examples/messy/example.ts';
import { moviesOf, OFFICES, type Office, strikesOf } from '../../examples/messy/split.ts';
import { ask, differences, isOrdered } from '../support/compare.ts';
import { type RunningExample, runExampleIn, startExample, withExampleData } from '../support/example.ts';
import { loadOracle } from '../support/oracle-tables.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { psqlTable } from '../support/psql-table.ts';
import { parseQuestions } from '../support/questions.ts';

/** Files that each office spells in its own way: what is out of service and why, and the answers once types are declared. */

const example = new URL('../../examples/messy/', import.meta.url);
const page = readFileSync(new URL('README.md', example), 'utf8');
const questions = parseQuestions(readFileSync(new URL('questions.sql', example), 'utf8'));

const BIRDSTRIKES = {
  'Airport Name': 'text',
  'Aircraft Make Model': 'text',
  'Effect Amount of damage': 'text',
  'Flight Date': 'date',
  'Aircraft Airline Operator': 'text',
  'Origin State': 'text',
  'Phase of flight': 'text',
  'Wildlife Size': 'text',
  'Wildlife Species': 'text',
  'Time of day': 'text',
  'Cost Other': 'bigint',
  'Cost Repair': 'bigint',
  'Cost Total $': 'bigint',
  'Speed IAS in knots': 'bigint',
  office: 'text',
};

const MOVIES = {
  Title: 'text',
  'US Gross': 'bigint',
  'Worldwide Gross': 'bigint',
  'US DVD Sales': 'bigint',
  'Production Budget': 'bigint',
  'Release Date': 'text',
  'MPAA Rating': 'text',
  'Running Time min': 'bigint',
  Distributor: 'text',
  Source: 'text',
  'Major Genre': 'text',
  'Creative Type': 'text',
  Director: 'text',
  'Rotten Tomatoes Rating': 'bigint',
  'IMDB Rating': 'float8',
  'IMDB Votes': 'bigint',
  office: 'text',
};

/** Cairo doesn't export the time of day. */
const timeOfDay = (office: Office) =>
  `REPLACE (${office === 'cairo' ? 'NULL' : '"Time of day"'} AS "Time of day")`;

const ORACLE_TABLES = [
  {
    name: 'birdstrikes',
    columns: BIRDSTRIKES,
    query: OFFICES.map(
      (office) => `(SELECT * ${timeOfDay(office)}, '${office}' AS office ${strikesOf(office)})`,
    ).join(' UNION ALL '),
  },
  {
    name: 'movies',
    columns: MOVIES,
    query: OFFICES.map(
      (office) => `(SELECT * REPLACE (Title->>'$' AS Title), '${office}' AS office ${moviesOf(office)})`,
    ).join(' UNION ALL '),
  },
];

describe('with types declared', () => {
  let postgres: Postgres;
  let oracle: pg.Client;
  let running: RunningExample;
  let skein: pg.Client;

  beforeAll(async () => {
    postgres = await startPostgres();
    oracle = new pg.Client({ ...postgres, host: '127.0.0.1', database: 'postgres' });
    await oracle.connect();
    await loadOracle(oracle, ORACLE_TABLES);
    running = await startExample(MESSY_DECLARED);
    skein = await running.connect();
  });

  afterAll(async () => {
    await skein?.end();
    await running?.close();
    await oracle?.end();
    await postgres?.close();
  });

  const compare = async (sql: string) => {
    const [expected, actual] = [await ask(oracle, sql), await ask(skein, sql)];
    expect(differences(expected, actual, isOrdered(sql))).toEqual([]);
    expect(actual.sqlstate, actual.message).toBeUndefined();
    return actual;
  };

  test.each(questions)('$title', async ({ title, sql }) => {
    const actual = await compare(sql);
    expect(page).toContain(title);
    expect(page).toContain(`\`\`\`sql\n${sql};\n\`\`\``);
    expect(page).toContain(`\`\`\`text\n${psqlTable(actual)}\n\`\`\``);
  });

  test.each([
    ['birdstrikes', BIRDSTRIKES],
    ['movies', MOVIES],
  ])('every row of %s', async (table, columns) => {
    const names = Object.keys(columns).map((name) => `"${name}"`);
    await compare(`SELECT ${names.join(', ')} FROM ${table}`);
  });

  test.each([
    `SELECT "Title", "Major Genre" FROM movies WHERE "Major Genre" IS NULL AND office = 'lima'`,
    `SELECT count(*), count("Director"), count("MPAA Rating"), sum("US Gross") FROM movies WHERE "Director" = 'null' OR "Title" = 'N/A'`,
    `SELECT "Airport Name", "Speed IAS in knots" FROM birdstrikes WHERE "Wildlife Size" = 'Large' AND "Cost Total $" > 100000`,
    `SELECT min("Flight Date"), max("Flight Date") FROM birdstrikes WHERE office = 'cairo'`,
    `SELECT count(DISTINCT "Wildlife Species"), count(*) FILTER (WHERE "Speed IAS in knots" IS NULL) FROM birdstrikes`,
    `SELECT "speed ias in knots" FROM birdstrikes`,
  ])('%s', async (sql) => {
    const [expected, actual] = [await ask(oracle, sql), await ask(skein, sql)];
    expect(differences(expected, actual, false)).toEqual([]);
  });
});

describe('as the files are', () => {
  test('conflicts are visible, and declared types resolve them', async () => {
    await withExampleData(MESSY_AS_FOUND, async (directory) => {
      await using(await runExampleIn(directory, MESSY_AS_FOUND), async (client) => {
        const conflicts = await outOfService(client);
        expect(new Set(conflicts.map(({ table_name }) => table_name))).toEqual(
          new Set(['birdstrikes', 'movies']),
        );
        for (const { table_name, reason } of conflicts) {
          expect(reason).toMatch(/^column ".*" is .* on agent ".*", but .* on agent ".*": /);
          expect(reason).toContain(`declare its type for table "${table_name}"`);
        }
        await expect(client.query('SELECT count(*) FROM movies')).rejects.toMatchObject({
          code: '58000',
          detail: expect.stringContaining('column "Title" is'),
        });
      });
      await using(await runExampleIn(directory, MESSY_DECLARED), async (client) => {
        expect(await outOfService(client)).toEqual([]);
        const { rows } = await client.query('SELECT count(*)::integer AS films FROM movies');
        expect(rows).toEqual([{ films: 3201 }]);
      });
    });
  });
});

async function using(running: RunningExample, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = await running.connect();
  try {
    await use(client);
  } finally {
    await client.end();
    await running.close();
  }
}

async function outOfService(
  client: pg.Client,
): Promise<readonly { readonly table_name: string; readonly reason: string }[]> {
  const { rows } = await client.query<{ table_name: string; reason: string }>(
    'SELECT table_name, reason FROM skein.tables WHERE reason IS NOT NULL ORDER BY table_name, agent',
  );
  return rows;
}
