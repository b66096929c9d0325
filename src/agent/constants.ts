import type { TableColumn } from '../catalog/snapshot.ts';
import { typeName } from '../catalog/type-join.ts';
import { exposedColumn } from '../dialect/print-scan.ts';
import { quoteString } from '../dialect/quote.ts';
import type { Engine } from '../engine/duckdb.ts';
import { OID } from '../types/sql-type.ts';
import { fromText } from './checked-cast.ts';
import { exposedQuery } from './exposed.ts';
import { TableProblem } from './files.ts';
import { sourceProblem } from './source-problem.ts';
import type { SourceTable } from './tables.ts';

/** What was found of the columns that a table's config declares constant. */
export interface Constants {
  /** Those that are: column -> value, as the carrier's text. */
  readonly values: Readonly<Record<string, string>>;
  /** What is wrong with the others. */
  readonly contradiction: string | undefined;
}

export const NO_CONSTANTS: Constants = { values: {}, contradiction: undefined };

/** Types whose values have one text, the same in DuckDB and PostgreSQL. */
const CARRIED: ReadonlySet<number> = new Set([
  OID.text,
  OID.varchar,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.bool,
  OID.date,
]);

/** Reads every row of the declared columns: a declaration counts only as long as no row contradicts it. */
export async function verifyConstants(engine: Engine, table: SourceTable): Promise<Constants> {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const [name, declared] of Object.entries(table.config.constants)) {
    const found = await verifyConstant(engine, table, name, declared);
    if ('value' in found) values[name] = found.value;
    else
      problems.push(`column "${name}" is declared constant ${quoteString(declared)}, but ${found.problem}`);
  }
  return { values, contradiction: problems.length === 0 ? undefined : problems.join('; ') };
}

async function verifyConstant(
  engine: Engine,
  table: SourceTable,
  name: string,
  declared: string,
): Promise<{ readonly value: string } | { readonly problem: string }> {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) return { problem: 'there is no such column' };
  const literal = literalOf(table, column, declared);
  if (literal === undefined) return { problem: `a ${typeName(column.type)} can't be` };
  try {
    const [[value] = []] = await engine.texts(`SELECT CAST(${literal} AS VARCHAR)`, 1);
    const [other] = await engine.texts(
      `SELECT left(CAST(${exposedColumn(0)} AS VARCHAR), 80) FROM (${exposedQuery(table, [column])})` +
        ` WHERE ${exposedColumn(0)} IS DISTINCT FROM ${literal} LIMIT 1`,
      1,
    );
    if (other !== undefined) return { problem: `a row holds ${shown(other[0])}` };
    return typeof value === 'string' ? { value } : { problem: 'its value is NULL' };
  } catch (error) {
    return { problem: (error instanceof TableProblem ? error : sourceProblem(error, undefined)).message };
  }
}

function literalOf(table: SourceTable, { name, type }: TableColumn, declared: string): string | undefined {
  if (!CARRIED.has(type.oid)) return undefined;
  const place = { file: undefined, table: table.config.name, column: name };
  const text = quoteString(declared);
  return type.oid === OID.text || type.oid === OID.varchar ? text : fromText(type, text, place);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? quoteString(value) : 'NULL';
}
