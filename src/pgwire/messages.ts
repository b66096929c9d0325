import type { SkeinError } from '../base/errors.ts';
import type { BindParameter, Format } from './session-handler.ts';

export type PortalOrStatement = 'portal' | 'statement';

/** PostgreSQL docs, 54.7 Message Formats: what a frontend sends once the connection has started. */
export type FrontendMessage =
  | { readonly type: 'query'; readonly sql: string }
  | {
      readonly type: 'parse';
      readonly name: string;
      readonly sql: string;
      readonly parameterOids: readonly number[];
    }
  | {
      readonly type: 'bind';
      readonly portal: string;
      readonly statement: string;
      readonly parameters: readonly BindParameter[];
      /** As sent: none (all text), one (for all columns), or one per column. */
      readonly resultFormats: readonly Format[];
    }
  | { readonly type: 'describe'; readonly target: PortalOrStatement; readonly name: string }
  | { readonly type: 'close'; readonly target: PortalOrStatement; readonly name: string }
  /** `maxRows` 0: no limit. */
  | { readonly type: 'execute'; readonly portal: string; readonly maxRows: number }
  | { readonly type: 'flush' }
  | { readonly type: 'sync' }
  | { readonly type: 'terminate' }
  | { readonly type: 'function-call' }
  | { readonly type: 'copy-data'; readonly data: Uint8Array }
  | { readonly type: 'copy-done' }
  | { readonly type: 'copy-fail'; readonly reason: string }
  /** Well framed, but its body is wrong. `ofQuery`: it was a simple Query, so no Sync will follow. */
  | { readonly type: 'malformed'; readonly ofQuery: boolean; readonly error: SkeinError };

/** What may come instead of, or as, the first message. */
export type StartupRequest =
  | { readonly type: 'ssl-request' }
  | { readonly type: 'gss-request' }
  | { readonly type: 'cancel-request'; readonly processId: number; readonly key: Uint8Array }
  | {
      readonly type: 'startup';
      readonly major: number;
      readonly minor: number;
      readonly parameters: ReadonlyMap<string, string>;
      /** Names of the protocol options (`_pq_.…`): none is known. */
      readonly protocolOptions: readonly string[];
    };
