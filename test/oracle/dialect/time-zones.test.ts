import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TIME_ZONES } from '../../../src/dialect/time-zones.ts';
import { abbreviationOffset, mayBeRedefined } from '../../../src/dialect/zone-abbreviations.ts';
import { LINKED_ZONES, linkedZone } from '../../../src/types/zone-name.ts';
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

  test('a linked zone is the zone that it links to', async () => {
    for (const name of LINKED_ZONES) {
      const { rows } = await oracle.postgres.query<{ linked: string; own: string }>({
        text: `SELECT string_agg((t AT LOCAL)::text, ',' ORDER BY t) AS own, string_agg((t AT TIME ZONE $1)::text, ',' ORDER BY t) AS linked
          FROM set_config('TimeZone', $2, false),
            generate_series(timestamptz '1840-01-01 00:00+00', timestamptz '2099-12-01 00:00+00', ${STEP}) AS s(t)`,
        values: [linkedZone(name), name],
      });
      expect(rows[0]?.own, name).toBe(rows[0]?.linked);
      expect(rows).toHaveLength(1);
    }
  });

  test('an abbreviation has its offset in the sessions of all zones but of those that redefine it', async () => {
    const { rows: zones } = await oracle.postgres.query<{ name: string }>(
      `SELECT name FROM pg_timezone_names WHERE name NOT LIKE 'posix%'`,
    );
    await oracle.postgres.query(`SET TimeZone = 'UTC'`);
    const { rows: abbreviations } = await oracle.postgres.query<{ abbrev: string }>(
      'SELECT abbrev FROM pg_timezone_abbrevs',
    );
    const names = abbreviations
      .map(({ abbrev }) => abbrev)
      .filter((name) => abbreviationOffset(name) !== undefined);
    const offsets = names.map((name) => abbreviationOffset(name));
    const found: string[] = [];
    for (const { name: zone } of zones) {
      await oracle.postgres.query(`SELECT set_config('TimeZone', $1, false)`, [zone]);
      const { rows } = await oracle.postgres.query<{ name: string }>(
        `SELECT name FROM unnest($1::text[], $2::int[]) AS a(name, east) WHERE EXISTS (
          SELECT FROM unnest(ARRAY['1883-01-01', '1918-07-01', '1943-07-01', '1960-07-01', '1975-01-15', '2024-07-05']) AS d
          WHERE extract(epoch FROM (d || ' 00:00+00')::timestamptz AT TIME ZONE name)
            <> extract(epoch FROM (d || ' 00:00+00')::timestamptz) + east)`,
        [names, offsets],
      );
      for (const { name } of rows) if (!mayBeRedefined(name, zone)) found.push(`${name} in ${zone}`);
      const { rows: own } = await oracle.postgres.query<{ abbrev: string }>(
        `SELECT abbrev FROM pg_timezone_abbrevs WHERE abbrev ~ '^[+-]'`,
      );
      for (const { abbrev } of own) if (!mayBeRedefined(abbrev, zone)) found.push(`${abbrev} in ${zone}`);
    }
    await oracle.postgres.query(`SET TimeZone = 'UTC'`);
    expect(names.length).toBeGreaterThan(100);
    expect(found).toEqual([]);
  });
});
