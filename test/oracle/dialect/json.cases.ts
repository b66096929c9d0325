import { type ArgumentValues, typeByName } from './edge-values.ts';
import { type AdmissionOptions, admits, type DialectCase } from './harness.ts';
import { sqlOf } from './signatures.ts';

const values = (type: string, ...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...items, null] },
];

const DOCUMENTS = [
  'null',
  'true',
  '1',
  '-1.50',
  '1e2',
  '"a"',
  '"a\\n\\"é\\u00e9\\ud83d\\ude00"',
  '[]',
  '{}',
  '[1, 2 ,3]',
  '["a", "b", null]',
  '{"a": 1}',
  '{"a": {"b": [1, "x", null, {"c": 1.50}]}, "c": 1.50}',
  '{"bb": 1, "a": 2, "a": "last", "": 0}',
  '{"é": "ü", "日本": [true, false], "0": "zero"}',
  '[[1, 2], [3, [4]], {"a": []}]',
  ' { "a" : [ 1 , 2 ] } ',
  '{"a": null}',
  '"\\b\\f\\r\\t/\\/\\\\"',
];
/** Valid as json, not as jsonb or text. */
const UNTEXTUAL = ['"\\u0000"', '{"a": "\\ud800"}', '["\\udc00x"]', '"\\ud800\\ud801"'];

const NUMBERS = ['0', '-0', '-0.0', '1E5', '1.5e-3', '12345678901234567890.123', '1e30', '1.0', '1.00'];
const KEYS = values('text', 'a', 'b', '', 'é', '0', 'bb', '日本');
const INDEXES = values('int4', '0', '1', '-1', '2', '-3', '-4', '2147483647', '-2147483648');
const PATHS = values(
  '_text',
  '{}',
  '{a}',
  '{a,b}',
  '{a,b,1}',
  '{a,b,-1,c}',
  '{1}',
  '{1,1,0}',
  '{-1}',
  '{a,NULL}',
  '{0}',
  '{+0}',
  '{x y}',
);

const documents = (type: string): readonly ArgumentValues[] =>
  type === 'json' ? values('json', ...DOCUMENTS, ...UNTEXTUAL) : values('jsonb', ...DOCUMENTS, ...NUMBERS);

const call = (signature: string, options: Partial<AdmissionOptions> = {}): DialectCase =>
  admits(signature, { sql: sqlOf(signature), messages: true, bound: 800, ...options });

const JSONB = documents('jsonb');
const PAIRS = [JSONB, JSONB] as const;

const access: readonly DialectCase[] = (['json', 'jsonb'] as const).flatMap((type) => {
  const at = documents(type);
  return [
    ...['->', '->>'].flatMap((operator) => [
      call(`${type} ${operator} text`, { values: [at, KEYS] }),
      call(`${type} ${operator} int4`, { values: [at, INDEXES] }),
    ]),
    ...['#>', '#>>'].map((operator) => call(`${type} ${operator} _text`, { values: [at, PATHS] })),
    ...['', '_text'].flatMap((form) => [
      call(`${type}_object_field${form}(${type},text)`, { values: [at, KEYS] }),
      call(`${type}_array_element${form}(${type},int4)`, { values: [at, INDEXES] }),
      call(`${type}_extract_path${form}(${type},_text)`, {
        sql: ([x, path]) => `${type}_extract_path${form}(${x}, VARIADIC ${path})`,
        values: [at, PATHS],
      }),
    ]),
    call(`${type}_array_length(${type})`, { values: [at] }),
    call(`${type}_typeof(${type})`, { values: [at] }),
  ];
});

const KEY_LISTS = values('_text', '{}', '{a}', '{a,bb}', '{NULL}', '{a,NULL,b}', '{"",0}');

const operators: readonly DialectCase[] = [
  ...['=', '<>', '<', '<=', '>', '>=', '@>', '<@', '||'].map((operator) =>
    call(`jsonb ${operator} jsonb`, { values: PAIRS }),
  ),
  call('jsonb ? text', { values: [JSONB, KEYS] }),
  call('jsonb ?| _text', { values: [JSONB, KEY_LISTS] }),
  call('jsonb ?& _text', { values: [JSONB, KEY_LISTS] }),
  call('jsonb - text', { values: [JSONB, KEYS] }),
  call('jsonb - int4', { values: [JSONB, INDEXES] }),
  call('jsonb - _text', { values: [JSONB, KEY_LISTS] }),
  call('jsonb #- _text', { values: [JSONB, PATHS] }),
];

const INSERTED = values('jsonb', '1', '{"n": [null]}', 'null');
const FLAGS = values('bool', 'true', 'false');

const functions: readonly DialectCase[] = [
  call('jsonb_contains(jsonb,jsonb)', { values: PAIRS }),
  call('jsonb_concat(jsonb,jsonb)', { values: PAIRS }),
  call('jsonb_exists(jsonb,text)', { values: [JSONB, KEYS] }),
  call('jsonb_exists_any(jsonb,_text)', { values: [JSONB, KEY_LISTS] }),
  call('jsonb_exists_all(jsonb,_text)', { values: [JSONB, KEY_LISTS] }),
  call('jsonb_delete_path(jsonb,_text)', { values: [JSONB, PATHS] }),
  call('jsonb_set(jsonb,_text,jsonb,bool)', { values: [JSONB, PATHS, INSERTED, FLAGS], bound: 2500 }),
  call('jsonb_insert(jsonb,_text,jsonb,bool)', { values: [JSONB, PATHS, INSERTED, FLAGS], bound: 2500 }),
  call('jsonb_strip_nulls(jsonb,bool)', { values: [JSONB, FLAGS] }),
  call('jsonb_pretty(jsonb)', { values: [JSONB] }),
];

