import { quoteIdentifier, quoteLiteral } from './pg-quote.ts';
import { SYSTEM_VIEWS } from './system-schema.ts';

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
    'VACUUM',
    'CHECKPOINT',
  ];
}

function createView(name: string, columns: Readonly<Record<string, string>>): string {
  const list = Object.entries(columns).map(
    ([column, type]) => `NULL::pg_catalog.${type} AS ${quoteIdentifier(column)}`,
  );
  return `CREATE VIEW skein.${quoteIdentifier(name)} AS SELECT ${list.join(', ')} WHERE false`;
}
