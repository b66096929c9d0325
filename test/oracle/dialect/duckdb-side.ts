import type { DuckDBConnection, DuckDBResultReader, DuckDBValue } from '@duckdb/node-api';
import { SkeinError } from '../../../src/base/errors.ts';
import { usesTimeZone } from '../../../src/dialect/entries.ts';
import { printLiteral } from '../../../src/dialect/literals.ts';
import { findScalar } from '../../../src/dialect/table.ts';
import { engineError } from '../../../src/engine/errors.ts';
import type { Expr } from '../../../src/plan/expr.ts';
import { carrierOf } from '../../../src/types/carrier.ts';
import { decimalShape, elementType, OID, type SqlType, sqlType } from '../../../src/types/sql-type.ts';
import { quickly } from '../../support/quick.ts';
import { fromDuckDB, type Outcome } from './canonical.ts';
import type { Combination, Setup } from './harness.ts';

/** Of one choice of types, in the quick form: statements that fail, each sent alone, and expressions over constants. */
const QUICK_STATEMENTS = 25;
const QUICK_EXPRESSIONS = 120;
const EXPRESSIONS_PER_SELECT = 40;

/** A constant of the harness as DuckDB SQL; an array's canonical text here is JSON of its elements' texts. */
function duckdbLiteral(type: SqlType, value: string | null): string {
  const element = elementType(type);
  if (element === undefined || value === null) return printLiteral({ kind: 'const', type, value });
  const items = JSON.parse(value) as readonly (string | null)[];
  const list = items.map((item) => printLiteral({ kind: 'const', type: element, value: item })).join(', ');
  return `[${list}]::${carrierOf(type).duckdb}`;
}

/** @param constants the constant arguments' values by index; the others are columns. */
function printedExpression(
  setup: Setup,
  args: readonly string[],
  constants: ReadonlyMap<number, string | null>,
): PrintedExpression {
  const { dialectCase, types, zone } = setup;
  const entry = findScalar(dialectCase.signature);
  if (entry === undefined) throw new Error(`${dialectCase.signature} is not in the dialect table`);
  const exprs = types.map((type, index): Expr => {
    const value = constants.get(index);
    return value === undefined ? { kind: 'column', id: index, type } : { kind: 'const', type, value };
  });
  const result =
    setup.result.oid === OID.numeric && entry.numericResult !== undefined
      ? entry.numericResult(types, exprs)
      : setup.result;
  if (!usesTimeZone(entry, exprs)) {
    entry.admit?.(exprs);
    const sql = entry.print(args, types, result, exprs);
    return { sql: dialectCase.wrap?.(sql) ?? sql, result };
  }
  const text = sqlType(OID.text);
  const zoneExpr: Expr = { kind: 'const', type: text, value: zone };
  entry.admit?.([...exprs, zoneExpr]);
  return {
    sql: entry.print([...args, printLiteral(zoneExpr)], [...types, text], result, [...exprs, zoneExpr]),
    result,
  };
}

interface PrintedExpression {
  readonly sql: string;
  readonly result: SqlType;
}

/** Rows whose arguments are all constants: the expressions of many in one SELECT, those that fail in PostgreSQL one by one. */
export async function duckdbConstants(
  setup: Setup,
  rows: readonly Combination[],
  expected: readonly Outcome[],
): Promise<readonly (Outcome | undefined)[]> {
  const outcomes: (Outcome | undefined)[] = rows.map(() => undefined);
  const together: PrintedRow[] = [];
  for (const index of quickRows(expected)) {
    const printed = printedRow(setup, rows[index] ?? [], index);
    if ('kind' in printed) outcomes[index] = printed;
    else if (expected[index]?.kind === 'value') together.push(printed);
    else outcomes[index] = await attempt(async () => (await selectRow(setup, [printed]))[0] ?? null);
  }
  for (let from = 0; from < together.length; from += EXPRESSIONS_PER_SELECT) {
    const lot = together.slice(from, from + EXPRESSIONS_PER_SELECT);
    const printed = new Map(lot.map((row) => [row.index, row]));
    await fill(outcomes, [...printed.keys()], (ids) =>
      selectRow(
        setup,
        ids.flatMap((id) => printed.get(id) ?? []),
      ),
    );
  }
  return outcomes;
}

function quickRows(expected: readonly Outcome[]): readonly number[] {
  const of = (kind: Outcome['kind']) => [...expected.keys()].filter((at) => expected[at]?.kind === kind);
  return [...quickly(of('value'), QUICK_EXPRESSIONS), ...quickly(of('error'), QUICK_STATEMENTS)];
}

interface PrintedRow extends PrintedExpression {
  readonly index: number;
}

/** @returns an outcome where the expression is refused. */
function printedRow(setup: Setup, row: Combination, index: number): PrintedRow | Outcome {
  try {
    const literals = row.map((value, at) => duckdbLiteral(setup.types[at] as SqlType, value));
    return { index, ...printedExpression(setup, literals, new Map(row.entries())) };
  } catch (error) {
    return errorOutcome(error);
  }
}

