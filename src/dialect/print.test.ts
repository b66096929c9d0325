import type { DuckDBConnection } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  aggregateCall,
  asc,
  big,
  call,
  column,
  desc,
  equal,
  filter,
  INT8,
  int,
  item,
  join,
  less,
  limit,
  openPreluded,
  plus,
  project,
  ref,
  rowsIn,
  scan,
  sort,
  sqlOf,
  TRUE,
  values,
} from '../../test/support/plan-builders.ts';
import type { Expr, SortKey } from '../plan/expr.ts';
import type { Plan } from '../plan/logical.ts';
import { numericType } from '../types/sql-type.ts';

let duckdb: DuckDBConnection;

beforeAll(async () => {
  duckdb = await openPreluded();
});

const rowsOf = (plan: Plan): Promise<unknown> => rowsIn(duckdb, plan);

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

test('gathers are lowered before printing', () => {
  expect(() => sqlOf({ kind: 'gather', input: scan, id: 1, reason: '' })).toThrow(
    'is lowered before printing',
  );
});
