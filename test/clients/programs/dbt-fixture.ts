import { appendFile, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import copy from 'pg-copy-streams';
import { z } from 'zod';
import { freePort } from '../../../examples/support/processes.ts';
import { openDatabase, startPostgres } from '../../support/postgres.ts';
import { SkeinProcess } from '../../support/processes.ts';
import { run } from './fixture.ts';
import { pythonForClients } from './python.ts';

const PROJECT = fileURLToPath(new URL('../../../examples/dbt/', import.meta.url));
const ROWS = 500;
const TABLES = ['transactions', 'events', 'stores'];
const DATABASE = 'skein';
const INVOKE_TIMEOUT_MS = 280_000;

/** The same dbt project over one server: examples/dbt as a newcomer has it. */
export interface DbtHome {
  readonly client: pg.Client;
  /** What each node came to. @throws if dbt can't run. */
  invoke(args: readonly string[], threads: number): Promise<readonly NodeResult[]>;
  readonly directory: string;
}

export interface NodeResult {
  readonly id: string;
  readonly status: string;
  readonly message: string | null;
}

export interface DbtServers {
  readonly skein: DbtHome;
  readonly postgres: DbtHome;
  /** Store 1 sells once more: in its file, and in PostgreSQL's table. */
  sell(lines: readonly Sale[]): Promise<void>;
  close(): Promise<void>;
}

export interface Sale {
  readonly invoice: string;
  readonly quantity: number;
  readonly at: string;
  readonly customer: number;
}

/** The demo, and a PostgreSQL 18 that holds the union of its data. */
export async function startDbtServers(): Promise<DbtServers> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-dbt-'));
  const ports = { pg: await freePort(), http: await freePort() };
  const place = ['--pg-port', String(ports.pg), '--http-port', String(ports.http), '--state', directory];
  const demo = new SkeinProcess('demo', ['demo', '--rows', String(ROWS), ...place]);
  const postgres = await startPostgres();
  const python = await pythonForClients();
  await demo.line('ready');
  const theirs = await openDatabase(postgres, DATABASE);
  const ours = new pg.Client({ host: '127.0.0.1', port: ports.pg, user: 'postgres', database: DATABASE });
  await ours.connect();
  for (const table of TABLES) await copyTable(table, ours, theirs);
  const home = async (name: string, port: number, client: pg.Client) => {
    const project = join(directory, name);
    await cp(PROJECT, project, { recursive: true });
    return dbtHome(python, project, port, client);
  };
  const skein = await home('dbt-skein', ports.pg, ours);
  return {
    skein,
    postgres: await home('dbt-postgres', postgres.port, theirs),
    sell: async (lines) => {
      await appendFile(join(directory, 'data/store-1/transactions.csv'), lines.map(csvLine).join(''));
      for (const line of lines)
        await theirs.query(INSERT, [line.invoice, line.quantity, line.at, line.customer]);
    },
    close: async () => {
      await Promise.all([ours.end(), theirs.end()]);
      await Promise.all([demo.stop(), postgres.close()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function csvLine({ invoice, quantity, at, customer }: Sale): string {
  return `${invoice},22745,"Sold, late",${quantity},${at},2.50,${customer},France\n`;
}

const INSERT = `INSERT INTO transactions ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price",
  "Customer ID", "Country", storeid, region, country, city)
  VALUES ($1, '22745', 'Sold, late', $2, $3, 2.50, $4, 'France', 1, 'EU', 'FR', 'Paris')`;

async function copyTable(table: string, from: pg.Client, to: pg.Client): Promise<void> {
  const { rows } = await from.query<{ definition: string }>(
    `SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) AS definition
      FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0`,
    [`public.${table}`],
  );
  await to.query(`CREATE TABLE ${table} (${rows[0]?.definition})`);
  await pipeline(
    from.query(copy.to(`COPY ${table} TO STDOUT`)),
    to.query(copy.from(`COPY ${table} FROM STDIN`)),
  );
}

const RunResults = z.object({
  results: z.array(z.object({ unique_id: z.string(), status: z.string(), message: z.string().nullable() })),
});

function dbtHome(python: string, directory: string, port: number, client: pg.Client): DbtHome {
  const invoke = async (args: readonly string[], threads: number): Promise<readonly NodeResult[]> => {
    const env = {
      PGHOST: '127.0.0.1',
      PGPORT: String(port),
      PGUSER: 'postgres',
      PGPASSWORD: 'postgres',
      PGDATABASE: DATABASE,
      DBT_THREADS: String(threads),
      DBT_PROFILES_DIR: directory,
    };
    const results = join(directory, 'target/run_results.json');
    await rm(results, { force: true });
    const call = ['-W', 'ignore', '-m', 'dbt.cli.main', '--no-use-colors', '--quiet', ...args];
    await run(python, call, { cwd: directory, env, timeoutMs: INVOKE_TIMEOUT_MS });
    if (args[0] === 'debug' || args[0] === 'docs') return [];
    const read = RunResults.parse(JSON.parse(await readFile(results, 'utf8')));
    return read.results
      .map(({ unique_id, status, message }) => ({ id: unique_id, status, message }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  };
  return { client, invoke, directory };
}
