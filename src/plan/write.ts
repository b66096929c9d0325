import type { Expr } from './expr.ts';
import type { Column, Plan, ProjectItem } from './logical.ts';

export type WriteCommand = 'INSERT' | 'UPDATE' | 'DELETE' | 'MERGE';

/** What happens to a row, as the column `action` of the changes says it. */
export const ACTION = { insert: 1, update: 2, delete: 3 } as const;

/** A statement that changes rows of an owned table. Its changes are computed first, then checked, then applied. */
export interface WritePlan {
  readonly command: WriteCommand;
  /** OID of the table. */
  readonly target: number;
  /** A row for each row that is inserted, updated or deleted; its output columns are those of `staged`. */
  readonly changes: Plan;
  readonly staged: StagedColumns;
  /** CHECK constraints in the order in which PostgreSQL asks, over the columns of the new row. */
  readonly checks: readonly RowCheck[];
  /** Over the staged columns; undefined: no RETURNING. */
  readonly returning: readonly ProjectItem[] | undefined;
  readonly onConflict: OnConflict | undefined;
  /** What the statement's text holds too much of: a relation of the plan has it. */
  readonly inputs: readonly ValueInput[];
}

/** A column of literals of one kind. */
export interface ValueInput {
  readonly column: Column;
  /** Of the column of VALUES. */
  readonly index: number;
  readonly kind: string;
}

/** The columns of the changes. */
export interface StagedColumns {
  readonly action: Column;
  /** Of the row that is updated or deleted; undefined: there are only new rows. */
  readonly rowid: Column | undefined;
  /** The new row by attnum - 1; undefined where the column was dropped. Empty: no row is new. */
  readonly fresh: readonly (Column | undefined)[];
  /** What else RETURNING needs: old values, columns of other tables. */
  readonly others: readonly Column[];
}

export interface RowCheck {
  readonly name: string;
  readonly holds: Expr;
}

/** `constraints`: the names of those that arbitrate; undefined: all. */
export interface OnConflict {
  readonly action: 'nothing' | 'update';
  readonly constraints: readonly string[] | undefined;
}

export function stagedColumns({ action, rowid, fresh, others }: StagedColumns): readonly Column[] {
  const live = fresh.filter((column) => column !== undefined);
  return [action, ...(rowid === undefined ? [] : [rowid]), ...live, ...others];
}
