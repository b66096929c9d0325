import type { NodeReader } from '../../analysis/tree.ts';
import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { elementOid, OID, type SqlType, sqlType } from '../../types/sql-type.ts';
import { constant } from '../types.ts';
import type { FromTreeContext, SetCall } from './conversion.ts';
import { call, cast, castLength } from './dialect-call.ts';

/** A column that a call in FROM defines: `AS r(a int, b text)`. */
export interface DefinedColumn {
  readonly name: string;
  readonly type: SqlType;
}

const RECORDS: ReadonlySet<string> = new Set([
  'json_to_record(json)',
  'jsonb_to_record(jsonb)',
  'json_to_recordset(json)',
  'jsonb_to_recordset(jsonb)',
]);

const JSON_TYPES: readonly number[] = [OID.json, OID.jsonb];
const TEXT = sqlType(OID.text);

export function definedColumns(reader: NodeReader): readonly DefinedColumn[] {
  reader.ignore('funccolcollations');
  const [names, types, lengths] = [
    reader.strings('funccolnames'),
    reader.ints('funccoltypes'),
    reader.ints('funccoltypmods'),
  ];
  return names.map((name, at) => ({
    name,
    type: sqlType(defined(types[at], 'type of a defined column'), lengths[at]),
  }));
}

export function isJsonRecords(signature: string): boolean {
  return RECORDS.has(signature);
}

/** Each column is the array of its members' texts, which become its type as PostgreSQL's input of the type reads them. */
export function jsonRecords(
  context: FromTreeContext,
  signature: string,
  json: Expr,
  columns: readonly DefinedColumn[],
): readonly SetCall[] {
  return columns.map(({ name, type }) => {
    if (elementOid(type.oid) !== undefined) throw refuse(`an array in the rows of ${signature}`);
    const asJson = constant(sqlType(OID.bool), String(JSON_TYPES.includes(type.oid)));
    const args = [json, constant(TEXT, name), asJson];
    const array = call(`function ${signature}`, `skein.${signature}`, args, sqlType(OID.textArray));
    return { name, array, value: (member) => withLength(context, member, type) };
  });
}

function withLength(context: FromTreeContext, member: Expr, type: SqlType): Expr {
  const value = cast(context, member, sqlType(type.oid));
  return type.typmod === -1
    ? value
    : castLength(context, value, constant(sqlType(OID.int4), String(type.typmod)), false);
}
