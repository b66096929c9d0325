import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TIME_ZONES } from '../../../src/dialect/time-zones.ts';
import { type Oracle, startOracle } from './harness.ts';

const STEP = `interval '29 days 7 hours'`;

/** The offsets of all zones' wall clocks at many instants, and the instants of many wall clocks, as one hash per zone. */
async function hashes(
  oracle: Oracle,
  zones: readonly string[],
): Promise<{ readonly postgres: readonly unknown[]; readonly duckdb: readonly unknown[] }> {
  const [first, last] = [`'1840-01-01 00:00:00+00'`, `'2099-12-01 00:00:00+00'`];
  const list = zones.map((zone) => `('${zone}')`).join(', ');
  const body = (series: string, micros: (x: string) => string, at: (x: string) => string): string =>
    `SELECT z, md5(string_agg(concat(${micros(at('t'))}, ' ', ${micros(at(at('t')))}), ',' ORDER BY t))
    FROM (VALUES ${list}) AS zones(z), ${series} GROUP BY z ORDER BY z`;
  const { rows } = await oracle.postgres.query({
    text: body(
      `generate_series(timestamptz ${first}, timestamptz ${last}, ${STEP}) AS s(t)`,
      (x) => `(extract(epoch from ${x}) * 1000000)::int8`,
      (x) => `(${x} AT TIME ZONE z)`,
    ),
    rowMode: 'array',
  });
  const reader = await oracle.duckdb.runAndReadAll(
    body(
      `(SELECT unnest(generate_series(TIMESTAMPTZ ${first}, TIMESTAMPTZ ${last}, ${STEP})) AS t) AS s`,
      (x) => `epoch_us(${x})`,
      (x) => `timezone(z, ${x})`,
    ),
  );
  return { postgres: rows, duckdb: reader.getRowsJson() };
}

describe('time zones', () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await startOracle();
  });
  afterAll(async () => {
    await oracle?.close();
  });

  test('every admitted zone has the same offsets and the same skipped and repeated hours', async () => {
    const differing: string[] = [];
    for (let at = 0; at < TIME_ZONES.length; at += 50) {
      const { postgres, duckdb } = await hashes(oracle, TIME_ZONES.slice(at, at + 50));
      const got = new Map(duckdb.map((row) => JSON.parse(JSON.stringify(row)) as [string, string]));
      for (const [zone, hash] of postgres as readonly (readonly [string, string])[]) {
        if (got.get(zone) !== hash) differing.push(zone);
      }
    }
    expect(differing).toEqual([]);
  });
});
