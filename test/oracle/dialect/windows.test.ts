import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { printPlan } from '../../../src/dialect/print.ts';
import type { AggregateCall, Expr, SortKey } from '../../../src/plan/expr.ts';
import type { Column, FrameBound, Plan, WindowFrame } from '../../../src/plan/logical.ts';
import { numericType, OID, type SqlType, sqlType } from '../../../src/types/sql-type.ts';
import { postgresCanonical } from './canonical.ts';
import { attempt, selectValues } from './duckdb-side.ts';
import { typeByName } from './edge-values.ts';
import { type Oracle, startOracle } from './harness.ts';
import { cases, type WindowCase } from './windows.cases.ts';

const INT4 = sqlType(OID.int4);
/** id, partition, order (with ties and NULLs), value. */
const ROWS: readonly (readonly (number | null)[])[] = [
  [1, 1, 10, 5],
  [2, 1, 20, null],
  [3, 1, 20, 7],
  [4, 1, null, 7],
  [5, 2, 5, 1],
  [6, 2, 1, -3],
  [7, 2, 1, 4],
  [8, null, 3, 2],
  [9, null, null, 9],
  [10, 2, 7, null],
];
const COLUMNS: readonly Column[] = [1, 2, 3, 4].map((id) => ({ id, type: INT4, name: '' }));
const NAMES = ['i', 'p', 'o', 'v'];

const column = (id: number): Expr => ({ kind: 'column', id, type: INT4 });
const INPUT: Plan = {
  kind: 'values',
  columns: COLUMNS,
  rows: ROWS.map((row) =>
    row.map((value): Expr => ({ kind: 'const', type: INT4, value: value === null ? null : String(value) })),
  ),
};

const DEFAULT_FRAME: WindowFrame = {
  mode: 'range',
  start: { kind: 'unbounded-preceding' },
  end: { kind: 'current-row' },
  exclude: 'none',
};

const one: Expr = { kind: 'const', type: INT4, value: '1' };
const rows = (
  start: FrameBound,
  end: FrameBound,
  exclude: WindowFrame['exclude'] = 'none',
  mode: WindowFrame['mode'] = 'rows',
): WindowFrame => ({ mode, start, end, exclude });

const FRAMES: readonly (readonly [WindowFrame, string])[] = [
  [DEFAULT_FRAME, ''],
  [
    rows({ kind: 'preceding', offset: one }, { kind: 'following', offset: one }),
    'ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING',
  ],
  [
    rows({ kind: 'unbounded-preceding' }, { kind: 'unbounded-following' }, 'current-row'),
    'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW',
  ],
  [
    rows({ kind: 'current-row' }, { kind: 'unbounded-following' }, 'ties', 'range'),
    'RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE TIES',
  ],
  [
    rows({ kind: 'preceding', offset: one }, { kind: 'current-row' }, 'group', 'groups'),
    'GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE GROUP',
  ],
  [
    rows({ kind: 'preceding', offset: one }, { kind: 'following', offset: one }, 'none', 'range'),
    'RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING',
  ],
];

/** Ordered by o alone there are ties, so only what doesn't depend on their order; with i every row has its place. */
const ORDERS: readonly (readonly [readonly SortKey[], string])[] = [
  [
    [
      { expr: column(3), descending: false, nullsFirst: false },
      { expr: column(1), descending: false, nullsFirst: false },
    ],
    'ORDER BY o, i',
  ],
  [[{ expr: column(3), descending: true, nullsFirst: true }], 'ORDER BY o DESC'],
];

function planOf(
  fn: string,
  args: readonly Expr[],
  type: SqlType,
  orderBy: readonly SortKey[],
  frame: WindowFrame,
): Plan {
  const call: AggregateCall = { fn, args, distinct: false, orderBy: [], filter: undefined, type };
  return {
    kind: 'sort',
    input: {
      kind: 'project',
      input: {
        kind: 'window',
        input: INPUT,
        partitionBy: [column(2)],
        orderBy,
        items: [{ column: { id: 9, type, name: '' }, call, frame }],
      },
      items: [
        { column: { id: 10, type, name: '' }, expr: { kind: 'column', id: 9, type } },
        { column: { id: 11, type: INT4, name: '' }, expr: column(1) },
      ],
    },
    keys: [{ expr: { kind: 'column', id: 11, type: INT4 }, descending: false, nullsFirst: false }],
  };
}

