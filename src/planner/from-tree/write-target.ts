import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { type OwnedPiece, type OwnedTable, ROW_NUMBER } from '../../catalog/owned.ts';
import { findTable } from '../../catalog/snapshot.ts';
import type { Column, Plan, ScanColumn, StoredColumn } from '../../plan/logical.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { type Conversion, newColumn, type Range } from './conversion.ts';
import { keptColumns, tableName } from './owned-ranges.ts';
import { changed } from './ranges.ts';
import type { RowColumns } from './write-rows.ts';

/** The rows of the table that a statement changes, each with its place. */
export interface StoredTarget {
  readonly plan: Plan;
  readonly rowid: Column;
  /** By attnum - 1. */
  readonly columns: RowColumns;
  readonly range: Range;
}

export function targetRows(conversion: Conversion, table: OwnedTable, alias: string): StoredTarget {
  return table.piece === undefined
    ? storedTarget(conversion, table, alias)
    : keptTarget(conversion, table, table.piece, alias);
}

/** Rows of a piece are numbered within it: the numbers tell the rows of one shard apart. */
function keptTarget(
  conversion: Conversion,
  table: OwnedTable,
  piece: OwnedPiece,
  alias: string,
): StoredTarget {
  if (findTable(conversion.context.snapshot, piece.name) === undefined) throw changed(table.name);
  const columns = keptColumns(conversion, table, piece).map((column, index) =>
    table.columns[index]?.dropped === true ? undefined : column,
  );
  const rowid: ScanColumn = {
    ...newColumn(conversion, 'rowid', sqlType(OID.int8)),
    source: { kind: 'physical', name: ROW_NUMBER },
  };
  const live = columns.filter((column) => column !== undefined);
  const plan: Plan = {
    kind: 'scan',
    table: piece.name,
    pieceOf: tableName(table),
    tableKind: 'federated',
    columns: [rowid, ...live],
    shards: undefined,
  };
  return { plan, rowid, columns, range: columnsRange(alias, columns, () => plan) };
}

function storedTarget(conversion: Conversion, table: OwnedTable, alias: string): StoredTarget {
  const columns = table.columns.map(({ name, type, dropped }, index): StoredColumn | undefined =>
    dropped
      ? undefined
      : { ...newColumn(conversion, name, type), source: { kind: 'attribute', number: index + 1 } },
  );
  const rowid: StoredColumn = {
    ...newColumn(conversion, 'rowid', sqlType(OID.int8)),
    source: { kind: 'rowid' },
  };
  const { oid, name } = table;
  const live = columns.filter((column) => column !== undefined);
  const plan: Plan = { kind: 'stored', oid, name, columns: [rowid, ...live] };
  return { plan, rowid, columns, range: columnsRange(alias, columns, () => plan) };
}

/** A range whose attributes are these columns. */
export function columnsRange(name: string, columns: RowColumns, plan?: () => Plan): Range {
  return {
    name,
    lateral: false,
    ...(plan === undefined ? {} : { plan }),
    resolve: (attribute) => {
      if (attribute < 0) throw refuse(`a system column of "${name}"`);
      return reference(defined(columns[attribute - 1], `column ${attribute} of ${name}`));
    },
  };
}
