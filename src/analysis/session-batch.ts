import type { AnalysisSession, RawParameter } from './engine.ts';
import { concat, frontend } from './pg-messages.ts';
import { quoteIdentifier, quoteLiteral } from './pg-quote.ts';

/**
 * Exchanges that leave nothing behind: a read-only transaction with the session's settings, one statement, ROLLBACK.
 * The answer has three parts, each ended by ReadyForQuery; the statement's is the second.
 */
export const STATEMENT_PART = 1;

/** `debug_print_parse` sends PostgreSQL's analysed tree as a LOG message, before ParseComplete. */
export const TREE_MESSAGE = 'parse tree:';

/** @param overlay SQL that makes what only this session sees. */
export function describeBatch(
  sql: string,
  parameterOids: readonly number[],
  session: AnalysisSession,
  overlay: readonly string[] = [],
): Uint8Array {
  return concat(
    prologue(session, { before: overlay }),
    frontend.parse(sql, parameterOids),
    frontend.describeStatement(),
    frontend.sync(),
    epilogue(),
  );
}

export function analyzeBatch(
  sql: string,
  parameterOids: readonly number[],
  session: AnalysisSession,
  overlay: readonly string[] = [],
): Uint8Array {
  const print: readonly [string, string][] = [
    ['client_min_messages', 'log'],
    ['debug_pretty_print', 'off'],
    ['debug_print_parse', 'on'],
  ];
  return concat(
    prologue(session, { before: overlay, settings: print }),
    frontend.parse(sql, parameterOids),
    frontend.describeStatement(),
    frontend.sync(),
    epilogue(),
  );
}

/** Bound but not run: PostgreSQL plans it for these values of its parameters. undefined: for any. */
export function planBatch(
  sql: string,
  parameterOids: readonly number[],
  session: AnalysisSession,
  parameters: readonly RawParameter[] | undefined,
  overlay: readonly string[] = [],
): Uint8Array {
  const values = parameters ?? parameterOids.map(() => ({ format: 0, value: null }) as const);
  const mode = parameters === undefined ? 'force_generic_plan' : 'force_custom_plan';
  return concat(
    prologue(session, { before: overlay, settings: [['plan_cache_mode', mode]] }),
    frontend.parse(sql, parameterOids),
    frontend.describeStatement(),
    frontend.bind(values, []),
    frontend.sync(),
    epilogue(),
  );
}

export function executeBatch(
  sql: string,
  parameters: readonly RawParameter[],
  parameterOids: readonly number[],
  resultFormats: readonly (0 | 1)[],
  session: AnalysisSession,
  maxRows: number,
  overlay: readonly string[] = [],
): Uint8Array {
  return concat(
    prologue(session, { before: overlay }),
    frontend.parse(sql, parameterOids),
    frontend.describeStatement(),
    frontend.bind(parameters, resultFormats),
    frontend.execute(maxRows),
    frontend.sync(),
    epilogue(),
  );
}

/** How a batch's transaction begins. */
export interface Beginning {
  readonly access?: 'READ ONLY' | 'READ WRITE';
  /** Run before the session's user is taken on. */
  readonly before?: readonly string[];
  readonly settings?: readonly (readonly [string, string])[];
}

/** search_path is a list as its user wrote it: `set_config` takes it as text, SET would take it for one name. */
export function prologue(
  session: AnalysisSession,
  { access = 'READ ONLY', before = [], settings: extra = [] }: Beginning = {},
): Uint8Array {
  const settings: readonly (readonly [string, string])[] = [
    ['search_path', session.searchPath],
    ['TimeZone', session.timeZone],
    ['DateStyle', session.dateStyle],
    ['IntervalStyle', session.intervalStyle],
    ...(session.settings ?? []),
    ...extra,
  ];
  const calls = settings.map(
    ([name, value]) => `pg_catalog.set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, true)`,
  );
  const statements = [
    'BEGIN',
    ...before,
    ...(access === 'READ ONLY' ? ['SET TRANSACTION READ ONLY'] : []),
    `SET LOCAL SESSION AUTHORIZATION ${quoteIdentifier(session.user)}`,
    `SELECT ${calls.join(', ')}`,
  ];
  return frontend.query(statements.join('; '));
}

export function epilogue(): Uint8Array {
  return frontend.query('ROLLBACK');
}
