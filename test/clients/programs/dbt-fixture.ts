import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import copy from 'pg-copy-streams';
import { freePort } from '../../../examples/support/processes.ts';
import { openDatabase, startPostgres } from '../../support/postgres.ts';
import { SkeinProcess } from '../../support/processes.ts';
import { DbtProcess, type NodeResult } from './dbt-process.ts';
import { run } from './fixture.ts';
import { pythonForClients } from './python.ts';

const PROJECT = fileURLToPath(new URL('../../../examples/dbt/', import.meta.url));
const ROWS = 500;
const TABLES = ['transactions', 'events', 'stores'];
const DATABASE = 'skein';

/** The same dbt project over one server: examples/dbt as a newcomer has it. */
export interface DbtHome {
  readonly client: pg.Client;
  readonly directory: string;
  /** What each node came to. @throws if one failed. */
  invoke(args: readonly string[], threads: number): Promise<readonly NodeResult[]>;
  /** `dbt` as a process of its own, as in a shell. @throws if it fails. */
  command(args: readonly string[]): Promise<void>;
  close(): Promise<void>;
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
export async function startDbtServers(rows = ROWS): Promise<DbtServers> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-dbt-'));
  const ports = { pg: await freePort(), http: await freePort() };
  const place = ['--pg-port', String(ports.pg), '--http-port', String(ports.http), '--state', directory];
  const demo = new SkeinProcess('demo', ['demo', '--rows', String(rows), ...place]);
  const [postgres, python] = await Promise.all([startPostgres(), pythonForClients(), demo.line('ready')]);
  const theirs = await openDatabase(postgres, DATABASE);
  const ours = new pg.Client({ host: '127.0.0.1', port: ports.pg, user: 'postgres', database: DATABASE });
  await ours.connect();
  for (const table of TABLES) await copyTable(table, ours, theirs);
  const [skein, native] = await Promise.all([
    dbtHome(python, join(directory, 'dbt-skein'), ports.pg, ours),
    dbtHome(python, join(directory, 'dbt-postgres'), postgres.port, theirs),
  ]);
  return {
    skein,
    postgres: native,
    sell: async (lines) => {
      await appendFile(join(directory, 'data/store-1/transactions.csv'), lines.map(csvLine).join(''));
      for (const line of lines)
        await theirs.query(INSERT, [line.invoice, line.quantity, line.at, line.customer]);
    },
    close: async () => {
      await Promise.all([skein.close(), native.close()]);
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

async function dbtHome(python: string, directory: string, port: number, client: pg.Client): Promise<DbtHome> {
  await cp(PROJECT, directory, { recursive: true });
  const env = {
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: 'postgres',
    PGPASSWORD: 'postgres',
    PGDATABASE: DATABASE,
  };
  const dbt = new DbtProcess(python, directory, env);
  return {
    client,
    directory,
    invoke: (args, threads) =>
      dbt.run(['--no-use-colors', '--quiet', ...args, '--profiles-dir', '.'], {
        DBT_THREADS: String(threads),
      }),
    command: async (args) => {
      await run(python, ['-W', 'ignore', '-m', 'dbt.cli.main', ...args], { cwd: directory, env });
    },
    close: async () => {
      await Promise.all([dbt.close(), client.end()]);
    },
  };
}
