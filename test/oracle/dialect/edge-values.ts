import { defined } from '../../../src/base/assert.ts';
import { decimalShape, numericType, OID, type SqlType, sqlType } from '../../../src/types/sql-type.ts';

/** One concrete type (a numeric has a precision and scale) and the values to try, as PostgreSQL's input text. */
export interface ArgumentValues {
  readonly type: SqlType;
  readonly values: readonly (string | null)[];
}

const NAMES: ReadonlyMap<string, number> = new Map(
  Object.entries(OID).flatMap(([name, oid]): readonly (readonly [string, number])[] =>
    name.endsWith('Array') ? [[`_${name.slice(0, -'Array'.length)}`, oid]] : [[name, oid]],
  ),
);

export function typeByName(name: string): SqlType {
  return sqlType(defined(NAMES.get(name), `OID of the type ${name}`));
}

/** The type as PostgreSQL SQL. */
export function typeName(type: SqlType): string {
  const shape = decimalShape(type);
  if (shape !== undefined) return `numeric(${shape.precision},${shape.scale})`;
  const name = [...NAMES].find(([, oid]) => oid === type.oid)?.[0];
  return name === 'char' ? '"char"' : defined(name, `name of the type ${type.oid}`);
}

const plain = (
  name: string,
  values: readonly (string | null)[],
): readonly [string, readonly ArgumentValues[]] => [
  name,
  [{ type: typeByName(name), values: [...values, null] }],
];

export const numericValues = (
  precision: number,
  scale: number,
  values: readonly string[],
): ArgumentValues => ({
  type: numericType(precision, scale),
  values: [...values, null],
});

const FLOATS = [
  '0',
  '-0',
  '1',
  '-1',
  '0.5',
  '-0.5',
  '1.5',
  '2.5',
  '-2.5',
  '3',
  '0.1',
  '100000',
  '1e15',
  '1e16',
];
const DATES = [
  '2024-02-29',
  '1970-01-01',
  '1969-12-31',
  '2000-01-01',
  '1900-02-28',
  '0001-01-01',
  '9999-12-31',
];

