import { type ArgumentValues, typeByName } from './edge-values.ts';
import { type AdmissionOptions, admits, type DialectCase } from './harness.ts';
import { sqlOf } from './signatures.ts';

const values = (type: string, ...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...items, null] },
];

const call = (signature: string, options: Partial<AdmissionOptions> = {}): DialectCase =>
  admits(signature, { sql: sqlOf(signature), messages: true, ...options });

const TEXTS = values(
  '_text',
  '{}',
  '{a}',
  '{a,b,a}',
  '{a,NULL,c}',
  '{NULL}',
  '{"",é,"x y","NULL","{}","q\\"b\\\\"}',
  '{c,b,a}',
);
const FLOATS = values('_float8', '{}', '{1.5}', '{1,NULL,NaN}', '{NaN}', '{-0,0,1}', '{Infinity,1}');
const ARRAYS: Readonly<Record<string, readonly ArgumentValues[]>> = {
  bool: values('_bool', '{}', '{t,f,NULL}'),
  int2: values('_int2', '{}', '{1,-2,NULL}'),
  int4: values('_int4', '{}', '{1,-2,NULL}'),
  int8: values('_int8', '{}', '{1,-2,NULL}'),
  float4: values('_float4', '{}', '{1.5,-0,NaN,1e20,NULL}'),
  float8: FLOATS,
  text: TEXTS,
  date: values('_date', '{}', '{2024-02-29,infinity,NULL}'),
  timestamp: values('_timestamp', '{}', '{"2024-02-29 12:34:56.5",infinity,NULL}'),
  uuid: values('_uuid', '{}', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,NULL}'),
};
const INDEXES = values('int4', '0', '1', '2', '3', '-1', '100');

/** A function of arrays, tried with elements of three types. */
const over = (signature: string, ...rest: readonly string[]): readonly DialectCase[] => [
  call(signature, {
    types: [
      ['_int4', ...rest],
      ['_int8', ...rest],
    ],
  }),
  call(signature, { types: [['_text', ...rest]], values: [TEXTS, undefined, undefined] }),
  call(signature, { types: [['_float8', ...rest]], values: [FLOATS, undefined, undefined] }),
];

const ELEMENTS = values('text', 'a', '', 'é', 'x y', 'zz');
const NUMBERS = values('int4', '1', '2', '3', '0');
const FLOAT = values('float8', '1', 'NaN', '0', '-0', '7');

const withElement = (signature: string): readonly DialectCase[] => [
  call(signature, { types: [['_text', 'text']], values: [TEXTS, ELEMENTS] }),
  call(signature, { types: [['_int4', 'int4']], values: [undefined, NUMBERS] }),
  call(signature, { types: [['_float8', 'float8']], values: [FLOATS, FLOAT] }),
];

const pairs = (signature: string): readonly DialectCase[] => [
  call(signature, { types: [['_int4', '_int4']] }),
  call(signature, { types: [['_text', '_text']], values: [TEXTS, TEXTS] }),
  call(signature, { types: [['_float8', '_float8']], values: [FLOATS, FLOATS] }),
];

export const cases: readonly DialectCase[] = [
  ...over('cardinality(anyarray)'),
  ...['array_length', 'array_lower', 'array_upper'].map((name) =>
    call(`${name}(anyarray,int4)`, { types: [['_int4', 'int4']], values: [undefined, INDEXES] }),
  ),
  ...over('array_ndims(anyarray)'),
  ...over('array_dims(anyarray)'),
  ...pairs('anycompatiblearray || anycompatiblearray'),
  ...pairs('array_cat(anycompatiblearray,anycompatiblearray)'),
  ...withElement('anycompatiblearray || anycompatible'),
  ...withElement('array_append(anycompatiblearray,anycompatible)'),
  call('anycompatible || anycompatiblearray', { types: [['text', '_text']], values: [ELEMENTS, TEXTS] }),
  call('array_prepend(anycompatible,anycompatiblearray)', {
    types: [['int4', '_int4']],
    values: [NUMBERS, undefined],
  }),
  ...withElement('array_position(anycompatiblearray,anycompatible)'),
  call('array_position(anycompatiblearray,anycompatible,int4)', {
    types: [['_text', 'text', 'int4']],
    values: [TEXTS, ELEMENTS, INDEXES],
  }),
  ...withElement('array_positions(anycompatiblearray,anycompatible)'),
  ...withElement('array_remove(anycompatiblearray,anycompatible)'),
  call('array_replace(anycompatiblearray,anycompatible,anycompatible)', {
    types: [['_text', 'text', 'text']],
    values: [TEXTS, ELEMENTS, ELEMENTS],
  }),
  ...['@>', '<@', '&&'].flatMap((operator) => pairs(`anyarray ${operator} anyarray`)),
  ...['arraycontains', 'arraycontained', 'arrayoverlap'].flatMap((name) =>
    pairs(`${name}(anyarray,anyarray)`),
  ),
  ...over('array_sort(anyarray)'),
  ...over('array_sort(anyarray,bool)', 'bool'),
  ...over('array_sort(anyarray,bool,bool)', 'bool', 'bool'),
  ...over('array_reverse(anyarray)'),
  call('array_fill(anyelement,_int4)', {
    types: [['text', '_int4']],
    constant: [1],
    values: [
      undefined,
      [{ type: typeByName('_int4'), values: ['{0}', '{1}', '{3}', '{-1}', '{NULL}', '{}', null] }],
    ],
  }),
  call('trim_array(anyarray,int4)', { types: [['_int4', 'int4']], values: [undefined, INDEXES] }),
  ...['bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'text', 'date', 'timestamp', 'uuid'].flatMap(
    (type) =>
      ['text', 'varchar', 'bpchar'].map((target) =>
        call(`cast _${type} -> ${target}`, {
          sql: ([x]) => `CAST(${x} AS ${target})`,
          values: [ARRAYS[type] ?? []],
        }),
      ),
  ),
];
