import type { DuckDBConnection } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  aggregateCall,
  asc,
  BOOL,
  big,
  call,
  column,
  equal,
  FLOAT8,
  filter,
  INT4,
  INT8,
  int,
  item,
  join,
  less,
  openPreluded,
  project,
  ref,
  rowsIn,
  sort,
  sqlOf,
  TEXT,
  text,
  values,
} from '../../test/support/plan-builders.ts';
import type { Expr } from '../plan/expr.ts';
import type { Plan } from '../plan/logical.ts';
import { numericType, OID, type SqlType, sqlType } from '../types/sql-type.ts';

let duckdb: DuckDBConnection;

beforeAll(async () => {
  duckdb = await openPreluded();
});

const rowsOf = (plan: Plan): Promise<unknown> => rowsIn(duckdb, plan);

describe('subqueries', () => {
  const outer = values([1], [1], [2], [null]);
  const withNull = values([2], [2], [null]);
  const compare = (quantifier: 'any' | 'all', op: string, plan: Plan): Expr => ({
    kind: 'subquery-compare',
    op,
    quantifier,
    left: ref(1),
    plan,
  });

  test.each([
    ['IN', compare('any', 'int4 = int4', withNull), [null, true, null]],
    ['NOT IN', { kind: 'not', arg: compare('any', 'int4 = int4', withNull) } as Expr, [null, false, null]],
    ['<> ALL', compare('all', 'int4 <> int4', withNull), [null, false, null]],
    ['< ANY', compare('any', 'int4 < int4', values([2], [2])), [true, false, null]],
    ['>= ALL over no rows', compare('all', 'int4 >= int4', values([2])), [true, true, true]],
  ])('%s', async (_name, expr, expected) => {
    const rows = await rowsOf(sort(project(outer, item(5, ref(1)), item(6, expr, BOOL)), asc(ref(5))));
    expect(rows).toEqual([1, 2, null].map((value, index) => [value, expected[index]]));
  });

  test('see the columns around them', async () => {
    const inner = filter(values([2], [1], [2], [3]), less(ref(2), ref(1)));
    const exists: Expr = { kind: 'exists', plan: inner };
    const total: Plan = {
      kind: 'aggregate',
      input: inner,
      groups: [],
      aggregates: [{ column: column(3, INT8), call: aggregateCall('count(*)', [], INT8) }],
    };
    const count: Expr = { kind: 'scalar-subquery', plan: total, type: INT8 };
    const renamed = project(outer, item(1, ref(1)));
    expect(
      await rowsOf(
        sort(project(renamed, item(5, ref(1)), item(6, exists, BOOL), item(7, count, INT8)), asc(ref(5))),
      ),
    ).toEqual([
      [1, false, 0n],
      [2, true, 1n],
      [null, false, 0n],
    ]);
  });

  test('a CTE read twice', async () => {
    const cte = (id: number): Plan => ({ kind: 'cte-ref', name: 'w"x', columns: [column(id)], of: [1] });
    const plan: Plan = {
      kind: 'with',
      name: 'w"x',
      definition: outer,
      body: sort(join('inner', cte(11), cte(12), less(ref(11), ref(12))), asc(ref(11))),
    };
    expect(await rowsOf(plan)).toEqual([[1, 2]]);
  });
});

