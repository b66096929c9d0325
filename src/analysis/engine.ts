import type { SkeinError } from '../base/errors.ts';
import type { CatalogChange, OwnedRelations, OwnedTable } from '../catalog/owned.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { DataRow, RawFields } from '../types/data-row.ts';
import type { PgColumn } from '../types/pg-column.ts';
import type { Touches } from './owned/touches.ts';
import type { TreeNode } from './tree.ts';
import type { ShadowMap, SystemCatalog } from './tree-context.ts';

export type { ShadowMap, SystemCatalog } from './tree-context.ts';

/** A role that every PostgreSQL has and nobody logs in as: for the proxy's own questions. */
export const READER_ROLE = 'pg_read_all_settings';

/** What of a session PostgreSQL's analysis depends on. Sent with every request: no client state lives in the engine. */
export interface AnalysisSession {
  readonly searchPath: string;
  readonly timeZone: string;
  readonly dateStyle: string;
  readonly intervalStyle: string;
  readonly user: string;
  /** When its transaction began, in µs since 1970: what the literal 'now' means. undefined: when PostgreSQL reads it. */
  readonly now?: bigint | undefined;
  /** Others that change what PostgreSQL answers, where they aren't at their default. */
  readonly settings?: ReadonlyMap<string, string>;
  /** What only this session sees: its transaction's definitions, its temporary tables. */
  readonly overlay?: Overlay | undefined;
  /** About how many rows a table that was made through Skein has. */
  readonly rowsOf?: (table: OwnedTable) => number | undefined;
}

export interface Overlay {
  /** No other overlay's: part of the key of what is cached. */
  readonly id: number;
  readonly change: CatalogChange;
}

export interface Notice {
  readonly severity: string;
  readonly error: SkeinError;
}

export interface DefineOptions {
  /**
   * A table that the statement reads the rows of, by its quoted name: PostgreSQL has no file of it, and is given an empty one.
   */
  readonly emptied?: string | undefined;
  /** A sequence that the statement alters, by its quoted name: PostgreSQL has no file of it either, and is given one. */
  readonly sequence?: GivenSequence | undefined;
}

/** Where a sequence stands. */
export interface GivenSequence {
  readonly name: string;
  readonly last: bigint;
  readonly called: boolean;
  readonly temporary: boolean;
}

/** What a statement that defines something did. */
export interface Defined {
  readonly tag: string;
  readonly notices: readonly Notice[];
  /** All that the session sees beyond the committed state: what it saw before is contained in it. */
  readonly overlay: CatalogChange;
  readonly touches: Touches;
}

/** A statement as PostgreSQL described it, before its tree is read. */
export interface Described {
  readonly parameterOids: readonly number[];
  /** Empty for a statement that returns no rows. */
  readonly columns: readonly PgColumn[];
}

export interface Analyzed extends Described {
  /** The QUERY node. */
  readonly tree: TreeNode;
  /** OIDs of the relations whose rows it reads. */
  readonly reads: readonly number[];
}

export interface CatalogAnswer {
  readonly columns: readonly PgColumn[];
  /** Each field in the format that was asked for. */
  readonly rows: readonly DataRow[];
  /** Command tag, as PostgreSQL gives it. */
  readonly tag: string;
}

/** A bind parameter as the client sent it. */
export interface RawParameter {
  readonly format: 0 | 1;
  readonly value: Uint8Array | null;
  /** PostgreSQL's input or receive function has read it, and sent this. */
  readonly read?: true;
}

/**
 * The embedded PostgreSQL, behind an interface so that an outside PostgreSQL can take its place.
 * Every method rejects with a SkeinError that carries PostgreSQL's own SQLSTATE, message, detail, hint and position.
 */
export interface CatalogEngine {
  /** OID -> signature of PostgreSQL's own functions, operators, casts and types; read once from the engine. */
  readonly system: SystemCatalog;
  /** Makes the shadow equal to the snapshot: called after each change, and before the first query. */
  sync(snapshot: Snapshot): Promise<ShadowMap>;
  /** @param parameterOids the client's types; 0 or missing: inferred. */
  describe(sql: string, parameterOids: readonly number[], session: AnalysisSession): Promise<Described>;
  /** One statement that is a SELECT, VALUES or WITH. */
  analyze(sql: string, parameterOids: readonly number[], session: AnalysisSession): Promise<Analyzed>;
  /**
   * What PostgreSQL finds wrong with the statement's constants (22xxx) while it plans it: `1 / 0`, whether or not a row needs it.
   * @param parameterOids one of each parameter.
   * @param parameters undefined: whatever they are.
   */
  planningError(
    sql: string,
    parameterOids: readonly number[],
    session: AnalysisSession,
    parameters?: readonly RawParameter[],
  ): Promise<SkeinError | undefined>;
  /** One read-only statement over the catalogs, which a guard lets pass; run in workers of its own. */
  query(
    sql: string,
    parameters: readonly RawParameter[],
    parameterOids: readonly number[],
    resultFormats: readonly (0 | 1)[],
    session: AnalysisSession,
    signal: AbortSignal,
  ): Promise<CatalogAnswer>;
  /**
   * The one text that a query over the catalogs gives. Nothing but the engine itself decides what it says, so an earlier start's
   * may be given.
   * @param name for people: the query is what tells one text from another.
   */
  constantText(name: string, sql: string, session: AnalysisSession): Promise<string>;
  /**
   * Values as PostgreSQL's input functions read them, in its binary form. Waits for no catalog query.
   * @param types one of each value.
   */
  readValues(
    types: readonly number[],
    values: readonly RawParameter[],
    session: AnalysisSession,
    signal: AbortSignal,
  ): Promise<RawFields>;
  /** Runs a statement that defines something on the session's overlay, and undoes it. */
  define(sql: string, session: AnalysisSession, options?: DefineOptions): Promise<Defined>;
  /** Apart: what a session keeps to itself beyond its transaction, and what all sessions shall see. */
  splitTemporary(change: CatalogChange): {
    readonly temporary: CatalogChange;
    readonly permanent: CatalogChange;
  };
  /** Makes a change part of the committed state, which all sessions see. */
  adopt(change: CatalogChange): Promise<void>;
  /** Rises with each change that was adopted. */
  readonly ownedVersion: number;
  /** What was made through Skein, as a session sees it. */
  ownedRelations(overlay: Overlay | undefined): OwnedRelations;
  /** The schemas that were made through Skein, as a session sees them. */
  ownedSchemas(overlay: Overlay | undefined): ReadonlySet<string>;
  close(): Promise<void>;
}
