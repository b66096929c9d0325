import type { Activity } from './activity.ts';
import { utcText } from './instant.ts';
import { literal } from './sql-text.ts';

/** A parameter whose value the embedded PostgreSQL doesn't know. */
export interface SettingState {
  readonly name: string;
  readonly setting: string;
  /** What RESET returns to. */
  readonly initial: string;
  readonly source: 'default' | 'client' | 'session';
  /** Only for a proxy's own parameters. */
  readonly own:
    | { readonly unit: string | undefined; readonly type: string; readonly description: string }
    | undefined;
}

/** A row of pg_cursors. Times are µs since 1970. */
export interface CursorState {
  readonly name: string;
  readonly sql: string;
  readonly holdable: boolean;
  readonly binary: boolean;
  readonly scrollable: boolean;
  readonly createdAt: bigint;
}

/** A row of pg_prepared_statements. */
export interface StatementState {
  readonly name: string;
  readonly sql: string;
  readonly preparedAt: bigint;
  readonly parameterOids: readonly number[];
  /** undefined: no rows. */
  readonly resultOids: readonly number[] | undefined;
  readonly fromSql: boolean;
  readonly runs: number;
}

/** What PostgreSQL's views tell of sessions, which the embedded one has none of. */
export interface SessionStates {
  /** Who looks. */
  readonly user: string;
  activities(): readonly Activity[];
  settings(): readonly SettingState[];
  cursors(): readonly CursorState[];
  statements(): readonly StatementState[];
  sequences(): readonly SequencePosition[];
}

export interface SequencePosition {
  readonly oid: number;
  /** undefined: no value was given yet. */
  readonly last: bigint | undefined;
}

/** The views of pg_catalog that are about sessions: what stands for each, as a SELECT. */
export const SERVER_RELATIONS: ReadonlyMap<string, (states: SessionStates) => string> = new Map([
  [
    'pg_stat_activity',
    (states: SessionStates) =>
      valuesSql(
        ACTIVITY,
        states.activities().map((activity) => activityRow(activity, states.user)),
      ),
  ],
  ['pg_stat_ssl', (states: SessionStates) => valuesSql(SSL, own(states).map(sslRow))],
  ['pg_stat_gssapi', (states: SessionStates) => valuesSql(GSSAPI, own(states).map(gssapiRow))],
  ['pg_settings', (states: SessionStates) => settingsSql(states.settings())],
  ['pg_cursors', (states: SessionStates) => valuesSql(CURSORS, states.cursors().map(cursorRow))],
  [
    'pg_prepared_statements',
    (states: SessionStates) => valuesSql(STATEMENTS, states.statements().map(statementRow)),
  ],
  ['pg_sequences', (states: SessionStates) => sequencesSql(states.sequences())],
]);

/** A view's columns and their types. */
type Columns = readonly (readonly [name: string, type: string])[];

const ACTIVITY: Columns = [
  ['datid', 'oid'],
  ['datname', 'name'],
  ['pid', 'int4'],
  ['leader_pid', 'int4'],
  ['usesysid', 'oid'],
  ['usename', 'name'],
  ['application_name', 'text'],
  ['client_addr', 'inet'],
  ['client_hostname', 'text'],
  ['client_port', 'int4'],
  ['backend_start', 'timestamptz'],
  ['xact_start', 'timestamptz'],
  ['query_start', 'timestamptz'],
  ['state_change', 'timestamptz'],
  ['wait_event_type', 'text'],
  ['wait_event', 'text'],
  ['state', 'text'],
  ['backend_xid', 'xid'],
  ['backend_xmin', 'xid'],
  ['query_id', 'int8'],
  ['query', 'text'],
  ['backend_type', 'text'],
];

const SSL: Columns = [
  ['pid', 'int4'],
  ['ssl', 'bool'],
  ['version', 'text'],
  ['cipher', 'text'],
  ['bits', 'int4'],
  ['client_dn', 'text'],
  ['client_serial', 'numeric'],
  ['issuer_dn', 'text'],
];

