import { OID } from '../../src/types/sql-type.ts';
import type { Answer } from './compare.ts';

/** Types that psql aligns to the right. */
const RIGHT: ReadonlySet<number> = new Set([
  OID.int2,
  OID.int4,
  OID.int8,
  OID.numeric,
  OID.float4,
  OID.float8,
  OID.oid,
]);

/** An answer as `psql` prints it, without spaces at the ends of lines. */
export function psqlTable({ columns, rows }: Pick<Answer, 'columns' | 'rows'>): string {
  const cells = rows.map((row) => row.map((value) => value ?? ''));
  const widths = columns.map(({ name }, i) =>
    Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)),
  );
  const line = (texts: readonly string[]) => texts.map((text) => ` ${text} `).join('|');
  const header = line(columns.map(({ name }, i) => centred(name, widths[i] ?? 0)));
  const rule = widths.map((width) => '-'.repeat(width + 2)).join('+');
  const body = cells.map((row) =>
    line(
      row.map((text, i) =>
        RIGHT.has(columns[i]?.type ?? 0) ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0),
      ),
    ),
  );
  const count = `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`;
  return [header, rule, ...body, count].map((text) => text.trimEnd()).join('\n');
}

function centred(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2);
  return `${' '.repeat(left)}${text}`.padEnd(width);
}
