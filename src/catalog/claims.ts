import type { TableColumn } from './snapshot.ts';

/** What an agent says of a column. */
export interface ClaimedColumn extends TableColumn {
  /** By the agent's config or the file's own schema; otherwise sniffed. */
  readonly declared: boolean;
  /** Nothing but NULLs were seen: adopts the type of the others. */
  readonly allNull: boolean;
}

export interface ClaimedTable {
  readonly name: string;
  readonly replicated: boolean;
  readonly columns: readonly ClaimedColumn[];
  readonly rowEstimate: number | undefined;
  readonly byteEstimate: number | undefined;
  readonly contentHash: string | undefined;
  readonly dataVersion?: string | undefined;
  readonly constants?: Readonly<Record<string, string>> | undefined;
  readonly contradiction?: string | undefined;
  readonly outOfService: string | undefined;
  readonly comment: string | undefined;
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
