import type { DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openPreluded } from '../../test/support/plan-builders.ts';

let duckdb: DuckDBConnection;

beforeAll(async () => {
  duckdb = await openPreluded();
});

const magnitude = (digits: number): bigint => 10n ** BigInt(digits);
async function selectAll(sql: string): Promise<readonly unknown[]> {
  return (await duckdb.runAndReadAll(sql)).getRows().map((row) => row[0]);
}

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
