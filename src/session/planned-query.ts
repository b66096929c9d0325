import type { RawParameter } from '../analysis/engine.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { DistributedPlan } from '../plan/distributed.ts';
import type { PgColumn } from '../types/pg-column.ts';
import type { ReadUnder } from './statement.ts';

/** A query over tables, as its client sent it. */
export interface QueryText {
  readonly sql: string;
  readonly declaredOids: readonly number[];
  readonly parameters: readonly RawParameter[];
  /** undefined: Skein's own literals, read by the settings that hold now. */
  readonly readUnder?: ReadUnder;
  /** The whole statement, with its comments; undefined: `sql` is Skein's own. */
  readonly sent?: string;
}

/** A query with everything decided: what EXPLAIN prints, and what execution runs. */
export interface PlannedQuery {
  readonly sql: string;
  /** The whole statement, with its comments: what is recorded. */
  readonly sent: string;
  readonly plan: DistributedPlan;
  readonly snapshot: Snapshot;
  readonly columns: readonly PgColumn[];
  readonly planningMs: number;
  /** OIDs of the relations whose rows the statement reads. */
  readonly reads: readonly number[];
}
