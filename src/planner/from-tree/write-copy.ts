import type { OwnedTable } from '../../catalog/owned.ts';
import type { ColumnId, Expr } from '../../plan/expr.ts';
import type { Column, Plan } from '../../plan/logical.ts';
import { substitute, visitPlan } from '../../plan/walk.ts';
import { ACTION, type ValueInput, type WritePlan } from '../../plan/write.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { constant } from '../types.ts';
import { type FromTreeContext, newColumn } from './conversion.ts';
import { newConversion, sessionValues } from './from-tree.ts';
import { LongLists } from './long-lists.ts';
import { VALUES_RELATION } from './long-values.ts';
import { checksPlan, type LogicalWrite } from './write-from-tree.ts';
import { defaultValue, newRow, type RowColumns, rowChecks } from './write-rows.ts';

/** Kinds of the inputs: the values, and which of them are the defaults of their columns. */
const COPIED = 'copied';
export const MARKED = 'marked';

export interface CopyWrite {
  readonly logical: LogicalWrite;
  /** Of each row: the number of its line, and how an error shows it. */
  readonly line: Column;
  readonly shown: Column;
}

/**
 * Rows that a client sends, of these attributes in this order; the others have their defaults.
 * @param rows `condition`: a DELETE of those that are taken; `marked`: they say which of their values are the defaults.
 */
export function copyWrite(
  table: OwnedTable,
  attributes: readonly number[],
  rows: { readonly condition: WritePlan | undefined; readonly marked: boolean },
  context: FromTreeContext,
): CopyWrite {
  const conversion = newConversion(context, new LongLists(new Map()));
  const values: (Expr | undefined)[] = table.columns.map(() => undefined);
  const inputs = attributes.flatMap((attribute, index): ValueInput[] => {
    const of = table.columns[attribute - 1];
    if (of === undefined) return [];
    const column = newColumn(conversion, of.name, of.type);
    const given: ValueInput = { column, index, kind: COPIED };
    if (!rows.marked || of.defaultTree === undefined) {
      values[attribute - 1] = reference(column);
      return [given];
    }
    const mark = newColumn(conversion, `default of ${of.name}`, sqlType(OID.bool));
    values[attribute - 1] = {
      kind: 'case',
      branches: [{ when: reference(mark), then: defaultValue(conversion, of) }],
      otherwise: reference(column),
      type: of.type,
    };
    return [given, { column: mark, index, kind: MARKED }];
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
    changes: taken(row.over(relation, [action, ...others]), row.columns, rows.condition),
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

/** The rows of which a condition of the table's columns holds. */
function taken(rows: Plan, columns: RowColumns, condition: WritePlan | undefined): Plan {
  const values = new Map<ColumnId, Expr>();
  const predicates: Expr[] = [];
  visitPlan(condition?.changes ?? rows, (plan) => {
    if (plan.kind === 'filter') predicates.push(plan.predicate);
    if (plan.kind !== 'stored') return;
    for (const { id, source } of plan.columns) {
      const column = source.kind === 'attribute' ? columns[source.number - 1] : undefined;
      if (column !== undefined) values.set(id, reference(column));
    }
  });
  return predicates.reduce(
    (input, predicate): Plan => ({ kind: 'filter', input, predicate: substitute(predicate, values) }),
    rows,
  );
}
