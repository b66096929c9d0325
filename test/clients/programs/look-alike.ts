import pg from 'pg';
import { templateStatements } from '../../../src/analysis/template-sql.ts';
import type { Servers, Target } from './fixture.ts';

/** Neither owns anything nor is a superuser, on either side. */
export const ANALYST = { PGUSER: 'analyst', PGPASSWORD: 'postgres' } as const;

const OWNER = 'skein_system';

/** Makes the PostgreSQL's catalog look as Skein's does to an analyst: owner, databases, privileges, the schema `skein`, comments. */
export async function lookAlike({ skein, postgres }: Servers): Promise<void> {
  const first = await connect(postgres, { database: 'postgres' });
  await first.query(`CREATE ROLE helper LOGIN SUPERUSER PASSWORD '${postgres.password}'`);
  await first.end();
  const helper = await connect(postgres, { user: 'helper' });
  await helper.query(`ALTER ROLE postgres RENAME TO ${OWNER}`);
  await helper.end();
  const owner = await connect(postgres, { user: OWNER });
  await owner.query('UPDATE pg_database SET datistemplate = false, datallowconn = true');
  for (const database of ['template0', 'template1', 'postgres'])
    await owner.query(`DROP DATABASE ${database}`);
  await owner.query('DROP ROLE helper');
  await owner.query(`CREATE ROLE ${ANALYST.PGUSER} LOGIN PASSWORD '${ANALYST.PGPASSWORD}'`);
  // In the order in which default privileges would have made them.
  await owner.query(`REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${OWNER}`);
  await owner.query('GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC');
  await owner.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${OWNER}`);
  for (const statement of templateStatements('skein').filter(isOfTheSchema)) await owner.query(statement);
  await copyComments(skein, owner);
  // After the loading session's own count of its rows.
  await owner.query('ANALYZE');
  await owner.end();
}

function isOfTheSchema(statement: string): boolean {
  return /^(?:COMMENT ON (?:SCHEMA|VIEW skein\.)|ALTER DEFAULT PRIVILEGES|CREATE SCHEMA|GRANT (?:USAGE|CREATE)|CREATE VIEW skein\.)/.test(
    statement,
  );
}

/** The comments of tables and label columns are Skein's own words. */
async function copyComments(skein: Target, owner: pg.Client): Promise<void> {
  const client = await connect(skein, {});
  const { rows } = await client.query<{ object: string; description: string }>(
    `SELECT CASE WHEN a.attname IS NULL THEN format('TABLE %I', c.relname) ELSE format('COLUMN %I.%I', c.relname, a.attname) END
       AS object, d.description
     FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
     WHERE c.relnamespace = 'public'::regnamespace`,
  );
  for (const { object, description } of rows)
    await owner.query(`COMMENT ON ${object} IS ${pg.escapeLiteral(description)}`);
  await client.end();
}

async function connect(
  { host, port, user, password, database }: Target,
  other: pg.ClientConfig,
): Promise<pg.Client> {
  const client = new pg.Client({ host, port, user, password, database, ...other });
  await client.connect();
  return client;
}
