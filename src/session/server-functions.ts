import { SkeinError } from '../base/errors.ts';
import type { BackendIdentity } from '../pgwire/session-handler.ts';
import { addressLiteral, type SessionStates, timeLiteral } from './server-relations.ts';
import { literal } from './sql-text.ts';

/** What the functions that only the server can answer act on. */
export interface FunctionHost extends SessionStates {
  readonly processId: number;
  readonly connection: Pick<BackendIdentity, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>;
  /** What version() gives. */
  readonly version: string;
  /** What LISTEN named. */
  readonly channels: readonly string[];
  currentSetting(name: string, missingOk: boolean): string | null;
  setConfig(name: string, value: string, local: boolean): string;
  /** Of a session of the same user; false: there is none. */
  signal(processId: number, how: Signal): boolean;
  sleep(seconds: number): Promise<void>;
  /** now() and statement_timestamp(), µs since 1970. */
  readonly transactionStart: bigint;
  readonly statementStart: bigint;
}

export type Signal = 'cancel' | 'terminate';

/** Arguments as text; null is NULL. @returns what stands for the call, as SQL. */
export type ServerFunction = (
  args: readonly (string | null)[],
  host: FunctionHost,
) => string | Promise<string>;

/** Functions that signal sessions. */
export const SIGNALS: ReadonlyMap<string, Signal> = new Map<string, Signal>([
  ['pg_cancel_backend', 'cancel'],
  ['pg_terminate_backend', 'terminate'],
]);

/** Functions that concern this server or session, whoever runs the statement around them. */
export const SERVER_FUNCTIONS: ReadonlyMap<string, ServerFunction> = new Map<string, ServerFunction>([
  ['pg_backend_pid', (_args, host) => `${host.processId}`],
  ['current_setting', currentSetting],
  ['set_config', setConfig],
  ['pg_cancel_backend', ([pid], host) => signal(pid, host, 'cancel')],
  ['pg_terminate_backend', ([pid], host) => signal(pid, host, 'terminate')],
  ['pg_sleep', sleep],
  ['pg_sleep_for', sleep],
  ['pg_sleep_until', sleep],
  ['pg_advisory_unlock_all', () => "''::pg_catalog.void"],
  ['inet_client_addr', (_args, { connection }) => addressLiteral(connection.remoteAddress)],
  ['inet_client_port', (_args, { connection }) => `${connection.remotePort ?? 'NULL'}::int4`],
  ['inet_server_addr', (_args, { connection }) => addressLiteral(connection.localAddress ?? '')],
  ['inet_server_port', (_args, { connection }) => `${connection.localPort ?? 'NULL'}::int4`],
  ['pg_listening_channels', listeningChannels],
]);

/** Whose one argument is told in seconds: how they come of it, as SQL. */
export const SECONDS: ReadonlyMap<string, (argument: string) => string> = new Map([
  [
    'pg_sleep_for',
    (of: string) => `extract(epoch FROM clock_timestamp() + (${of})::interval - clock_timestamp())`,
  ],
  ['pg_sleep_until', (of: string) => `extract(epoch FROM (${of})::timestamptz - clock_timestamp())`],
]);

/** Those that the plan of a query over tables has values for: the embedded PostgreSQL's would be its own. */
export const CATALOG_FUNCTIONS: ReadonlyMap<string, ServerFunction> = new Map<string, ServerFunction>([
  ['version', (_args, host) => `${literal(host.version)}::text`],
  ['now', (_args, host) => timeLiteral(host.transactionStart)],
  ['transaction_timestamp', (_args, host) => timeLiteral(host.transactionStart)],
  ['statement_timestamp', (_args, host) => timeLiteral(host.statementStart)],
]);

/** Functions about the catalog, which over constants the embedded PostgreSQL answers for a query over tables. */
export const FOLDED_FUNCTIONS: ReadonlySet<string> = new Set(
  `format_type obj_description col_description shobj_description current_schemas pg_get_userbyid pg_encoding_to_char
  pg_client_encoding pg_is_in_recovery pg_relation_size pg_table_size pg_indexes_size pg_total_relation_size
  pg_database_size pg_size_pretty pg_size_bytes pg_table_is_visible pg_type_is_visible has_table_privilege
  has_any_column_privilege has_column_privilege has_schema_privilege has_database_privilege has_sequence_privilege
  pg_get_serial_sequence`.split(/\s+/),
);

/** SQLValueFunctionOp -> the keyword, and the type that it has. */
export const CLOCK_KEYWORDS: ReadonlyMap<string, readonly [keyword: string, type: string]> = new Map([
  ['SVFOP_CURRENT_DATE', ['current_date', 'date']],
  ['SVFOP_CURRENT_TIME', ['current_time', 'timetz']],
  ['SVFOP_CURRENT_TIME_N', ['current_time', 'timetz']],
  ['SVFOP_CURRENT_TIMESTAMP', ['current_timestamp', 'timestamptz']],
  ['SVFOP_CURRENT_TIMESTAMP_N', ['current_timestamp', 'timestamptz']],
  ['SVFOP_LOCALTIME', ['localtime', 'time']],
  ['SVFOP_LOCALTIME_N', ['localtime', 'time']],
  ['SVFOP_LOCALTIMESTAMP', ['localtimestamp', 'timestamp']],
  ['SVFOP_LOCALTIMESTAMP_N', ['localtimestamp', 'timestamp']],
]);

function currentSetting([name, missingOk]: readonly (string | null)[], host: FunctionHost): string {
  if (name === undefined || name === null) return 'NULL::text';
  const value = host.currentSetting(name, isTrue(missingOk));
  return value === null ? 'NULL::text' : `${literal(value)}::text`;
}

function setConfig([name, value, local]: readonly (string | null)[], host: FunctionHost): string {
  if (name === undefined || name === null) {
    throw new SkeinError({ sqlstate: '22004' }, 'SET requires parameter name');
  }
  return `${literal(host.setConfig(name, value ?? '', isTrue(local)))}::text`;
}

function listeningChannels(_args: readonly (string | null)[], host: FunctionHost): string {
  return `pg_catalog.unnest(ARRAY[${host.channels.map(literal).join(', ')}]::text[])`;
}

function isTrue(text: string | null | undefined): boolean {
  return text === 'true' || text === 't';
}

function signal(pid: string | null | undefined, host: FunctionHost, how: Signal): string {
  return pid === null || pid === undefined ? 'NULL::bool' : String(host.signal(Number(pid), how));
}

async function sleep([seconds]: readonly (string | null)[], host: FunctionHost): Promise<string> {
  await host.sleep(Number(seconds ?? 0));
  return "''::pg_catalog.void";
}
