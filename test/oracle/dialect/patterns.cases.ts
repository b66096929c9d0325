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

export const cases: readonly DialectCase[] = [
  ...likes,
  admits('like_escape(text,text)', {
    sql: ([pattern, escape]) => `like_escape(${pattern}, ${escape})`,
    values: [LIKES, texts('', '\\', 'a', '%', 'é', 'ab')],
    constant: [0, 1],
  }),
];
