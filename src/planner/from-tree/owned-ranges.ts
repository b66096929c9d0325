import { readTree } from '../../analysis/read-tree.ts';
import { SkeinError } from '../../base/errors.ts';
import type { OwnedPiece, OwnedTable, OwnedView } from '../../catalog/owned.ts';
import { findTable } from '../../catalog/snapshot.ts';
import type { Column, Plan, ScanColumn, StoredColumn } from '../../plan/logical.ts';
import { reference } from '../exprs.ts';
import { type Conversion, type Field, newColumn, type Range } from './conversion.ts';
import { attributeOf, type Common, changed, lazyRange, once } from './ranges.ts';

/** A table of the warehouse. Var's attnums count the columns that were dropped. */
export function storedRange(conversion: Conversion, table: OwnedTable, common: Common): Range {
  const columns = table.columns.map(({ name, type }, index): StoredColumn => {
    const column = newColumn(conversion, name, type);
    return { ...column, source: { kind: 'attribute', number: index + 1 } };
  });
  const { oid, name } = table;
  const kept = columns.filter((_, index) => table.columns[index]?.dropped === false);
  const plan: Plan = { kind: 'stored', oid, name, columns: kept };
  return {
    ...common,
    plan: once(() => plan),
    fields: () => kept.map(fieldOf),
    resolve: (attribute) => reference(attributeOf(columns, attribute, common.name)),
  };
}

const fieldOf = (column: Column): Field => ({ name: column.name, expr: reference(column) });

/** A table that was made in place: each of its shards' agents keeps a piece of it. */
export function keptRange(
  conversion: Conversion,
  table: OwnedTable,
  piece: OwnedPiece,
  common: Common,
): Range {
  const kept = findTable(conversion.context.snapshot, piece.name);
  if (kept === undefined) throw changed(table.name);
  const columns = keptColumns(conversion, table, piece);
  const plan: Plan = {
    kind: 'scan',
    table: piece.name,
    pieceOf: tableName(table),
    tableKind: 'federated',
    columns: columns.filter((_, index) => table.columns[index]?.dropped === false),
    shards: undefined,
  };
  return {
    ...common,
    plan: once(() => plan),
    fields: () => plan.columns.map(fieldOf),
    resolve: (attribute) => reference(attributeOf(columns, attribute, common.name)),
  };
}

/** For people. */
export function tableName({ schema, name }: OwnedTable): string {
  return `${schema}.${name}`;
}

/** By attnum - 1. What the agents keep of a label is not read: their own is. */
export function keptColumns(
  conversion: Conversion,
  table: OwnedTable,
  piece: OwnedPiece,
): readonly ScanColumn[] {
  return table.columns.map(({ name, type }, index): ScanColumn => {
    const label = piece.labels.get(index + 1);
    const source =
      label === undefined
        ? { kind: 'physical' as const, name: `@${index + 1}` }
        : { kind: 'label' as const, name: label };
    return { ...newColumn(conversion, name, type), source };
  });
}

/** What a view's query gives. The same view twice is two subqueries. */
export function viewRange(conversion: Conversion, view: OwnedView, common: Common): Range {
  if (view.broken !== undefined) throw brokenView(view, view.broken);
  return lazyRange(common, () => {
    try {
      return conversion.query(readTree(view.tree), undefined);
    } catch (error) {
      throw inView(error, view);
    }
  });
}

function brokenView({ schema, name }: OwnedView, reason: string): SkeinError {
  return new SkeinError('objectNotInState', `view "${schema}.${name}" can't be used: ${reason}`, {
    detail: 'A table that it reads has changed since it was made.',
    hint: 'Replace the view with CREATE OR REPLACE VIEW, or drop it.',
  });
}

/** Whoever asks the view doesn't see what it is made of. The innermost view is named. */
function inView(error: unknown, { schema, name }: OwnedView): unknown {
  if (!(error instanceof SkeinError) || error.fields.detail !== undefined) return error;
  const fields = {
    ...error.fields,
    position: undefined,
    detail: `It is part of the view "${schema}.${name}".`,
  };
  return new SkeinError({ sqlstate: error.code }, error.message, fields, error.cause);
}
