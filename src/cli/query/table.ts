import { SkeinError } from '../../base/errors.ts';
import { OID } from '../../types/sql-type.ts';
import { grid } from '../grid.ts';
import type { Column, Row } from './answer.ts';

/** Beyond this a table in the terminal helps nobody, and would not fit in memory. */
const MAX_ROWS = 10_000;

const NUMBERS = new Set<number>([OID.int2, OID.int4, OID.int8, OID.float4, OID.float8, OID.numeric, OID.oid]);

/** Rows as a table for people. @param nullText how NULL is shown; an empty text is empty. */
export async function tableText(
  columns: readonly Column[],
  rows: AsyncIterable<Row>,
  nullText: string,
): Promise<string> {
  const cells: string[][] = [];
  for await (const row of rows) {
    if (cells.length === MAX_ROWS) {
      throw new SkeinError('limitExceeded', `more than ${MAX_ROWS} rows for a table`, {
        hint: 'Write them to a file with -o, print them with --format csv, or add a LIMIT.',
      });
    }
    cells.push(row.map((value) => value ?? nullText));
  }
  const count = `(${cells.length} ${cells.length === 1 ? 'row' : 'rows'})\n`;
  if (columns.length === 0) return count;
  const shown = columns.map(
    ({ name, type }) => ({ name, align: NUMBERS.has(type.oid) ? 'right' : 'left' }) as const,
  );
  return `${grid(shown, cells)}${count}`;
}
