import { getBorderCharacters, table } from 'table';
import { printable } from './printable.ts';

export interface GridColumn {
  readonly name: string;
  readonly align?: 'left' | 'right';
}

/** Rows as a table for people, with a line under the head. */
export function grid(columns: readonly GridColumn[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ name }) => name), ...rows].map((row) => row.map(printable));
  return table(cells, {
    border: getBorderCharacters('norc'),
    columns: columns.map(({ align = 'left' }) => ({ alignment: align })),
    drawHorizontalLine: (line, lines) => line <= 1 || line === lines,
  });
}
