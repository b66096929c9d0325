/** One configuration parameter, as `pg_settings` describes it (PostgreSQL docs, 53.25). */
export interface SettingDefinition {
  /** As SHOW spells it. */
  readonly name: string;
  readonly type: SettingType;
  /** `ms`, `kB`, `8kB`, …; undefined: a bare value. */
  readonly unit: string | undefined;
  readonly context: SettingContext;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly enumValues: readonly string[];
  /** In base units, as `pg_settings.setting` has it. */
  readonly defaultValue: string;
  readonly description: string;
  /** What the embedded PostgreSQL's own pg_settings says; undefined: the parameter is a proxy's own. */
  readonly embedded: string | undefined;
}

export type SettingType = 'bool' | 'integer' | 'real' | 'string' | 'enum';

/** Who may change it, and when. */
export type SettingContext =
  | 'internal'
  | 'postmaster'
  | 'sighup'
  | 'backend'
  | 'superuser-backend'
  | 'superuser'
  | 'user';

/** Reported by ParameterStatus at start and whenever they change (docs, 54.2.7). */
export const REPORTED: readonly string[] = [
  'server_version',
  'server_encoding',
  'client_encoding',
  'application_name',
  'default_transaction_read_only',
  'in_hot_standby',
  'is_superuser',
  'session_authorization',
  'DateStyle',
  'IntervalStyle',
  'TimeZone',
  'integer_datetimes',
  'standard_conforming_strings',
  'scram_iterations',
  'search_path',
];

/** GUC_LIST_INPUT: SET takes a comma-separated list. True: each element is quoted as an identifier (GUC_LIST_QUOTE). */
export const LIST_SETTINGS: ReadonlyMap<string, boolean> = new Map([
  ['datestyle', false],
  ['createrole_self_grant', false],
  ['restrict_nonsystem_relation_kind', false],
  ['search_path', true],
  ['temp_tablespaces', true],
  ['local_preload_libraries', true],
  ['session_preload_libraries', true],
]);

/** They live as long as a transaction; their defaults are `default_<name>`. */
export const TRANSACTION_SETTINGS: ReadonlyMap<string, string> = new Map([
  ['transaction_isolation', 'default_transaction_isolation'],
  ['transaction_read_only', 'default_transaction_read_only'],
  ['transaction_deferrable', 'default_transaction_deferrable'],
]);

export interface OwnDefaults {
  readonly timeZone: string;
  readonly maxConnections: number;
  readonly onMissingAgent: 'fail' | 'wait' | 'partial';
  readonly missingAgentTimeoutMs: number;
  readonly gatherLimitBytes: number;
  readonly gatherLimitRows: number;
}

const parameter = (
  name: string,
  type: SettingType,
  defaultValue: string,
  description: string,
  more: Partial<SettingDefinition> = {},
): SettingDefinition => ({
  name,
  type,
  defaultValue,
  description,
  unit: undefined,
  context: 'user',
  min: undefined,
  max: undefined,
  enumValues: [],
  embedded: undefined,
  ...more,
});

/** Skein's own parameters, and those that PostgreSQL hides from `pg_settings`. */
export function ownDefinitions(defaults: OwnDefaults): readonly SettingDefinition[] {
  return [
    parameter(
      'skein.on_missing_agent',
      'enum',
      defaults.onMissingAgent,
      'What a query does when an agent that it needs cannot answer.',
      { enumValues: ['fail', 'wait', 'partial'] },
    ),
    parameter(
      'skein.missing_agent_timeout',
      'integer',
      String(defaults.missingAgentTimeoutMs),
      'How long a query waits for an agent that cannot answer.',
      { unit: 'ms', min: 0, max: 2147483647 },
    ),
    parameter(
      'skein.gather_limit',
      'integer',
      String(defaults.gatherLimitBytes),
      'Bytes of rows that a query may gather on the proxy.',
      { unit: 'B', min: 0, max: Number.MAX_SAFE_INTEGER },
    ),
    parameter(
      'skein.gather_row_limit',
      'integer',
      String(defaults.gatherLimitRows),
      'Rows that a query may gather on the proxy.',
      { min: 0, max: Number.MAX_SAFE_INTEGER },
    ),
    parameter(
      'skein.materialize',
      'enum',
      'warehouse',
      'Where the rows of a new table are kept: at the proxy, or in place by the agents that compute them.',
      { enumValues: ['warehouse', 'agents'] },
    ),
    parameter('is_superuser', 'bool', 'off', 'Shows whether the current user is a superuser.', {
      context: 'internal',
    }),
    parameter('session_authorization', 'string', '', 'Sets the session user name.'),
    parameter('role', 'string', 'none', 'Sets the current role.'),
  ];
}

/** Where a proxy's truth differs from the embedded PostgreSQL's own settings. */
export function overriddenDefaults(defaults: OwnDefaults): ReadonlyMap<string, string> {
  return new Map([
    ['search_path', '"$user", public'],
    ['timezone', defaults.timeZone],
    ['client_encoding', 'UTF8'],
    ['datestyle', 'ISO, MDY'],
    ['max_connections', String(defaults.maxConnections)],
    ['jit', 'off'],
    ['in_hot_standby', 'off'],
    ['transaction_read_only', 'off'],
    ['transaction_deferrable', 'off'],
    ['transaction_isolation', 'read committed'],
    ['exit_on_error', 'off'],
  ]);
}
