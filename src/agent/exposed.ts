import type { TableColumn } from '../catalog/snapshot.ts';
import { typeName } from '../catalog/type-join.ts';
import { exposedColumn } from '../dialect/print-scan.ts';
import { carrierOf } from '../types/carrier.ts';
import { decimalShape, elementOid, OID, type SqlType } from '../types/sql-type.ts';
import { fromCarrier, fromText, numericFromJson, type Place } from './checked-cast.ts';
import { carriageOf } from './duckdb-types.ts';
import { TableProblem } from './files.ts';
import { nativeColumns, type ReadColumn, readRelation } from './readers.ts';
import type { SourceColumn } from './source.ts';
import type { FileGroup, SourceTable } from './tables.ts';

/**
 * SELECT of a table with the columns that the federation accepted, in their order, each in its carrier. A value that doesn't
 * fit raises an error that names file and column.
 * @throws TableProblem for a column that can't become the accepted type.
 */
export function exposedQuery(table: SourceTable, accepted: readonly TableColumn[]): string {
  const pieces = table.groups.map((group) => groupQuery(table.config.name, group, accepted));
  return pieces.length === 0 ? emptyQuery(accepted) : pieces.join('\nUNION ALL\n');
}

function emptyQuery(accepted: readonly TableColumn[]): string {
  const nulls = accepted.map(
    ({ type }, index) => `NULL::${carrierOf(type).duckdb} AS ${exposedColumn(index)}`,
  );
  return `SELECT ${nulls.join(', ')} WHERE false`;
}

function groupQuery(table: string, group: FileGroup, accepted: readonly TableColumn[]): string {
  const targets = new Map(accepted.map(({ name, type }) => [name, type]));
  const plans = group.columns.map((column) => readingOf(group, column, targets.get(column.name)));
  const reads: ReadColumn[] =
    group.reader.kind === 'csv' || group.reader.kind === 'json'
      ? plans.map(({ readAs }, i) => ({ name: group.columns[i]?.name ?? '', readAs }))
      : nativeColumns(group.columns);
  const relation = readRelation(group.reader, group.files, reads);
  const items = accepted.map(({ name, type }, index) => {
    const at = group.columns.findIndex((column) => column.name === name);
    const plan = plans[at];
    const place: Place = { file: relation.file, table, column: name };
    const sql =
      plan === undefined ? `NULL::${carrierOf(type).duckdb}` : plan.sql(relation.reference(at), place);
    return `${sql} AS ${exposedColumn(index)}`;
  });
  return `SELECT ${items.join(', ')} FROM ${relation.from}`;
}

/** How a column is read, and what is made of it. */
interface Reading {
  readonly readAs: string;
  readonly sql: (reference: string, place: Place) => string;
}

function readingOf(group: FileGroup, column: SourceColumn, target: SqlType | undefined): Reading {
  const asFound: Reading = { readAs: column.native, sql: (reference) => carry(column, reference) };
  if (target === undefined) return asFound;
  const same = carrierOf(column.type).duckdb === carrierOf(target).duckdb && !isChecked(target);
  if (same && !column.allNull) return asFound;
  switch (group.reader.kind) {
    case 'csv':
      return fromTexts(column, target);
    case 'json':
      return fromJson(column, target);
    case 'parquet':
    case 'query':
      return fromTyped(column, target);
  }
}

/** JSON has the carrier of text, but not every text is JSON. */
function isChecked(type: SqlType): boolean {
  return type.oid === OID.json || type.oid === OID.varbit;
}

function carry(column: SourceColumn, reference: string): string {
  return carriageOf(column.native)?.carry(reference) ?? reference;
}

function fromTexts(column: SourceColumn, target: SqlType): Reading {
  return {
    readAs: 'VARCHAR',
    sql: (reference, place) => required(fromText(target, reference, place), column, target),
  };
}

function fromJson(column: SourceColumn, target: SqlType): Reading {
  if (target.oid === OID.json) {
    return { readAs: 'JSON', sql: (reference) => `CAST(${reference} AS VARCHAR)` };
  }
  if (elementOid(target.oid) !== undefined) {
    return { readAs: carrierOf(target).duckdb, sql: (reference) => reference };
  }
  const shape = decimalShape(target);
  if (shape === undefined) return fromTexts(column, target);
  return {
    readAs: 'VARCHAR',
    sql: (reference, place) => numericFromJson(target, shape.scale, reference, place),
  };
}

function fromTyped(column: SourceColumn, target: SqlType): Reading {
  return {
    readAs: column.native,
    sql: (reference, place) => {
      if (column.allNull) return `NULL::${carrierOf(target).duckdb}`;
      return required(fromCarrier(column.type, target, carry(column, reference), place), column, target);
    },
  };
}

function required(sql: string | undefined, column: SourceColumn, target: SqlType): string {
  if (sql !== undefined) return sql;
  throw new TableProblem(
    `column "${column.name}" is ${typeName(column.type)}, which can't become ${typeName(target)}`,
  );
}
