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

const refusable = (): boolean => true;

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
);

const regexes = ['~', '!~', '~*', '!~*'].flatMap((operator) =>
  ['text', 'name', 'bpchar'].map((type) =>
    admits(`${type} ${operator} text`, {
      sql: ([text, pattern]) => `${text} OPERATOR(pg_catalog.${operator}) ${pattern}`,
      values: [type === 'text' ? MATCHED : undefined, PATTERNS],
      constant: [1],
      mayRefuse: refusable,
      bound: 1200,
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
    constant: values.map((_, index) => index + 1),
    mayRefuse: refusable,
    bound: 900,
  });

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
    constant: [0, 1],
  }),
  admits('similar_to_escape(text)', {
    sql: ([pattern]) => `similar_to_escape(${pattern})`,
    values: [SIMILAR],
    constant: [0],
    mayRefuse: refusable,
  }),
  admits('similar_to_escape(text,text)', {
    sql: ([pattern, mark]) => `similar_to_escape(${pattern}, ${mark})`,
    values: [SIMILAR, texts('', '\\', 'a', '%', 'é', 'ab')],
    constant: [0, 1],
    mayRefuse: refusable,
  }),
  ...regexes,
  withPattern('substring(text,text)', [EXTRACTS]),
  withPattern('regexp_substr(text,text)', [EXTRACTS]),
  withPattern('regexp_match(text,text)', [EXTRACTS]),
  withPattern('regexp_match(text,text,text)', [EXTRACTS, texts('i', '', 'g')]),
  withPattern('regexp_like(text,text)', [PATTERNS]),
  withPattern('regexp_like(text,text,text)', [PATTERNS, texts('i', '', 'n')]),
  withPattern('regexp_count(text,text)', [EXTRACTS]),
  withPattern('regexp_replace(text,text,text)', [EXTRACTS, REPLACEMENTS]),
  withPattern('regexp_replace(text,text,text,text)', [EXTRACTS, REPLACEMENTS, texts('g', 'gi', 'x')]),
];
