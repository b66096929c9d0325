import type { Snapshot } from '../catalog/snapshot.ts';
import type { Engine } from '../engine/duckdb.ts';
import type { DistributedPlan, OutputColumn } from '../plan/distributed.ts';
import type { Column } from '../plan/logical.ts';
import type { Batch } from '../types/batch.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { Fleet } from './fleet.ts';
import type { Lease } from './lease.ts';

/** skein.on_missing_agent (Contract 2). */
export type OnMissingAgent = 'fail' | 'wait' | 'partial';

/** skein.gather_limit and skein.gather_row_limit: what one statement may gather on the proxy, over all its fragments and broadcasts. */
export interface GatherLimit {
  readonly bytes: number;
  readonly rows: number;
}

export interface ExecutionSettings {
  readonly onMissingAgent: OnMissingAgent;
  readonly missingAgentTimeoutMs: number;
  readonly gatherLimit: GatherLimit;
}

/** What all statements of a proxy share. */
export interface ExecutionContext {
  readonly fleet: Fleet;
  readonly engine: Engine;
  /** Tasks of one statement that run at once; the others wait for their turn. */
  readonly maxTasks: number;
}

/** A relation that the session computed itself (`s…`): skein.* views, catalog rows; or that its client sends. */
export interface SessionRelation {
  readonly types: readonly SqlType[];
  readonly batches: readonly Batch[] | AsyncIterable<Batch>;
}

export interface ExecutionRequest {
  /** Unique over the fleet. */
  readonly queryId: string;
  readonly plan: DistributedPlan;
  /** The one that the plan was made from. */
  readonly snapshot: Snapshot;
  readonly settings: ExecutionSettings;
  /** By the name that the plan's relation leaves use. */
  readonly relations?: ReadonlyMap<string, SessionRelation>;
  /** The connection of the transaction, where the plan reads or writes what only it sees. */
  readonly lease?: Lease;
  /** Its reason, where it is a SkeinError, is what the client is told; otherwise 57014. */
  readonly signal: AbortSignal;
}

/** A statement of DuckDB's over a SELECT that gives the columns by the names `c<id>`, in any order. */
export type WriteSql = (select: string, columns: readonly Column[]) => string;

/** A result that was written. */
export interface Written extends Pick<Execution, 'tasks' | 'missing' | 'combineSql'> {
  readonly rows: number;
}

export type TaskState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

/** What one task moved (Contract 3). */
export interface TaskRecord {
  readonly taskId: string;
  readonly fragment: number;
  readonly agent: string;
  readonly shard: string;
  /** As the agent ran it; empty until the agent told. */
  readonly sql: string;
  /** Names of the columns that were asked for. */
  readonly columns: readonly string[];
  readonly rows: number;
  /** Bytes of data frames that the proxy sent. */
  readonly bytesIn: number;
  /** Bytes of data frames that the agent sent. */
  readonly bytesOut: number;
  readonly queueMs: number;
  readonly runMs: number;
  readonly transferMs: number;
  readonly state: TaskState;
  readonly error: string | undefined;
}

/** A shard whose rows are not in a partial answer. */
export interface MissingShard {
  readonly shard: string;
  readonly agents: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** What is wrong, said of the agent: `is not connected`. */
  readonly problem: string;
  /** Why. */
  readonly reason: string;
}

/** A running statement. Its work starts with the first row that is asked for. */
export interface Execution {
  /** What each column of the batches is, in order. */
  readonly columns: readonly OutputColumn[];
  /** To be iterated once. Leaving it early ends all work of the statement before the iterator's `return` resolves. */
  readonly batches: AsyncIterable<Batch>;
  /** As far as they are known now; final once `batches` has ended or `close` resolved. */
  tasks(): readonly TaskRecord[];
  /** Shards that a partial answer lacks; final once `batches` has ended. */
  missing(): readonly MissingShard[];
  /** The combine as the proxy's DuckDB runs it; undefined where rows stream through. */
  readonly combineSql: string | undefined;
  /** Idempotent. Afterwards nothing of the statement is kept, and no task of it runs but on an agent that hangs. */
  close(): Promise<void>;
}
