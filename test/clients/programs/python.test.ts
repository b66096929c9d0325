import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, test } from 'vitest';
import { expectSame } from './compare.ts';
import { type Servers, startServers } from './fixture.ts';
import { startLoginServers } from './login-fixture.ts';
import { ANALYST, lookAlike } from './look-alike.ts';
import { pythonForClients } from './python.ts';

/** What Python connects with: each line that a program prints is the same over PostgreSQL 18. */

const HOME = fileURLToPath(new URL('./python/', import.meta.url));
/** SQLAlchemy sends what it keeps in sets in their order: the same on both sides. */
const QUIET = { PYTHONDONTWRITEBYTECODE: '1', PYTHONWARNINGS: 'ignore', PYTHONHASHSEED: '0' };

let python: string;
let servers: Servers;

beforeAll(async () => {
  python = await pythonForClients();
  servers = await startServers();
  await lookAlike(servers);
});

afterAll(() => servers?.close());

function program(name: string): string {
  return join(HOME, name);
}

test.each([
  ['psycopg2', 'with_psycopg2.py'],
  ['psycopg 3', 'with_psycopg3.py'],
  ['COPY by psycopg 3', 'with_psycopg3_copy.py'],
  ['asyncpg', 'with_asyncpg.py'],
  ['SQLAlchemy through psycopg2, and pandas', 'with_sqlalchemy.py', 'psycopg2'],
  ['SQLAlchemy through psycopg, and pandas', 'with_sqlalchemy.py', 'psycopg'],
  ['SQLAlchemy through asyncpg', 'with_sqlalchemy.py', 'asyncpg'],
  ['what Superset does', 'with_superset.py'],
  ['dbt: debug, test, show, freshness, docs', 'with_dbt.py'],
  ['writes, through each, the ORM and pandas', 'with_writes.py'],
])('%s', async (_, name, ...args) => {
  expectSame(await servers.runBoth(python, [program(name), ...args], { env: { ...ANALYST, ...QUIET } }));
});

test('passwords and TLS, through each', async () => {
  const logins = await startLoginServers();
  try {
    expectSame(await logins.runBoth(python, [program('with_login.py')], { env: QUIET }));
  } finally {
    await logins.close();
  }
});