describe('windows', () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await startOracle();
    const values = ROWS.map((row) => `(${row.map((value) => value ?? 'NULL').join(', ')})`).join(', ');
    await oracle.postgres.query(`CREATE TABLE w AS SELECT * FROM (VALUES ${values}) t(${NAMES.join(', ')})`);
  });
  afterAll(async () => {
    await oracle?.close();
  });

  async function compare(
    sql: string,
    oid: number,
    plan: (type: SqlType) => Plan,
    type: SqlType,
  ): Promise<void> {
    const canonical = postgresCanonical('x', sqlType(oid));
    const query = `SELECT array_agg(${canonical} ORDER BY i)::text FROM (SELECT i, ${sql} AS x FROM w) q`;
    const { rows: answers } = await oracle.postgres.query<{ o: readonly (string | null)[] }>(
      'SELECT public.try($1) AS o',
      [query],
    );
    const want = answers[0]?.o ?? [];
    const got = await attempt(async () => {
      const printed = printPlan(plan(type), { scan: () => '', relation: () => '' });
      const values = await selectValues(oracle.duckdb, printed, type);
      return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
    });
    expect([sql, got.kind === 'error' ? ['error', got.sqlstate] : ['value', got.value]]).toEqual([
      sql,
      want.slice(0, 2),
    ]);
  }

  async function typeOf(sql: string): Promise<number> {
    const { fields } = await oracle.postgres.query(`SELECT ${sql} FROM w LIMIT 0`);
    return fields[0]?.dataTypeID ?? 0;
  }

  test.each(cases)('$signature $constants', async ({ signature, value, constants }: WindowCase) => {
    const name = signature.slice(0, signature.indexOf('('));
    const sqlArgs = [
      ...(value ? ['v'] : []),
      ...constants.map(([type, text]) => `${text ?? 'NULL'}::${type}`),
    ];
    const args: readonly Expr[] = [
      ...(value ? [column(4)] : []),
      ...constants.map(([type, text]): Expr => ({ kind: 'const', type: typeByName(type), value: text })),
    ];
    const ranking = /^(rank|dense_rank|percent_rank|cume_dist)$/.test(name);
    for (const [frame, frameSql] of FRAMES) {
      for (const [orderBy, orderSql] of ranking ? ORDERS : ORDERS.slice(0, 1)) {
        if (frame.mode === 'range' && 'offset' in frame.start && orderBy.length > 1) continue;
        const sql = `${name}(${sqlArgs.join(', ')}) OVER (PARTITION BY p ${orderSql} ${frameSql})`;
        const oid = await typeOf(sql);
        await compare(sql, oid, (type) => planOf(signature, args, type, orderBy, frame), sqlType(oid));
      }
    }
  });

  const AGGREGATES: readonly (readonly [string, SqlType])[] = [
    ['sum(int4)', sqlType(OID.int8)],
    ['count(any)', sqlType(OID.int8)],
    ['max(int4)', INT4],
    ['bool_and(bool)', sqlType(OID.bool)],
  ];

  test.each(AGGREGATES)('%s over frames', async (signature, type) => {
    const name = signature.slice(0, signature.indexOf('('));
    const bool = name === 'bool_and';
    const args: readonly Expr[] = bool
      ? [{ kind: 'call', fn: 'int4 > int4', args: [column(4), one], type: sqlType(OID.bool) }]
      : [column(4)];
    for (const [frame, frameSql] of FRAMES) {
      for (const [orderBy, orderSql] of ORDERS) {
        if (frame.mode === 'range' && 'offset' in frame.start && orderBy.length > 1) continue;
        // Where ties decide which rows are in the frame, PostgreSQL may give either.
        if (frame.mode === 'rows' && orderBy.length === 1) continue;
        const sql = `${name}(${bool ? 'v > 1' : 'v'}) OVER (PARTITION BY p ${orderSql} ${frameSql})`;
        await compare(
          sql,
          bool ? OID.text : OID.int4,
          (t) => planOf(signature, args, t, orderBy, frame),
          type,
        );
      }
    }
  });

  test('avg(int4) is exact over a frame', async () => {
    const type: SqlType = { ...numericType(38, 24), quotient: 'direct' };
    const plan = planOf('avg(int4)', [column(4)], type, ORDERS[0]?.[0] ?? [], DEFAULT_FRAME);
    const values = await selectValues(
      oracle.duckdb,
      printPlan(plan, { scan: () => '', relation: () => '' }),
      type,
    );
    expect(values[0]).toBe('5.000000000000000000000000');
  });
});
