import type { DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPreluded } from '../support/plan-builders.ts';
import { openDatabase, type Postgres, startPostgres } from '../support/postgres.ts';

/** Digits after the point that are asked for: the most that a quotient has. */
const UNITS = 24;
/** Of a root. */
const ROOT_UNITS = 20;

let postgres: Postgres;
let oracle: pg.Client;
let duckdb: DuckDBConnection;

beforeAll(async () => {
  postgres = await startPostgres();
  oracle = await openDatabase(postgres, 'quotients');
  duckdb = await openPreluded();
});

afterAll(async () => {
  await oracle?.end();
  await postgres?.close();
  duckdb?.closeSync();
});

interface Division {
  readonly n: bigint;
  readonly d: bigint;
  readonly scale: number;
}

/** Integers of up to so many digits, small ones as likely as great ones. */
const integers = (digits: number): fc.Arbitrary<bigint> =>
  fc
    .integer({ min: 1, max: digits })
    .chain((size) => fc.bigInt({ min: 1n - 10n ** BigInt(size), max: 10n ** BigInt(size) - 1n }));

const division: fc.Arbitrary<Division> = fc.record({
  n: integers(30),
  d: integers(22).filter((d) => d !== 0n),
  scale: fc.integer({ min: 0, max: 12 }),
});

const decimalText = (units: bigint, scale: number): string => `${units}e-${scale}::numeric(38, ${scale})`;

/** PostgreSQL's number in units of 10^-decimals; undefined where it has more digits, or 38 don't hold it. */
function fitting(text: string, decimals: number): bigint | undefined {
  const [whole = '', fraction = ''] = text.split('.');
  if (fraction.length > decimals) return undefined;
  const units = BigInt(whole + fraction.padEnd(decimals, '0'));
  return units < 10n ** 38n && units > -(10n ** 38n) ? units : undefined;
}

test('quotients have the digits that PostgreSQL gives them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(division, { minLength: 60, maxLength: 60 }), async (divisions) => {
      const asked = divisions.map(
        ({ n, d, scale }) => `(${decimalText(n, scale)} / ${decimalText(d, scale)})::text`,
      );
      const told = await oracle.query({ text: `SELECT ${asked.join(', ')}`, rowMode: 'array' });
      const wanted = (told.rows[0] ?? []).map((text: string) => fitting(text, UNITS));
      const kept = divisions.filter((_, index) => wanted[index] !== undefined);
      const calls = kept.map(
        ({ n, d, scale }) =>
          `skein_quotient(${n}::HUGEINT, ${d}::HUGEINT, ${10 ** (UNITS - 20)}::HUGEINT, ${scale}, ${scale})`,
      );
      const got = await duckdb.runAndReadAll(`SELECT ${calls.join(', ')}`);
      expect(got.getRows()[0]).toEqual(wanted.filter((units: bigint | undefined) => units !== undefined));
      expect(kept.length).toBeGreaterThan(0);
    }),
    { numRuns: 20 },
  );
});

test('roots have the digits that PostgreSQL gives them', async () => {
  const radicand = fc.record({ x: integers(36), scale: fc.integer({ min: 0, max: 24 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(radicand, { minLength: 60, maxLength: 60 }), async (radicands) => {
      const positive = radicands.map(({ x, scale }) => ({ x: x < 0n ? -x : x, scale }));
      const asked = positive.map(({ x, scale }) => `sqrt(${decimalText(x, scale)})::text`);
      const told = await oracle.query({ text: `SELECT ${asked.join(', ')}`, rowMode: 'array' });
      const wanted = (told.rows[0] ?? []).map((text: string) => fitting(text, ROOT_UNITS));
      const kept = positive.filter((_, index) => wanted[index] !== undefined);
      const calls = kept.map(({ x, scale }) => `host_numeric_root(${x}::DECIMAL(38,0), ${scale}, ${scale})`);
      const got = await duckdb.runAndReadAll(`SELECT ${calls.map((call) => `${call}::HUGEINT`).join(', ')}`);
      expect(got.getRows()[0]).toEqual(wanted.filter((units: bigint | undefined) => units !== undefined));
      expect(kept.length).toBeGreaterThan(0);
    }),
    { numRuns: 20 },
  );
});

test('a quotient whose digits the units do not reach is an error', async () => {
  const call = (n: number, d: number) =>
    `SELECT skein_quotient(${n}::HUGEINT, ${d}::HUGEINT, 1::HUGEINT, 0, 0)`;
  await expect(duckdb.run(call(1, 3_000_000))).rejects.toThrow('SKEIN:22003');
  expect((await duckdb.runAndReadAll(call(1, 8_000_000))).getRows()).toEqual([[12_500_000_000_000n]]);
});