describe('expressions', () => {
  const one = (expr: Expr, type: SqlType): Plan => project(values([1, 2], [7, 2]), item(9, expr, type));

  test('a costly operand is evaluated once', () => {
    const random = call(
      'float8 * float8',
      [call('random()', [], FLOAT8), { kind: 'const', type: FLOAT8, value: '10' }],
      FLOAT8,
    );
    expect(sqlOf(one(random, FLOAT8)).match(/random\(\)/g)).toHaveLength(1);
  });

  test('a long chain of checked operations stays small', async () => {
    const chain = Array.from({ length: 200 }).reduce<Expr>(
      (sum) => call('float8 + float8', [sum, call('cast int4 -> float8', [ref(1)], FLOAT8)], FLOAT8),
      { kind: 'const', type: FLOAT8, value: '0' },
    );
    expect(sqlOf(one(chain, FLOAT8)).length).toBeLessThan(30_000);
    expect(await rowsOf(one(chain, FLOAT8))).toEqual([[1400]]);
  });

  test('an error in a branch that is not taken is none', async () => {
    const guarded: Expr = {
      kind: 'case',
      branches: [{ when: equal(ref(2), int(0)), then: int(0) }],
      otherwise: call('int4 / int4', [ref(1), ref(2)]),
      type: INT4,
    };
    expect(await rowsOf(project(values([1, 2], [7, 0], [7, 2]), item(9, guarded)))).toEqual([[0], [3]]);
  });

  test('greatest and least ignore NULL, nullif and coalesce have the carrier of the result', async () => {
    const numeric = numericType(5, 2);
    const half: Expr = { kind: 'const', type: numericType(2, 1), value: '0.5' };
    const seven: Expr = { kind: 'const', type: numericType(3, 0), value: '700' };
    const exprs: readonly [Expr, SqlType][] = [
      [{ kind: 'greatest', args: [int(1), int(null), int(3)], type: INT4 }, INT4],
      [{ kind: 'least', args: [int(null), int(null)], type: INT4 }, INT4],
      [{ kind: 'nullif', op: 'int4 = int8', left: int(1), right: big(1), type: INT4 }, INT4],
      [{ kind: 'coalesce', args: [half, seven], type: numeric }, numeric],
      [{ kind: 'is-distinct', op: 'int4 = int4', left: int(null), right: int(1), negated: false }, BOOL],
      [{ kind: 'bool-test', arg: less(int(null), int(1)), test: 'unknown', negated: false }, BOOL],
    ];
    const plan = project(values([], []), ...exprs.map(([expr, type], index) => item(20 + index, expr, type)));
    const reader = await duckdb.runAndReadAll(sqlOf(plan));
    expect(reader.getRowsJson()).toEqual([[3, null, null, '0.50', true, true]]);
    expect(String(reader.columnType(3))).toBe('DECIMAL(5,2)');
  });

  const array = (...elements: readonly Expr[]): Expr => ({
    kind: 'array',
    elements,
    type: sqlType(OID.int4Array),
  });

  test.each([
    ['= ANY', 'int4 = int4', 'any', array(int(7), int(null)), true],
    ['= ANY of others and NULL', 'int4 = int4', 'any', array(int(8), int(null)), null],
    ['= ANY of nothing', 'int4 = int4', 'any', array(), false],
    ['<> ALL', 'int4 <> int4', 'all', array(int(8), int(9)), true],
    ['<> ALL with NULL', 'int4 <> int4', 'all', array(int(8), int(null)), null],
    ['> ALL', 'int4 > int4', 'all', array(int(6), int(5)), true],
    [
      '< ANY of an array value',
      'int4 < int4',
      'any',
      { kind: 'coalesce', args: [array(int(1), int(9))], type: sqlType(OID.int4Array) } as Expr,
      true,
    ],
  ] as const)('%s', async (_name, op, quantifier, items, expected) => {
    const expr: Expr = { kind: 'array-compare', op, quantifier, left: ref(1), array: items };
    expect(await rowsOf(one(expr, BOOL))).toEqual([[expected]]);
  });

  test('text is quoted', async () => {
    expect(await rowsOf(project(values([], []), item(9, text(`it's "x" \\ ;--`), TEXT)))).toEqual([
      [`it's "x" \\ ;--`],
    ]);
  });

  test('what the dialect table lacks is refused by name', () => {
    expect(() => sqlOf(one(call('frob(int4)', [ref(1)]), INT4))).toThrow('frob(int4) is not supported');
  });
});
