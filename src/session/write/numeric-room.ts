import type { CatalogRow, OwnedColumn, OwnedTable } from '../../catalog/owned.ts';
import { attributeColumn, storedTable } from '../../dialect/print-stored.ts';
import { commonNumeric } from '../../planner/types.ts';
import { carrierOf } from '../../types/carrier.ts';
import {
  decimalShape,
  MAX_DECIMAL_PRECISION,
  NO_DIGITS,
  numericType,
  type SqlType,
  sameType,
} from '../../types/sql-type.ts';
import type { Client } from '../client.ts';
import { withRows } from '../defining.ts';
import { lockAltered } from '../read-locks.ts';
import type { PlannedWrite } from './stage-changes.ts';

/** The types of the values that columns of numeric without precision get, by attribute. */
type Digits = ReadonlyMap<number, SqlType>;

/**
 * A numeric without precision has as many digits after the point as its values have needed. Before a statement brings values with
 * more, the column gets them.
 * @returns `waited`: others may have changed the table meanwhile.
 */
export async function makeRoom(
  client: Client,
  table: OwnedTable,
  values: Digits,
  signal: AbortSignal,
): Promise<'enough' | 'waited' | 'made'> {
  const room = neededRoom(table, values);
  if (room.size === 0) return 'enough';
  if (await lockAltered(client, table, signal)) return 'waited';
  const transaction = await client.storage.read(signal);
  for (const [attribute, type] of room) {
    const column = attributeColumn(attribute);
    const tooLong = `SELECT 'row' FROM ${storedTable(table.oid)} WHERE TRY_CAST(${column} AS ${carrierOf(type).duckdb}) IS NULL AND ${column} IS NOT NULL LIMIT 1`;
    const found = await transaction.lease.use((connection) => connection.texts(tooLong, 1, signal));
    if (found.length > 0) return 'enough';
  }
  const before = client.storage.relations;
  const rows = [...room].map(([attribute, type]) => digitsRow(table.oid, attribute, type));
  client.storage.defined(withRows(client.storage.change, rows));
  await transaction.define(before, client.storage.relations, signal);
  return 'made';
}

/** As {@link makeRoom}, of rows that are there already. */
export async function makeRoomFor(
  client: Client,
  table: OwnedTable,
  values: Digits,
  signal: AbortSignal,
): Promise<void> {
  for (let now = table; (await makeRoom(client, now, values, signal)) === 'waited'; ) {
    const found = client.storage.relations.get(table.oid);
    if (found?.kind !== 'table') return;
    now = found;
  }
}

export function digitsOf({ table, bound, changes }: PlannedWrite): Digits {
  const { fresh } = bound.write.staged;
  const types = new Map(changes.plan.output.map(({ column }) => [column.id, column.type]));
  return new Map(
    table.columns.flatMap((_, index) => {
      const value = fresh[index];
      const type = value && types.get(value.id);
      return type === undefined ? [] : [[index + 1, type] as const];
    }),
  );
}

/** By attribute, the types that columns must get. */
export function neededRoom({ columns }: OwnedTable, values: Digits): Digits {
  return new Map(
    columns.flatMap((column, index) => {
      const type = values.get(index + 1);
      const wider = type && widerType(column, type);
      return wider === undefined ? [] : [[index + 1, wider] as const];
    }),
  );
}

export function withTypes(table: OwnedTable, types: Digits): OwnedTable {
  const columns = table.columns.map((column, index) => ({
    ...column,
    type: types.get(index + 1) ?? column.type,
  }));
  return { ...table, columns };
}

/** undefined: the values are of the column's type. */
function widerType({ type: stored, unbounded, dropped }: OwnedColumn, value: SqlType): SqlType | undefined {
  if (!unbounded || dropped) return undefined;
  const common = sameType(stored, NO_DIGITS) ? value : commonNumeric([stored, value]);
  const shape = decimalShape(common);
  if (shape === undefined) return undefined;
  const { quotient } = common;
  const wide = numericType(MAX_DECIMAL_PRECISION, shape.scale);
  const isStored = stored.quotient === quotient && decimalShape(stored)?.scale === shape.scale;
  if (isStored && holds(stored, value)) return undefined;
  return quotient === undefined ? wide : { ...wide, quotient };
}

function holds(stored: SqlType, value: SqlType): boolean {
  const [own, other] = [decimalShape(stored), decimalShape(value)];
  if (own === undefined || other === undefined) return false;
  return (
    own.precision === MAX_DECIMAL_PRECISION || own.precision - own.scale >= other.precision - other.scale
  );
}

/** The digits of a column that PostgreSQL's catalogs have none for. */
export function digitsRow(oid: number, attribute: number, type: SqlType): CatalogRow {
  const { precision, scale } = decimalShape(type) ?? { precision: 1, scale: 0 };
  return {
    catalog: 'skein_type',
    key: `${oid} ${attribute}`,
    values: [String(precision), String(scale), type.quotient ?? null],
  };
}