async function selectRow(
  { oracle }: Setup,
  row: readonly PrintedExpression[],
): Promise<readonly (string | null)[]> {
  const reader = await oracle.duckdb.runAndReadAll(`SELECT ${row.map(({ sql }) => sql).join(', ')}`);
  for (const [at, { result }] of row.entries()) checkCarrier(reader, at, result);
  const values = reader.getRows()[0] ?? [];
  return row.map(({ result }, at) => fromDuckDB(values[at] as DuckDBValue, result));
}

export async function attempt(evaluate: () => Promise<string | null>): Promise<Outcome> {
  try {
    return { kind: 'value', value: await evaluate() };
  } catch (error) {
    return errorOutcome(error);
  }
}

/** Over columns of a table: what PostgreSQL answers in one go over all rows, the errors one by one. */
export async function duckdbColumns(
  setup: Setup,
  rows: readonly Combination[],
  expected: readonly Outcome[],
): Promise<readonly (Outcome | undefined)[]> {
  const { types, dialectCase, oracle } = setup;
  if (types.length === 0) return [];
  const printable = rows.map((row) =>
    row.every((value, index) => isPrintable(types[index] as SqlType, value)),
  );
  await createRows(setup, rows, printable);
  const outcomes: (Outcome | undefined)[] = rows.map(() => undefined);
  for (const group of groupsByConstants(rows, dialectCase.constant ?? [])) {
    const first = rows[group[0] ?? 0] ?? [];
    const args = types.map((type, index) =>
      dialectCase.constant?.includes(index) === true
        ? duckdbLiteral(type, first[index] ?? null)
        : `a${index}`,
    );
    const usable = group.filter((index) => printable[index] === true);
    const together = usable.filter((index) => expected[index]?.kind === 'value');
    const select = async (ids: readonly number[]): Promise<readonly (string | null)[]> => {
      const fixed = new Map((dialectCase.constant ?? []).map((index) => [index, first[index] ?? null]));
      const { sql, result } = printedExpression(setup, args, fixed);
      const list = ids.length === 0 ? '-1' : ids.join(',');
      return selectValues(oracle.duckdb, `SELECT ${sql} FROM t WHERE i IN (${list}) ORDER BY i`, result);
    };
    await fill(outcomes, together, select);
    const failing = usable.filter((at) => expected[at]?.kind === 'error');
    for (const index of quickly(failing, QUICK_STATEMENTS)) {
      outcomes[index] = await attempt(async () => (await select([index]))[0] ?? null);
    }
  }
  return outcomes;
}

/** All at once; where that fails, one by one, so that the guilty row is named. */
async function fill(
  outcomes: (Outcome | undefined)[],
  ids: readonly number[],
  select: (ids: readonly number[]) => Promise<readonly (string | null)[]>,
): Promise<void> {
  try {
    const values = await select(ids);
    for (const [at, index] of ids.entries()) outcomes[index] = { kind: 'value', value: values[at] ?? null };
  } catch {
    for (const index of ids) {
      outcomes[index] = await attempt(async () => (await select([index]))[0] ?? null);
    }
  }
}

function groupsByConstants(
  rows: readonly Combination[],
  constant: readonly number[],
): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (const [index, row] of rows.entries()) {
    const key = JSON.stringify(constant.map((at) => row[at]));
    groups.set(key, [...(groups.get(key) ?? []), index]);
  }
  return [...groups.values()];
}

function isPrintable(type: SqlType, value: string | null): boolean {
  try {
    duckdbLiteral(type, value);
    return true;
  } catch {
    return false;
  }
}

async function createRows(
  { oracle, types }: Setup,
  rows: readonly Combination[],
  printable: readonly boolean[],
): Promise<void> {
  const columns = types.map((type, index) => `a${index} ${carrierOf(type).duckdb}`);
  await oracle.duckdb.run(`CREATE OR REPLACE TEMP TABLE t (i INTEGER, ${columns.join(', ')})`);
  const tuples = rows.flatMap((row, index) =>
    printable[index] === true
      ? [`(${[index, ...row.map((value, at) => duckdbLiteral(types[at] as SqlType, value))].join(', ')})`]
      : [],
  );
  if (tuples.length > 0) await oracle.duckdb.run(`INSERT INTO t VALUES ${tuples.join(', ')}`);
}

/** The statement's first column in canonical text. Its type must be the carrier's: DuckDB would otherwise coerce later. */
export async function selectValues(
  duckdb: DuckDBConnection,
  sql: string,
  result: SqlType,
): Promise<readonly (string | null)[]> {
  const reader = await duckdb.runAndReadAll(sql);
  checkCarrier(reader, 0, result);
  return reader.getRows().map((row) => fromDuckDB(row[0] as DuckDBValue, result));
}

function checkCarrier(reader: DuckDBResultReader, column: number, result: SqlType): void {
  const carrier =
    result.oid === OID.numeric && decimalShape(result) === undefined ? undefined : carrierOf(result).duckdb;
  const type = String(reader.columnType(column)).replace('TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ');
  const actual = type.replace('TIME WITH TIME ZONE', 'TIMETZ');
  if (carrier !== undefined && actual !== carrier) throw new Error(`the result is ${actual}, not ${carrier}`);
}

function errorOutcome(error: unknown): Outcome {
  const { code, message } = error instanceof SkeinError ? error : engineError(error);
  return { kind: 'error', sqlstate: code, message };
}
