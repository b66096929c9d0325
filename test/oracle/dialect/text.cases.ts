import { OID, sqlType } from '../../../src/types/sql-type.ts';
import type { ArgumentValues } from './edge-values.ts';
import { admits, type DialectCase } from './harness.ts';

const texts = (...values: readonly (string | null)[]): readonly ArgumentValues[] => [
  { type: sqlType(OID.text), values: [...values, null] },
];
const integers = (...values: readonly number[]): readonly ArgumentValues[] => [
  { type: sqlType(OID.int4), values: [...values.map(String), null] },
];
const textArrays = (...values: readonly string[]): readonly ArgumentValues[] => [
  { type: sqlType(OID.textArray), values: [...values, null] },
];

const MAX = 2147483647;
const MIN = -2147483648;
const POSITIONS = integers(0, 1, 2, 3, 5, -1, -3, 20, MAX, MIN);
const SUBJECTS = texts(
  '',
  'a',
  'abc',
  'hello world',
  'éa\u0301ß',
  '日本語',
  '👩‍👩‍👧 x',
  ' ab ',
  'a,b,,c',
  "it's \\ so",
);
const PARTS = texts('', 'a', 'b', 'é', '\u0301', ',', ' ', 'abc', 'o', '本', '\\');

const call = (signature: string, options: Partial<Parameters<typeof admits>[1]> = {}): DialectCase => {
  const name = signature.slice(0, signature.indexOf('('));
  return admits(signature, { sql: (args) => `${name}(${args.join(', ')})`, ...options });
};

const unary = (name: string): DialectCase => call(`${name}(text)`);

/** Types that `||` and concat take besides text. */
const ANY = 'bool int2 int4 int8 float4 float8 numeric varchar date timestamp time interval uuid'.split(' ');

export const cases: readonly DialectCase[] = [
  admits('text || text', { sql: ([a, b]) => `${a} || ${b}` }),
  admits('text || anynonarray', {
    sql: ([a, b]) => `${a} || ${b}`,
    types: ANY.map((type) => ['text', type]),
    values: [texts('', 'é'), undefined],
  }),
  admits('anynonarray || text', {
    sql: ([a, b]) => `${a} || ${b}`,
    types: ANY.map((type) => [type, 'text']),
    values: [undefined, texts('', 'é')],
  }),
  call('concat(any)', { types: [['text', 'text', 'text'], ...ANY.map((type) => [type])] }),
  call('concat_ws(text,any)', {
    types: [['text', 'text', 'text'], ...ANY.map((type) => ['text', type, type])],
    values: [texts('', ', '), undefined, undefined],
    bound: 100,
  }),
  ...['lower', 'upper', 'initcap', 'reverse', 'md5', 'ascii', 'quote_literal'].map(unary),
  ...['length', 'char_length', 'character_length', 'octet_length', 'bit_length'].map(unary),
  ...['btrim', 'ltrim', 'rtrim'].flatMap((name) => [
    unary(name),
    call(`${name}(text,text)`, { values: [SUBJECTS, PARTS] }),
  ]),
  ...['substr', 'substring'].flatMap((name) => [
    call(`${name}(text,int4)`, { values: [SUBJECTS, POSITIONS] }),
    call(`${name}(text,int4,int4)`, { values: [SUBJECTS, POSITIONS, POSITIONS], bound: 900 }),
  ]),
  call('strpos(text,text)', { values: [SUBJECTS, PARTS] }),
  admits('position(text,text)', {
    sql: ([text, part]) => `position(${part} IN ${text})`,
    values: [SUBJECTS, PARTS],
  }),
  ...['lpad', 'rpad'].flatMap((name) => [
    call(`${name}(text,int4)`, { values: [SUBJECTS, integers(0, 1, 2, 5, 30, -1, MIN, MAX)] }),
    call(`${name}(text,int4,text)`, {
      values: [SUBJECTS, integers(0, 1, 2, 5, 30, -1, MIN, MAX), PARTS],
      bound: 1200,
    }),
  ]),
  ...['left', 'right'].map((name) => call(`${name}(text,int4)`, { values: [SUBJECTS, POSITIONS] })),
  call('replace(text,text,text)', { values: [SUBJECTS, PARTS, PARTS], bound: 800 }),
  call('repeat(text,int4)', { values: [texts('a', 'é', 'abc'), integers(0, 1, 2, -1, MAX, MIN)] }),
  call('repeat(text,int4)', { values: [SUBJECTS, integers(0, 1, 3)] }),
  call('split_part(text,text,int4)', { values: [SUBJECTS, PARTS, POSITIONS], bound: 800 }),
  call('translate(text,text,text)', { values: [SUBJECTS, PARTS, PARTS], bound: 800 }),
  call('chr(int4)', {
    values: [integers(0, 1, 9, 65, 233, 128512, 55296, 57343, 1114111, 1114112, -1, MIN, MAX)],
  }),
  call('starts_with(text,text)', { values: [SUBJECTS, PARTS] }),
  admits('text ^@ text', { sql: ([a, b]) => `${a} ^@ ${b}`, values: [SUBJECTS, PARTS] }),
  call('to_hex(int4)'),
  call('to_hex(int8)'),
  call('overlay(text,text,int4)', { values: [SUBJECTS, PARTS, POSITIONS], bound: 1200 }),
  call('overlay(text,text,int4,int4)', { values: [SUBJECTS, PARTS, POSITIONS, POSITIONS], bound: 900 }),
  call('string_to_array(text,text)', { values: [SUBJECTS, PARTS] }),
  call('array_to_string(anyarray,text)', {
    types: [['_text', 'text']],
    values: [textArrays('{}', '{a}', '{a,NULL,b}', '{NULL}', '{"",é}', '{"a,b"}'), PARTS],
  }),
  call('array_to_string(anyarray,text)', {
    types: [
      ['_int4', 'text'],
      ['_float8', 'text'],
    ],
    values: [undefined, PARTS],
  }),
  call('array_to_string(anyarray,text,text)', {
    types: [['_text', 'text', 'text']],
    values: [textArrays('{}', '{a}', '{a,NULL,b}', '{NULL}', '{"",é}'), PARTS, PARTS],
  }),
];
