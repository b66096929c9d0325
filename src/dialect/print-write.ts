import { assert, defined } from '../base/assert.ts';
import type { OwnedColumn, OwnedConstraint, OwnedTable } from '../catalog/owned.ts';
import type { Column } from '../plan/logical.ts';
import { ACTION, type StagedColumns } from '../plan/write.ts';
import { carrierOf } from '../types/carrier.ts';
import { decimalShape, OID, type SqlType } from '../types/sql-type.ts';
import { attributeColumn, storedTable } from './print-stored.ts';
import { quoteString } from './quote.ts';

export type UniqueConstraint = Extract<OwnedConstraint, { readonly kind: 'primary' | 'unique' }>;

/** The temp table that a statement's changes are staged in, and what its columns mean. */
export interface Stage {
  /** Of a temp table of DuckDB's. */
  readonly name: string;
  readonly table: OwnedTable;
  readonly columns: StagedColumns;
}

/** Each change has a number, by which those before it are known: the column of a stage that no plan has. */
export const ORDINAL = 'c0';

const name = ({ id }: Column): string => `c${id}`;
const isNew = ({ columns }: Stage): string => `${name(columns.action)} <> ${ACTION.delete}`;
const staged = (stage: Stage): string => `temp.main.${stage.name}`;

/** A FROM item with the new rows and their numbers. */
export function newRows(stage: Stage): string {
  return `(SELECT *, rowid AS ${ORDINAL} FROM ${staged(stage)} WHERE ${isNew(stage)})`;
}

/** A FROM item with all changes and their numbers. */
export function allChanges(stage: Stage): string {
  return `(SELECT *, rowid AS ${ORDINAL} FROM ${staged(stage)})`;
}

/** @param types of the columns by their ids, as the changes are computed. */
export function createStage(stage: Stage, types: ReadonlyMap<number, SqlType>): string {
  const list = stageColumns(stage).map(
    ({ column, stored }) => `${name(column)} ${carrierOf(stored?.type ?? typeOf(types, column)).duckdb}`,
  );
  return `CREATE TEMP TABLE ${stage.name} (${list.join(', ')})`;
}

/** @param select gives the changes. */
export function fillStage(stage: Stage, select: string, types: ReadonlyMap<number, SqlType>): string {
  const values = stageColumns(stage).map(({ column, stored }) =>
    stored === undefined ? name(column) : fitted(name(column), typeOf(types, column), stored),
  );
  return `INSERT INTO ${staged(stage)} SELECT ${values.join(', ')} FROM (${select})`;
}

function typeOf(types: ReadonlyMap<number, SqlType>, { id }: Column): SqlType {
  return defined(types.get(id), 'type of a staged column');
}

interface StageColumn {
  readonly column: Column;
  /** The column of the table that it is for. */
  readonly stored: OwnedColumn | undefined;
}

function stageColumns({ columns, table }: Stage): readonly StageColumn[] {
  const { action, rowid, fresh, others } = columns;
  const values = fresh.flatMap((column, index) =>
    column === undefined ? [] : [{ column, stored: table.columns[index] }],
  );
  const passed = [action, ...(rowid === undefined ? [] : [rowid]), ...others];
  return [...passed.map((column) => ({ column, stored: undefined })), ...values];
}

/** The value as it is stored. The digits of a numeric without a length are those that its column was made with. */
function fitted(value: string, type: SqlType, { name: column, type: stored }: OwnedColumn): string {
  const carrier = carrierOf(stored).duckdb;
  if (type.oid !== OID.numeric) {
    assert(type.oid === stored.oid, `the type of a value for column ${column}`);
    return `CAST(${value} AS ${carrier})`;
  }
  const [from, to] = [decimalShape(type), decimalShape(stored)];
  assert(from !== undefined && to !== undefined, 'a numeric in a plan has its digits');
  if (from.scale <= to.scale && from.precision - from.scale <= to.precision - to.scale) {
    return `CAST(${value} AS ${carrier})`;
  }
  const fits = `TRY_CAST(${value} AS ${carrier})`;
  const message = `a value of more digits than the numeric column "${column}" is stored with is not supported`;
  const refusal = `error(${quoteString(`SKEIN:0A000:${message}`)})`;
  return `CASE WHEN ${value} IS NULL THEN NULL WHEN ${fits} = ${value} THEN ${fits} ELSE ${refusal} END`;
}

/** The number of the first new row that has NULL in a column that may not, and the column's index. */
export function firstNull(stage: Stage, index: number): string {
  const column = defined(stage.columns.fresh[index], 'column of the new row');
  return `SELECT min(${ORDINAL}) FROM ${newRows(stage)} WHERE ${name(column)} IS NULL`;
}

/** The number of the first new row whose key a row has that is there when it comes. */
export function firstDuplicate(stage: Stage, constraint: UniqueConstraint): string {
  const keys = keyColumns(stage, constraint);
  const { rowid } = stage.columns;
  const place = rowid === undefined ? 'NULL' : `n.${name(rowid)}`;
  const others =
    rowid === undefined
      ? ''
      : ` LEFT JOIN (SELECT ${name(rowid)} AS r, min(rowid) AS o FROM ${staged(stage)} GROUP BY 1) m ON m.r = t.r`;
  const later = rowid === undefined ? '' : ` AND (m.o IS NULL OR m.o > n.${ORDINAL})`;
  const stored = `(SELECT rowid AS r, ${keys.map(({ stored }) => stored).join(', ')} FROM ${storedTable(stage.table.oid)})`;
  const same = keys.map(({ fresh, stored }) => equal(`n.${fresh}`, `t.${stored}`, constraint)).join(' AND ');
  const among = `SELECT ${ORDINAL} FROM (${numbered(stage, constraint)}) WHERE k > 1`;
  const between = `SELECT n.${ORDINAL} FROM ${newRows(stage)} n JOIN ${stored} t ON ${same}${others} WHERE t.r IS DISTINCT FROM ${place}${later}`;
  return `SELECT min(${ORDINAL}) FROM (${among} UNION ALL ${between})`;
}

