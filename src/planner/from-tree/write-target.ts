import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { OwnedTable } from '../../catalog/owned.ts';
import type { Column, Plan, StoredColumn } from '../../plan/logical.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { type Conversion, newColumn, type Range } from './conversion.ts';
import type { RowColumns } from './write-rows.ts';

/** The rows of the table that a statement changes, each with its place. */
export interface StoredTarget {
  readonly plan: Plan;
  readonly rowid: Column;
  /** By attnum - 1. */
  readonly columns: RowColumns;
  readonly range: Range;
}

export function storedTarget(conversion: Conversion, table: OwnedTable, alias: string): StoredTarget {
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
