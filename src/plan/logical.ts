import type { SqlType } from '../types/sql-type.ts';
import type { AggregateCall, ColumnId, Expr, SortKey } from './expr.ts';

/** A column that an operator outputs. `name` is only for people who read plans. */
export interface Column {
  readonly id: ColumnId;
  readonly type: SqlType;
  readonly name: string;
}

/** Where a scanned column comes from. */
export type ScanSource =
  | { readonly kind: 'physical'; readonly name: string }
  | { readonly kind: 'label'; readonly name: string };

export interface ScanColumn extends Column {
  readonly source: ScanSource;
}

export interface ProjectItem {
  readonly column: Column;
  readonly expr: Expr;
}

export interface AggregateItem {
  readonly column: Column;
  readonly call: AggregateCall;
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';

/**
 * The operator tree: free of location until `gather` and `broadcast` are placed. Plain JSON data: it travels to agents.
 * Column ids are unique over the whole tree, so a reference to a column of an enclosing query (correlation) is just an id
 * that the subquery's own operators don't output.
 */
export type Plan =
  | ScanPlan
  | { readonly kind: 'filter'; readonly input: Plan; readonly predicate: Expr }
  | { readonly kind: 'project'; readonly input: Plan; readonly items: readonly ProjectItem[] }
  | AggregatePlan
  | JoinPlan
  | { readonly kind: 'sort'; readonly input: Plan; readonly keys: readonly SortKey[] }
  | LimitPlan
  | { readonly kind: 'distinct'; readonly input: Plan }
  | SetOperationPlan
  | {
      readonly kind: 'values';
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly Expr[])[];
    }
  | { readonly kind: 'with'; readonly name: string; readonly definition: Plan; readonly body: Plan }
  | {
      readonly kind: 'cte-ref';
      readonly name: string;
      readonly columns: readonly Column[];
      readonly of: readonly ColumnId[];
    }
  | UnnestPlan
  | RecursivePlan
  | WindowPlan
  | GatherPlan
  | BroadcastPlan
  | RelationPlan
  | StoredPlan;

/** One federated or replicated table. A label column is the agent's own label, as a constant. */
export interface ScanPlan {
  readonly kind: 'scan';
  readonly table: string;
  /** Of a piece, for people: the table whose rows it has. */
  readonly pieceOf?: string | undefined;
  readonly tableKind: 'federated' | 'replicated';
  readonly columns: readonly ScanColumn[];
  /** Shards whose labels may satisfy the query; undefined before pruning. Only for federated tables. */
  readonly shards: readonly string[] | undefined;
}

/**
 * WITH RECURSIVE: the rows of `base`, and of `step` over the rows that it last gave, until it gives none. `step` reads those by a
 * `cte-ref` of this name, whose `of` are ids of `columns`; column i of both is column i of the output. `all`: duplicates stay.
 */
export interface RecursivePlan {
  readonly kind: 'recursive';
  readonly name: string;
  readonly all: boolean;
  readonly base: Plan;
  readonly step: Plan;
  readonly columns: readonly Column[];
}

export interface UnnestItem {
  readonly column: Column;
  readonly array: Expr;
}

/** A row for each element of the longest array; the shorter ones, and NULL, end in NULLs. */
export interface UnnestPlan {
  readonly kind: 'unnest';
  readonly items: readonly UnnestItem[];
  /** int8: the row's number from 1; the last column. */
  readonly ordinality?: Column;
}

/** Groups first, then aggregates, then the sets' mask, are the output. No groups: exactly one row. */
export interface AggregatePlan {
  readonly kind: 'aggregate';
  readonly input: Plan;
  readonly groups: readonly ProjectItem[];
  readonly aggregates: readonly AggregateItem[];
  /** Absent: one set, of all groups. There are groups if there are sets. */
  readonly sets?: GroupingSets;
}

/** A row for each group of each set; the groups that a set lacks are NULL in its rows. */
export interface GroupingSets {
  /** The indexes of each set's groups. */
  readonly members: readonly (readonly number[])[];
  /** int8: a bit for each group, 1 where the row's set lacks it; the last group's is the lowest. */
  readonly mask: Column;
}

export interface JoinPlan {
  readonly kind: 'join';
  readonly type: JoinType;
  readonly left: Plan;
  readonly right: Plan;
  readonly condition: Expr;
  /** The right side refers to columns of the left. */
  readonly lateral: boolean;
}

/** `limit` and `offset` are bigint expressions without columns; undefined or NULL: none. */
export interface LimitPlan {
  readonly kind: 'limit';
  readonly input: Plan;
  readonly limit: Expr | undefined;
  readonly offset: Expr | undefined;
  readonly withTies: boolean;
}

/** Column i of the output is column i of both inputs. */
export interface SetOperationPlan {
  readonly kind: 'set-operation';
  readonly op: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly inputs: readonly [Plan, Plan];
  readonly columns: readonly Column[];
}

export interface WindowItem {
  readonly column: Column;
  readonly call: AggregateCall;
  readonly frame: WindowFrame;
}

export interface WindowFrame {
  readonly mode: 'rows' | 'range' | 'groups';
  readonly start: FrameBound;
  readonly end: FrameBound;
  readonly exclude: 'none' | 'current-row' | 'group' | 'ties';
}

export type FrameBound =
  | { readonly kind: 'unbounded-preceding' | 'current-row' | 'unbounded-following' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expr };

/** The input's columns, then the items. All items share partition and order. */
export interface WindowPlan {
  readonly kind: 'window';
  readonly input: Plan;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly SortKey[];
  readonly items: readonly WindowItem[];
}

/** Streaming union of the input over agents, on the proxy. The input runs on each of `shards`; one agent if it is replicated. */
export interface GatherPlan {
  readonly kind: 'gather';
  readonly input: Plan;
  readonly id: number;
  /** Why rows had to be gathered here, for EXPLAIN. */
  readonly reason: string;
}

/** A relation of the proxy that is sent to every agent of the enclosing fragment. */
export interface BroadcastPlan {
  readonly kind: 'broadcast';
  readonly input: Plan;
  readonly id: number;
}

/** After lowering: a named relation that is already where the plan runs (`g<id>` gathered, `b<id>` broadcast, `s…` system). */
export interface RelationPlan {
  readonly kind: 'relation';
  readonly name: string;
  readonly columns: readonly Column[];
  /** Where one relation is read more than once: the ids under which it holds the columns. Absent: the columns' own. */
  readonly of?: readonly ColumnId[];
  /** Estimated, where it is known what the relation will hold. */
  readonly rows?: number;
}

/** A table of the warehouse: its rows lie on the proxy. No agent takes one. */
export interface StoredPlan {
  readonly kind: 'stored';
  readonly oid: number;
  readonly name: string;
  readonly columns: readonly StoredColumn[];
  /** As the warehouse counts them. */
  readonly rows?: number;
}

export interface StoredColumn extends Column {
  readonly source: { readonly kind: 'attribute'; readonly number: number } | { readonly kind: 'rowid' };
}
