import { type ArgumentValues, typeByName } from './edge-values.ts';
import { type AdmissionOptions, admits, type DialectCase } from './harness.ts';
import { sqlOf } from './signatures.ts';

const values = (type: string, ...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...items, null] },
];

const call = (signature: string, options: Partial<AdmissionOptions> = {}): DialectCase =>
  admits(signature, { sql: sqlOf(signature), messages: true, bound: 900, ...options });

const BYTES = values(
  'bytea',
  '\\x',
  '\\x00',
  '\\x61',
  '\\x616263',
  '\\xff00ff',
  '\\xc3a9',
  '\\x5c41ff',
  '\\xe697a5e69cac',
  '\\x6161626161',
  `\\x${'41'.repeat(80)}`,
);
const PARTS = values('bytea', '\\x', '\\x00', '\\x61', '\\xff', '\\x6162', '\\xffffffff');
const POSITIONS = values('int4', '0', '1', '2', '3', '-1', '-3', '100', '2147483647', '-2147483648');
const FORMS = values('text', 'hex', 'base64', 'escape', 'HEX', 'b64', '');
const ENCODED = values(
  'text',
  ...[
    '',
    '61',
    '6162',
    '616',
    '6g',
    ' 61\n62',
    'YQ==',
    'YWI=',
    'YWJj',
    'Y W\nJj',
    'YQ',
    'YQ=',
    '=',
    'Y===',
    'YQ==YQ==',
    'a\\000b',
    '\\\\',
    '\\12',
    '\\400',
    'é',
    '*',
    '\\',
  ],
);
const NAMES = values('name', 'UTF8', 'utf-8', 'LATIN1', 'iso-8859-1', 'unicode');
const INDEXES = values('int8', '0', '1', '7', '8', '-1', '23', '9223372036854775807');
const TEXTS = values(
  'text',
  '',
  'abc',
  '\\x',
  '\\x00ff',
  '\\xFG',
  '\\x6',
  '\\x61 62',
  'a\\\\b',
  'a\\101',
  'a\\',
  '\\9',
  'é',
  '日本',
  '😀',
);

export const cases: readonly DialectCase[] = [
  call('bytea || bytea', { values: [BYTES, PARTS] }),
  ...['length', 'octet_length', 'bit_length'].map((name) => call(`${name}(bytea)`, { values: [BYTES] })),
  ...['substr', 'substring'].flatMap((name) => [
    call(`${name}(bytea,int4)`, { values: [BYTES, POSITIONS] }),
    call(`${name}(bytea,int4,int4)`, { values: [BYTES, POSITIONS, POSITIONS] }),
  ]),
  call('overlay(bytea,bytea,int4)', { values: [BYTES, PARTS, POSITIONS] }),
  call('overlay(bytea,bytea,int4,int4)', { values: [BYTES, PARTS, POSITIONS, POSITIONS] }),
  call('position(bytea,bytea)', { sql: ([x, part]) => `position(${part} IN ${x})`, values: [BYTES, PARTS] }),
  ...['btrim', 'ltrim', 'rtrim'].map((name) => call(`${name}(bytea,bytea)`, { values: [BYTES, PARTS] })),
  ...['reverse', 'md5', 'sha224', 'sha256', 'sha384', 'sha512', 'crc32', 'crc32c', 'bit_count'].map((name) =>
    call(`${name}(bytea)`, { values: [BYTES] }),
  ),
  call('get_byte(bytea,int4)', { values: [BYTES, POSITIONS] }),
  call('set_byte(bytea,int4,int4)', { values: [BYTES, POSITIONS, values('int4', '0', '255', '256', '-1')] }),
  call('get_bit(bytea,int8)', { values: [BYTES, INDEXES] }),
  call('set_bit(bytea,int8,int4)', { values: [BYTES, INDEXES, values('int4', '0', '1', '2')] }),
  call('encode(bytea,text)', { values: [BYTES, FORMS] }),
  call('decode(text,text)', { values: [ENCODED, FORMS] }),
  call('convert_to(text,name)', { values: [TEXTS, NAMES] }),
  call('convert_from(bytea,name)', {
    values: [
      [...BYTES, ...values('bytea', '\\xc3', '\\xc328', '\\xeda080', '\\xf4908080', '\\x80', '\\xe9')],
      NAMES,
    ],
  }),
  ...['text', 'varchar', 'bpchar'].flatMap((type) => [
    call(`cast ${type} -> bytea`, {
      sql: ([x]) => `CAST(${x} AS bytea)`,
      ...(type === 'text' ? { values: [TEXTS] } : {}),
    }),
    call(`cast bytea -> ${type}`, { sql: ([x]) => `CAST(${x} AS ${type})`, values: [BYTES] }),
  ]),
  ...['int2', 'int4', 'int8'].flatMap((type) => [
    call(`cast ${type} -> bytea`, { sql: ([x]) => `CAST(${x} AS bytea)` }),
    call(`cast bytea -> ${type}`, {
      sql: ([x]) => `CAST(${x} AS ${type})`,
      values: [
        values(
          'bytea',
          '\\x',
          '\\x01',
          '\\xff',
          '\\x8000',
          '\\xffff',
          '\\x00ffffff',
          '\\x80000000',
          '\\x8000000000000000',
          '\\x010000000000000000',
        ),
      ],
    }),
  ]),
];
