import type { ScalarEntry } from '../entries.ts';

type Print = ScalarEntry['print'];

const entry = (signature: string, print: Print): ScalarEntry => ({ signature, print });

/** The host function of the same arguments. */
const host = (signature: string, name: string): ScalarEntry =>
  entry(signature, (args) => `host_${name}(${args.join(', ')})`);

const count = (signature: string, sql: (x: string) => string): ScalarEntry =>
  entry(signature, ([x = '']) => `CAST(${sql(x)} AS INTEGER)`);

const bytes = (x: string): string => `octet_length(${x})`;

const substrings: readonly ScalarEntry[] = ['substr', 'substring'].flatMap((name) => [
  host(`${name}(bytea,int4)`, 'bytea_from'),
  host(`${name}(bytea,int4,int4)`, 'bytea_slice'),
]);

const hashes: readonly ScalarEntry[] = [
  entry('md5(bytea)', ([x]) => `md5(${x})`),
  ...['sha224', 'sha256', 'sha384', 'sha512', 'crc32', 'crc32c'].map((name) => host(`${name}(bytea)`, name)),
];

const bits: readonly ScalarEntry[] = [
  host('get_byte(bytea,int4)', 'get_byte'),
  host('set_byte(bytea,int4,int4)', 'set_byte'),
  host('get_bit(bytea,int8)', 'get_bit'),
  host('set_bit(bytea,int8,int4)', 'set_bit'),
  host('bit_count(bytea)', 'bytea_bit_count'),
];

const conversions: readonly ScalarEntry[] = [
  host('encode(bytea,text)', 'encode'),
  host('decode(text,text)', 'decode'),
  host('convert_to(text,name)', 'convert_to'),
  host('convert_from(bytea,name)', 'convert_from'),
  ...['text', 'varchar', 'bpchar'].flatMap((text) => [
    host(`cast ${text} -> bytea`, 'text_bytea'),
    entry(`cast bytea -> ${text}`, ([x]) => `CAST('\\x' || lower(hex(${x})) AS VARCHAR)`),
  ]),
  ...(
    [
      ['int2', 2, 'smallint', 'SMALLINT'],
      ['int4', 4, 'integer', 'INTEGER'],
      ['int8', 8, 'bigint', 'BIGINT'],
    ] as const
  ).flatMap(([type, width, name, carrier]) => [
    entry(`cast ${type} -> bytea`, ([x]) => `host_integer_bytea(CAST(${x} AS BIGINT), ${width})`),
    entry(
      `cast bytea -> ${type}`,
      ([x]) => `CAST(host_bytea_integer(${x}, ${width}, '${name}') AS ${carrier})`,
    ),
  ]),
];

export const binaryEntries: readonly ScalarEntry[] = [
  entry('bytea || bytea', ([a, b]) => `CAST(${a} || ${b} AS BLOB)`),
  ...['length', 'octet_length'].map((name) => count(`${name}(bytea)`, bytes)),
  count('bit_length(bytea)', (x) => `8 * ${bytes(x)}`),
  ...substrings,
  host('overlay(bytea,bytea,int4,int4)', 'bytea_overlay'),
  entry(
    'overlay(bytea,bytea,int4)',
    ([x, part = '', start]) => `host_bytea_overlay(${x}, ${part}, ${start}, CAST(${bytes(part)} AS INTEGER))`,
  ),
  host('position(bytea,bytea)', 'bytea_position'),
  ...['btrim', 'ltrim', 'rtrim'].map((name) => host(`${name}(bytea,bytea)`, `bytea_${name}`)),
  host('reverse(bytea)', 'bytea_reverse'),
  ...hashes,
  ...bits,
  ...conversions,
];