const EDGE_VALUES: ReadonlyMap<string, readonly ArgumentValues[]> = new Map([
  plain('bool', ['true', 'false']),
  plain('int2', ['0', '1', '-1', '2', '-2', '7', '100', '181', '182', '32767', '-32767', '-32768']),
  plain('int4', [
    '0',
    '1',
    '-1',
    '2',
    '-7',
    '10',
    '46341',
    '65536',
    '2147483647',
    '-2147483647',
    '-2147483648',
  ]),
  plain('int8', [
    '0',
    '1',
    '-1',
    '3',
    '-7',
    '2147483648',
    '3037000500',
    '9007199254740993',
    '9223372036854775807',
    '-9223372036854775807',
    '-9223372036854775808',
  ]),
  plain('oid', ['0', '1', '4294967295']),
  plain('float4', [
    ...FLOATS,
    '3.4028235e38',
    '1.1754944e-38',
    '1e-45',
    '16777216',
    'NaN',
    'Infinity',
    '-Infinity',
  ]),
  plain('float8', [
    ...FLOATS,
    '1.7976931348623157e308',
    '2.2250738585072014e-308',
    '5e-324',
    '9007199254740993',
    '9.223372036854775e18',
    'NaN',
    'Infinity',
    '-Infinity',
  ]),
  [
    'numeric',
    [
      numericValues(5, 2, ['0', '1', '-1', '0.5', '-0.5', '1.25', '-1.25', '2.675', '999.99', '-999.99']),
      numericValues(18, 6, ['0', '0.000001', '-3.141593', '123456789012.345678', '-999999999999.999999']),
      numericValues(12, 0, ['0', '3', '-7', '999999999999']),
    ],
  ],
  plain('text', [
    '',
    ' ',
    'a',
    'A',
    'abc',
    'abcdefghij',
    ' abc ',
    'ÄÖÜß',
    'éa',
    'é',
    'İstanbul',
    '日本語',
    '👩‍👩‍👧 x',
    'a%b_c\\d',
    "it's",
    'line\nbreak\ttab',
    '12',
    '-1.5',
  ]),
  plain('varchar', ['', 'a', 'abc', ' abc ', 'É', '日本語', "it's"]),
  plain('bpchar', ['', 'a', 'abc', 'É']),
  plain('name', ['', 'a', 'Abc']),
  plain('char', ['', 'a', 'A', 'r', '\\377']),
  plain('bytea', ['\\x', '\\x00', '\\x6162', '\\xff00ff', '\\xc3a9']),
  plain('varbit', ['', '0', '1', '101', '11110000', '111100001']),
  plain('uuid', [
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    '7fffffff-ffff-ffff-ffff-ffffffffffff',
  ]),
  plain('date', [...DATES, '0044-03-15 BC', '4713-11-24 BC', '5874897-12-31', 'infinity', '-infinity']),
  plain('time', ['00:00', '00:00:00.000001', '12:34:56.789', '23:59:59.999999', '24:00']),
  plain('timetz', [
    '00:00+00',
    '12:34:56.789+05:30',
    '07:04:56.789+00',
    '23:59:59-15:59',
    '24:00+02',
    '24:00-15:59:59',
  ]),
  plain('timestamp', [
    ...DATES,
    '2024-02-29 12:34:56.789',
    '2024-12-31 23:59:59.999999',
    '1969-12-31 23:59:59.5',
    '2024-03-31 02:30:00',
    '0044-03-15 12:00 BC',
    '4713-11-24 BC',
    'infinity',
    '-infinity',
  ]),
  plain('timestamptz', [
    '2024-02-29 12:34:56.789+00',
    '2024-12-31 23:59:59.999999+00',
    '1970-01-01 00:00+00',
    '1969-12-31 23:59:59.5+00',
    '2024-03-31 00:59:59+00',
    '2024-03-31 01:00:00+00',
    '2024-10-27 00:30:00+00',
    '2024-11-03 05:30:00+00',
    '1900-01-01 00:00+00',
    '0044-03-15 12:00+00 BC',
    '9999-12-31 23:59:59+00',
    'infinity',
    '-infinity',
  ]),
  plain('interval', [
    '0',
    '1 day',
    '-1 day',
    '24:00:00',
    '1 mon',
    '30 days',
    '-1 mon -1 day',
    '1 year 2 mons 3 days 04:05:06.789',
    '-00:00:00.000001',
    '1 day -24:00:00',
    '100 years',
    '29 days 24:00:01',
    '1 mon -1 day 12:00',
  ]),
  plain('json', ['null', '1', '"a"', '[1,2]', '{"a":1}', '{"a":{"b":[1,"x",null]},"c":1.50}']),
  plain('jsonb', ['null', '1', '"a"', '[1,2]', '{"a":1}', '{"a":{"b":[1,"x",null]},"c":1.50}']),
  plain('_int4', ['{}', '{1}', '{1,2,3}', '{1,NULL,3}', '{NULL}', '{3,1,2}']),
  plain('_int8', ['{}', '{1}', '{1,2,3}', '{1,NULL,3}', '{NULL}']),
  plain('_float8', ['{}', '{1.5}', '{1,NULL,NaN}']),
  ...['_text', '_varchar'].map((type) =>
    plain(type, ['{}', '{a}', '{a,b,c}', '{a,NULL,c}', '{NULL}', '{"",é}']),
  ),
]);

/** @param type internal type name, as in signatures. */
export function edgeValues(type: string): readonly ArgumentValues[] {
  const base = type.startsWith('numeric(') ? 'numeric' : type;
  return defined(EDGE_VALUES.get(base), `edge values of the type ${type}`);
}
