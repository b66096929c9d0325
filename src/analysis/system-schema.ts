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
};
