import type { Table } from '../catalog/snapshot.ts';
import type { KnownTable } from './state.ts';

/** Names of tables that two inventories don't say the same of. */
export function changedTables(
  before: readonly KnownTable[],
  after: readonly KnownTable[],
): ReadonlySet<string> {
  const texts = new Map(before.map((table) => [table.name, JSON.stringify(table)]));
  const changed = new Set<string>();
  for (const table of after) {
    if (texts.get(table.name) !== JSON.stringify(table)) changed.add(table.name);
    texts.delete(table.name);
  }
  for (const gone of texts.keys()) changed.add(gone);
  return changed;
}

/** Whether they are the same tables, estimates and rows apart. */
export function sameTables(before: readonly Table[], after: readonly Table[]): boolean {
  return (
    before.length === after.length &&
    after.every(
      (table, i) => table === before[i] || JSON.stringify(table, plain) === JSON.stringify(before[i], plain),
    )
  );
}

function plain(key: string, value: unknown): unknown {
  return key === 'rowEstimate' || key === 'byteEstimate' || key === 'dataVersions' ? undefined : value;
}
