import type { Snapshot } from '../catalog/snapshot.ts';
import type { KeptRows } from '../plan/distributed.ts';
import type { Column, Plan } from '../plan/logical.ts';
import type { Batch } from '../types/batch.ts';

/** One fragment on one agent. */
export interface Task {
  /** Identifies the client's statement: all of an agent's tasks with it see one file set. */
  readonly queryId: string;
  readonly taskId: string;
  readonly agentId: string;
  readonly plan: Plan;
  readonly columns: readonly Column[];
  readonly inputs: readonly TaskInput[];
  /** Stop early: the agent ends the task once it has produced this many rows. */
  readonly maxRows: number | undefined;
  /** Table -> the data version that the plan relies on; the agent refuses other data. */
  readonly expects?: Readonly<Record<string, string>> | undefined;
  /** The agent keeps the rows and sends their number. */
  readonly keep?: KeptRows | undefined;
}

/** A broadcast relation, sent to the agent before the task runs. */
export interface TaskInput {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly batches: readonly Batch[];
}

/** What the agent did, for the record of what left (Contract 3). */
export interface TaskReport {
  readonly sql: string;
  readonly rows: number;
  /** Bytes of the data frames that the proxy sent to the agent. */
  readonly bytesIn: number;
  /** Bytes of the data frames that the agent sent. */
  readonly bytesOut: number;
  readonly queueMs: number;
  readonly runMs: number;
  readonly transferMs: number;
}

export interface TaskRun {
  /** Ends when the agent has sent everything; throws the task's SkeinError. Reading slowly slows the agent down. */
  readonly batches: AsyncIterable<Batch>;
  /** Settles with the run, also when it failed (what was sent until then), at most 100 ms after its reader left. Never rejects. */
  readonly report: Promise<TaskReport>;
}

/** The proxy's view of its agents. Two implementations: WebSocket and in-memory. */
export interface Fleet {
  snapshot(): Snapshot;
  /** Resolves once all that agents have announced until now is in the snapshot. */
  settled(): Promise<void>;
  /** Called with every new snapshot; returns the unsubscriber. */
  onChange(listener: (snapshot: Snapshot) => void): () => void;
  /** @throws through the run: 58000 if the agent is gone, 57014 once the signal aborts. */
  run(task: Task, signal: AbortSignal): TaskRun;
  /** No task of the statement will follow: the agents may forget its file set. */
  endStatement(queryId: string): void;
  /** How the names of this proxy's pieces begin. */
  readonly piecePrefix: string;
  /** Has agents drop the pieces that are not kept. */
  forgetPieces(isKept: (piece: string) => boolean): Promise<void>;
  close(): Promise<void>;
}
