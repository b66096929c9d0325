import type { CopyStatement } from './copy-statement.ts';
import type { CreateAs } from './define-statement.ts';
import type { Statement } from './parse.ts';

/** What a statement asks of the session. Everything that isn't named here is `refused`, with the name to refuse it by. */
export type StatementKind =
  | { readonly kind: 'select' }
  | { readonly kind: 'write'; readonly command: 'INSERT' | 'UPDATE' | 'DELETE' | 'MERGE' }
  | { readonly kind: 'explain'; readonly options: ExplainOptions; readonly inner: Statement }
  | { readonly kind: 'set'; readonly local: boolean; readonly name: string; readonly value: SettingValue }
  | {
      readonly kind: 'set-transaction';
      readonly scope: 'transaction' | 'session';
      readonly modes: TransactionModes;
    }
  /** `name` undefined: ALL. */
  | { readonly kind: 'reset'; readonly name: string | undefined }
  | { readonly kind: 'show'; readonly name: string }
  | { readonly kind: 'discard'; readonly target: 'all' | 'plans' | 'sequences' | 'temp' }
  | {
      readonly kind: 'begin';
      readonly modes: TransactionModes;
      readonly command: 'BEGIN' | 'START TRANSACTION';
    }
  | { readonly kind: 'commit' | 'rollback'; readonly chain: boolean }
  | { readonly kind: 'savepoint' | 'release' | 'rollback-to'; readonly name: string }
  | {
      readonly kind: 'prepare';
      readonly name: string;
      readonly parameterTypes: readonly ParameterType[];
      readonly inner: Statement;
    }
  | { readonly kind: 'execute'; readonly name: string; readonly parameters: ExecuteParameters }
  /** `name` undefined: ALL. */
  | { readonly kind: 'deallocate'; readonly name: string | undefined }
  | {
      readonly kind: 'declare';
      readonly name: string;
      readonly binary: boolean;
      readonly scroll: boolean;
      readonly hold: boolean;
      readonly inner: Statement;
    }
  | {
      readonly kind: 'fetch';
      readonly move: boolean;
      readonly name: string;
      readonly direction: 'forward' | 'backward' | 'absolute' | 'relative';
      readonly count: number | 'all';
    }
  /** `name` undefined: ALL. */
  | { readonly kind: 'close'; readonly name: string | undefined }
  | ({ readonly kind: 'copy' } & CopyStatement)
  | { readonly kind: 'listen' | 'notify'; readonly channel: string }
  /** `channel` undefined: all. */
  | { readonly kind: 'unlisten'; readonly channel: string | undefined }
  /** `createAs`: of a query, whose rows are to be had from where they are. */
  | { readonly kind: 'define'; readonly command: string; readonly createAs: CreateAs | undefined }
  | { readonly kind: 'truncate' }
  | { readonly kind: 'maintain'; readonly command: 'VACUUM' | 'ANALYZE' }
  | { readonly kind: 'refused'; readonly class: 'dml' | 'ddl' | 'utility'; readonly command: string };

export interface ParameterType {
  readonly sql: string;
  /** 1-based, in characters of the statement's text. */
  readonly position: number;
}

export interface ExecuteParameters {
  /** What stands between the brackets, and how many characters before it. */
  readonly text: string;
  readonly offset: number;
  readonly items: readonly ExecuteParameter[];
}

/** `quoted`: a string literal or NULL, which take any type; `number`: an integer; `expression`: all else. */
export type ExecuteParameter = {
  /** 1-based, in characters of the statement's text. */
  readonly position: number;
} & (
  | { readonly kind: 'quoted'; readonly text: string | null }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'expression' }
);

/** `current`: SET … FROM CURRENT. */
export type SettingValue =
  | { readonly kind: 'current' }
  | { readonly kind: 'default' }
  | { readonly kind: 'values'; readonly values: readonly string[] };

export interface TransactionModes {
  readonly isolation: string | undefined;
  readonly readOnly: boolean | undefined;
  readonly deferrable: boolean | undefined;
}

export interface ExplainOptions {
  readonly analyze: boolean;
  readonly verbose: boolean;
  readonly format: 'text' | 'json';
  readonly costs: boolean;
  /** Undefined: as PostgreSQL's default, which depends on ANALYZE. */
  readonly buffers: boolean | undefined;
  readonly timing: boolean | undefined;
  readonly summary: boolean | undefined;
}
