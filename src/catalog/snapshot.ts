import type { SqlType } from '../types/sql-type.ts';

/** A label that any agent may carry: a column of every federated table. Its type is the proxy's config, text unless declared. */
export interface Label {
  readonly name: string;
  readonly type: SqlType;
}

export interface TableColumn {
  /** Verbatim, as the source spells it. */
  readonly name: string;
  readonly type: SqlType;
}

/** What one shard holds of a table. */
export interface Piece {
  readonly shard: string;
  /** Rows by the last accepted inventory; undefined where counting would mean reading the data. */
  readonly rowEstimate: number | undefined;
  /** Bytes of the source files, for estimates. */
  readonly byteEstimate: number | undefined;
  /** Set where this piece is out of service: queries that need it fail with this reason. */
  readonly outOfService: string | undefined;
  /** Replicas of the shard that can't serve it, each with the reason; another replica may be asked. */
  readonly outOfServiceOn?: readonly { readonly agent: string; readonly reason: string }[];
  /** Columns that hold one value in all rows of the shard, by its agents' inventories: column -> value as text. */
  readonly constants?: Readonly<Record<string, string>>;
  /** Declarations that the agents don't keep, each with the reason: they are not used. */
  readonly contradictions?: readonly { readonly agent: string; readonly reason: string }[];
  /** What identifies the rows that each agent last announced; an agent that can't tell has no entry. */
  readonly dataVersions?: Readonly<Record<string, string>>;
}

/** A table that agents expose, as one relation in schema `public`. */
export interface Table {
  readonly name: string;
  readonly kind: 'federated' | 'replicated';
  /** Physical columns in persisted order. The label columns of a federated table follow them in the shadow. */
  readonly columns: readonly TableColumn[];
  readonly pieces: readonly Piece[];
  readonly comment: string | undefined;
  /** What agents keep of a table that was made in place: no table by itself. */
  readonly piece?: boolean;
}

export type AgentState = 'connected' | 'absent' | 'refused';

export interface AgentEntry {
  readonly id: string;
  readonly state: AgentState;
  readonly duckdbVersion: string | undefined;
  /** ISO 8601, UTC. */
  readonly lastSeen: string | undefined;
  /** Why it is absent or refused. */
  readonly reason: string | undefined;
}

/** The rows that one agent, or a set of replicas, owns. */
export interface Shard {
  readonly id: string;
  /** Label values as text, as configured; a missing name is NULL. */
  readonly labels: Readonly<Record<string, string>>;
  readonly agents: readonly AgentEntry[];
}

/** Immutable view of catalog, labels and agents that one query sees to its end. */
export interface Snapshot {
  /** Rises whenever tables, columns, labels or shards change (not when an agent only comes or goes). */
  readonly version: number;
  readonly labels: readonly Label[];
  readonly shards: readonly Shard[];
  readonly tables: readonly Table[];
  /** Declared groups of tables whose rows with equal keys lie in one shard. Only those that are verified count. */
  readonly colocations?: readonly Colocation[];
  /** Agents that were refused before they owned a shard: no query needs them. The newest only. */
  readonly refused?: readonly RefusedAgent[];
}

export interface Colocation {
  readonly name: string;
  readonly members: readonly { readonly table: string; readonly column: string }[];
  /** `unfit`: its tables are not such that their keys could be compared. */
  readonly state: 'verified' | 'unverified' | 'violated' | 'unfit';
  /** Why it isn't verified. */
  readonly reason: string | undefined;
}

export interface RefusedAgent extends AgentEntry {
  readonly labels: Readonly<Record<string, string>>;
  readonly shard: string;
}

export function findTable(snapshot: Snapshot, name: string): Table | undefined {
  return snapshot.tables.find((table) => table.name === name);
}

export function findShard(snapshot: Snapshot, id: string): Shard | undefined {
  return snapshot.shards.find((shard) => shard.id === id);
}
