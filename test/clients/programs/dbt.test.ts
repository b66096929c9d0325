import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { steps } from '../../support/markdown.ts';
import { type DbtHome, type DbtServers, startDbtServers } from './dbt-fixture.ts';

/** dbt with its stock adapter: what each command of examples/dbt comes to is what it comes to over PostgreSQL 18, model by model. */

let servers: DbtServers;

beforeAll(async () => {
  servers = await startDbtServers();
});

afterAll(() => servers?.close());

/** On both. What dbt says of each node is the same, and so is what stands in the database afterwards. */
async function invokeBoth(args: readonly string[], threads: number): Promise<void> {
  const { skein, postgres } = servers;
  const [ours, theirs] = await Promise.all([skein.invoke(args, threads), postgres.invoke(args, threads)]);
  expect(ours).toEqual(theirs);
  await compareContents();
}

async function compareContents(): Promise<void> {
  const [ours, theirs] = await Promise.all([
    contents(servers.skein.client),
    contents(servers.postgres.client),
  ]);
  expect(ours).toEqual(theirs);
}

const RELATIONS = `SELECT c.relname AS name, c.relkind AS kind, obj_description(c.oid, 'pg_class') AS comment,
    (SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull) ORDER BY a.attnum)
      FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'analytics' AND c.relkind IN ('r', 'v') ORDER BY c.relname`;

interface Relation {
  readonly name: string;
  readonly kind: string;
  readonly columns: readonly (readonly [name: string, type: string, notNull: boolean])[];
}

/** All that dbt made, its rows in their own order. */
async function contents(client: pg.Client): Promise<readonly object[]> {
  const { rows: relations } = await client.query<Relation>(RELATIONS);
  const filled = [];
  for (const relation of relations) {
    const columns = relation.columns.map(([name]) => comparable(name)).join(', ');
    const { rows } = await client.query({
      text: `SELECT ${columns} FROM analytics."${relation.name}"`,
      rowMode: 'array',
    });
    filled.push({ ...relation, rows: rows.map((row) => JSON.stringify(row)).sort() });
  }
  return filled;
}

/** When a snapshot was taken differs; whether a row of it was ended doesn't. */
function comparable(column: string): string {
  return column.startsWith('dbt_') ? `"${column}" IS NULL` : `"${column}"::text`;
}

async function changeSeed({ directory }: DbtHome, threads: number): Promise<void> {
  const file = join(directory, 'seeds/categories.csv');
  const text = await readFile(file, 'utf8');
  await writeFile(
    file,
    `${text.replace(/^page,.*$/m, `page,Looking (${threads}),0.15`)}extra-${threads},"Back, again",0.00\n`,
  );
}

describe.each([1, 8])('with %i threads', (threads) => {
  test.each(['debug', 'seed --full-refresh', 'run --full-refresh', 'test', 'snapshot', 'build'])(
    'dbt %s',
    (command) => invokeBoth(command.split(' '), threads),
  );

  test('dbt build over what changed: late sales, another seed', async () => {
    const customer = 90_000 + threads;
    await servers.sell([
      { invoice: `${customer}`, quantity: 3, at: '2024-12-31 23:59:00', customer },
      { invoice: `${customer}`, quantity: 2, at: '2025-01-02 08:00:00', customer },
    ]);
    await expect
      .poll(() =>
        servers.skein.client.query('SELECT 1 FROM transactions WHERE "Customer ID" = $1', [customer]),
      )
      .toMatchObject({ rowCount: 2 });
    for (const home of [servers.skein, servers.postgres]) await changeSeed(home, threads);
    await invokeBoth(['build'], threads);
  });

  test.each(['build --full-refresh', 'docs generate'])('dbt %s', (command) =>
    invokeBoth(command.split(' '), threads),
  );
});

test('what the example’s page tells', async () => {
  const page = steps(await readFile(join(servers.skein.directory, 'README.md'), 'utf8'));
  const commands = page.flatMap((step) => (step.kind === 'command' ? [step.line] : []));
  const dbt = commands.at(-1)?.replace(/^.*\bdbt /, '') ?? '';
  expect(dbt).toBe('build --profiles-dir .');
  await Promise.all([servers.skein, servers.postgres].map((home) => home.command(dbt.split(' '))));
  await compareContents();
  const statements = page.flatMap((step) => (step.kind === 'statement' ? [step.sql] : []));
  expect(statements).toHaveLength(1);
  for (const sql of statements) {
    const [skein, postgres] = await Promise.all(
      [servers.skein, servers.postgres].map(async ({ client }) => (await client.query(sql)).rows),
    );
    expect(skein).toEqual(postgres);
  }
});

test('the catalog of dbt’s docs', async () => {
  const catalogs = [];
  for (const { directory } of [servers.skein, servers.postgres]) {
    const { nodes, sources, errors } = JSON.parse(
      await readFile(join(directory, 'target/catalog.json'), 'utf8'),
    );
    catalogs.push({ nodes, sources: Object.keys(sources), errors });
  }
  expect(catalogs[0]).toEqual(catalogs[1]);
});
