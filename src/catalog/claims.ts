import type { TableColumn } from './snapshot.ts';

/** What an agent says of a column. */
export interface ClaimedColumn extends TableColumn {
  /** Declared in the agent's config, or given by the file's own schema (Parquet); otherwise sniffed, and may adopt others'. */
  readonly declared: boolean;
  /** Nothing but NULLs were seen: adopts the type of the others. */
  readonly allNull: boolean;
}

/** What an agent says of a table: an entry of its inventory. */
export interface ClaimedTable {
  readonly name: string;
  readonly replicated: boolean;
  readonly columns: readonly ClaimedColumn[];
  readonly rowEstimate: number | undefined;
  readonly byteEstimate: number | undefined;
  /** Only for replicated tables: count and hash of the rows. */
  readonly contentHash: string | undefined;
  /** Changes with any change of its files; undefined: the agent can't tell (a query), or the table is out of service. */
  readonly dataVersion?: string | undefined;
  /** Columns that are declared constant and were found to be: column -> value as text. */
  readonly constants?: Readonly<Record<string, string>> | undefined;
  /** Why a declaration of the agent's config is not used: the data contradict it. */
  readonly contradiction?: string | undefined;
  /** The agent can't serve it now; columns are the last known. */
  readonly outOfService: string | undefined;
  readonly comment: string | undefined;
  /** Rows that the agent keeps for a proxy: no table of its config. */
  readonly piece?: boolean | undefined;
}

/** One agent's last accepted inventory. */
export interface Claim {
  readonly agent: string;
  readonly shard: string;
  /** Of the shard; a table may hold a label as a column that is declared constant. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly tables: readonly ClaimedTable[];
}

/** One agent's claim to one table, and the verdict on it. */
export interface Entry {
  readonly agent: string;
  readonly shard: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly table: ClaimedTable;
  reason: string | undefined;
}
