import { OID, type SqlType } from '../types/sql-type.ts';

/** The list sorted by its elements' order: DuckDB's own sort of lists compares intervals part by part. */
export function sortedList(list: string, element: SqlType | undefined, ...order: readonly string[]): string {
  if (element?.oid !== OID.interval) return `list_sort(${[list, ...order].join(', ')})`;
  const keyed = `list_transform(${list}, lambda e: {length: skein_interval_length(e), value: e})`;
  return `list_transform(list_sort(${[keyed, ...order].join(', ')}), lambda e: e.value)`;
}
