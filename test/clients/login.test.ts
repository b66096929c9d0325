import pg from 'pg';
import postgresJs from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatVerifier, makeVerifier } from '../../src/pgwire/auth/verifier.ts';
import { startLoginPostgres, USERS } from '../support/login-postgres.ts';
import { type LoginProxy, startLoginProxy } from '../support/login-proxy.ts';
import type { Postgres } from '../support/postgres.ts';
import { CERTIFICATE } from '../support/test-certificate.ts';

/** The drivers from npm log in with passwords and TLS, to Skein and to PostgreSQL 18; each takes the other's verifiers. */

let postgres: Postgres;
let skein: LoginProxy;

beforeAll(async () => {
  postgres = await startLoginPostgres();
  const admin = pgClient(postgres.port, postgres.user, postgres.password, { database: 'postgres' });
  await admin.connect();
  const { rows } = await admin.query(
    "SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword LIKE 'SCRAM%'",
  );
  const users = Object.fromEntries(rows.map(({ rolname, rolpassword }) => [rolname, rolpassword]));
  await admin.query('CREATE ROLE migrated LOGIN');
  const verifier = formatVerifier(await makeVerifier('s\u00adécret', 10_000));
  await admin.query(`ALTER ROLE migrated PASSWORD ${pg.escapeLiteral(verifier)}`);
  await admin.end();
  skein = await startLoginProxy({ users, host: '0.0.0.0' });
});

afterAll(async () => {
  await Promise.all([postgres?.close(), skein?.close()]);
});

function pgClient(port: number, user: string, password: string, more: pg.ClientConfig = {}): pg.Client {
  const client = new pg.Client({ host: 'localhost', port, database: 'skein', user, password, ...more });
  client.on('error', () => undefined);
  return client;
}

const VERIFIED = { ca: CERTIFICATE };

describe('verifiers', () => {
  test('of PostgreSQL are taken by Skein', async () => {
    for (const [user, password] of Object.entries(USERS)) {
      const client = pgClient(skein.port, user, password);
      await client.connect();
      expect((await client.query('SELECT current_user AS who')).rows).toEqual([{ who: user }]);
      await client.end();
    }
  });

  test('of Skein are taken by PostgreSQL', async () => {
    for (const password of ['s\u00adécret', 'sécret', 'se\u0301cret']) {
      const client = pgClient(postgres.port, 'migrated', password);
      await client.connect();
      await client.end();
    }
    await expect(pgClient(postgres.port, 'migrated', 'secret').connect()).rejects.toMatchObject({
      code: '28P01',
    });
  });
});

describe('node-postgres', () => {
  const bound = { ssl: VERIFIED, enableChannelBinding: true };
  const ways: readonly [string, pg.ClientConfig][] = [
    ['without TLS', {}],
    ['with TLS', { ssl: VERIFIED }],
    ['bound to the channel', bound],
    ['with TLS from the first byte', { ...bound, sslnegotiation: 'direct' }],
  ];

  test.each(ways)('%s', async (_, more) => {
    const told: unknown[] = [];
    for (const port of [postgres.port, skein.port]) {
      const client = pgClient(port, 'ann', USERS['ann'] ?? '', more);
      await client.connect();
      expect((await client.query('SELECT 1 + 1 AS two')).rows).toEqual([{ two: 2 }]);
      const of = 'WHERE pid = pg_backend_pid()';
      const { rows } = await client.query(
        `SELECT * FROM pg_stat_ssl s JOIN pg_stat_gssapi g USING (pid) JOIN pg_stat_activity USING (pid) ${of}`,
      );
      expect(rows).toHaveLength(1);
      const { rows: encryption } = await client.query(
        `SELECT ssl, version, cipher, bits, client_dn FROM pg_stat_ssl ${of}`,
      );
      told.push(encryption);
      await client.end();
    }
    expect(told[1]).toEqual(told[0]);
  });

  test('is refused with the same words', async () => {
    for (const [user, password] of [
      ['ann', 'wrong'],
      ['nobody', 'geheim'],
    ] as const) {
      const errors = [postgres.port, skein.port].map((port) =>
        pgClient(port, user, password, { ssl: VERIFIED })
          .connect()
          .then(
            () => undefined,
            ({ severity, code, message, detail, hint }) => ({ severity, code, message, detail, hint }),
          ),
      );
      const [expected, actual] = await Promise.all(errors);
      expect(actual).toEqual(expected);
      expect(actual).toMatchObject({ code: '28P01' });
    }
  });
});

describe('postgres.js', () => {
  test.each([
    ['without TLS', false],
    ['with TLS', VERIFIED],
  ])('%s', async (_, ssl) => {
    for (const port of [postgres.port, skein.port]) {
      const sql = postgresJs({
        host: 'localhost',
        port,
        database: 'skein',
        username: 'ann',
        password: 'geheim',
        ssl,
        max: 1,
      });
      expect(await sql`SELECT ${2}::int + 1 AS three`).toEqual([{ three: 3 }]);
      await sql.end();
    }
  });

  test('is refused with the same words', async () => {
    const errors = [postgres.port, skein.port].map((port) => {
      const sql = postgresJs({
        host: 'localhost',
        port,
        database: 'skein',
        username: 'ann',
        password: 'no',
        ssl: VERIFIED,
        max: 1,
      });
      return sql`SELECT 1`.then(
        () => undefined,
        ({ severity, code, message }) => ({ severity, code, message }),
      );
    });
    const [expected, actual] = await Promise.all(errors);
    expect(actual).toEqual(expected);
    expect(actual).toMatchObject({ code: '28P01' });
  });
});
