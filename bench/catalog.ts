import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import type pg from 'pg';
import { readFlow } from '../test/clients/flows.ts';
import { System } from '../test/support/processes.ts';
import { median, ms, table } from './measure.ts';

/** What a catalog of 2,000 tables of 20 columns costs: each tool's query over all of it, and what others wait meanwhile. */

const TABLES = 2000;
const COLUMNS = 20;
const RUNS = 5;
const TYPES = ['42::BIGINT', `'text'`, '1.25::DECIMAL(10,2)', `TIMESTAMP '2024-01-01 00:00:00'`];
/** Between two statements of the other client. */
const PAUSE_MS = 10;

const flow = (tool: string, step: string): string => {
  const found = readFlow(tool).find(({ name }) => name.startsWith(step));
  if (found === undefined) throw new Error(`${tool} sends no "${step}"`);
  return found.sql.replaceAll(/\$\d+/g, `'%'`);
};

const QUERIES: readonly (readonly [name: string, sql: string])[] = [
  ['pgJDBC, columns of all tables', flow('metabase', 'columns of a table, by')],
  ['information_schema.columns', 'SELECT * FROM information_schema.columns'],
  [
    'information_schema.columns of one table',
    `SELECT * FROM information_schema.columns WHERE table_name = 'table_7'`,
  ],
  ['Metabase, privileges', flow('metabase', 'privileges')],
  [
    'pg_attribute with pg_class',
    'SELECT a.*, c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid',
  ],
  [
    'psql \\dt+',
    `SELECT n.nspname, c.relname, pg_catalog.pg_get_userbyid(c.relowner), pg_catalog.pg_size_pretty(pg_catalog.pg_table_size(c.oid)),
     pg_catalog.obj_description(c.oid, 'pg_class') FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', '') AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1, 2`,
  ],
  ['skein.tables', 'SELECT * FROM skein.tables'],
];

async function writeRow(path: string, columns: number): Promise<void> {
  const list = Array.from({ length: columns }, (_, i) => `${TYPES[i % TYPES.length]} AS column_${i}`);
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(`COPY (SELECT ${list.join(', ')}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
}

/** The worst wait, in ms, of a client that asks for a row of a table again and again until `end`. */
async function waits(client: pg.Client, end: Promise<unknown>): Promise<readonly number[]> {
  let running = true;
  void end.finally(() => {
    running = false;
  });
  const times: number[] = [];
  while (running) {
    const before = performance.now();
    await client.query('SELECT column_0 FROM table_0');
    times.push(performance.now() - before);
    await new Promise((next) => setTimeout(next, PAUSE_MS));
  }
  return times.sort((a, b) => a - b);
}

const at = (sorted: readonly number[], share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;

async function queries(system: System): Promise<string> {
  const asking = fork(fileURLToPath(new URL('./asker.ts', import.meta.url)), [String(system.pgPort)]);
  const other = await system.connect();
  const quiet = await waits(other, new Promise((done) => setTimeout(done, 2000)));
  const rows: string[][] = [['nothing', '', ms(at(quiet, 0.5)), ms(at(quiet, 0.99)), ms(at(quiet, 1)), '']];
  for (const [name, sql] of QUERIES) {
    const cpu = await system.proxy.cpuSeconds();
    let count = 0;
    const asked = median(RUNS, 1, async () => {
      asking.send(sql);
      [count = 0] = await once(asking, 'message');
    });
    const waited = await waits(other, asked);
    const used = ((await system.proxy.cpuSeconds()) - cpu) / (RUNS + 1);
    rows.push([
      `${name} (${count.toLocaleString('en')} rows)`,
      ms(await asked),
      ms(at(waited, 0.5)),
      ms(at(waited, 0.99)),
      ms(at(waited, 1)),
      ms(used * 1000),
    ]);
  }
  asking.kill();
  const head = [
    'what one client asks, ms',
    'median',
    'another waits, median',
    '99 %',
    'worst',
    'processor time',
  ];
  return table(head, rows);
}

/** From an agent's first announcement to its table in the catalog. */
async function changes(system: System, path: string): Promise<string> {
  const client = await system.connect();
  const seen = async (what: string, sql: string, change: () => Promise<unknown>) => {
    await change();
    const before = performance.now();
    await system.until(what, async () => (await client.query(sql)).rows.length > 0);
    return [what, ms(performance.now() - before)];
  };
  const columns = (of: string) => `SELECT 1 FROM information_schema.columns WHERE ${of}`;
  const rows = [
    await seen('a second agent’s new table', columns(`table_name = 'late'`), () =>
      system.startAgent({ id: 'second', tables: [{ name: 'late', path }] }),
    ),
    await seen('a new table of one’s own', columns(`table_name = 'own'`), () =>
      client.query('CREATE TABLE own AS SELECT 1 AS a'),
    ),
  ];
  return table(['until it is in information_schema, ms', 'after'], rows);
}

export async function printCatalog(): Promise<void> {
  const print = (text: string) => process.stdout.write(`${text}\n\n`);
  const system = await System.start();
  try {
    const path = join(system.data, 'row.parquet');
    await writeRow(path, COLUMNS);
    const before = performance.now();
    const tables = Array.from({ length: TABLES }, (_, i) => ({ name: `table_${i}`, path }));
    await system.launchAgent({ id: 'many', tables });
    await system.until(
      'the tables',
      async () =>
        (await system.rows(`SELECT 1 FROM pg_class WHERE relname = 'table_${TABLES - 1}'`)).length > 0,
      300_000,
    );
    print(
      `${TABLES} tables of ${COLUMNS} columns, ${ms(performance.now() - before)} ms after their agent was started`,
    );
    print(await queries(system));
    print(await changes(system, path));
    print(`resident memory of the proxy: ${Math.round((await system.proxy.memory()) / 2 ** 20)} MB`);
  } finally {
    await system.close();
  }
}
