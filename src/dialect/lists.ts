import { refuse } from '../base/errors.ts';
import { elementType, OID, type SqlType } from '../types/sql-type.ts';

/** `1` and `1.0` are one in jsonb, and so are texts of bpchar that differ in blanks at their end. */
const EQUAL_BY_VALUE: readonly number[] = [OID.jsonb, OID.bpchar];

/**
 * For what compares the elements of lists as DuckDB does.
 * @param ordered types that DuckDB orders otherwise there. @throws 0A000 for elements that it compares otherwise.
 */
export function requireComparableElements(types: readonly SqlType[], ordered: readonly number[] = []): void {
  const elements = types.map((type) => elementType(type)?.oid ?? 0);
  if (elements.some((oid) => EQUAL_BY_VALUE.includes(oid) || ordered.includes(oid))) {
    throw refuse('comparing arrays of this type');
  }
}

/** What DuckDB's lists order part by part, or by its bits, and what PostgreSQL orders it by. */
const POSITIONS: ReadonlyMap<number, string> = new Map([
  [OID.interval, 'skein_interval_length'],
  [OID.timetz, 'skein_timetz_position'],
]);

/** The macro that says where a value lies, of types that DuckDB orders otherwise within lists. */
export function positionIn(type: SqlType | undefined): string | undefined {
  return type && POSITIONS.get(type.oid);
}

/** The list sorted by its elements' order. */
export function sortedList(list: string, element: SqlType | undefined, ...order: readonly string[]): string {
  const position = positionIn(element);
  if (position === undefined) return `list_sort(${[list, ...order].join(', ')})`;
  const keyed = `list_transform(${list}, lambda e: {place: ${position}(e), value: e})`;
  return `list_transform(list_sort(${[keyed, ...order].join(', ')}), lambda e: e.value)`;
}