const GSSAPI: Columns = [
  ['pid', 'int4'],
  ['gss_authenticated', 'bool'],
  ['principal', 'text'],
  ['encrypted', 'bool'],
  ['credentials_delegated', 'bool'],
];

const CURSORS: Columns = [
  ['name', 'text'],
  ['statement', 'text'],
  ['is_holdable', 'bool'],
  ['is_binary', 'bool'],
  ['is_scrollable', 'bool'],
  ['creation_time', 'timestamptz'],
];

const STATEMENTS: Columns = [
  ['name', 'text'],
  ['statement', 'text'],
  ['prepare_time', 'timestamptz'],
  ['parameter_types', 'regtype[]'],
  ['result_types', 'regtype[]'],
  ['from_sql', 'bool'],
  ['generic_plans', 'int8'],
  ['custom_plans', 'int8'],
];

/** A SELECT of the rows, also if there are none. Each field is SQL; undefined is NULL. */
function valuesSql(columns: Columns, rows: readonly (readonly (string | undefined)[])[]): string {
  const items = columns.map(([name, type]) => `v.${name}::${type} AS ${name}`);
  const nothing = columns.map(() => 'NULL').join(', ');
  const values = rows.map((row) => `(${row.map((field) => field ?? 'NULL').join(', ')})`);
  const names = columns.map(([name]) => name).join(', ');
  const all = [`(${nothing})`, ...values].map((row, index) => `${row.slice(0, -1)}, ${index})`);
  return `SELECT ${items.join(', ')} FROM (VALUES ${all.join(', ')}) AS v(${names}, nth) WHERE v.nth > 0`;
}

/** Of others' sessions a user sees no more than that they are there. */
function activityRow(activity: Activity, viewer: string): readonly (string | undefined)[] {
  const user = literal(activity.user);
  const known = activity.user === viewer;
  const waits = activity.state !== 'active';
  const seen = [
    '(SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())',
    literal(activity.database),
    `${activity.processId}`,
    undefined,
    `(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ${user})`,
    user,
    literal(activity.applicationName),
    activity.remoteAddress === '' ? undefined : literal(activity.remoteAddress),
    undefined,
    activity.remotePort === undefined ? undefined : `${activity.remotePort}`,
    timeText(activity.startedAt),
    timeText(activity.transactionStartedAt),
    timeText(activity.queryStartedAt),
    timeText(activity.stateChangedAt),
    waits ? "'Client'" : undefined,
    waits ? "'ClientRead'" : undefined,
    literal(activity.state),
    undefined,
    undefined,
    undefined,
    literal(activity.query),
    "'client backend'",
  ];
  if (known) return seen;
  const shown = seen.map((field, index) => (index < PUBLIC_COLUMNS ? field : undefined));
  return shown.with(QUERY_COLUMN, "'<insufficient privilege>'");
}

/** Of others' encryption a user sees nothing. */
function own(states: SessionStates): readonly Activity[] {
  return states.activities().filter(({ user }) => user === states.user);
}

function sslRow({ processId, encryption }: Activity): readonly (string | undefined)[] {
  const nothing = [undefined, undefined, undefined];
  if (encryption === undefined) return [`${processId}`, 'false', ...nothing, ...nothing];
  const { version, cipher } = encryption;
  const bits = /AES_?128/.test(cipher) ? '128' : '256';
  return [`${processId}`, 'true', literal(version), literal(cipher), bits, ...nothing];
}

function gssapiRow({ processId }: Activity): readonly (string | undefined)[] {
  return [`${processId}`, 'false', undefined, 'false', 'false'];
}

/** Up to application_name. */
const PUBLIC_COLUMNS = 7;
const QUERY_COLUMN = 20;

function cursorRow(cursor: CursorState): readonly string[] {
  const flags = [cursor.holdable, cursor.binary, cursor.scrollable].map(String);
  return [literal(cursor.name), literal(cursor.sql), ...flags, timeText(cursor.createdAt) ?? ''];
}

