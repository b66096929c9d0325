import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Servers, startServers, type Target } from '../clients/programs/fixture.ts';
import { ANALYST, lookAlike } from '../clients/programs/look-alike.ts';
import { takePicture } from './browser.ts';
import { field, Superset } from './superset.ts';

/** Apache Superset with Skein as its PostgreSQL database: each of its answers is the same as over PostgreSQL 18. */

const PICTURE = fileURLToPath(new URL('../../docs/superset.png', import.meta.url));

let directory: string;
let servers: Servers;
let superset: Superset;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'skein-superset-'));
  superset = await Superset.start(directory);
  servers = await startServers();
  await lookAlike(servers);
});

afterAll(async () => {
  await superset?.close();
  await servers?.close();
  await rm(directory, { recursive: true, force: true });
});

interface Asked {
  readonly answers: Readonly<Record<string, unknown>>;
  readonly database: number;
  readonly dataset: number;
  readonly chart: number;
}

/** A person's way from "add a database" to a chart. */
async function explore(target: Target): Promise<Asked> {
  const uri = `postgresql+psycopg2://${ANALYST.PGUSER}:${ANALYST.PGPASSWORD}@${target.host}:${target.port}/${target.database}`;
  const connection = { database_name: 'stores', sqlalchemy_uri: uri };
  const tested = await superset.api('POST', 'database/test_connection/', connection);
  const database = Number(
    field(await superset.api('POST', 'database/', { ...connection, expose_in_sqllab: true }), 'id'),
  );
  const of = (path: string) => superset.api('GET', `database/${database}/${path}`);
  const schemas = await of('schemas/?q=(force:!t)');
  const tables = await of('tables/?q=(force:!t,schema_name:public)');
  const metadata = await of('table_metadata/?name=every_type&schema=public');
  const made = await superset.api('POST', 'dataset/', { database, schema: 'public', table_name: 'sales' });
  const dataset = Number(field(made, 'id'));
  const columns = field(await superset.api('GET', `dataset/${dataset}`), 'result', 'columns');
  const chart = Number(field(await superset.api('POST', 'chart/', chartOf(dataset)), 'id'));
  return {
    answers: {
      tested,
      schemas,
      tables,
      metadata,
      columns: (columns as object[]).map((column) => ({
        name: field(column, 'column_name'),
        type: field(column, 'type'),
      })),
      chart: await dataOf(dataset, [MONTHS, 'region'], [['count', false]]),
      table: await dataOf(
        dataset,
        ['city', 'note'],
        [
          ['count', false],
          ['city', true],
          ['note', true],
        ],
      ),
      ...(await sqlLab(database)),
    },
    database,
    dataset,
    chart,
  };
}

const MONTHS = {
  timeGrain: 'P1M',
  columnType: 'BASE_AXIS',
  sqlExpression: 'sold_at',
  label: 'sold_at',
  expressionType: 'SQL',
};
const REVENUE = {
  expressionType: 'SIMPLE',
  column: { column_name: 'price', type: 'NUMERIC(10, 2)' },
  aggregate: 'SUM',
  label: 'SUM(price)',
};

function chartOf(dataset: number): object {
  const params = {
    viz_type: 'echarts_timeseries_bar',
    datasource: `${dataset}__table`,
    x_axis: 'sold_at',
    time_grain_sqla: 'P1M',
    metrics: ['count'],
    groupby: ['region'],
    stack: 'Stack',
    row_limit: 1000,
    adhoc_filters: [],
  };
  const context = { slice_name: 'Sales by month and region', viz_type: params.viz_type };
  return { ...context, datasource_id: dataset, datasource_type: 'table', params: JSON.stringify(params) };
}

async function dataOf(
  dataset: number,
  columns: readonly unknown[],
  orderby: readonly unknown[],
): Promise<unknown> {
  const query = {
    columns,
    metrics: ['count', REVENUE],
    filters: [
      { col: 'qty', op: '>=', val: 0 },
      { col: 'note', op: 'ILIKE', val: '%a%' },
      { col: 'sold_at', op: 'TEMPORAL_RANGE', val: '2024-01-01 : 2024-12-01' },
    ],
    orderby,
    row_limit: 500,
  };
  const answer = await superset.api('POST', 'chart/data', {
    datasource: { id: dataset, type: 'table' },
    queries: [query],
    result_format: 'json',
    result_type: 'full',
  });
  const [first] = field(answer, 'result') as unknown[];
  const rows = (field(first, 'data') as unknown[]).map((row) => JSON.stringify(row));
  const names = ['colnames', 'coltypes', 'error', 'status', 'rowcount', 'query'];
  // Rows with equal counts stand as they come.
  return { rows: rows.toSorted(), ...Object.fromEntries(names.map((name) => [name, field(first, name)])) };
}

async function sqlLab(database: number): Promise<Record<string, unknown>> {
  const execute = async (sql: string): Promise<unknown> => {
    const client_id = Math.random().toString(36).slice(2, 12);
    const asked = {
      database_id: database,
      sql,
      schema: 'public',
      runAsync: false,
      client_id,
      queryLimit: 1000,
    };
    const answer = await superset.api('POST', 'sqllab/execute/', asked).catch((error: Error) => {
      const errors = /"message": ?"([^}]*?)", "error_type": ?"(\w+)"/.exec(error.message);
      return { data: errors?.slice(1) ?? error.message, columns: [] };
    });
    return [field(answer, 'data'), field(answer, 'columns')];
  };
  return {
    everyType: await execute('SELECT * FROM every_type ORDER BY id'),
    joined: await execute(
      'SELECT p.name, s.region, count(*) AS n, sum(s.price) FROM sales s JOIN products p USING (product) GROUP BY 1, 2 ORDER BY 1, 2',
    ),
    several: await execute('SELECT 1 AS a; SELECT count(*) AS n FROM readings'),
    wrongColumn: await execute('SELECT nosuch FROM sales'),
    wrongSyntax: await execute('SELECT FROMM sales WHERE'),
    estimated: Object.keys(
      (
        field(
          await superset.api('POST', 'sqllab/estimate/', {
            database_id: database,
            sql: 'SELECT region FROM sales',
            schema: 'public',
          }),
          'result',
        ) as object[]
      )[0] ?? {},
    ),
  };
}

test('from a database to a chart', async () => {
  const theirs = await explore(servers.postgres);
  await superset.api('DELETE', `chart/${theirs.chart}`);
  await superset.api('DELETE', `dataset/${theirs.dataset}`);
  await superset.api('DELETE', `database/${theirs.database}`);
  const ours = await explore(servers.skein);
  expect(withoutIds(ours.answers, ours.database)).toEqual(withoutIds(theirs.answers, theirs.database));
  expect(JSON.stringify(ours.answers['everyType'])).toContain('Grüße aus Köln');
  const picture = await takePicture(join(directory, 'chromium'), {
    url: `${superset.url}/explore/?slice_id=${ours.chart}&standalone=1`,
    cookie: await superset.cookie(),
    ready: `document.querySelector('canvas') !== null && document.querySelector('.loading') === null`,
    width: 1200,
    height: 640,
  });
  expect(picture.length).toBeGreaterThan(10_000);
  await writeFile(PICTURE, picture);
});

function withoutIds(answers: Asked['answers'], database: number): unknown {
  return JSON.parse(JSON.stringify(answers).replaceAll(`"database":${database}`, '"database":0'));
}
