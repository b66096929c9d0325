import { OID, sqlType } from '../../../src/types/sql-type.ts';
import type { ArgumentValues } from './edge-values.ts';
import { admits, type DialectCase } from './harness.ts';

const texts = (...values: readonly (string | null)[]): readonly ArgumentValues[] => [
  { type: sqlType(OID.text), values: [...values, null] },
];

const LIKED = texts(
  '',
  'a',
  'abc',
  'ABC',
  'a%b',
  'a\\b',
  'a_b',
  'axxb',
  'a\nb',
  'é',
  'É',
  'ß',
  'ẞ',
  'İ',
  'i',
  '😀',
  'aa\\',
);
const LIKES = texts(
  ...[
    '',
    '%',
    '_',
    'a%',
    '%b',
    '%b%',
    'a_c',
    'A%',
    'a\\%b',
    'a\\\\b',
    'a\\_b',
    '%\\',
    '\\',
    'a\\',
    'é',
    '_%_',
    'İ',
    'i',
    '\\a',
    'ẞ',
    'ß',
  ],
);

const likes = ['~~', '!~~', '~~*', '!~~*'].flatMap((operator) =>
  [undefined, [1]].map((constant) =>
    admits(`text ${operator} text`, {
      sql: ([text, pattern]) => `${text} OPERATOR(pg_catalog.${operator}) ${pattern}`,
      values: [LIKED, LIKES],
      ...(constant === undefined ? {} : { constant }),
    }),
  ),
);

const MATCHED = texts(
  ...[
    '',
    'a',
    'abc',
    'ABC',
    'foobar',
    'foo123bar',
    'a\nb',
    'a.b',
    'user@example.com',
    'https://shop.example.org/a/b?c=d',
  ],
  ...[
    '2024-01-05',
    'é',
    'É',
    'straße',
    'aaa',
    'ab ab',
    'x_y-z',
    'a\\b',
    '😀',
    'k',
    'K',
    '\u212a',
    'C536379',
    '  12.50 €',
    'ſ',
  ],
);

const PATTERNS = texts(
  ...[
    'a',
    '^a',
    'b$',
    '^$',
    '',
    'a|b',
    '(a|b)c',
    '[a-c]+',
    '[^a-c]',
    '^[A-Z]\\d+$',
    '\\d{3}',
    '\\s',
    '\\w+',
    '\\W',
    '\\D',
  ],
  ...[
    'a.b',
    'a\\.b',
    '.',
    '^.{3}$',
    'o+',
    'o*b',
    'o?b',
    '[[:alpha:]]+',
    '[[:digit:]]',
    '[[:space:]]',
    '[]a]',
    '[^]a]',
  ],
  ...[
    '[a-]',
    '[-a]',
    '\\\\',
    '(?:ab)+',
    'é',
    'k',
    '(?i)abc',
    'foo|foobar',
    'a{2}',
    'a{2,}',
    '[[:alnum:]_]+@[a-z.]+',
  ],
  ...[
    'a**',
    '*a',
    '(a',
    'a)',
    '[a',
    'a{2',
    '\\y',
    '\\1',
    '(?=a)',
    '[[:upper:]]',
    '[b-a]',
    'a{300}',
    '\\',
    '***:a',
    '(|a)',
    '()',
  ],
  ...[
    '\\mab',
    'ab\\M',
    '\\Abc?|c\\Z',
    '[[:<:]]b',
    '[[=a=]][[.b.]]',
    '[^[:punct:]]$',
    '([ab])\\1',
    '^(?!a)',
    '(?<=o)b',
    '(?<!o)b',
    '***=a.b',
    '(?ix) a b # c',
  ],
  ...[
    '[[:x:]]',
    '[a-\\d]',
    '\\q',
    '***a',
    '(?z)a',
    'a{2,1}',
    'a{1',
    '\\x',
    '(a)\\2',
    '(?a',
    '[a-[:alpha:]]',
    '(?=a)*',
  ],
);

/** Forms that DuckDB's rewrite of simple patterns to LIKE gets wrong, among others. */
const ANCHORED = texts(
  ...[
    '$$',
    '(?:)$',
    'a$b',
    '^(?:)',
    '(^|b)a',
    'a(b|$)',
    '^a|b$',
    'a$|^b',
    '^.*$',
    '^a.*',
    '.*b$',
    '^a%',
    '_$',
    '^^a',
    '(^a)',
  ],
);

