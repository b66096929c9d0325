import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { quoteIdentifier, quoteString } from '../../dialect/quote.ts';
import { openWriter } from '../../engine/duckdb.ts';
import { carrierOf } from '../../types/carrier.ts';
import { decimalShape, MAX_DECIMAL_PRECISION, OID } from '../../types/sql-type.ts';
import type { Column, Row } from './answer.ts';
import { csvLines } from './csv.ts';
import { DecimalWidths } from './decimal-widths.ts';

const MAX_LINE_BYTES = 16 << 20;

/** DuckDB takes names that differ in case only for equal ones: the later gets a number. */
export function fileNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let n = 1; taken.has(free.toLowerCase()); n++) free = `${name}_${n}`;
    taken.add(free.toLowerCase());
    return free;
  });
}

/** By way of a CSV file that DuckDB turns into Parquet with the columns' own types. */
export async function writeParquet(
  columns: readonly Column[],
  rows: AsyncIterable<Row>,
  output: string,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-'));
  try {
    const csv = join(directory, 'rows.csv');
    const widths = new DecimalWidths(columns);
    await pipeline(Readable.from(csvLines(columns, widths.observe(rows))), createWriteStream(csv));
    await convert(csv, columns, widths, { directory, output });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function convert(
  csv: string,
  columns: readonly Column[],
  widths: DecimalWidths,
  place: { readonly directory: string; readonly output: string },
): Promise<void> {
  const engine = await openWriter(place.directory);
  try {
    const written = fileNames(columns.map(({ name }) => name));
    const values = columns.map(
      (column, i) => `${parquetValue(column, i, widths)} AS ${quoteIdentifier(written[i] ?? '')}`,
    );
    const names = columns.map((_, i) => `'column${i}': 'VARCHAR'`);
    const source =
      `read_csv(${quoteString(csv)}, header = true, auto_detect = false, quote = '"', escape = '"', delim = ',', ` +
      `columns = {${names.join(', ')}}, nullstr = '', allow_quoted_nulls = false, ` +
      `parallel = false, max_line_size = ${MAX_LINE_BYTES})`;
    await engine.run("SET TimeZone = 'UTC'");
    await engine.run(
      `COPY (SELECT ${values.join(', ')} FROM ${source}) TO ${quoteString(resolve(place.output))} (FORMAT parquet)`,
    );
  } finally {
    await engine.close();
  }
}

/** Types that Parquet and DuckDB's reading of PostgreSQL's texts keep; the others are text. */
const KEPT = new Set<number>([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.float4,
  OID.float8,
  OID.date,
  OID.time,
  OID.timestamp,
  OID.timestamptz,
  OID.uuid,
]);

function parquetValue({ type }: Column, i: number, widths: DecimalWidths): string {
  const source = `column${i}`;
  if (type.oid === OID.bytea) return `from_hex(substr(${source}, 3))`;
  if (type.oid === OID.numeric) {
    const shape = decimalShape(type) ?? widths.shapeOf(i);
    const fits = shape !== undefined && shape.precision <= MAX_DECIMAL_PRECISION && !widths.hasNaN(i);
    return fits ? `CAST(${source} AS DECIMAL(${shape.precision}, ${shape.scale}))` : source;
  }
  return KEPT.has(type.oid) ? `CAST(${source} AS ${carrierOf(type).duckdb})` : source;
}
