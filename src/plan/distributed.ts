import type { TableColumn } from '../catalog/snapshot.ts';
import type { PgColumn } from '../types/pg-column.ts';
import type { Column, Plan } from './logical.ts';

/** A partial plan plus the shards it goes to. Its leaves are scans, values and broadcast relations. */
export interface Fragment {
  readonly id: number;
  readonly plan: Plan;
  readonly columns: readonly Column[];
  /** Every shard that must answer; empty: no shard survived pruning, the fragment yields what its plan gives over no agent. */
  readonly target: FragmentTarget;
  /** Broadcast relations that must be sent along, by id. */
  readonly inputs: readonly number[];
  readonly reason: string;
  readonly estimate: Estimate;
  /** Tables whose data must be those that a declared colocation group was verified with. */
  readonly relies?: readonly string[];
  /** The agents keep the plan's rows under this name, and give the number of them. */
  readonly keep?: KeptRows;
}

export interface KeptRows {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly counts?: PieceCount;
}

/**
 * The number that an agent gives of what it keeps, where it isn't that of the rows: of those that the plan marks by its last
 * column, a bool beside the kept ones; or how many fewer they are than those of another piece.
 */
export type PieceCount = { readonly kind: 'marked' } | { readonly kind: 'fewer'; readonly than: string };

/** `each`: every one of the shards. `any`: one agent of any shard that holds these replicated tables. */
export type FragmentTarget =
  | { readonly kind: 'each'; readonly shards: readonly string[] }
  | { readonly kind: 'any'; readonly shards: readonly string[] };

export interface Estimate {
  readonly rows: number;
  readonly bytes: number;
}

/** A relation that the proxy computes over earlier gathers and sends to agents. */
export interface Broadcast {
  readonly id: number;
  readonly plan: Plan;
  readonly columns: readonly Column[];
  /** Ids of the fragments whose gathered relations it reads. */
  readonly reads: readonly number[];
  /** Of the rows that each agent gets. */
  readonly estimate: Estimate;
}

/** Shards chosen and pruned for one scan, with the reason. */
export interface Pruning {
  readonly table: string;
  readonly chosen: readonly string[];
  readonly pruned: readonly string[];
  /** The label predicate as SQL over label names; undefined: none. */
  readonly predicate: string | undefined;
}

/**
 * What the planner hands to execution. Fragments and broadcasts are in an order in which each needs only earlier ones.
 * `combine` is a plan over `g<fragment id>` relations; `passThrough` is set when it is exactly one gather: rows stream.
 */
export interface DistributedPlan {
  readonly fragments: readonly Fragment[];
  readonly broadcasts: readonly Broadcast[];
  readonly combine: Plan;
  readonly passThrough: number | undefined;
  readonly output: readonly OutputColumn[];
  readonly prunings: readonly Pruning[];
  readonly groups?: readonly DeclaredGroup[];
  /** Names of the rewrites that fired, in order. */
  readonly rewrites: readonly string[];
}

/** A declared colocation group with tables of the statement. */
export interface DeclaredGroup {
  readonly name: string;
  /** `table.column` of each member. */
  readonly keys: readonly string[];
  /** Why its keys can't be relied on; undefined: they can. */
  readonly unusable: string | undefined;
  /** What comparing its keys moves at most. It is done when data change, not by the statement. */
  readonly verification: Estimate;
}

/** What the client sees of a column, and the plan's column that feeds it. */
export interface OutputColumn {
  readonly column: Column;
  readonly pg: PgColumn;
}
