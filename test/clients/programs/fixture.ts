import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { TEST_LABELS, type TestShard, type TestTable } from '../../support/dataset.ts';
import { openDatabase, type Target as Place, type Postgres, startPostgres } from '../../support/postgres.ts';
import { type AgentSpec, System } from '../../support/processes.ts';
import { declaredColumns, writeTables } from '../../support/write-table.ts';
import { COMMENTS, clientTables } from './tables.ts';

const RUN_TIMEOUT_MS = 240_000;
const MAX_OUTPUT = 16 * 1024 * 1024;

/** Where a program connects. */
export interface Target extends Place {
  /** All of it as `postgresql://…`. */
  readonly url: string;
}

/** Lines of standard output, by server. */
export interface Both {
  readonly skein: readonly string[];
  readonly postgres: readonly string[];
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A Skein and a PostgreSQL 18 that hold the same tables (tables.ts), label columns included. */
export interface Servers {
  readonly skein: Target;
  readonly postgres: Target;
  /**
   * Runs a program once against each, at the same time. It finds its server in PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE
   * and DSN. @throws if it fails, with all that it printed.
   */
  runBoth(command: string, args: readonly string[], options?: RunOptions): Promise<Both>;
  close(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const dataset = clientTables();
  const [postgres, system] = await Promise.all([startPostgres(), System.start({ proxy: PROXY })]);
  const close = async (): Promise<void> => {
    await Promise.all([system.close(), postgres.close()]);
  };
  try {
    await Promise.all([
      load(postgres, dataset.tables, dataset.shards),
      startAgents(system, dataset.tables, dataset.shards),
    ]);
  } catch (error) {
    await close();
    throw error;
  }
  const targets = { skein: target(system.pgPort), postgres: target(postgres.port) };
  return { ...targets, runBoth: (...call) => runBoth(targets, ...call), close };
}

const PROXY = { labels: Object.fromEntries(TEST_LABELS.map(({ name, type }) => [name, type])) };

function target(port: number): Target {
  const place = { host: '127.0.0.1', port, user: 'postgres', password: 'postgres', database: 'skein' };
  return {
    ...place,
    url: `postgresql://${place.user}:${place.password}@${place.host}:${port}/${place.database}`,
  };
}

async function startAgents(
  system: System,
  tables: readonly TestTable[],
  shards: readonly TestShard[],
): Promise<void> {
  const specs: AgentSpec[] = [];
  for (const shard of shards) {
    const directory = join(system.data, shard.id);
    await mkdir(directory);
    await writeTables(directory, tables, shard);
    specs.push({
      id: shard.id,
      labels: shard.labels,
      tables: tables.map((table) => declare(directory, table)),
    });
  }
  for (const spec of specs) await system.launchAgent(spec);
  await system.connected(specs.map(({ id }) => id));
}

function declare(directory: string, { name, replicated, columns }: TestTable): object & AgentTable {
  const comment = COMMENTS[name] === undefined ? {} : { comment: COMMENTS[name] };
  const path = join(directory, `${name}.parquet`);
  return { name, replicated, path, columns: declaredColumns(columns), ...comment };
}

type AgentTable = NonNullable<AgentSpec['tables']>[number];

/** All shards' rows with their label columns in one table each, analysed. */
async function load(
  postgres: Postgres,
  tables: readonly TestTable[],
  shards: readonly TestShard[],
): Promise<void> {
  const client = await openDatabase(postgres, 'skein');
  for (const table of tables) {
    const labels = table.replicated ? [] : TEST_LABELS;
    const name = pg.escapeIdentifier(table.name);
    const columns = [...table.columns, ...labels];
    const definition = columns.map((column) => `${pg.escapeIdentifier(column.name)} ${column.type}`);
    await client.query(`CREATE TABLE ${name} (${definition.join(', ')})`);
    const values = columns.map((column, i) => `(r->>${i})::${column.type}`);
    const rows = table.replicated ? table.rows : shards.flatMap((shard) => labelled(table, shard));
    await client.query(
      `INSERT INTO ${name} SELECT ${values.join(', ')} FROM jsonb_array_elements($1::jsonb) r`,
      [JSON.stringify(rows)],
    );
    const comment = COMMENTS[table.name];
    if (comment !== undefined) await client.query(`COMMENT ON TABLE ${name} IS ${pg.escapeLiteral(comment)}`);
  }
  await client.query('ANALYZE');
  await client.end();
}

function labelled(table: TestTable, shard: TestShard): (string | null)[][] {
  const labels = TEST_LABELS.map(({ name }) => shard.labels[name] ?? null);
  return (shard.rows[table.name] ?? []).map((row) => [...(table.rows[row] ?? []), ...labels]);
}

/** {@link Servers.runBoth} for servers that were started otherwise. */
export async function runBoth(
  targets: Pick<Servers, 'skein' | 'postgres'>,
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Both> {
  const [skein, postgres] = await Promise.all([
    run(command, args, { ...options, env: { ...environment(targets.skein), ...options.env } }),
    run(command, args, { ...options, env: { ...environment(targets.postgres), ...options.env } }),
  ]);
  return { skein: lines(skein), postgres: lines(postgres) };
}

function environment({ host, port, user, password, database, url }: Target): Record<string, string> {
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    DSN: url,
    TZ: 'UTC',
    LANG: 'C.UTF-8',
  };
}

function lines(output: string): readonly string[] {
  return output.split('\n').filter((line) => line !== '');
}

/** What a program prints on its standard output. @throws if it fails or hangs, with all that it printed. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions & { readonly timeoutMs?: number } = {},
): Promise<string> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      if (printed[stream].length < MAX_OUTPUT) printed[stream] += text;
    });
  }
  const timeoutMs = options.timeoutMs ?? RUN_TIMEOUT_MS;
  const late = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const [code] = (await once(child, 'close').finally(() => clearTimeout(late))) as [number | null];
  if (code === 0) return printed.stdout;
  const how = code === null ? `was ended after ${timeoutMs} ms` : `ended with ${code}`;
  throw new Error(`${[command, ...args].join(' ')} ${how}:\n${printed.stdout}\n${printed.stderr}`);
}
