/** The views of schema `skein`. The session answers them from its own state; the shadow only gives them names and types. */
const QUERIES = {
  query_id: 'text',
  user_name: 'text',
  sql: 'text',
  state: 'text',
  started_at: 'timestamptz',
  duration_ms: 'float8',
  rows: 'int8',
  bytes: 'int8',
  missing_agents: 'text[]',
  error: 'text',
};

export const SYSTEM_VIEWS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  agents: {
    agent: 'text',
    state: 'text',
    labels: 'jsonb',
    shard: 'text',
    duckdb_version: 'text',
    last_seen: 'timestamptz',
    reason: 'text',
  },
  tables: {
    schema_name: 'text',
    table_name: 'text',
    kind: 'text',
    agent: 'text',
    row_estimate: 'int8',
    reason: 'text',
  },
  queries: QUERIES,
  query_tasks: {
    query_id: 'text',
    agent: 'text',
    sql: 'text',
    columns: 'text[]',
    state: 'text',
    rows: 'int8',
    bytes_in: 'int8',
    bytes_out: 'int8',
    queue_ms: 'float8',
    run_ms: 'float8',
    transfer_ms: 'float8',
    error: 'text',
  },
  last_query: QUERIES,
  lineage: {
    schema_name: 'text',
    table_name: 'text',
    kind: 'text',
    user_name: 'text',
    made_at: 'timestamptz',
    statement: 'text',
    rows: 'int8',
    parents: 'text[]',
    agents: 'text[]',
    changed_by: 'text',
    changed_at: 'timestamptz',
    change: 'text',
    changed_rows: 'int8',
  },
};

/** What psql shows of each. */
export const SYSTEM_VIEW_COMMENTS: Readonly<Record<string, string>> = {
  agents: 'the agents that are registered, connected or not, and strangers that were refused lately',
  tables: 'each table, and each agent that owns rows of it',
  queries: 'what was asked of this proxy lately, by everybody',
  query_tasks: 'what each agent ran for a query, and the bytes that moved',
  last_query: 'the last query of this session',
  lineage:
    'each table and view that was made here: by which statement, of what, and what changed its rows last',
};
