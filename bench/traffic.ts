import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { crossed } from './crossed.ts';
import { QUESTIONS, startFlights } from './flights.ts';
import { ratio, table } from './measure.ts';
import { printTpchTraffic } from './tpch.ts';

/**
 * What crosses between agents and proxy for each question over the flights, beside gathering the tables that it reads and beside
 * the least that any exact split could move: its partials, written by hand so that each shard computes them alone.
 */
const PARTIALS: readonly string[] = [
  'SELECT region, count(*), sum(delay), count(delay) FROM flights GROUP BY region',
  `SELECT origin, region, count(*) AS n FROM flights WHERE region IN ('West', 'East') GROUP BY origin, region`,
  `SELECT a.state, f.region, count(*), count(*) FILTER (WHERE f.delay <= 15)
   FROM flights f JOIN airports a ON a.iata = f.origin GROUP BY a.state, f.region`,
  `SELECT extract(hour FROM date)::integer, site, count(*), max(delay) FROM flights
   WHERE site IN ('Chicago', 'Denver') AND extract(hour FROM date) BETWEEN 6 AND 9 GROUP BY 1, 2`,
  `SELECT date_trunc('month', date), region, count(*), sum(distance), count(delay), sum(delay), sum(delay * delay)
   FROM flights GROUP BY 1, 2`,
  `SELECT DISTINCT origin, destination, distance FROM flights WHERE region = 'Central' AND distance > 3000`,
  `SELECT CASE WHEN distance < 500 THEN 'short' WHEN distance < 1500 THEN 'middle' ELSE 'long' END, region, origin,
   count(*), min(distance), max(distance) FROM flights GROUP BY 1, 2, 3`,
  'SELECT date::date, region, count(*), sum(CASE WHEN delay > 30 THEN 1 ELSE 0 END) FROM flights GROUP BY 1, 2',
  `SELECT date, origin, destination, delay FROM (SELECT f.*, row_number() OVER (PARTITION BY region
   ORDER BY delay DESC, date, origin) AS place FROM flights f
   WHERE destination IN (SELECT iata FROM airports WHERE state = 'HI')) ranked WHERE place <= 5`,
  `SELECT origin, region, count(*) FROM flights WHERE region = 'East' GROUP BY origin, region
   UNION ALL SELECT destination, region, 0 FROM flights WHERE region = 'West' GROUP BY destination, region`,
];

const bytes = (count: number) => count.toLocaleString('en');

/** As a table in Markdown. */
async function trafficOf(client: pg.Client): Promise<string> {
  const flights = await crossed(client, 'SELECT * FROM flights');
  const airports = await crossed(client, 'SELECT * FROM airports');
  const rows: string[][] = [];
  for (const [index, { title, sql }] of QUESTIONS.entries()) {
    const everything = flights + (/\bairports\b/.test(sql) ? airports : 0);
    const moved = await crossed(client, sql);
    const least = await crossed(client, PARTIALS[index] ?? sql);
    rows.push([
      title,
      bytes(moved),
      bytes(least),
      ratio(moved, least),
      bytes(everything),
      `1 : ${Math.round(everything / Math.max(1, moved))}`,
    ]);
  }
  const head = [
    'flights, bytes that crossed',
    'Skein',
    'partials by hand',
    'to those',
    'gathering all',
    'to all',
  ];
  return table(head, rows);
}

export async function printTraffic(): Promise<void> {
  await printTpchTraffic();
  const directory = await mkdtemp(join(tmpdir(), 'skein-traffic-'));
  try {
    const processes = await startFlights(directory);
    try {
      const client = await processes.connect();
      process.stdout.write(`${await trafficOf(client)}\n`);
      await client.end();
    } finally {
      await processes.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
