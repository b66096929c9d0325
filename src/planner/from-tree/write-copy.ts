import type { OwnedTable } from '../../catalog/owned.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Column, Plan } from '../../plan/logical.ts';
import { ACTION, type ValueInput, type WritePlan } from '../../plan/write.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { constant } from '../types.ts';
import { type FromTreeContext, newColumn } from './conversion.ts';
import { newConversion, sessionValues } from './from-tree.ts';
import { LongLists } from './long-lists.ts';
import { VALUES_RELATION } from './long-values.ts';
import { checksPlan, type LogicalWrite } from './write-from-tree.ts';
import { newRow, rowChecks } from './write-rows.ts';

export interface CopyWrite {
  readonly logical: LogicalWrite;
  /** Of each row: the number of its line, and how an error shows it. */
  readonly line: Column;
  readonly shown: Column;
}

/** Rows that a client sends, of these attributes in this order; the others have their defaults. */
export function copyWrite(
  table: OwnedTable,
  attributes: readonly number[],
  context: FromTreeContext,
): CopyWrite {
  const conversion = newConversion(context, new LongLists(new Map()));
  const values: (Expr | undefined)[] = table.columns.map(() => undefined);
  const inputs = attributes.flatMap((attribute, index): ValueInput[] => {
    const of = table.columns[attribute - 1];
    if (of === undefined) return [];
    const column = newColumn(conversion, of.name, of.type);
    values[attribute - 1] = reference(column);
    return [{ column, index, kind: 'copy' }];
  });
  const line = newColumn(conversion, 'line', sqlType(OID.int8));
  const shown = newColumn(conversion, 'shown', sqlType(OID.text));
  const others = [line, shown].map((column) => ({ column, expr: reference(column) }));
  const type = sqlType(OID.int4);
  const action = {
    column: newColumn(conversion, 'action', type),
    expr: constant(type, String(ACTION.insert)),
  };
  const columns = [...inputs.map(({ column }) => column), line, shown];
  const relation: Plan = { kind: 'relation', name: VALUES_RELATION, columns };
  const row = newRow(conversion, table, values);
  const write: WritePlan = {
    command: 'INSERT',
    target: table.oid,
    changes: row.over(relation, [action, ...others]),
    staged: { action: action.column, rowid: undefined, fresh: row.columns, others: [line, shown] },
    checks: rowChecks(conversion, table, row.columns),
    returning: undefined,
    onConflict: undefined,
    inputs,
  };
  const checks = checksPlan(write);
  const used = [...sessionValues(write.changes), ...(checks === undefined ? [] : sessionValues(checks))];
  return { logical: { write, usesSession: [...new Set(used)] }, line, shown };
}
