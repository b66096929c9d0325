import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AggregateCall, Expr, SortKey } from '../plan/expr.ts';
import type { Column, JoinPlan, Plan, ProjectItem } from '../plan/logical.ts';
import { numericType, OID, type SqlType, sqlType } from '../types/sql-type.ts';
import { PRELUDE, PRELUDE_VERSION } from './prelude.ts';
import { printPlan } from './print.ts';

const INT4 = sqlType(OID.int4);
const INT8 = sqlType(OID.int8);
const BOOL = sqlType(OID.bool);
const TEXT = sqlType(OID.text);
const FLOAT8 = sqlType(OID.float8);

let duckdb: DuckDBConnection;

beforeAll(async () => {
  duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  for (const statement of PRELUDE) await duckdb.run(statement);
});

const sqlOf = (plan: Plan): string =>
  printPlan(plan, {
    scan: ({ table, columns }) =>
      `(SELECT ${columns.map(({ id, source }) => `${source.name} AS c${id}`).join(', ')} FROM ${table})`,
    relation: (name) => name,
  });

async function rowsOf(plan: Plan): Promise<unknown> {
  return (await duckdb.runAndReadAll(sqlOf(plan))).getRowsJS();
}

const column = (id: number, type: SqlType = INT4): Column => ({ id, type, name: '' });
const ref = (id: number, type: SqlType = INT4): Expr => ({ kind: 'column', id, type });
const int = (value: number | null): Expr => ({
  kind: 'const',
  type: INT4,
  value: value === null ? null : String(value),
});
const big = (value: number | null): Expr => ({
  kind: 'const',
  type: INT8,
  value: value === null ? null : String(value),
});
const text = (value: string | null): Expr => ({ kind: 'const', type: TEXT, value });
const call = (fn: string, args: readonly Expr[], type: SqlType = INT4): Expr => ({
  kind: 'call',
  fn,
  args,
  type,
});
const plus = (a: Expr, b: Expr): Expr => call('int4 + int4', [a, b]);
const equal = (a: Expr, b: Expr): Expr => call('int4 = int4', [a, b], BOOL);
const less = (a: Expr, b: Expr): Expr => call('int4 < int4', [a, b], BOOL);
const item = (id: number, expr: Expr, type: SqlType = INT4): ProjectItem => ({
  column: column(id, type),
  expr,
});
const asc = (expr: Expr): SortKey => ({ expr, descending: false, nullsFirst: false });
const desc = (expr: Expr): SortKey => ({ expr, descending: true, nullsFirst: true });
const TRUE: Expr = { kind: 'const', type: BOOL, value: 'true' };

function values(ids: readonly number[], ...rows: readonly (readonly (number | null)[])[]): Plan {
  return { kind: 'values', columns: ids.map((id) => column(id)), rows: rows.map((row) => row.map(int)) };
}

const scan: Plan = {
  kind: 'scan',
  table: 't',
  tableKind: 'federated',
  shards: undefined,
  columns: [
    { ...column(1), source: { kind: 'physical', name: 'a' } },
    { ...column(2), source: { kind: 'physical', name: 'b' } },
  ],
};

const aggregateCall = (fn: string, args: readonly Expr[], type: SqlType): AggregateCall => ({
  fn,
  args,
  distinct: false,
  orderBy: [],
  filter: undefined,
  type,
});

const project = (input: Plan, ...items: readonly ProjectItem[]): Plan => ({ kind: 'project', input, items });
const sort = (input: Plan, ...keys: readonly SortKey[]): Plan => ({ kind: 'sort', input, keys });
const limit = (input: Plan, count: Expr | undefined, offset?: Expr, withTies = false): Plan => ({
  kind: 'limit',
  input,
  limit: count,
  offset,
  withTies,
});
const filter = (input: Plan, predicate: Expr): Plan => ({ kind: 'filter', input, predicate });
const join = (type: JoinPlan['type'], left: Plan, right: Plan, condition: Expr, lateral = false): Plan => ({
  kind: 'join',
  type,
  left,
  right,
  condition,
  lateral,
});

describe('one block', () => {
  test('holds scan, filter, projection, sort and limit', () => {
    const plan = limit(
      sort(project(filter(scan, less(ref(1), int(5))), item(3, plus(ref(1), ref(2)))), asc(ref(3))),
      big(10),
      big(2),
    );
    expect(sqlOf(plan)).toBe(
      'SELECT (c1 + c2) AS c3 FROM (SELECT a AS c1, b AS c2 FROM t) WHERE (c1 < 5::INTEGER) ' +
        'ORDER BY c3 NULLS LAST LIMIT 10 OFFSET 2',
    );
  });

  test('holds an aggregation, sorted by an aggregate that is not in the result', () => {
    const grouped: Plan = {
      kind: 'aggregate',
      input: scan,
      groups: [item(3, ref(1))],
      aggregates: [{ column: column(4, INT8), call: aggregateCall('sum(int4)', [ref(2)], INT8) }],
    };
    expect(sqlOf(project(sort(grouped, desc(ref(4, INT8))), item(5, ref(3))))).toBe(
      'SELECT c1 AS c5 FROM (SELECT a AS c1, b AS c2 FROM t) GROUP BY 1 ' +
        'ORDER BY CAST(sum(c2) AS BIGINT) DESC NULLS FIRST',
    );
  });

  test('gives way to a subquery where the next clause comes too late', () => {
    const distinct: Plan = { kind: 'distinct', input: project(scan, item(3, ref(1))) };
    expect(sqlOf(filter(distinct, less(ref(3), int(5))))).toBe(
      'SELECT c3 FROM (SELECT DISTINCT c1 AS c3 FROM (SELECT a AS c1, b AS c2 FROM t)) WHERE (c3 < 5::INTEGER)',
    );
  });
});

