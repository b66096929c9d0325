import { describe, expect, it } from 'vitest';
import { numericType, OID, type SqlType, sqlType } from '../types/sql-type.ts';
import { joinTypes, typeName } from './type-join.ts';

const [int2, int4, int8] = [sqlType(OID.int2), sqlType(OID.int4), sqlType(OID.int8)];
const [float4, float8, text] = [sqlType(OID.float4), sqlType(OID.float8), sqlType(OID.text)];
const [date, timestamp, timestamptz] = [sqlType(OID.date), sqlType(OID.timestamp), sqlType(OID.timestamptz)];

describe('joinTypes', () => {
  const joins: readonly (readonly [SqlType, SqlType, SqlType])[] = [
    [int2, int2, int2],
    [int2, int4, int4],
    [int4, int8, int8],
    [int8, float4, float4],
    [float4, float8, float8],
    [numericType(10, 2), float4, float4],
    [numericType(10, 2), float8, float8],
    [numericType(10, 2), int2, numericType(10, 2)],
    [numericType(10, 2), int4, numericType(12, 2)],
    [numericType(10, 2), int8, numericType(21, 2)],
    [numericType(10, 2), numericType(8, 4), numericType(12, 4)],
    [date, timestamp, timestamp],
    [date, timestamptz, timestamptz],
    [timestamp, timestamptz, timestamptz],
    [sqlType(OID.time), sqlType(OID.timetz), sqlType(OID.timetz)],
    [sqlType(OID.varchar, 14), sqlType(OID.varchar, 24), sqlType(OID.varchar)],
    [sqlType(OID.varchar), text, text],
    [text, text, text],
    [sqlType(OID.bool), sqlType(OID.bool), sqlType(OID.bool)],
  ];
  it.each(joins.map(([a, b, joined]) => ({ a, b, joined, title: `${typeName(a)} + ${typeName(b)}` })))(
    '$title, both ways',
    ({ a, b, joined }) => {
      expect(joinTypes(a, b)).toEqual(joined);
      expect(joinTypes(b, a)).toEqual(joined);
    },
  );

  const conflicts: readonly (readonly [SqlType, SqlType])[] = [
    [text, int8],
    [text, date],
    [text, sqlType(OID.json)],
    [sqlType(OID.bool), int4],
    [date, sqlType(OID.time)],
    [timestamp, float8],
    [sqlType(OID.uuid), text],
    [sqlType(OID.json), sqlType(OID.jsonb)],
    [sqlType(OID.int4Array), sqlType(OID.int8Array)],
    [sqlType(OID.interval), sqlType(OID.time)],
  ];
  it.each(conflicts.map(([a, b]) => ({ a, b, title: `${typeName(a)} + ${typeName(b)}` })))(
    '$title conflict, both ways',
    ({ a, b }) => {
      expect(joinTypes(a, b)).toHaveProperty('reason');
      expect(joinTypes(b, a)).toHaveProperty('reason');
    },
  );

  it('refuses numerics that need more digits than a carrier has', () => {
    expect(joinTypes(numericType(38, 0), numericType(10, 5))).toEqual({
      reason: 'numeric(38,0) and numeric(10,5) together need 43 digits, more than 38',
    });
    expect(joinTypes(numericType(38, 20), int8)).toHaveProperty('reason');
  });
});
