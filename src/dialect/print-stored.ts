import type { StoredPlan } from '../plan/logical.ts';
import { comment } from './print-scan.ts';

/** A table of the warehouse in DuckDB: named by its OID, so that a new name or schema doesn't touch it. */
export function storedTable(oid: number): string {
  return `warehouse.main.t${oid}`;
}

/** The column of an attribute number. */
export function attributeColumn(number: number): string {
  return `a${number}`;
}

/** A FROM item with the columns under the names `c<id>`. */
export function printStored({ oid, name, columns }: StoredPlan): string {
  const items = columns.map(({ id, name: title, source }) => {
    const value = source.kind === 'rowid' ? 'rowid' : attributeColumn(source.number);
    return `${value} AS c${id} ${comment(title)}`;
  });
  const list = items.length === 0 ? 'true AS "none"' : items.join(', ');
  return `(SELECT ${list} FROM ${storedTable(oid)} ${comment(name)})`;
}
