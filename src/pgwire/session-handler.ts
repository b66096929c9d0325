import type { SkeinError } from '../base/errors.ts';
import type { Batch } from '../types/batch.ts';
import type { DataRow } from '../types/data-row.ts';
import type { PgColumn } from '../types/pg-column.ts';
import type { CopyFormat } from './copy-format.ts';
import type { FatalError } from './fatal-error.ts';

/** 0: text, 1: binary (PostgreSQL docs, 54.1.3 Formats and Format Codes). */
export type Format = 0 | 1;

/** 54.2.1: `I` idle, `T` in a transaction block, `E` in a failed one. */
export type TransactionStatus = 'I' | 'T' | 'E';

/**
 * What the protocol state machine needs of a session: the seam at which pgwire and planning meet. A method rejects with a
 * SkeinError to send ErrorResponse; in the extended protocol the connection then skips to Sync by itself.
 * Calls never overlap; only `cancel` may come at any time.
 */
export interface SessionHandler {
  transactionStatus(): TransactionStatus;
  /** What ParameterStatus tells before the next ReadyForQuery: what has changed since the last call. */
  takeChangedParameters(): readonly (readonly [name: string, value: string])[];
  /** A whole simple Query message: any number of statements. Errors are reported through rejection. */
  simpleQuery(sql: string, sink: ResponseSink): Promise<void>;
  parse(name: string, sql: string, parameterOids: readonly number[]): Promise<void>;
  bind(
    portal: string,
    statement: string,
    parameters: readonly BindParameter[],
    resultFormats: readonly Format[],
  ): Promise<void>;
  describeStatement(name: string): Promise<StatementDescription>;
  /** Columns with the formats that Bind chose; undefined: the portal returns no rows. */
  describePortal(name: string): Promise<RowShape | undefined>;
  /** @param maxRows 0: no limit. */
  execute(portal: string, maxRows: number, sink: ResponseSink): Promise<void>;
  closeStatement(name: string): Promise<void>;
  closePortal(name: string): Promise<void>;
  /** Sync: ends an implicit transaction. `failed`: an error made the connection skip to here. */
  sync(failed: boolean): Promise<void>;
  /** CancelRequest with this session's key: what runs ends with 57014; nothing happens when nothing runs. */
  cancel(): void;
  /** The client is gone: running work is cancelled, everything is released. */
  close(): Promise<void>;
}

export interface BindParameter {
  readonly format: Format;
  readonly value: Uint8Array | null;
}

export interface StatementDescription {
  readonly parameterOids: readonly number[];
  readonly columns: readonly PgColumn[] | undefined;
}

export interface RowShape {
  readonly columns: readonly PgColumn[];
  /** One per column. */
  readonly formats: readonly Format[];
}

/** Where rows go. A method that returns a promise must be awaited: that is the backpressure. */
export interface RowSink {
  /** Rows as vectors; encoded per column by its type and format. @param from first row, @param to one past the last. */
  batch(batch: Batch, shape: RowShape, encoding: RowEncoding, from: number, to: number): Promise<void>;
  /** Rows already encoded by the embedded PostgreSQL in the formats of the shape. */
  rawRows(rows: readonly DataRow[]): Promise<void>;
  notice(notice: SkeinError, severity: 'WARNING' | 'NOTICE' | 'INFO' | 'LOG'): void;
}

/** Where a session writes its answer. */
export interface ResponseSink extends RowSink {
  rowDescription(shape: RowShape): void;
  /** Begins COPY TO STDOUT of columns with these names: its rows go to what is returned. */
  copyOut(format: CopyFormat, names: readonly string[]): CopyOut;
  /** Begins COPY FROM STDIN of so many columns: what the client sends, to its end. To be iterated once. */
  copyIn(format: Format, columns: number): AsyncIterable<Uint8Array>;
  commandComplete(tag: string): void;
  emptyQuery(): void;
  portalSuspended(): void;
}

/** Rows of COPY TO STDOUT. After an error the client is told that instead of `done`. */
export interface CopyOut extends RowSink {
  done(): void;
}

/** What of the session the text of a value depends on. */
export interface RowEncoding {
  readonly timeZone: string;
  readonly dateStyle: string;
  readonly intervalStyle: string;
  readonly byteaOutput: 'hex' | 'escape';
  readonly extraFloatDigits: number;
  /** Per column: the carrier that the vector has. */
  readonly carriers: readonly ColumnCarrier[];
}

/** `scale` and `shown` only for numeric: digits after the point in the carrier, and which of them PostgreSQL would show. */
export interface ColumnCarrier {
  readonly oid: number;
  readonly scale: number;
  /** All of them; as many as a quotient's; none of the zeros at their end, of a value whose scale PostgreSQL chooses otherwise. */
  readonly shown: 'all' | 'quotient' | 'trimmed';
}

/** Makes the session of a new connection. */
export interface SessionFactory {
  /**
   * @param startup the parameters of the startup message.
   * @returns the session and the ParameterStatus values to report.
   * @throws SkeinError (FATAL) if the database does not exist or the limit of connections is reached.
   */
  open(startup: ReadonlyMap<string, string>, backend: BackendIdentity): Promise<OpenedSession>;
}

/** As OpenSSL names them. */
export interface Encryption {
  readonly version: string;
  readonly cipher: string;
}

export interface BackendIdentity {
  readonly processId: number;
  readonly remoteAddress: string;
  /** undefined: not a TCP connection. */
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  /** undefined: not encrypted. */
  readonly encryption: Encryption | undefined;
  readonly user: string;
  /** Ends the connection as soon as what runs has stopped: the client is told the reason. */
  terminate(reason: FatalError): void;
}

export interface OpenedSession {
  readonly handler: SessionHandler;
  readonly parameters: ReadonlyMap<string, string>;
}
