import type { SqlType } from '../types/sql-type.ts';

/*
 * What users make through Skein: schemas, tables, views, sequences, comments, grants. The embedded PostgreSQL runs the
 * statement that defines them, and what changed in its catalogs is kept as rows (decision 009).
 */

/** A row of one of PostgreSQL's catalogs, each column as its text. */
export interface CatalogRow {
  /** `pg_class`. */
  readonly catalog: string;
  /** Unique within the catalog, and the same for each version of one row. */
  readonly key: string;
  readonly values: readonly (string | null)[];
}

/** `catalog key`. */
export type RowId = string;

/** What turns one state of the catalogs into another. A row that is put takes the place of one with its id. */
export interface CatalogChange {
  readonly put: ReadonlyMap<RowId, CatalogRow>;
  readonly gone: ReadonlySet<RowId>;
}

/** OIDs of tables, views and sequences that a change drops. */
export function relationsGone({ gone }: CatalogChange): readonly number[] {
  return [...gone].flatMap((row) => (row.startsWith('pg_class ') ? [Number(row.slice(9))] : []));
}

/** The relations that the rows of a state describe, by OID. */
export type OwnedRelations = ReadonlyMap<number, OwnedRelation>;

export type OwnedRelation = OwnedTable | OwnedView | OwnedSequence;

interface Named {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** Of one session only. */
  readonly temporary: boolean;
  /** Undefined: everybody may do all. */
  readonly access?: Access | undefined;
}

export interface Access {
  readonly owner: string;
  /** Role -> letters of privileges as in PostgreSQL's ACLs; the empty name is everybody. Undefined: the owner's alone. */
  readonly grants: ReadonlyMap<string, string> | undefined;
}

/** A table of the warehouse. Its rows lie in a table of DuckDB that is named by the OID: renaming changes catalogs only. */
export interface OwnedTable extends Named {
  readonly kind: 'table';
  /** By attnum - 1, those that were dropped among them. */
  readonly columns: readonly OwnedColumn[];
  readonly constraints: readonly OwnedConstraint[];
  /** Undefined: the warehouse has the rows. */
  readonly piece?: OwnedPiece | undefined;
  /** What the end of a transaction does to it; undefined: nothing. Its catalog row is `skein_on_commit <oid>`. */
  readonly onCommit?: OnCommit | undefined;
}

export type OnCommit = 'drop' | 'delete';

/** What agents keep of a table that was made in place (decision 010): its catalog row is `skein_placement <oid>`. */
export interface OwnedPiece {
  /** Of the table in the snapshot; its columns are `@<attnum>`. */
  readonly name: string;
  /** attnum -> the label that the column is. */
  readonly labels: ReadonlyMap<number, string>;
}

/** The column of a piece that tells its rows apart. */
export const ROW_NUMBER = '@0';

/** PostgreSQL's own tree of the view's query, as pg_rewrite has it. */
export interface OwnedView extends Named {
  readonly kind: 'view';
  readonly columns: readonly OwnedColumn[];
  readonly tree: string;
  /** Why it can't be used: a table that it reads has changed. */
  readonly broken?: string | undefined;
}

export interface OwnedSequence extends Named {
  readonly kind: 'sequence';
  readonly start: bigint;
  readonly increment: bigint;
  readonly min: bigint;
  readonly max: bigint;
  readonly cycles: boolean;
  /** The table of whose column it is a part. */
  readonly ownedBy?: number | undefined;
  /** What ALTER SEQUENCE … RESTART made of it last: another row of values, which begins with this one. */
  readonly restart?: { readonly id: string; readonly value: bigint } | undefined;
}

export interface OwnedColumn {
  readonly name: string;
  /** A numeric has the digits that it is stored with, also where PostgreSQL's catalog has none. */
  readonly type: SqlType;
  /** A numeric without precision: `type` is what its values have needed until now. */
  readonly unbounded: boolean;
  readonly notNull: boolean;
  readonly dropped: boolean;
  /** PostgreSQL's tree of the default or of the generated value, as pg_attrdef has it. */
  readonly defaultTree: string | undefined;
  /** GENERATED ALWAYS AS … STORED: `defaultTree` is over the row's other columns. */
  readonly generated: boolean;
}

export type OwnedConstraint =
  | {
      readonly kind: 'check';
      readonly name: string;
      readonly tree: string;
      /** Not only of rows that come from now on. */
      readonly validated: boolean;
    }
  | {
      readonly kind: 'primary' | 'unique';
      readonly name: string;
      /** attnums. */
      readonly columns: readonly number[];
      /** NULLS NOT DISTINCT. */
      readonly nullsEqual: boolean;
      /** Undefined: an index that no constraint made. */
      readonly oid?: number | undefined;
    };
