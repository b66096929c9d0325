import { readTree } from '../../analysis/read-tree.ts';
import type { TreeNode, TreeValue } from '../../analysis/tree.ts';
import { defined } from '../../base/assert.ts';
import { SkeinError } from '../../base/errors.ts';
import type { OwnedColumn, OwnedTable } from '../../catalog/owned.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Column, Plan, ProjectItem } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import type { RowCheck } from '../../plan/write.ts';
import { reference } from '../exprs.ts';
import { constant } from '../types.ts';
import { type Conversion, newColumn, type Range, type Scope } from './conversion.ts';

/** The values of a new row by attnum - 1; undefined: the column's default. */
export type RowValues = readonly (Expr | undefined)[];

/** The columns of a row by attnum - 1; undefined where the column was dropped. */
export type RowColumns = readonly (Column | undefined)[];

/** Nothing to refer to. */
export const BARE_SCOPE: Scope = {
  parent: undefined,
  ranges: [],
  commonTables: new Map(),
  groups: [],
  grouping: undefined,
  aggregates: undefined,
  windows: undefined,
  sets: undefined,
  test: undefined,
  subqueryColumns: [],
};

/** A range that gives an expression for each attribute. */
function rowRange(name: string, resolve: (attribute: number) => Expr): Range {
  return { name, lateral: false, resolve: (attribute) => resolve(attribute) };
}

/** What the trees of a table itself (generated columns, CHECK) refer to: one row of it. */
function rowScope(table: OwnedTable, columns: RowColumns): Scope {
  const column = (attribute: number) => reference(defined(columns[attribute - 1], 'column of the row'));
  return { ...BARE_SCOPE, ranges: [rowRange(table.name, column)] };
}

/** What a column has if no value is given for it. */
export function defaultValue(conversion: Conversion, column: OwnedColumn): Expr {
  const tree = column.generated ? undefined : column.defaultTree;
  if (tree === undefined) return constant(column.type, null);
  return conversion.expr(readTree(tree), BARE_SCOPE);
}

/** New rows with given values. */
export interface NewRow {
  readonly columns: RowColumns;
  /** @param kept passed on beside the row. */
  readonly over: (input: Plan, kept: readonly ProjectItem[]) => Plan;
}

/** Columns without a value have their default; generated ones are computed from the others. */
export function newRow(conversion: Conversion, table: OwnedTable, values: RowValues): NewRow {
  const given = table.columns.map((column, index): ProjectItem | undefined => {
    if (column.dropped || column.generated) return undefined;
    const expr = values[index] ?? defaultValue(conversion, column);
    return { column: newColumn(conversion, column.name, exprType(expr)), expr };
  });
  const scope = rowScope(
    table,
    given.map((item) => item?.column),
  );
  const all = table.columns.map((column, index): ProjectItem | undefined => {
    const item = given[index];
    if (item !== undefined) return { ...item, expr: reference(item.column) };
    if (column.dropped) return undefined;
    const expr = conversion.expr(readTree(defined(column.defaultTree, 'generation expression')), scope);
    return { column: newColumn(conversion, column.name, exprType(expr)), expr };
  });
  return {
    columns: all.map((item) => item?.column),
    over: (input, kept) => {
      const items = [...given.filter((item) => item !== undefined), ...kept];
      const plan: Plan = { kind: 'project', input, items };
      if (!table.columns.some(({ generated, dropped }) => generated && !dropped)) return plan;
      const passed = kept.map(({ column }) => ({ column, expr: reference(column) }));
      return {
        kind: 'project',
        input: plan,
        items: [...all.filter((item) => item !== undefined), ...passed],
      };
    },
  };
}

/** The CHECK constraints over the columns of a new row, if there is one. PostgreSQL asks them by name. */
export function rowChecks(
  conversion: Conversion,
  table: OwnedTable,
  columns: RowColumns,
): readonly RowCheck[] {
  if (columns.length === 0) return [];
  const scope = rowScope(table, columns);
  const byName = (a: RowCheck, b: RowCheck) => (a.name < b.name ? -1 : 1);
  return table.constraints
    .flatMap((constraint): RowCheck[] =>
      constraint.kind === 'check'
        ? [{ name: constraint.name, holds: conversion.expr(readTree(constraint.tree), scope) }]
        : [],
    )
    .sort(byName);
}

/** DEFAULT where a value may stand. */
export function isDefault(node: TreeNode): boolean {
  return node.tag === 'SETTODEFAULT';
}

/** @throws 428C9 where a generated column is given a value. */
export function checkGenerated(column: OwnedColumn, command: 'insert' | 'update'): void {
  if (!column.generated) return;
  const message =
    command === 'insert'
      ? `cannot insert a non-DEFAULT value into column "${column.name}"`
      : `column "${column.name}" can only be updated to DEFAULT`;
  throw new SkeinError({ sqlstate: '428C9' }, message, {
    detail: `Column "${column.name}" is a generated column.`,
  });
}

const VALUES = '5';

/** VALUES of an INSERT: each DEFAULT in it becomes the tree of its column's default. */
export function withDefaults(entry: TreeNode, columns: readonly (OwnedColumn | undefined)[]): TreeNode {
  const kind = entry.fields.get('rtekind');
  const rows = entry.fields.get('values_lists');
  if (kind?.kind !== 'token' || kind.text !== VALUES || rows?.kind !== 'list') return entry;
  const cell = (value: TreeValue, index: number): TreeValue =>
    value.kind === 'node' && isDefault(value.node)
      ? { kind: 'node', node: defaultTree(value.node, columns[index]) }
      : value;
  const items = rows.items.map(
    (row): TreeValue => (row.kind === 'list' ? { kind: 'list', items: row.items.map(cell) } : row),
  );
  return { ...entry, fields: new Map([...entry.fields, ['values_lists', { kind: 'list', items }]]) };
}

function defaultTree(node: TreeNode, column: OwnedColumn | undefined): TreeNode {
  const { defaultTree, generated } = defined(column, 'column of DEFAULT');
  if (defaultTree !== undefined && !generated) return readTree(defaultTree);
  const type = defined(node.fields.get('typeId'), 'type of DEFAULT');
  return readTree(
    `{CONST :consttype ${type.kind === 'token' ? type.text : ''} :consttypmod -1 :constcollid 0 :constlen -1 :constbyval false :constisnull true :location -1 :constvalue <>}`,
  );
}
