import type { SqlType } from '../types/sql-type.ts';

/** A column of source files, as DuckDB reads it. */
export interface SourceColumn {
  /** Verbatim. */
  readonly name: string;
  /** The carrier it gets where nothing else is declared or accepted. */
  readonly type: SqlType;
  /** How the reader is told to read it (CSV, JSON), or gives it by itself (Parquet, queries): a DuckDB type. */
  readonly native: string;
  /** The file's own schema says the type (Parquet, queries). */
  readonly fixed: boolean;
  readonly allNull: boolean;
}

export interface CsvDialect {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly header: boolean;
  readonly nulls: readonly string[];
  readonly quotedNulls: boolean;
}

/** How a group of files is read. `query` has no files that Skein knows of. */
export type Reader =
  | { readonly kind: 'csv'; readonly dialect: CsvDialect }
  | { readonly kind: 'json'; readonly lines: boolean }
  | { readonly kind: 'parquet' }
  | { readonly kind: 'query'; readonly sql: string };

/** What looking at one file, or at a query's result, told. It stays true as long as the file's stamp does. */
export interface SourceFacts {
  readonly reader: Reader;
  readonly columns: readonly SourceColumn[];
  readonly rows: number | undefined;
}