interface KeyColumn {
  readonly fresh: string;
  readonly stored: string;
}

function keyColumns(stage: Stage, { columns }: UniqueConstraint): readonly KeyColumn[] {
  return columns.map((attribute) => ({
    fresh: name(defined(stage.columns.fresh[attribute - 1], 'column of a key')),
    stored: attributeColumn(attribute),
  }));
}

function equal(left: string, right: string, { nullsEqual }: UniqueConstraint): string {
  return nullsEqual ? `${left} IS NOT DISTINCT FROM ${right}` : `${left} = ${right}`;
}

/** New rows with a key, and the how manieth with it each is. */
function numbered(stage: Stage, constraint: UniqueConstraint): string {
  const keys = keyColumns(stage, constraint).map(({ fresh }) => fresh);
  const whole = constraint.nullsEqual
    ? ''
    : ` WHERE ${keys.map((key) => `${key} IS NOT NULL`).join(' AND ')}`;
  return `SELECT ${ORDINAL}, row_number() OVER (PARTITION BY ${keys.join(', ')} ORDER BY ${ORDINAL}) AS k FROM ${newRows(stage)}${whole}`;
}

/** ON CONFLICT DO NOTHING: forgets the rows whose key is there already. */
export function dropConflicting(stage: Stage, constraint: UniqueConstraint): string {
  const keys = keyColumns(stage, constraint);
  const same = keys.map(({ fresh, stored }) => equal(`s.${fresh}`, `t.${stored}`, constraint)).join(' AND ');
  return `DELETE FROM ${staged(stage)} AS s WHERE EXISTS (SELECT 1 FROM ${storedTable(stage.table.oid)} t WHERE ${same})`;
}

/** … and those whose key an earlier row of the statement has. */
export function dropRepeated(stage: Stage, constraint: UniqueConstraint): string {
  const repeated = `SELECT ${ORDINAL} FROM (${numbered(stage, constraint)}) WHERE k > 1`;
  return `DELETE FROM ${staged(stage)} WHERE rowid IN (${repeated})`;
}

/** How many new rows repeat the key of an earlier one. */
export function countRepeated(stage: Stage, constraint: UniqueConstraint): string {
  return `SELECT count(*) FROM (${numbered(stage, constraint)}) WHERE k > 1`;
}

/** How many rows are changed more than once. */
export function countChangedTwice(stage: Stage): string {
  const rowid = name(defined(stage.columns.rowid, 'place of a changed row'));
  return `SELECT count(*) FROM (SELECT 1 FROM ${staged(stage)} WHERE ${rowid} IS NOT NULL GROUP BY ${rowid} HAVING count(*) > 1)`;
}

/** The statements that make the changes. */
export function applyChanges(stage: Stage): readonly string[] {
  const { action, rowid, fresh } = stage.columns;
  const table = storedTable(stage.table.oid);
  const live = fresh.flatMap((column, index) =>
    column === undefined ? [] : [{ attribute: attributeColumn(index + 1), value: name(column) }],
  );
  const of = (kind: keyof typeof ACTION) => `${name(action)} = ${ACTION[kind]}`;
  const statements: string[] = [];
  if (rowid !== undefined) {
    const places = `SELECT ${name(rowid)} FROM ${staged(stage)} WHERE ${of('delete')}`;
    statements.push(`DELETE FROM ${table} WHERE rowid IN (${places})`);
  }
  if (live.length === 0) return statements;
  if (rowid !== undefined) {
    const sets = live.map(({ attribute, value }) => `${attribute} = s.${value}`).join(', ');
    statements.push(
      `UPDATE ${table} AS t SET ${sets} FROM ${staged(stage)} s WHERE t.rowid = s.${name(rowid)} AND s.${of('update')}`,
    );
  }
  const into = live.map(({ attribute }) => attribute).join(', ');
  const values = live.map(({ value }) => value).join(', ');
  statements.push(
    `INSERT INTO ${table} (${into}) SELECT ${values} FROM ${staged(stage)} WHERE ${of('insert')} ORDER BY rowid`,
  );
  return statements;
}

export function countChanges(stage: Stage): string {
  return `SELECT count(*) FROM ${staged(stage)}`;
}

/** The new row with a number, by attribute. */
export function printNewRow(stage: Stage, ordinal: bigint): string {
  const columns = stage.columns.fresh.filter((column) => column !== undefined).map(name);
  return `SELECT ${columns.join(', ')} FROM ${staged(stage)} WHERE rowid = ${ordinal}`;
}

/** Where a copied row came from. */
export function printCopied(
  stage: Stage,
  { line, shown }: { readonly line: Column; readonly shown: Column },
  ordinal: bigint,
): string {
  return `SELECT ${name(line)}::VARCHAR, ${name(shown)} FROM ${staged(stage)} WHERE rowid = ${ordinal}`;
}
