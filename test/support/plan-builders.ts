import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { printPlan } from '../../src/dialect/print.ts';
import type { AggregateCall, Expr, SortKey } from '../../src/plan/expr.ts';
import type { Column, JoinPlan, Plan, ProjectItem } from '../../src/plan/logical.ts';
import { OID, type SqlType, sqlType } from '../../src/types/sql-type.ts';
import { loadPrelude } from './prelude.ts';

/** Small plans for tests of the printer, and a DuckDB to run them in. */

export const INT4 = sqlType(OID.int4);
export const INT8 = sqlType(OID.int8);
export const BOOL = sqlType(OID.bool);
export const TEXT = sqlType(OID.text);
export const FLOAT8 = sqlType(OID.float8);

export const column = (id: number, type: SqlType = INT4): Column => ({ id, type, name: '' });
export const ref = (id: number, type: SqlType = INT4): Expr => ({ kind: 'column', id, type });
export const int = (value: number | null): Expr => ({
  kind: 'const',
  type: INT4,
  value: value === null ? null : String(value),
});
export const big = (value: number | null): Expr => ({
  kind: 'const',
  type: INT8,
  value: value === null ? null : String(value),
});
export const text = (value: string | null): Expr => ({ kind: 'const', type: TEXT, value });
export const call = (fn: string, args: readonly Expr[], type: SqlType = INT4): Expr => ({
  kind: 'call',
  fn,
  args,
  type,
});
export const plus = (a: Expr, b: Expr): Expr => call('int4 + int4', [a, b]);
export const equal = (a: Expr, b: Expr): Expr => call('int4 = int4', [a, b], BOOL);
export const less = (a: Expr, b: Expr): Expr => call('int4 < int4', [a, b], BOOL);
export const item = (id: number, expr: Expr, type: SqlType = INT4): ProjectItem => ({
  column: column(id, type),
  expr,
});
export const asc = (expr: Expr): SortKey => ({ expr, descending: false, nullsFirst: false });
export const desc = (expr: Expr): SortKey => ({ expr, descending: true, nullsFirst: true });
export const TRUE: Expr = { kind: 'const', type: BOOL, value: 'true' };

export function values(ids: readonly number[], ...rows: readonly (readonly (number | null)[])[]): Plan {
  return { kind: 'values', columns: ids.map((id) => column(id)), rows: rows.map((row) => row.map(int)) };
}

export const scan: Plan = {
  kind: 'scan',
  table: 't',
  tableKind: 'federated',
  shards: undefined,
  columns: [
    { ...column(1), source: { kind: 'physical', name: 'a' } },
    { ...column(2), source: { kind: 'physical', name: 'b' } },
  ],
};

export const aggregateCall = (fn: string, args: readonly Expr[], type: SqlType): AggregateCall => ({
  fn,
  args,
  distinct: false,
  orderBy: [],
  filter: undefined,
  type,
});

export const project = (input: Plan, ...items: readonly ProjectItem[]): Plan => ({
  kind: 'project',
  input,
  items,
});
export const sort = (input: Plan, ...keys: readonly SortKey[]): Plan => ({ kind: 'sort', input, keys });
export const limit = (input: Plan, count: Expr | undefined, offset?: Expr, withTies = false): Plan => ({
  kind: 'limit',
  input,
  limit: count,
  offset,
  withTies,
});
export const filter = (input: Plan, predicate: Expr): Plan => ({ kind: 'filter', input, predicate });
export const join = (
  type: JoinPlan['type'],
  left: Plan,
  right: Plan,
  condition: Expr,
  lateral = false,
): Plan => ({
  kind: 'join',
  type,
  left,
  right,
  condition,
  lateral,
});

/** The plan's SQL; scans read tables of the same name. */
export const sqlOf = (plan: Plan): string =>
  printPlan(plan, {
    scan: ({ table, columns }) =>
      `(SELECT ${columns.map(({ id, source }) => `${source.name} AS c${id}`).join(', ')} FROM ${table})`,
    relation: (name) => name,
  });

export async function openPreluded(): Promise<DuckDBConnection> {
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  await loadPrelude(duckdb);
  return duckdb;
}

export async function rowsIn(duckdb: DuckDBConnection, plan: Plan): Promise<unknown> {
  return (await duckdb.runAndReadAll(sqlOf(plan))).getRowsJS();
}
