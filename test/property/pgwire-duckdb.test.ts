import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../src/engine/duckdb.ts';
import { carrierOf } from '../../src/types/carrier.ts';
import { decimalShape, numericType, OID, type SqlType, sqlType } from '../../src/types/sql-type.ts';
import { carrier } from './pgwire-fixture.ts';
import { encodeColumn } from './pgwire-values-fixture.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine({
    threads: 1,
    memoryLimit: '512MiB',
    tempDirectory: tmpdir(),
    allowedDirectories: [],
    prelude: [],
    maxConnections: 2,
  });
});

afterAll(() => engine.close());

/** What DuckDB's own vectors of the carrier give, as PostgreSQL prints the value. */
const CASES: readonly (readonly [SqlType, string, string])[] = [
  [sqlType(OID.bool), 'true', 't'],
  [sqlType(OID.int2), '-32768', '-32768'],
  [sqlType(OID.int4), '2147483647', '2147483647'],
  [sqlType(OID.int8), '-9223372036854775808', '-9223372036854775808'],
  [sqlType(OID.oid), '4294967295', '4294967295'],
  [sqlType(OID.float4), "'-0'", '-0'],
  [sqlType(OID.float8), "'-inf'", '-Infinity'],
  [sqlType(OID.float8), '1e-300', '1e-300'],
  [numericType(4, 2), '-99.99', '-99.99'],
  [numericType(9, 2), '1234567.89', '1234567.89'],
  [numericType(18, 6), '-0.000001', '-0.000001'],
  [
    numericType(38, 0),
    "'-99999999999999999999999999999999999999'",
    '-99999999999999999999999999999999999999',
  ],
  [numericType(38, 10), "'12345678901234567890.5'", '12345678901234567890.5000000000'],
  [sqlType(OID.date), "'0044-03-15 (BC)'", '0044-03-15 BC'],
  [sqlType(OID.date), "'-infinity'", '-infinity'],
  [sqlType(OID.date), "'infinity'", 'infinity'],
  [sqlType(OID.time), "'23:59:59.99'", '23:59:59.99'],
  [sqlType(OID.time), "'24:00:00'", '24:00:00'],
  [sqlType(OID.timetz), "'12:34:56.5+05:30'", '12:34:56.5+05:30'],
  [sqlType(OID.timetz), "'00:00:00-15:59:59'", '00:00:00-15:59:59'],
  [sqlType(OID.timestamp), "'2024-02-29 12:00:00.000001'", '2024-02-29 12:00:00.000001'],
  [sqlType(OID.timestamp), "'infinity'", 'infinity'],
  [sqlType(OID.timestamp), "'-infinity'", '-infinity'],
  [sqlType(OID.timestamp), "'294247-01-10 04:00:54.775806'", '294247-01-10 04:00:54.775806'],
  [sqlType(OID.timestamptz), "'1969-12-31 23:59:59.9+00'", '1969-12-31 23:59:59.9+00'],
  [sqlType(OID.interval), "'-13 months 5 days -01:00:00.5'", '-1 years -1 mons +5 days -01:00:00.5'],
  [sqlType(OID.uuid), "'ffeeddcc-bbaa-9988-7766-554433221100'", 'ffeeddcc-bbaa-9988-7766-554433221100'],
  [sqlType(OID.uuid), "'00112233-4455-6677-8899-aabbccddeeff'", '00112233-4455-6677-8899-aabbccddeeff'],
  [sqlType(OID.text), "'a string longer than twelve bytes: é🦆'", 'a string longer than twelve bytes: é🦆'],
  [sqlType(OID.bytea), "'\\x00\\xFFa'::BLOB", '\\x00ff61'],
  [sqlType(OID.int4Array), '[1, NULL, -3]', '{1,NULL,-3}'],
  [sqlType(OID.textArray), "['a', '', 'b c', NULL, 'NULL']", '{a,"","b c",NULL,"NULL"}'],
  [sqlType(OID.timestampArray), "['2024-01-01 00:00:00']", '{"2024-01-01 00:00:00"}'],
];

describe("DuckDB's vectors", () => {
  it.each(CASES)('%j %s is %s', async (type, literal, expected) => {
    const { duckdb, layout } = carrierOf(type);
    const sql = `SELECT unnest([NULL, CAST(${literal} AS ${duckdb}), NULL]) AS c`;
    const values: (string | null)[] = [];
    for await (const batch of engine.stream(sql, [layout])) {
      const [vector] = batch.columns;
      const scale = decimalShape(type)?.scale ?? 0;
      for (const value of encodeColumn(vector!, carrier(type.oid, scale), 0, batch.rowCount)) {
        values.push(value?.toString() ?? null);
      }
    }
    expect(values).toEqual([null, expected, null]);
  });
});
