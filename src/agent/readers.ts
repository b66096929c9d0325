import { quoteIdentifier, quoteString } from '../dialect/quote.ts';
import type { CsvDialect, Reader, SourceColumn } from './source.ts';

/** Name of the column that holds the path of the file a row came from. */
const FILE_COLUMN = '__skein_file';

/** How one column is read: a DuckDB type for CSV and JSON; Parquet and queries have their own. */
export interface ReadColumn {
  readonly name: string;
  readonly readAs: string;
}

/** What stands in FROM, and how it calls the columns. */
export interface ReadRelation {
  readonly from: string;
  readonly reference: (index: number) => string;
  /** SQL of the file's name, for errors; undefined: unknown. */
  readonly file: string | undefined;
}

/** @param columns all columns of the files, in their order. */
export function readRelation(
  reader: Reader,
  files: readonly string[],
  columns: readonly ReadColumn[],
): ReadRelation {
  const list = `[${files.map(quoteString).join(', ')}]`;
  const file = `parse_filename(${FILE_COLUMN})`;
  const byName = (index: number): string => quoteIdentifier(columns[index]?.name ?? '');
  switch (reader.kind) {
    case 'csv':
      return { from: csv(list, reader.dialect, columns), reference: (index) => `f${index}`, file };
    case 'json':
      return { from: json(list, reader.lines, columns), reference: byName, file };
    case 'parquet':
      return {
        from: `read_parquet(${list}, filename = ${quoteString(FILE_COLUMN)})`,
        reference: byName,
        file,
      };
    case 'query':
      return { from: `(${reader.sql}\n)`, reference: byName, file: undefined };
  }
}

/** The columns of CSV files are positional here, so their names may be anything. */
function csv(list: string, dialect: CsvDialect, columns: readonly ReadColumn[]): string {
  const types = columns.map((column, index) => `'f${index}': ${quoteString(column.readAs)}`).join(', ');
  const options = [
    'auto_detect = false',
    `delim = ${quoteString(dialect.delimiter)}`,
    `quote = ${quoteString(dialect.quote)}`,
    `escape = ${quoteString(dialect.escape)}`,
    `header = ${dialect.header}`,
    `nullstr = [${dialect.nulls.map(quoteString).join(', ')}]`,
    `allow_quoted_nulls = ${dialect.quotedNulls}`,
    'strict_mode = true',
    `columns = {${types}}`,
    `filename = ${quoteString(FILE_COLUMN)}`,
  ];
  return `read_csv(${list}, ${options.join(', ')})`;
}

function json(list: string, lines: boolean, columns: readonly ReadColumn[]): string {
  const types = columns
    .map((column) => `${quoteString(column.name)}: ${quoteString(column.readAs)}`)
    .join(', ');
  const format = lines ? 'newline_delimited' : 'auto';
  return `read_json(${list}, columns = {${types}}, format = '${format}', filename = ${quoteString(FILE_COLUMN)})`;
}

/** Every column as the sniffer found it. */
export function nativeColumns(columns: readonly SourceColumn[]): ReadColumn[] {
  return columns.map((column) => ({ name: column.name, readAs: column.native }));
}