const EXTRACTS = texts(
  ...[
    '[0-9]+',
    '^[^@]+',
    '@(.*)$',
    '^([^@]+)@',
    '^https?://([^/]+)',
    '\\d+',
    'a',
    'a|b',
    '([a-z])([0-9])',
    '(a)|b',
    'o*',
    'a|ab',
    '^.*?b',
    '(.*)b',
    '^\\s+|\\s+$',
    '(a|ab)(c|bcd)?',
    '((a|ab)(c|b)?)',
    '(.+?)-(.+)',
    '^(?:https?://)?([^/]+)',
  ],
  ...[
    'foo(bar)?',
    'x*',
    '[a-z]+',
    '(\\d{4})-(\\d{2})',
    'foo|foobar',
    '.*@',
    '(?:ab ?)+',
    '[0-9]+\\.[0-9]{2}',
    'a+?',
    '([a-z]+)[0-9]',
  ],
  ...[
    '(a|b)*',
    '(?:(a)|b)+',
    '(.)\\1',
    '',
    '$',
    '\\y',
    '(?<=o).',
    '(a+?)(b*)',
    '(?:a|ab)??(b|c)*',
    '[[:upper:]]',
    '(',
  ],
);

const REPLACEMENTS = texts('', 'x', '[\\&]', '\\1', '\\\\', '\\2-\\1', '\\', '$1', '\\0');

const SIMILAR = texts(
  'a%',
  '%b%',
  '_',
  'abc|foo%',
  '(a|b)%',
  '[a-c]+',
  'a.b',
  'a\\%',
  '%',
  'a{3}',
  '^a',
  '',
  'x\\_y%',
  '[]a]_',
  '[^]_%]%',
  '[[:alpha:]%]_',
  'a"b"',
  '[a',
);

/** With separators of the part that is wanted. */
const SEPARATED = [
  '%',
  'foo#"%#"bar',
  '#"_#"%',
  '%#"b#"',
  '[#"]%',
  'a#"b#"c#"',
  '[^[:alpha:]]#"%#"',
  '\\"%',
  '(',
];

const regexes = ['~', '!~', '~*', '!~*'].flatMap((operator) =>
  ['text', 'name', 'bpchar'].map((type) =>
    admits(`${type} ${operator} text`, {
      sql: ([text, pattern]) => `${text} OPERATOR(pg_catalog.${operator}) ${pattern}`,
      values: [type === 'text' ? MATCHED : undefined, PATTERNS],
      ...(operator === '!~' ? {} : { constant: [1] }),
      bound: 1200,
      messages: true,
    }),
  ),
);

const functionOf = (signature: string): ((args: readonly string[]) => string) => {
  if (signature === 'text ~ text') return ([text, pattern]) => `${text} ~ ${pattern}`;
  const name = signature.slice(0, signature.indexOf('('));
  return (args) => `${name}(${args.join(', ')})`;
};

const withPattern = (signature: string, values: readonly (readonly ArgumentValues[])[]): DialectCase =>
  admits(signature, {
    sql: functionOf(signature),
    values: [MATCHED, ...values],
    ...(values.length === 1 ? { constant: [1] } : {}),
    bound: 900,
  });

const starts: readonly ArgumentValues[] = [
  { type: sqlType(OID.int4), values: ['1', '2', '4', '100', '0', null] },
];
const counts: readonly ArgumentValues[] = [{ type: sqlType(OID.int4), values: ['1', '2', '0', '-1'] }];
const ends: readonly ArgumentValues[] = [{ type: sqlType(OID.int4), values: ['0', '1', '2'] }];
const groups: readonly ArgumentValues[] = [{ type: sqlType(OID.int4), values: ['0', '1', '2', '-1'] }];
const FLAGS = texts('i', '', 'x');

/** A pattern, and what follows it: constants, or columns where there are flags. */
const positioned = (
  signature: string,
  values: readonly (readonly ArgumentValues[])[],
  flagsAt?: number,
): DialectCase =>
  admits(signature, {
    sql: functionOf(signature),
    values: [MATCHED, EXTRACTS, ...values],
    ...(flagsAt === undefined ? { constant: [1] } : {}),
    bound: 900,
  });

