import { describe, expect, it } from 'vitest';
import { shortenLists } from './long-lists.ts';
import { splitStatements } from './parse.ts';

const many = (count: number, value: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => value(index)).join(', ');

const only = (sql: string) => {
  const { sql: shortened, lists } = shortenLists(sql);
  expect(shortened).toHaveLength(sql.length);
  expect(Buffer.byteLength(shortened)).toBe(Buffer.byteLength(sql));
  return { shortened, tight: shortened.replace(/ +/g, ' '), lists: [...lists] };
};

describe('shortenLists', () => {
  it('leaves two literals and the places of all else', () => {
    const before = "SELECT 'é IN (1, 2' /* IN (3 */ FROM t WHERE a IN ";
    const sql = `${before}(${many(5000, (i) => String(i - 3))}) AND b NOT IN (7)`;
    const { shortened, tight, lists } = only(sql);
    expect(tight).toBe(`${before}(-3, -2 ) AND b NOT IN (7)`);
    expect(shortened.indexOf(') AND b')).toBe(sql.indexOf(') AND b'));
    expect(lists).toHaveLength(1);
    expect(lists[0]?.[0]).toBe(Buffer.byteLength(before));
    expect(lists[0]?.[1].values).toHaveLength(5000);
    expect(lists[0]?.[1].values.slice(0, 4)).toEqual(['-3', '-2', '-1', '0']);
  });

  it('leaves one literal of each type', () => {
    const sql = `a in (${many(4000, (i) => (i === 3000 ? '3000000000' : `00${i}`))},-2147483649)`;
    expect(only(sql).tight).toBe('a in (000, 001 , 3000000000 )');
    expect(only(sql).lists[0]?.[1].values.slice(-2)).toEqual(['3999', '-2147483649']);
  });

  it('reads strings with quotes in them', () => {
    const sql = `a IN (${many(4000, (i) => (i === 2 ? "'it''s, ('" : `'v${i}'`))}) OR b IN(${many(2000, () => "''")})`;
    const { tight, lists } = only(sql);
    expect(tight).toBe("a IN ('v0', 'v1' ) OR b IN('', '' )");
    expect(lists.map(([, { values }]) => [values.length, values[2]])).toEqual([
      [4000, "it's, ("],
      [2000, ''],
    ]);
  });

  it.each([
    ['few', `a IN (${many(999, (i) => String(i).padStart(18, ' '))})`],
    ['rows', `a IN (${many(5000, (i) => `(${i})`)})`],
    ['decimals', `a IN (${many(5000, (i) => `${i}.5`)})`],
    ['large', `a IN (${many(5000, (i) => `1000000000000000${i}`)})`],
    ['mixed', `a IN (${many(5000, (i) => (i === 4000 ? 'NULL' : String(i)))})`],
    ['escaped', `a IN (${many(5000, (i) => `'\\${i}'`)})`],
    ['beyond ASCII', `a IN (${many(5000, (i) => `'é${i}'`)})`],
    ['in quotes', `SELECT 'a IN (${many(5000, String)})'`],
    ['not closed', `a IN (${many(5000, String)}`],
    ['of something else', `f(${many(5000, String)})`],
  ])('leaves what is %s as it is', (_, sql) => {
    expect(shortenLists(sql)).toEqual({ sql, lists: new Map() });
  });

  it.each([
    ['string', `SELECT '${'x'.repeat(15_000_000)}', '${"''".repeat(40_000)}'`],
    ['escaped string', `SELECT E'${'x'.repeat(15_000_000)}'`],
    ['name', `SELECT "${'x'.repeat(15_000_000)}"`],
  ])('survives a long %s', (_, sql) => {
    expect(shortenLists(sql).lists.size).toBe(0);
    expect(splitStatements(`EXPLAIN ${sql}`)).toHaveLength(1);
  });

  it('gives the statements of the whole text', () => {
    const sql = `SELECT 'é';  SELECT 1 WHERE 1 IN (${many(200_000, String)}); SELECT 2`;
    const statements = splitStatements(sql);
    expect(statements.map(({ offset, text }) => sql.slice(offset, offset + text.length) === text)).toEqual([
      true,
      true,
      true,
    ]);
    expect(statements[1]?.text.endsWith('199999)')).toBe(true);
  });
});
