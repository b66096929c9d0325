import type { SqlType } from '../types/sql-type.ts';
import type { ShadowColumn } from './tree-context.ts';

/** A table as the shadow holds it. */
export interface ShadowTable {
  /** The same in every thread, and never another table's. */
  readonly oid: number;
  /** As its agents say it; PostgreSQL keeps 63 bytes. */
  readonly name: string;
  /** Of the type of arrays of its rows. */
  readonly arrayName: string;
  readonly columns: readonly TypedColumn[];
  /** What tells its columns from others'; the table is made anew when it changes. */
  readonly definition: string;
  readonly comments: readonly ShadowComment[];
  /** -1: unknown, as in `pg_class.reltuples`. */
  readonly rows: number;
  readonly pages: number;
}

export interface TypedColumn extends ShadowColumn {
  readonly type: SqlType;
}

export interface ShadowComment {
  /** 0: of the table itself. */
  readonly attributeNumber: number;
  readonly text: string;
}

export type ShadowTables = ReadonlyMap<string, ShadowTable>;