const SCALARS =
  'bool int2 int4 int8 float4 float8 numeric text varchar date timestamp timestamptz time interval uuid bytea json jsonb'.split(
    ' ',
  );
const ARRAYS = ['_int4', '_int8', '_float8', '_text'];
const ZONES = ['UTC', 'Asia/Kolkata', 'America/New_York'];

const building: readonly DialectCase[] = (['json', 'jsonb'] as const).flatMap((type) => [
  call(`to_${type}(anyelement)`, { types: [...SCALARS, ...ARRAYS].map((name) => [name]), timeZones: ZONES }),
  call(`${type}_build_array()`),
  call(`${type}_build_object()`),
  call(`${type}_build_array(any)`, {
    types: [...[...SCALARS, ...ARRAYS].map((name) => [name]), ['int4', 'text', 'json']],
    timeZones: ['Asia/Kolkata'],
  }),
  call(`${type}_build_object(any)`, {
    types: [
      ...SCALARS.filter((name) => !name.startsWith('json')).map((name) => [name, 'int2']),
      ['text', 'json', 'int4', 'text'],
    ],
    timeZones: ['Asia/Kolkata'],
    bound: 200,
  }),
]);

const INPUTS = values(
  'text',
  ...DOCUMENTS,
  ...NUMBERS,
  ...UNTEXTUAL,
  ...[
    '',
    ' ',
    'abc',
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '--1',
    'nul',
    'True',
    'NaN',
    '1 2',
    '[1,]',
    '[1 2]',
    '[,1]',
    '[',
    ']',
  ],
  ...[
    '{',
    '}',
    '{a:1}',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{"a" 1}',
    '{1:2}',
    '"abc',
    '"a\nb"',
    '"\\x"',
    '"\\u12"',
    '1e400000',
  ],
  ...[
    "'a'",
    '[1}',
    '{"a":1]',
    '\u00a01',
    '"\\',
    '{"a":1}x',
    '"é\u0001"',
    '"\\é"',
    'é',
    '1é',
    '-',
    '[-]',
    '"\u007f"',
  ],
);

const NUMERIC_DOCUMENTS = values(
  'jsonb',
  ...NUMBERS,
  '1',
  '32767',
  '32768.4',
  '32767.5',
  '-32768.5',
  '2147483647.5',
  '9223372036854775807',
  '9223372036854775808',
  '1e-7',
  'null',
  'true',
  '"1"',
  '[1]',
  '{}',
);

const casts: readonly DialectCase[] = [
  ...['text', 'varchar', 'bpchar'].flatMap((text) => [
    ...['json', 'jsonb'].map((type) =>
      call(`cast ${text} -> ${type}`, {
        sql: ([x]) => `CAST(${x} AS ${type})`,
        ...(text === 'text' ? { values: [INPUTS] } : {}),
      }),
    ),
    ...['json', 'jsonb'].map((type) =>
      call(`cast ${type} -> ${text}`, { sql: ([x]) => `CAST(${x} AS ${text})`, values: [documents(type)] }),
    ),
  ]),
  call('cast json -> jsonb', { sql: ([x]) => `CAST(${x} AS jsonb)`, values: [documents('json')] }),
  call('cast jsonb -> json', { sql: ([x]) => `CAST(${x} AS json)`, values: [JSONB] }),
  ...['bool', 'int2', 'int4', 'int8', 'float4', 'float8'].map((type) =>
    call(`cast jsonb -> ${type}`, { sql: ([x]) => `CAST(${x} AS ${type})`, values: [NUMERIC_DOCUMENTS] }),
  ),
  call('cast jsonb -> numeric', {
    sql: ([x]) => `CAST(${x} AS numeric)`,
    values: [NUMERIC_DOCUMENTS],
    permits: 'quotient',
    mayRefuse: () => true,
  }),
];

const PAIRED = values('_text', '{}', '{a,b}', '{a,NULL}', '{NULL,a}', '{a}', '{a,1,a,2,bb,"x\\"y"}');
const VALUES = values('_text', '{}', '{1}', '{NULL}', '{x,y}', '{é,"\\"",3}');

const fromTexts: readonly DialectCase[] = (['json', 'jsonb'] as const).flatMap((type) => [
  call(`${type}_object(_text)`, { values: [PAIRED] }),
  call(`${type}_object(_text,_text)`, { values: [VALUES, VALUES] }),
]);

export const cases: readonly DialectCase[] = [
  ...fromTexts,
  call('json_strip_nulls(json,bool)', { values: [documents('json'), FLAGS] }),
  call('array_to_json(anyarray)', { types: ARRAYS.map((type) => [type]) }),
  ...access,
  ...operators,
  ...functions,
  ...building,
  ...casts,
];