function statementRow(statement: StatementState): readonly (string | undefined)[] {
  return [
    literal(statement.name),
    literal(statement.sql),
    timeText(statement.preparedAt),
    `'{${statement.parameterOids.join(',')}}'`,
    statement.resultOids === undefined ? undefined : `'{${statement.resultOids.join(',')}}'`,
    String(statement.fromSql),
    ...plans(statement),
  ];
}

/** Generic and custom ones: a plan is made for the values, where there are any. */
function plans({ parameterOids, runs }: StatementState): readonly string[] {
  return parameterOids.length === 0 ? [String(runs), '0'] : ['0', String(runs)];
}

/** PostgreSQL's view, but for where the values are. */
function sequencesSql(positions: readonly SequencePosition[]): string {
  const rows = ['(0, NULL)', ...positions.map(({ oid, last }) => `(${oid}, ${last ?? 'NULL'})`)];
  return `SELECT n.nspname AS schemaname, c.relname AS sequencename, pg_catalog.pg_get_userbyid(c.relowner) AS sequenceowner,
    s.seqtypid::regtype AS data_type, s.seqstart AS start_value, s.seqmin AS min_value, s.seqmax AS max_value,
    s.seqincrement AS increment_by, s.seqcycle AS cycle, s.seqcache AS cache_size,
    CASE WHEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT,USAGE'::text) THEN v.last::int8 END AS last_value
    FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN (VALUES ${rows.join(', ')}) AS v(oid, last) ON v.oid::oid = c.oid
    WHERE NOT pg_catalog.pg_is_other_temp_schema(n.oid) AND c.relkind = 'S'`;
}

const SETTING_COLUMNS =
  's.name, coalesce(v.setting, s.setting) AS setting, s.unit, s.category, s.short_desc, s.extra_desc, s.context, ' +
  's.vartype, coalesce(v.source, s.source) AS source, s.min_val, s.max_val, s.enumvals, s.boot_val, ' +
  'coalesce(v.initial, s.reset_val) AS reset_val, s.sourcefile, s.sourceline, s.pending_restart';

/** PostgreSQL's view with the session's values, and the proxy's own parameters. */
function settingsSql(settings: readonly SettingState[]): string {
  const changed = settings.map(
    ({ name, setting, initial, source }) =>
      `(${[name, setting, initial, source].map((text) => `${literal(text)}::text`).join(', ')})`,
  );
  const own = settings.flatMap((setting) =>
    setting.own === undefined ? [] : [ownSettingSql(setting, setting.own)],
  );
  return [
    `SELECT ${SETTING_COLUMNS} FROM pg_catalog.pg_settings s LEFT JOIN ` +
      `(VALUES ('', NULL, NULL, NULL), ${changed.join(', ')}) AS v(name, setting, initial, source) ON v.name = s.name`,
    ...own,
  ].join(' UNION ALL ');
}

function ownSettingSql(
  { name, setting, initial, source }: SettingState,
  { unit, type, description }: NonNullable<SettingState['own']>,
): string {
  const texts = [
    ...[literal(name), literal(setting), unit === undefined ? 'NULL' : literal(unit), "'Skein'"],
    ...[literal(description), 'NULL', "'user'", literal(type), literal(source), 'NULL', 'NULL'],
  ];
  const rest = `NULL::text[], ${literal(initial)}, ${literal(initial)}, NULL, NULL::int4, false`;
  return `SELECT ${texts.join(', ')}, ${rest}`;
}

function timeText(micros: bigint | undefined): string | undefined {
  return micros === undefined ? undefined : literal(utcText(micros));
}

export function timeLiteral(micros: bigint): string {
  return `${literal(utcText(micros))}::timestamptz`;
}

export function addressLiteral(address: string): string {
  return address === '' ? 'NULL::inet' : `${literal(address)}::inet`;
}
