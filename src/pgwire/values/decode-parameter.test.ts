import { describe, expect, it } from 'vitest';
import { OID } from '../../types/sql-type.ts';
import { decodeParameter } from './decode-parameter.ts';

const binary = (oid: number, hex: string) =>
  decodeParameter(oid, 1, Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('binary parameters', () => {
  it.each([
    [OID.bool, '01', 'true'],
    [OID.bool, '00', 'false'],
    [OID.int2, 'fffe', '-2'],
    [OID.int8, '7fffffffffffffff', '9223372036854775807'],
    [OID.oid, 'ffffffff', '4294967295'],
    [OID.float8, '3ff199999999999a', '1.1'],
    [OID.float8, '7ff0000000000000', 'Infinity'],
    [OID.float4, '7fc00000', 'NaN'],
    [OID.numeric, '0002 0000 4000 0002 0001 1194', '-1.45'],
    [OID.numeric, '0001 ffff 0000 0005 0064', '0.01000'],
    [OID.numeric, '0001 0002 0000 0000 0001', '100000000'],
    [OID.numeric, '0000 0000 c000 0000', 'NaN'],
    [OID.date, '00000000', '2000-01-01'],
    [OID.date, '80000000', '-infinity'],
    [OID.timestamptz, '0000000000000001', '2000-01-01 00:00:00.000001+00'],
    [OID.timetz, '0000000000000000 fffff1f0', '00:00:00+01'],
    [OID.interval, '0000000000000003 00000002 00000001', '1 2 3'],
    [OID.uuid, '00112233445566778899aabbccddeeff', '00112233-4455-6677-8899-aabbccddeeff'],
    [OID.jsonb, '01 7b7d', '{}'],
    [OID.bytea, '00ff', '\\x00ff'],
    [OID.varbit, '00000003 a0', '101'],
    [OID.char, 'ff', '\\377'],
    [OID.int4Array, '00000001 00000001 00000017 00000002 00000001 00000004 00000007 ffffffff', '{7,NULL}'],
    [OID.textArray, '00000001 00000000 00000019 00000001 00000001 00000003 612c22', '{"a,\\""}'],
    [OID.int4Array, '00000000 00000000 00000017', '{}'],
  ])('OID %i, %s', (oid, hex, text) => {
    expect(binary(oid, hex)).toBe(text);
  });

  it.each([
    [OID.int4, '000000'],
    [OID.int4, '0000000000'],
    [OID.bool, ''],
    [OID.numeric, '0001 0000 0000 0000'],
    [OID.numeric, '0001 0000 0001 0000 0001'],
    [OID.numeric, '0001 0000 0000 0000 2710'],
    [OID.jsonb, '02 7b7d'],
    [OID.int4Array, '00000001 00000000 00000019 00000000 00000001'],
    [OID.int4Array, '00000001 00000000 00000017 7fffffff 00000001'],
  ])('refuses OID %i, %s', (oid, hex) => {
    expect(() => binary(oid, hex)).toThrow(expect.objectContaining({ code: '22P03' }));
  });

  it('refuses a type whose form it does not read', () => {
    expect(() => binary(600, '00')).toThrow(expect.objectContaining({ code: '0A000' }));
  });

  it('passes NULL and text on', () => {
    expect(decodeParameter(OID.int4, 1, null)).toBeNull();
    expect(decodeParameter(OID.int4, 0, Buffer.from(' 7 '))).toBe(' 7 ');
  });
});
