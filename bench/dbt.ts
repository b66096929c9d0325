import { z } from 'zod';
import { type DbtHome, type DbtServers, startDbtServers } from '../test/clients/programs/dbt-fixture.ts';
import { median, ms, ratio, table } from './measure.ts';

/** `dbt build` of examples/dbt on Skein and on a PostgreSQL 18 that holds the union of the data; dbt's own start isn't measured. */

const ROWS_PER_STORE = 100_000;
const THREADS = 4;
const RUNS = 5;
const WARM_UPS = 1;

const BUILDS = [
  ['everything anew', ['build', '--full-refresh']],
  ['what is new', ['build']],
  ['everything anew, no tests', ['run', '--full-refresh']],
] as const;

const crossedRows = z.array(
  z.object({ name: z.string(), place: z.string(), rows: z.coerce.number(), bytes: z.coerce.number() }),
);

/** The history has the statement as dbt sent it, with its comment. */
const CROSSED = `SELECT l.table_name AS name, l.kind AS place, l.rows, sum(q.bytes) AS bytes
  FROM skein.lineage l JOIN skein.queries q ON strpos(q.sql, l.statement) > 0
  WHERE l.schema_name = 'analytics' AND q.started_at > $1 GROUP BY 1, 2, 3 ORDER BY 1`;

async function times({ skein, postgres }: DbtServers): Promise<string> {
  const rows: string[][] = [];
  for (const [name, args] of BUILDS) {
    const time = (home: DbtHome) => median(RUNS, WARM_UPS, () => home.invoke(args, THREADS));
    const theirs = await time(postgres);
    const ours = await time(skein);
    rows.push([name, ms(theirs), ms(ours), ratio(ours, theirs)]);
  }
  return table(
    [
      `dbt, ${ROWS_PER_STORE * 4} sales, ${THREADS} threads, ms`,
      'PostgreSQL',
      'Skein',
      'Skein to PostgreSQL',
    ],
    rows,
  );
}

/** Of a build of everything: what each model's statements moved between agents and proxy. */
async function traffic({ skein }: DbtServers): Promise<string> {
  const { rows: began } = await skein.client.query<{ now: string }>('SELECT now()::text AS now');
  await skein.invoke(['run', '--full-refresh'], THREADS);
  const { rows } = await skein.client.query(CROSSED, [began[0]?.now]);
  const cells = crossedRows
    .parse(rows)
    .map(({ name, place, rows: written, bytes }) => [
      name,
      place,
      written.toLocaleString('en'),
      bytes.toLocaleString('en'),
    ]);
  return table(['model', 'lives in', 'rows', 'bytes that crossed'], cells);
}

export async function printDbt(): Promise<void> {
  const servers = await startDbtServers(ROWS_PER_STORE);
  try {
    process.stdout.write(`${await times(servers)}\n\n`);
    process.stdout.write(`${await traffic(servers)}\n`);
  } finally {
    await servers.close();
  }
}
