import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { templateStatements } from '../../src/analysis/template-sql.ts';
import { makeDataset } from '../support/dataset.ts';
import { type Federation, startFederation } from '../support/federation.ts';
import { loadIntoPostgres } from '../support/load-postgres.ts';
import { type Postgres, startPostgres, type Target } from '../support/postgres.ts';

export interface CatalogTargets {
  readonly skein: Target;
  /** A native PostgreSQL 18 whose catalog is meant to look the same: same owner, same tables, views, comments and privileges. */
  readonly oracle: Target;
  readonly federation: Federation;
}

const OWNER = 'skein_system';
const PASSWORD = 'postgres';
/** Neither owns anything nor is a superuser, on either side. */
const ANALYST = 'analyst';

/** For the tests of one file. */
export function startCatalogTargets(): CatalogTargets {
  const started: { targets?: CatalogTargets; postgres?: Postgres } = {};
  const get = (): CatalogTargets => {
    if (started.targets === undefined) throw new Error('not started');
    return started.targets;
  };

  beforeAll(async () => {
    const dataset = makeDataset({ seed: 11, agents: 5, rows: 40, split: 'random', nulls: 8 });
    const [postgres, federation] = await Promise.all([startPostgres(), startFederation(dataset)]);
    const place = { host: '127.0.0.1', user: ANALYST, password: PASSWORD, database: 'skein' };
    started.postgres = postgres;
    started.targets = {
      skein: { ...place, port: federation.port },
      oracle: { ...place, port: postgres.port },
      federation,
    };
    const owner = await ownerOf(postgres.port);
    for (const statement of oracleStatements()) await owner.query(statement);
    await loadIntoPostgres(owner, dataset);
    await copyComments(federation, owner);
    await owner.query('SELECT pg_stat_force_next_flush()');
    await owner.query('ANALYZE');
    await owner.end();
  });

  afterAll(async () => {
    await started.targets?.federation.close();
    await started.postgres?.close();
  });

  return {
    get skein() {
      return get().skein;
    },
    get oracle() {
      return get().oracle;
    },
    get federation() {
      return get().federation;
    },
  };
}

/** The superuser that initdb made gets the name that Skein's has; the only database is `skein`. */
async function ownerOf(port: number): Promise<pg.Client> {
  const first = await connect(port, 'postgres', 'postgres');
  await first.query(`CREATE ROLE helper LOGIN SUPERUSER PASSWORD '${PASSWORD}'`);
  await first.end();
  const helper = await connect(port, 'helper', 'postgres');
  await helper.query(`ALTER ROLE postgres RENAME TO ${OWNER}`);
  await helper.query(`CREATE DATABASE skein OWNER ${OWNER}`);
  await helper.end();
  const owner = await connect(port, OWNER, 'skein');
  await owner.query('UPDATE pg_database SET datistemplate = false, datallowconn = true');
  for (const database of ['template0', 'template1', 'postgres'])
    await owner.query(`DROP DATABASE ${database}`);
  await owner.query('DROP ROLE helper');
  // As Skein's database says of itself.
  await owner.query("UPDATE pg_database SET datcollate = 'C.UTF-8', datctype = 'C.UTF-8'");
  await owner.query('CREATE ROLE tester LOGIN');
  await owner.query(`CREATE ROLE ${ANALYST} LOGIN PASSWORD '${PASSWORD}'`);
  return owner;
}

async function connect(port: number, user: string, database: string): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user, password: PASSWORD, database });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** What Skein's template says of schemas, views and privileges: not what it changes in PostgreSQL's own functions and views. */
function oracleStatements(): readonly string[] {
  return templateStatements('skein').filter((statement) =>
    /^(?:COMMENT ON (?:SCHEMA|VIEW skein\.)|ALTER DEFAULT PRIVILEGES|CREATE SCHEMA|GRANT (?:USAGE|CREATE)|CREATE VIEW skein\.)/.test(
      statement,
    ),
  );
}

/** The comments of tables and label columns are Skein's own words. */
async function copyComments(federation: Federation, owner: pg.Client): Promise<void> {
  const skein = await federation.connect();
  const { rows } = await skein.query<{ object: string; description: string }>(
    `SELECT CASE WHEN a.attname IS NULL THEN format('TABLE %I', c.relname) ELSE format('COLUMN %I.%I', c.relname, a.attname) END
       AS object, d.description
     FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
     WHERE c.relnamespace = 'public'::regnamespace`,
  );
  for (const { object, description } of rows) {
    await owner.query(`COMMENT ON ${object} IS ${pg.escapeLiteral(description)}`);
  }
  await skein.end();
}
