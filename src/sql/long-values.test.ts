import { expect, it } from 'vitest';
import { shortenInsert } from './long-values.ts';
import { splitStatements } from './parse.ts';

const rows = (count: number, row: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => row(i)).join(',\n  ');

it('keeps a row of each kind of literal, and all their values', () => {
  const sql = `/* dbt */ insert into "s"."t" (a, b, "values", d) values ${rows(
    2000,
    (i) =>
      `(${i}, 'it''s é ${i}', ${i % 7 === 3 ? 'null' : `${i}.5`}, ${i === 9 ? "E'a\\\\b\\''" : "'2024-01-01'::date"})`,
  )} on conflict do nothing`;
  const { sql: short, values } = shortenInsert(sql);
  expect(Buffer.byteLength(short)).toBe(Buffer.byteLength(sql));
  expect(values?.kept).toEqual([0, 1, 3, 9]);
  expect(values?.rows).toHaveLength(2000);
  expect(values?.rows[9]).toEqual([
    { kind: 'int4', text: '9' },
    { kind: 'string', text: "it's é 9" },
    { kind: 'numeric', text: '9.5' },
    { kind: 'string', text: "a\\b'" },
  ]);
  expect(short.replace(/\s+/g, ' ')).toMatchInlineSnapshot(
    `"/* dbt */ insert into "s"."t" (a, b, "values", d) values (0, 'it''s é 0', 0.5, '2024-01-01'::date), (1, 'it''s é 1', 1.5, '2024-01-01'::date) , (3, 'it''s é 3', null, '2024-01-01'::date) , (9, 'it''s é 9', 9.5, E'a\\\\b\\'') on conflict do nothing"`,
  );
  const [statement, another] = splitStatements(sql);
  expect([statement?.text, another]).toEqual([sql.slice('/* dbt */ '.length), undefined]);
});

it('leaves alone what is short, or holds anything but literals', () => {
  for (const sql of [
    'insert into t values (1), (2)',
    `insert into t values ${rows(5000, (i) => `(${i}, now())`)}`,
    `insert into t values ${rows(5000, (i) => `(${i}, default)`)}`,
    `insert into t values ${rows(5000, (i) => (i === 4000 ? '(1, 2)' : `(${i})`))}`,
    `select ${rows(9000, (i) => `${i} as values`)}`,
  ]) {
    expect(shortenInsert(sql)).toEqual({ sql, values: undefined });
  }
});
