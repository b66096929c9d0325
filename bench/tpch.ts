import { readFileSync } from 'node:fs';
import type pg from 'pg';
import type { Dataset } from '../test/support/dataset.ts';
import { startFederation } from '../test/support/federation.ts';
import { makeTpch } from '../test/support/tpch.ts';
import { type Traffic, trafficOf } from './crossed.ts';
import { ratio, table } from './measure.ts';

/** 1 is about 600 lines. */
const SIZE = 50;
const QUERIES = readFileSync(new URL('../test/oracle/tpch/queries.sql', import.meta.url), 'utf8')
  .trim()
  .split('\n');

async function withClient<T>(dataset: Dataset, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const federation = await startFederation(dataset);
  try {
    const client = await federation.connect();
    const result = await use(client);
    await client.end();
    return result;
  } finally {
    await federation.close();
  }
}

/** All rows in one place: there the answer is all that leaves. */
function inOnePlace(dataset: Dataset): Dataset {
  const rows = dataset.tables
    .filter(({ replicated }) => !replicated)
    .map((one) => [one.name, one.rows.map((_, row) => row)] as const);
  const [first] = dataset.shards;
  return { ...dataset, shards: first === undefined ? [] : [{ ...first, rows: Object.fromEntries(rows) }] };
}

async function each(client: pg.Client, statements: readonly string[]): Promise<readonly Traffic[]> {
  const found: Traffic[] = [];
  for (const sql of statements) found.push(await trafficOf(client, sql));
  return found;
}

/**
 * What crosses for TPC-H's queries: beside as many answers as there are shards, which is about the least that partials could be
 * where the query splits, and beside gathering the tables that the query reads.
 */
export async function printTpchTraffic(): Promise<void> {
  for (const split of ['colocated', 'scattered'] as const) {
    const dataset = makeTpch({ seed: 1, size: SIZE, split });
    const answers = await withClient(inOnePlace(dataset), (client) => each(client, QUERIES));
    const names = dataset.tables.map(({ name }) => name);
    const { moved, whole } = await withClient(dataset, async (client) => ({
      moved: await each(client, QUERIES),
      whole: await each(
        client,
        names.map((name) => `SELECT * FROM ${name}`),
      ),
    }));
    const rows = QUERIES.map((sql, i) => {
      const { bytes, splits } = moved[i] ?? { bytes: 0, splits: false };
      const least = (answers[i]?.bytes ?? 0) * dataset.shards.length;
      const all = names.reduce(
        (sum, name, at) => sum + (new RegExp(`\\b${name}\\b`).test(sql) ? (whole[at]?.bytes ?? 0) : 0),
        0,
      );
      const text = [bytes, least].map((count) => count.toLocaleString('en'));
      return [
        `Q${i + 1}`,
        splits ? 'yes' : '',
        ...text,
        ratio(bytes, least),
        all.toLocaleString('en'),
        `1 : ${Math.round(all / Math.max(1, bytes))}`,
      ];
    });
    const head = [
      `TPC-H ${split}, bytes`,
      'splits',
      'Skein',
      'an answer a shard',
      'to those',
      'gathering all',
      'to all',
    ];
    process.stdout.write(`${table(head, rows)}\n\n`);
  }
}
