import { quoteIdentifier, quoteLiteral } from './pg-quote.ts';
import { SYSTEM_VIEW_COMMENTS, SYSTEM_VIEWS } from './system-schema.ts';

/** The bootstrap superuser: owns the shadow, and is nobody's login. */
export const SYSTEM_ROLE = 'skein_system';

export const INITDB_OPTIONS: readonly string[] = [
  '--wal-segsize=1',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
];

/** Makes initdb's database into the one that clients see. Each statement runs by itself. */
export function templateStatements(database: string): readonly string[] {
  return [
    'COMMENT ON DATABASE postgres IS NULL',
    'UPDATE pg_database SET datistemplate = false, datallowconn = true',
    'DROP DATABASE template0',
    'DROP DATABASE template1',
    `UPDATE pg_authid SET rolname = ${quoteLiteral(SYSTEM_ROLE)} WHERE oid = 10`,
    `UPDATE pg_database SET datname = ${quoteLiteral(database)}, datcollate = 'C.UTF-8', datctype = 'C.UTF-8'`,
    "COMMENT ON SCHEMA public IS 'federated and replicated tables'",
    'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC',
    'CREATE SCHEMA skein',
    "COMMENT ON SCHEMA skein IS 'agents, tables and queries of this proxy'",
    'GRANT USAGE ON SCHEMA skein TO PUBLIC',
    ...Object.entries(SYSTEM_VIEWS).map(([name, columns]) => createView(name, columns)),
    ...Object.entries(SYSTEM_VIEW_COMMENTS).map(
      ([name, comment]) => `COMMENT ON VIEW skein.${quoteIdentifier(name)} IS ${quoteLiteral(comment)}`,
    ),
    ...STATISTICS.map(createStatistics),
    'CREATE CAST (text AS pg_node_tree) WITHOUT FUNCTION AS ASSIGNMENT',
    `GRANT CREATE, TEMPORARY ON DATABASE ${quoteIdentifier(database)} TO PUBLIC`,
    'GRANT CREATE ON SCHEMA public TO PUBLIC',
    ...TEMPORARY_SCHEMA,
    'VACUUM',
    'CHECKPOINT',
  ];
}

/** PostgreSQL makes the schema of temporary tables when the first comes, and knows it for as long as it runs. */
export const TEMPORARY_SCHEMA = ['CREATE TEMPORARY TABLE first ()', 'DROP TABLE first'];

/** Of a relation whose size nobody told: NULL. Views, and tables without rows, have none: 0, as in PostgreSQL. */
const BYTES = `SELECT CASE WHEN relkind = 'r' AND relpages = 0 AND reltuples <> 0 THEN NULL ELSE relpages::int8 * 8192 END
  FROM pg_catalog.pg_class WHERE oid = $1`;
const ALL_BYTES = 'SELECT sum(relpages::int8)::int8 * 8192 FROM pg_catalog.pg_class WHERE $1 IS NOT NULL';

/**
 * What pg_class knows of rows and bytes: what the agents announced is in reltuples and, in pages of 8 kB, in relpages.
 * PostgreSQL runs a function of its own by its OID, whatever pg_proc says of it; but one that pg_proc says to be an
 * expression is replaced by that when a query is planned. So its own become calls of these.
 */
const STATISTICS: readonly (readonly [signature: string, sql: string])[] = [
  ['skein_rows(oid)', 'SELECT greatest(reltuples, 0)::int8 FROM pg_catalog.pg_class WHERE oid = $1'],
  ['skein_bytes(oid)', BYTES],
  ['skein_bytes(oid, text)', `${BYTES} AND $2 = 'main'`],
  [
    'skein_index_bytes(oid)',
    `SELECT coalesce(sum(c.relpages), 0)::int8 * 8192 FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid WHERE i.indrelid = $1`,
  ],
  ['skein_database_bytes(oid)', ALL_BYTES],
  ['skein_database_bytes(name)', ALL_BYTES],
  ['pg_stat_get_live_tuples(oid)', 'SELECT pg_catalog.skein_rows($1)'],
  ['pg_relation_size(regclass)', 'SELECT pg_catalog.skein_bytes($1)'],
  ['pg_relation_size(regclass, text)', 'SELECT pg_catalog.skein_bytes($1, $2)'],
  ['pg_table_size(regclass)', 'SELECT pg_catalog.skein_bytes($1)'],
  ['pg_total_relation_size(regclass)', 'SELECT pg_catalog.skein_bytes($1)'],
  ['pg_indexes_size(regclass)', 'SELECT pg_catalog.skein_index_bytes($1)'],
  ['pg_database_size(oid)', 'SELECT pg_catalog.skein_database_bytes($1)'],
  ['pg_database_size(name)', 'SELECT pg_catalog.skein_database_bytes($1)'],
];

function createStatistics([signature, sql]: (typeof STATISTICS)[number]): string {
  return `CREATE OR REPLACE FUNCTION pg_catalog.${signature} RETURNS int8 LANGUAGE sql STABLE STRICT AS ${quoteLiteral(sql)}`;
}

function createView(name: string, columns: Readonly<Record<string, string>>): string {
  const list = Object.entries(columns).map(
    ([column, type]) => `NULL::pg_catalog.${type} AS ${quoteIdentifier(column)}`,
  );
  return `CREATE VIEW skein.${quoteIdentifier(name)} AS SELECT ${list.join(', ')} WHERE false`;
}
