import type { TreeNode } from '../../analysis/tree.ts';
import { defined } from '../../base/assert.ts';
import type { OwnedTable } from '../../catalog/owned.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Column, Plan, ProjectItem } from '../../plan/logical.ts';
import { ACTION } from '../../plan/write.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { constant } from '../types.ts';
import { type Conversion, newColumn, type Scope } from './conversion.ts';
import { convertFrom } from './from-clause.ts';
import type { AssignedTarget, WriteContext, WriteQuery } from './write-query.ts';
import {
  checkGenerated,
  defaultValue,
  isDefault,
  type NewRow,
  newRow,
  type RowColumns,
  type RowValues,
} from './write-rows.ts';

const INT4 = sqlType(OID.int4);

/** A column that says what happens, the same for all rows. */
export function actionItem(conversion: Conversion, action: keyof typeof ACTION): ProjectItem {
  const expr = constant(INT4, String(ACTION[action]));
  return { column: newColumn(conversion, 'action', INT4), expr };
}

/** The given values by attnum - 1. */
export function assignedValues(
  { conversion, table }: WriteContext,
  targets: readonly AssignedTarget[],
  command: 'insert' | 'update',
  scope: Scope,
): RowValues {
  const values: (Expr | undefined)[] = table.columns.map(() => undefined);
  for (const { attribute, expr } of targets) {
    const column = defined(table.columns[attribute - 1], 'column that is assigned to');
    if (!isDefault(expr)) {
      checkGenerated(column, command);
      values[attribute - 1] = conversion.expr(expr, scope);
    } else if (!column.generated) {
      values[attribute - 1] = defaultValue(conversion, column);
    }
  }
  return values;
}

/** What an INSERT would insert. */
export function insertedRow(
  context: WriteContext,
  scope: Scope,
): { readonly input: Plan; readonly row: NewRow } {
  const { conversion, query, table } = context;
  const input = convertFrom(conversion, query.from, scope);
  const values = assignedValues(context, withoutGenerated(query.values, table, query), 'insert', scope);
  return { input, row: newRow(conversion, table, values) };
}

/** DEFAULT for a generated column in each row of VALUES. */
function withoutGenerated(
  targets: readonly AssignedTarget[],
  table: OwnedTable,
  query: WriteQuery,
): readonly AssignedTarget[] {
  return targets.filter(({ attribute, expr }) => {
    const isGenerated = table.columns[attribute - 1]?.generated === true;
    return !(isGenerated && isDefaultOfEach(expr, query));
  });
}

function isDefaultOfEach(expr: TreeNode, query: WriteQuery): boolean {
  const number = expr.fields.get('varattno');
  const range = expr.fields.get('varno');
  if (expr.tag !== 'VAR' || number?.kind !== 'token' || range?.kind !== 'token') return false;
  const rows = query.rangeTable[Number(range.text) - 1]?.fields.get('values_lists');
  if (rows?.kind !== 'list') return false;
  return rows.items.every((row) => {
    const cell = row.kind === 'list' ? row.items[Number(number.text) - 1] : undefined;
    return cell?.kind === 'node' && isDefault(cell.node);
  });
}

/** What isn't set stays. */
export function updatedValues(table: OwnedTable, old: RowColumns, set: RowValues): RowValues {
  return table.columns.map((_, index): Expr | undefined => {
    const before = old[index];
    return set[index] ?? (before === undefined ? undefined : reference(before));
  });
}

/** The place of the changed row. */
export function placeItem(conversion: Conversion, rowid: Column): ProjectItem {
  return { column: newColumn(conversion, 'rowid', rowid.type), expr: reference(rowid) };
}
