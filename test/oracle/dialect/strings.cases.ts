import { type ArgumentValues, typeByName } from './edge-values.ts';
import { type AdmissionOptions, admits, type DialectCase } from './harness.ts';
import { sqlOf } from './signatures.ts';

const values = (type: string, ...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...items, null] },
];
const texts = (...items: readonly string[]): readonly ArgumentValues[] => values('text', ...items);

const call = (signature: string, options: Partial<AdmissionOptions> = {}): DialectCase =>
  admits(signature, { sql: sqlOf(signature), messages: true, ...options });

const TEMPLATES = texts(
  ...[
    '',
    'plain',
    '%s',
    '%I',
    '%L',
    '%%',
    '%s %s',
    '%2$s %1$s',
    '%10s|',
    '%-10s|',
    '%1$-5s|%1$5s|',
    '%*s',
    '%2$*1$s',
  ],
  ...[
    '%',
    '%x',
    '%0$s',
    '%3$s',
    '100%',
    '%*0$s',
    '%s%',
    '%-s',
    '%99999999999s',
    '%1$',
    'é %s 日',
    '%5%',
    '%*1x',
  ],
);
const NAMES = texts(
  '',
  'a',
  'A',
  'a b',
  'select',
  'name',
  'x"y',
  "it's",
  'back\\slash',
  'é',
  '1a',
  'a1_$',
  'value',
  'json',
);

const IDENTIFIERS = texts(
  ...[
    'a',
    'A.b',
    '"A".b',
    ' a . b ',
    '"a""b"',
    'a.',
    '.a',
    'a..b',
    '',
    ' ',
    '1a',
    'a b',
    '"',
    '""',
    'a$1',
    'é.É',
    '"a"b',
    'a.b.c.d',
    'a-b',
  ],
);
const ESCAPED = texts(
  ...[
    '',
    'abc',
    '\\0061',
    '\\u0061',
    '\\+01F600',
    '\\U0001F600',
    '\\\\',
    '\\d83d\\de00',
    '\\d83d',
    '\\de00',
    '\\d83dx',
    '\\xyz',
    '\\',
    '\\0000',
    '\\U00110000',
    'é\\00e9',
    '\\d83d\\0061',
  ],
);
const COMPOSED = texts('', 'abc', 'é', 'e\u0301', 'Å', 'ﬁ', '①', '가', '\u1100\u1161', '日本', '😀', 'ẛ̣');

const SCALARS =
  'bool int2 int4 int8 float4 float8 numeric text varchar date timestamp time interval uuid bytea json'.split(
    ' ',
  );

export const cases: readonly DialectCase[] = [
  call('format(text,any)', {
    types: [['text', 'int4', 'text']],
    values: [TEMPLATES, undefined, NAMES],
    bound: 2000,
  }),
  call('format(text)', { values: [TEMPLATES] }),
  call('quote_ident(text)', { values: [NAMES] }),
  call('quote_nullable(text)', { values: [NAMES] }),
  call('quote_literal(anyelement)', { types: SCALARS.map((type) => [type]) }),
  call('quote_nullable(anyelement)', { types: SCALARS.map((type) => [type]) }),
  call('parse_ident(text,bool)', { values: [IDENTIFIERS, undefined] }),
  call('unistr(text)', { values: [ESCAPED] }),
  call('normalize(text,text)', {
    sql: ([x, form]) => `normalize(${x}, ${/NFK?[CD]/.exec(form ?? '')?.[0] ?? 'NFC'})`,
    values: [
      COMPOSED,
      values('text', 'NFC', 'NFD', 'NFKC', 'NFKD').map((of) => ({
        ...of,
        values: of.values.filter((x) => x !== null),
      })),
    ],
    constant: [1],
  }),
  call('is_normalized(text,text)', {
    sql: ([x, form]) => `${x} IS ${/NFK?[CD]/.exec(form ?? '')?.[0] ?? 'NFC'} NORMALIZED`,
    values: [
      COMPOSED,
      values('text', 'NFC', 'NFD', 'NFKC', 'NFKD').map((of) => ({
        ...of,
        values: of.values.filter((x) => x !== null),
      })),
    ],
    constant: [1],
  }),
  ...['int4', 'int8'].flatMap((type) => [call(`to_bin(${type})`), call(`to_oct(${type})`)]),
  ...['length', 'char_length', 'character_length'].map((name) => call(`${name}(bpchar)`)),
  call('textcat(text,text)', { values: [NAMES, NAMES] }),
  call('string_to_array(text,text,text)', {
    values: [
      texts('', 'a', 'a,b,,c', 'x,*,y', 'aNULLb'),
      texts('', ',', 'NULL', 'ab'),
      texts('', 'a', '*', 'b'),
    ],
  }),
  ...['texteq', 'textne', 'text_lt', 'text_le', 'text_gt', 'text_ge'].map((name) =>
    call(`${name}(text,text)`, { values: [NAMES, NAMES] }),
  ),
];