describe('order', () => {
  const input = values([1, 2], [3, 1], [1, 2], [null, 3], [2, 4]);

  test('survives projections, also of the sort key', async () => {
    expect(await rowsOf(project(sort(input, asc(ref(1))), item(5, ref(2))))).toEqual([[2], [4], [1], [3]]);
  });

  test('survives a projection over DISTINCT and over a limit', async () => {
    const distinct: Plan = { kind: 'distinct', input };
    const top = limit(sort(distinct, desc(ref(1))), big(3));
    expect(await rowsOf(project(top, item(5, plus(ref(2), int(1)))))).toEqual([[4], [2], [5]]);
  });

  test('puts NULLs where the key says', async () => {
    const first: SortKey = { expr: ref(1), descending: false, nullsFirst: true };
    const last: SortKey = { expr: ref(1), descending: true, nullsFirst: false };
    expect(await rowsOf(project(sort(input, first), item(5, ref(1))))).toEqual([[null], [1], [2], [3]]);
    expect(await rowsOf(project(sort(input, last), item(5, ref(1))))).toEqual([[3], [2], [1], [null]]);
  });

  test('by an expression that is not in the result', async () => {
    expect(await rowsOf(project(sort(input, desc(plus(ref(1), ref(2)))), item(5, ref(1))))).toEqual([
      [null],
      [2],
      [3],
      [1],
    ]);
  });
});

describe('limit', () => {
  const input = sort(values([1], [1], [2], [2], [3], [3], [3]), asc(ref(1)));

  test('NULL is none', async () => {
    expect(await rowsOf(limit(input, big(null), big(null)))).toHaveLength(6);
  });

  test('of a computed number of rows', async () => {
    const two: Expr = {
      kind: 'scalar-subquery',
      plan: project(values([], []), item(9, big(2), INT8)),
      type: INT8,
    };
    expect(await rowsOf(limit(input, two, two))).toEqual([[2], [3]]);
  });

  test('negative', async () => {
    expect(() => sqlOf(limit(input, big(-1)))).toThrow('LIMIT must not be negative');
    expect(() => sqlOf(limit(input, undefined, big(-1)))).toThrow('OFFSET must not be negative');
    const minus: Expr = {
      kind: 'scalar-subquery',
      plan: project(values([], []), item(9, big(-1), INT8)),
      type: INT8,
    };
    await expect(rowsOf(limit(input, minus))).rejects.toThrow('SKEIN:2201W:LIMIT must not be negative');
  });

  test('WITH TIES', async () => {
    expect(await rowsOf(limit(input, big(2), undefined, true))).toEqual([[1], [2], [2]]);
    expect(await rowsOf(limit(input, big(1), big(2), true))).toEqual([[2]]);
    expect(await rowsOf(limit(input, big(1), big(3), true))).toEqual([[3], [3], [3]]);
    expect(await rowsOf(limit(input, big(0), big(1), true))).toEqual([]);
    const computed = sort(
      project(values([1], [1], [2], [3]), item(2, call('int4 / int4', [ref(1), int(2)]))),
      asc(ref(2)),
    );
    expect(await rowsOf(limit(computed, big(2), undefined, true))).toEqual([[0], [1], [1]]);
  });
});

