import type { DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openPreluded } from '../../test/support/plan-builders.ts';

let duckdb: DuckDBConnection;

beforeAll(async () => {
  duckdb = await openPreluded();
});

const magnitude = (digits: number): bigint => 10n ** BigInt(digits);
const abs = (n: bigint): bigint => (n < 0n ? -n : n);

/** Integers of up to so many digits, small ones as likely as great ones. */
const integers = (digits: number): fc.Arbitrary<bigint> =>
  fc
    .integer({ min: 1, max: digits })
    .chain((size) => fc.bigInt({ min: -(magnitude(size) - 1n), max: magnitude(size) - 1n }));

/** n / d in units of 10^-scale, half away from zero. */
function roundedQuotient(n: bigint, d: bigint, scale: number): bigint {
  const scaled = abs(n) * magnitude(scale);
  const units = (2n * scaled + abs(d)) / (2n * abs(d));
  return n < 0n === d < 0n ? units : -units;
}

async function selectAll(sql: string): Promise<readonly unknown[]> {
  return (await duckdb.runAndReadAll(sql)).getRows().map((row) => row[0]);
}

test('quotients are exact long divisions, whatever rows share a vector', async () => {
  const pair = fc.tuple(
    integers(32),
    integers(32).filter((d) => d !== 0n),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(pair, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 20, max: 24 }),
      async (pairs, scale) => {
        const fitting = pairs.filter(([n, d]) => {
          const units = abs(roundedQuotient(n, d, scale));
          return units < magnitude(38) - 1n && (units >= magnitude(15) || (n * magnitude(scale)) % d === 0n);
        });
        const rows = fitting.map(([n, d], index) => `(${index}, ${n}::HUGEINT, ${d}::HUGEINT)`);
        if (rows.length === 0) return;
        const extra = `${magnitude(scale - 20)}::HUGEINT`;
        const got = await selectAll(
          `SELECT skein_quotient(n, d, ${extra}) FROM (VALUES ${rows.join(', ')}) t(i, n, d) ORDER BY i`,
        );
        expect(got).toEqual(fitting.map(([n, d]) => roundedQuotient(n, d, scale)));
      },
    ),
    { numRuns: 60 },
  );
});

test('a quotient that would lose significant digits is an error', async () => {
  await expect(duckdb.run('SELECT skein_quotient(1::HUGEINT, 3000000::HUGEINT, 1::HUGEINT)')).rejects.toThrow(
    'SKEIN:22003',
  );
  expect(await selectAll('SELECT skein_quotient(1::HUGEINT, 8000000::HUGEINT, 1::HUGEINT)')).toEqual([
    12_500_000_000_000n,
  ]);
});

test('square roots have 20 right decimals', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.bigInt({ min: 1n, max: magnitude(32) }), { minLength: 1, maxLength: 40 }),
      async (units) => {
        // Units of 10^-20: the root's square and that of its neighbour enclose the value.
        const kept = units.filter((unit) => unit >= magnitude(12));
        const rows = kept.map(
          (unit, index) => `(${index}, '${unit}'::DECIMAL(38,0) * 0.00000000000000000001::DECIMAL(20,20))`,
        );
        if (rows.length === 0) return;
        const got = await selectAll(
          `SELECT replace(skein_numeric_sqrt(v)::VARCHAR, '.', '') FROM (VALUES ${rows.join(', ')}) t(i, v) ORDER BY i`,
        );
        for (const [index, unit] of kept.entries()) {
          const root = BigInt(String(got[index]));
          const target = unit * magnitude(20);
          expect((root - 1n) ** 2n < target && target < (root + 1n) ** 2n, `${unit}: ${root}`).toBe(true);
        }
      },
    ),
    { numRuns: 60 },
  );
});
