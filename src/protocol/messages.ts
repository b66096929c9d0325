import type { ClaimedTable } from '../catalog/claims.ts';
import type { TableColumn } from '../catalog/snapshot.ts';
import type { PieceCount } from '../plan/distributed.ts';
import type { Column, Plan } from '../plan/logical.ts';

/** Rises with every incompatible change. Another version is refused by name. */
export const PROTOCOL_VERSION = 2;

/** Frames an agent may have in flight to the proxy per task before it waits for credit. */
export const INITIAL_CREDIT = 8;

/** First message of an agent. */
export interface Hello {
  readonly type: 'hello';
  readonly protocol: number;
  readonly prelude: string;
  readonly duckdb: string;
  readonly agentId: string;
  readonly token: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly shard: string | undefined;
  readonly inventory: Inventory;
}

export interface Inventory {
  /** Changes with any change of the tables or their files. */
  readonly version: string;
  readonly tables: readonly ClaimedTable[];
}

export type AgentMessage =
  | Hello
  | { readonly type: 'inventory'; readonly inventory: Inventory }
  | { readonly type: 'task-done'; readonly taskId: string; readonly report: WireReport }
  | {
      readonly type: 'task-failed';
      readonly taskId: string;
      readonly error: WireError;
      readonly report: WireReport;
    }
  | { readonly type: 'pong'; readonly sentAt: number };

export type ProxyMessage =
  /** `types`: the types that the accepted inventory has for each table, united over all shards: the agent casts to them at the scan. */
  | {
      readonly type: 'welcome';
      readonly proxyId: string;
      readonly labels: readonly { readonly name: string; readonly oid: number }[];
    }
  | { readonly type: 'accepted'; readonly tables: readonly AcceptedTable[] }
  | { readonly type: 'refused'; readonly reason: string }
  | TaskMessage
  | { readonly type: 'credit'; readonly taskId: string; readonly frames: number }
  | { readonly type: 'cancel'; readonly taskId: string }
  | { readonly type: 'end-statement'; readonly queryId: string }
  /** Pieces that no statement reads any more. */
  | { readonly type: 'forget'; readonly pieces: readonly string[] }
  | { readonly type: 'ping'; readonly sentAt: number };

/** Columns as the federation sees them; the agent exposes exactly these (missing ones as NULL). */
export interface AcceptedTable {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly outOfService: string | undefined;
}

/** Data frames of the inputs follow it, before the agent may start. */
export interface TaskMessage {
  readonly type: 'task';
  readonly queryId: string;
  readonly taskId: string;
  readonly plan: Plan;
  readonly columns: readonly Column[];
  readonly inputs: readonly {
    readonly name: string;
    readonly columns: readonly Column[];
    readonly frames: number;
  }[];
  readonly maxRows: number | undefined;
  /** Table -> the data version that the plan relies on. Other data fail the task (40001). */
  readonly expects?: Readonly<Record<string, string>> | undefined;
  /** The agent keeps the rows as a piece, and sends one row with their number. */
  readonly keep?: KeptPiece | undefined;
}

/** How the names of a proxy's pieces begin: it touches no other proxy's. */
export function piecePrefix(proxyId: string): string {
  return `@${proxyId.slice(0, 8)}.`;
}

/** Rows of a table that was made in place (decision 010), as one agent keeps them. Never changed once it is there. */
export interface KeptPiece {
  /** Begins with {@link piecePrefix}, as no table of an agent's config does. */
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly counts?: PieceCount | undefined;
}

export interface WireReport {
  readonly sql: string;
  readonly rows: number;
  readonly bytesOut: number;
  readonly queueMs: number;
  readonly runMs: number;
}

export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
}