const regexpPositions: readonly DialectCase[] = [
  positioned('regexp_split_to_array(text,text)', []),
  positioned('regexp_split_to_array(text,text,text)', [FLAGS], 2),
  positioned('regexp_count(text,text,int4)', [starts]),
  positioned('regexp_count(text,text,int4,text)', [starts, FLAGS], 3),
  positioned('regexp_instr(text,text)', []),
  positioned('regexp_instr(text,text,int4)', [starts]),
  positioned('regexp_instr(text,text,int4,int4)', [starts, counts]),
  positioned('regexp_instr(text,text,int4,int4,int4)', [starts, counts, ends]),
  positioned('regexp_instr(text,text,int4,int4,int4,text)', [starts, counts, ends, FLAGS], 5),
  positioned('regexp_instr(text,text,int4,int4,int4,text,int4)', [starts, counts, ends, FLAGS, groups], 5),
  positioned('regexp_substr(text,text,int4)', [starts]),
  positioned('regexp_substr(text,text,int4,int4)', [starts, counts]),
  positioned('regexp_substr(text,text,int4,int4,text)', [starts, counts, FLAGS], 4),
  positioned('regexp_substr(text,text,int4,int4,text,int4)', [starts, counts, FLAGS, groups], 4),
  ...['', ',int4', ',int4,text'].map((more) =>
    admits(`regexp_replace(text,text,text,int4${more})`, {
      sql: functionOf('regexp_replace('),
      values: [
        MATCHED,
        EXTRACTS,
        REPLACEMENTS,
        starts,
        ...(more === '' ? [] : [counts]),
        ...(more.endsWith('text') ? [FLAGS] : []),
      ],
      ...(more === '' ? { constant: [1, 2] } : {}),
      bound: 1200,
    }),
  ),
];

export const cases: readonly DialectCase[] = [
  withPattern('text ~ text', [ANCHORED]),
  ...likes,
  ...['name', 'bpchar'].flatMap((type) =>
    ['~~', '!~~', '~~*', '!~~*'].map((operator) =>
      admits(`${type} ${operator} text`, {
        sql: ([text, pattern]) => `${text} OPERATOR(pg_catalog.${operator}) ${pattern}`,
        values: [undefined, LIKES],
      }),
    ),
  ),
  admits('like_escape(text,text)', {
    sql: ([pattern, mark]) => `like_escape(${pattern}, ${mark})`,
    values: [LIKES, texts('', '\\', 'a', '%', 'é', 'ab')],
  }),
  admits('similar_to_escape(text)', {
    sql: ([pattern]) => `similar_to_escape(${pattern})`,
    values: [SIMILAR],
  }),
  admits('similar_to_escape(text,text)', {
    sql: ([pattern, mark]) => `similar_to_escape(${pattern}, ${mark})`,
    values: [SIMILAR, texts('', '\\', 'a', '%', 'é', 'ab')],
  }),
  ...regexes,
  withPattern('substring(text,text)', [EXTRACTS]),
  admits('substring(text,text,text)', {
    sql: ([text, pattern, mark]) => `substring(${text}, ${pattern}, ${mark})`,
    values: [MATCHED, texts(...SEPARATED), texts('#', '\\', '', 'ab')],
    messages: true,
  }),
  withPattern('regexp_substr(text,text)', [EXTRACTS]),
  withPattern('regexp_match(text,text)', [EXTRACTS]),
  withPattern('regexp_match(text,text,text)', [EXTRACTS, texts('i', '', 'g')]),
  withPattern('regexp_like(text,text)', [PATTERNS]),
  withPattern('regexp_like(text,text,text)', [PATTERNS, texts('i', '', 'n')]),
  withPattern('regexp_count(text,text)', [EXTRACTS]),
  withPattern('regexp_replace(text,text,text)', [EXTRACTS, REPLACEMENTS]),
  withPattern('regexp_replace(text,text,text,text)', [EXTRACTS, REPLACEMENTS, texts('g', 'gi', 'x')]),
  ...regexpPositions,
];