describe('joins', () => {
  const left = values([1], [1], [2], [null]);
  const right = values([2], [2], [3], [null]);
  const sorted = (plan: Plan, ...ids: number[]): Plan => sort(plan, ...ids.map((id) => asc(ref(id))));

  test.each([
    ['inner', [[2, 2]]],
    [
      'left',
      [
        [1, null],
        [2, 2],
        [null, null],
      ],
    ],
    [
      'right',
      [
        [2, 2],
        [null, 3],
        [null, null],
      ],
    ],
    [
      'full',
      [
        [1, null],
        [2, 2],
        [null, 3],
        [null, null],
        [null, null],
      ],
    ],
  ] as const)('%s', async (type, expected) => {
    expect(await rowsOf(sorted(join(type, left, right, equal(ref(1), ref(2))), 1, 2))).toEqual(expected);
  });

  test('semi and anti, with NULLs that match nothing', async () => {
    expect(await rowsOf(sorted(join('semi', left, right, equal(ref(1), ref(2))), 1))).toEqual([[2]]);
    expect(await rowsOf(sorted(join('anti', left, right, equal(ref(1), ref(2))), 1))).toEqual([[1], [null]]);
    expect(await rowsOf(sorted(join('anti', left, right, TRUE), 1))).toEqual([]);
  });

  test('a filter of a nullable side stays below the join', async () => {
    const filtered = filter(right, less(ref(2), int(3)));
    expect(await rowsOf(sorted(join('left', left, filtered, equal(ref(1), ref(2))), 1))).toEqual([
      [1, null],
      [2, 2],
      [null, null],
    ]);
    const kept = filter(left, less(ref(1), int(2)));
    expect(await rowsOf(sorted(join('full', kept, right, equal(ref(1), ref(2))), 1, 2))).toEqual([
      [1, null],
      [null, 2],
      [null, 3],
      [null, null],
    ]);
  });

  test('nested on the right', async () => {
    const inner = join('inner', right, values([3], [2]), equal(ref(2), ref(3)));
    expect(await rowsOf(sorted(join('left', left, inner, equal(ref(1), ref(2))), 1))).toEqual([
      [1, null, null],
      [2, 2, 2],
      [null, null, null],
    ]);
  });

  test('lateral', async () => {
    const correlated = project(
      filter(values([3], [1], [2]), less(ref(3), ref(1))),
      item(4, plus(ref(3), ref(1))),
    );
    expect(await rowsOf(sorted(join('inner', left, correlated, TRUE, true), 1))).toEqual([[2, 3]]);
    expect(await rowsOf(sorted(join('left', left, correlated, less(int(0), ref(4)), true), 1))).toEqual([
      [1, null],
      [2, 3],
      [null, null],
    ]);
    expect(await rowsOf(sorted(join('semi', left, correlated, TRUE, true), 1))).toEqual([[2]]);
    expect(await rowsOf(sorted(join('anti', left, correlated, TRUE, true), 1))).toEqual([[1], [null]]);
  });
});

describe('set operations', () => {
  const setOperation = (op: 'union' | 'intersect' | 'except', all: boolean): Plan =>
    sort(
      {
        kind: 'set-operation',
        op,
        all,
        inputs: [values([1], [1], [1], [2], [null]), values([2], [1], [null], [null])],
        columns: [column(3)],
      },
      asc(ref(3)),
    );

  test.each([
    ['union', false, [1, 2, null]],
    ['union', true, [1, 1, 1, 2, null, null, null]],
    ['intersect', false, [1, null]],
    ['intersect', true, [1, null]],
    ['except', false, [2]],
    ['except', true, [1, 2]],
  ] as const)('%s, all: %s', async (op, all, expected) => {
    expect(await rowsOf(setOperation(op, all))).toEqual(expected.map((value) => [value]));
  });

  test('bring both inputs to the carrier of the result', async () => {
    const narrow: Plan = {
      kind: 'values',
      columns: [column(1, numericType(3, 2))],
      rows: [[{ kind: 'const', type: numericType(3, 2), value: '1.25' }]],
    };
    const whole: Plan = {
      kind: 'values',
      columns: [column(2, numericType(5, 0))],
      rows: [[{ kind: 'const', type: numericType(5, 0), value: '12345' }]],
    };
    const type = numericType(7, 2);
    const plan: Plan = {
      kind: 'set-operation',
      op: 'union',
      all: true,
      inputs: [narrow, whole],
      columns: [column(3, type)],
    };
    const reader = await duckdb.runAndReadAll(sqlOf(plan));
    expect(String(reader.columnType(0))).toBe('DECIMAL(7,2)');
    expect(reader.getRowsJson()).toEqual([['1.25'], ['12345.00']]);
  });
});

describe('values', () => {
  test('no rows, no columns, and both', async () => {
    expect(await rowsOf(values([1]))).toEqual([]);
    const count = (input: Plan): Plan => ({
      kind: 'aggregate',
      input,
      groups: [],
      aggregates: [{ column: column(9, INT8), call: aggregateCall('count(*)', [], INT8) }],
    });
    expect(await rowsOf(count(values([], [], [], [])))).toEqual([[3n]]);
    expect(await rowsOf(count(values([])))).toEqual([[0n]]);
    expect(await rowsOf(count(filter(values([], []), less(int(2), int(1)))))).toEqual([[0n]]);
  });

  test('an aggregation without aggregates is one row', async () => {
    const plan: Plan = { kind: 'aggregate', input: values([1]), groups: [], aggregates: [] };
    expect(await rowsOf(project(plan, item(2, int(7))))).toEqual([[7]]);
  });
});

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

test('gathers are lowered before printing', () => {
  expect(() => sqlOf({ kind: 'gather', input: scan, id: 1, reason: '' })).toThrow(
    'is lowered before printing',
  );
});

test('the prelude has a version', () => {
  expect(PRELUDE_VERSION).toMatch(/^[0-9a-f]{16}$/);
});
