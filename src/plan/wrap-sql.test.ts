import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrapSql } from './wrap-sql.ts';

test('what fits stays on a line', () => {
  expect(wrapSql('SELECT 1')).toBe('SELECT 1');
});

test('clauses, subqueries and lists begin lines', () => {
  const inner = `SELECT k0 AS c1 /* a, FROM (x */, k1 AS c2 FROM t WHERE (k0 = ' FROM ) ') AND (k1 > 1000000000000000000) AND (k1 < 2000000000000000000)`;
  expect(wrapSql(`SELECT c1 AS c9, sum(c2) AS c3 FROM (${inner}) GROUP BY 1 ORDER BY c9 NULLS FIRST`)).toBe(
    [
      'SELECT c1 AS c9, sum(c2) AS c3',
      'FROM (',
      '  SELECT k0 AS c1 /* a, FROM (x */, k1 AS c2',
      '  FROM t',
      `  WHERE (k0 = ' FROM ) ') AND (k1 > 1000000000000000000) AND (k1 < 2000000000000000000)`,
      ')',
      'GROUP BY 1',
      'ORDER BY c9 NULLS FIRST',
    ].join('\n'),
  );
});

test('nothing but blanks changes, whatever the text', () => {
  const part = fc.constantFrom(
    ...[
      'SELECT ',
      ' FROM ',
      '(',
      ')',
      "'",
      '"',
      '/*',
      '*/',
      ', ',
      ' AND ',
      'abc',
      ' WHERE ',
      '(SELECT ',
      'x'.repeat(40),
    ],
  );
  const flat = (text: string) => text.replaceAll(/\s+/g, '');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
      const sql = parts.join('');
      expect(flat(wrapSql(sql))).toBe(flat(sql));
    }),
  );
});
