import type { TreeNode } from '../../analysis/tree.ts';
import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { OwnedTable } from '../../catalog/owned.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Column, Plan, ProjectItem } from '../../plan/logical.ts';
import { ACTION } from '../../plan/write.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { isVolatilePlan, reference } from '../exprs.ts';
import { constant } from '../types.ts';
import { type Conversion, newColumn, openNode, type Scope } from './conversion.ts';
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
  const within = { ...scope, assigned: assignedTogether(conversion, targets, scope) };
  for (const { attribute, expr, junk } of targets) {
    if (junk) continue;
    const column = defined(table.columns[attribute - 1], 'column that is assigned to');
    if (!isDefault(expr)) {
      checkGenerated(column, command);
      values[attribute - 1] = conversion.expr(expr, within);
    } else if (!column.generated) {
      values[attribute - 1] = defaultValue(conversion, column);
    }
  }
  return values;
}

/**
 * `SET (a, b) = (SELECT …)`: PostgreSQL lists the subquery as a target of its own, to whose columns the values refer as
 * `subquery << 16 | column`. Each value has it computed for itself.
 */
function assignedTogether(
  conversion: Conversion,
  targets: readonly AssignedTarget[],
  scope: Scope,
): (parameter: number) => Expr {
  const subqueries = new Map(
    targets.flatMap(({ expr, junk }) => {
      if (!junk) return [];
      const node = openNode(expr, 'SUBLINK').ignore('operName', 'location', 'subLinkType', 'testexpr');
      const [id, tree] = [node.int('subLinkId'), node.node('subselect')];
      node.done();
      return [[id, tree] as const];
    }),
  );
  return (parameter) => {
    const tree = defined(subqueries.get(parameter >> 16), 'subquery that assigns several columns');
    const { plan, outputs } = conversion.query(tree, scope);
    if (isVolatilePlan(plan))
      throw refuse('a subquery that assigns several columns and gives other rows each time');
    const column = defined(outputs[(parameter & 0xffff) - 1], 'column of a subquery');
    const items = [{ column: newColumn(conversion, column.name, column.type), expr: reference(column) }];
    return { kind: 'scalar-subquery', plan: { kind: 'project', input: plan, items }, type: column.type };
  };
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
