import { defined } from '../base/assert.ts';
import type { ColumnId } from '../plan/expr.ts';
import type { Column } from '../plan/logical.ts';
import { columnName } from './print-block.ts';

/** What is read under other names than its own, as a FROM item. @param of what each column is called there. */
export function printRenamed(from: string, columns: readonly Column[], of: readonly ColumnId[]): string {
  const list = columns.map(
    ({ id }, index) => `${columnName(defined(of[index], 'column of a relation'))} AS ${columnName(id)}`,
  );
  return `(SELECT ${list.join(', ') || 'true AS "none"'} FROM ${from})`;
}
