import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Processes } from '../examples/support/processes.ts';
import { loadOracle } from '../test/support/oracle-tables.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { printCatalog } from './catalog.ts';
import { printDbt } from './dbt.ts';
import { QUESTIONS, startFlights, unionOfFlights } from './flights.ts';
import { MILLION, MILLION_ROWS, startFourAgents, unionOfFour } from './four-agents.ts';
import { machine, median, ms, ratio, table } from './measure.ts';
import { openPlainDuckDb } from './plain-duckdb.ts';
import { printTraffic } from './traffic.ts';

/** Skein beside DuckDB alone and PostgreSQL, in one run on one machine, all processes real. */

const THREADS = cpus().length;
const FIXED_RUNS = 51;
const ANALYTIC_RUNS = 9;
const ROWS_RUNS = 5;
const WARM_UPS = 3;

async function fixedCosts(client: pg.Client, directory: string): Promise<string> {
  const alone = await openPlainDuckDb(THREADS, unionOfFour(directory));
  const statements = [
    ['SELECT 1', 'SELECT 1'],
    ['one row from four agents', 'SELECT count(*), sum(distance), avg(delay) FROM small'],
  ] as const;
  const rows: string[][] = [];
  for (const [name, sql] of statements) {
    const plain = await median(FIXED_RUNS, WARM_UPS, () => alone.run(sql));
    const first = await median(FIXED_RUNS, WARM_UPS, (run) => client.query(`${sql} -- ${run}`));
    const cached = await median(FIXED_RUNS, WARM_UPS, () => client.query(sql));
    rows.push([name, ms(plain), ms(first), ms(cached), ratio(cached, plain)]);
  }
  alone.close();
  return table(['fixed cost, ms', 'DuckDB alone', 'first time', 'cached plan', 'cached to DuckDB'], rows);
}

async function analyticQueries(client: pg.Client, directory: string): Promise<string> {
  const alone = await openPlainDuckDb(THREADS, unionOfFlights(directory));
  const rows: string[][] = [];
  const ratios: number[] = [];
  for (const { title, sql } of QUESTIONS) {
    const plain = await median(ANALYTIC_RUNS, WARM_UPS, () => alone.run(sql));
    const skein = await median(ANALYTIC_RUNS, WARM_UPS, () => client.query(sql));
    ratios.push(skein / plain);
    rows.push([title, ms(plain), ms(skein), ratio(skein, plain)]);
  }
  alone.close();
  ratios.sort((a, b) => a - b);
  const middle = ((ratios[4] ?? 0) + (ratios[5] ?? 0)) / 2;
  rows.push(['median', '', '', ratio(middle, 1)]);
  return table(['three million flights, three agents, ms', 'DuckDB alone', 'Skein', 'Skein to DuckDB'], rows);
}

async function rowsPerSecond(client: pg.Client): Promise<string> {
  const postgres = await startPostgres();
  const native = new pg.Client({ ...postgres, host: '127.0.0.1', database: 'postgres' });
  await native.connect();
  const columns = {
    id: 'bigint',
    date: 'timestamp',
    delay: 'bigint',
    distance: 'bigint',
    origin: 'text',
    destination: 'text',
  };
  await loadOracle(native, [{ name: 'million', columns, query: MILLION_ROWS }]);
  const read = async (from: pg.Client) => {
    const text = `SELECT ${Object.keys(columns).join(', ')} FROM million`;
    const { rows } = await from.query({ text, rowMode: 'array', types: { getTypeParser: () => String } });
    if (rows.length !== MILLION) throw new Error(`${rows.length} rows came`);
  };
  const postgresTime = await median(ROWS_RUNS, 1, () => read(native));
  const skeinTime = await median(ROWS_RUNS, 1, () => read(client));
  await native.end();
  await postgres.close();
  const speed = (time: number) => Math.round(MILLION / (time / 1000)).toLocaleString('en');
  return table(
    ['a million rows of six columns', 'PostgreSQL', 'Skein', 'Skein to PostgreSQL'],
    [['rows/s to node-postgres', speed(postgresTime), speed(skeinTime), ratio(postgresTime, skeinTime)]],
  );
}

/** Runs the measurements over a federation that is there only for them. */
async function over(
  federation: Promise<Processes>,
  measure: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const processes = await federation;
  try {
    const client = await processes.connect();
    await measure(client);
    await client.end();
  } finally {
    await processes.stop();
  }
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-bench-'));
  const [four, flights] = [join(directory, 'four'), join(directory, 'flights')];
  const print = (text: string) => process.stdout.write(`${text}\n\n`);
  print(machine(THREADS));
  try {
    await over(startFourAgents(four, THREADS), async (client) => {
      print(await fixedCosts(client, four));
      print(await rowsPerSecond(client));
    });
    await over(startFlights(flights), async (client) => {
      print(await analyticQueries(client, flights));
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const [, , what] = process.argv;
if (what === 'traffic') await printTraffic();
else if (what === 'catalog') await printCatalog();
else if (what === 'dbt') await printDbt();
else await main();
