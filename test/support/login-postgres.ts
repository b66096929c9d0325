import { chown, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { type Postgres, startPostgres } from './postgres.ts';
import { CERTIFICATE, KEY } from './test-certificate.ts';

/** Users that both sides have, with their passwords. */
export const USERS: Readonly<Record<string, string>> = { ann: 'geheim', Zoë: 'pass wörd', IX: '\u2168' };

/** A PostgreSQL 18 where those users log in by SCRAM, encrypted or not, into the database `skein`. */
export async function startLoginPostgres(flags: readonly string[] = []): Promise<Postgres> {
  const postgres = await startPostgres(flags);
  const { port, user, password } = postgres;
  const admin = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'postgres' });
  await admin.connect();
  await admin.query('CREATE DATABASE skein');
  for (const [name, secret] of Object.entries(USERS))
    await admin.query(`CREATE ROLE ${pg.escapeIdentifier(name)} LOGIN PASSWORD ${pg.escapeLiteral(secret)}`);
  const { rows } = await admin.query('SHOW data_directory');
  const directory = String(rows[0].data_directory);
  await put(directory, 'test.crt', CERTIFICATE);
  await put(directory, 'test.key', KEY);
  await put(directory, 'pg_hba.conf', 'host all postgres all password\nhost all all all scram-sha-256\n');
  for (const setting of ["ssl = 'on'", "ssl_cert_file = 'test.crt'", "ssl_key_file = 'test.key'"])
    await admin.query(`ALTER SYSTEM SET ${setting}`);
  await admin.query('SELECT pg_reload_conf()');
  await admin.end();
  await reloaded(port);
  return postgres;
}

/** Owned by whoever the server runs as. */
async function put(directory: string, name: string, content: string): Promise<void> {
  const { uid, gid } = await stat(directory);
  const path = join(directory, name);
  await writeFile(path, content, { mode: 0o600 });
  await chown(path, uid, gid);
}

/** The new configuration is in force for connections from now on. */
async function reloaded(port: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'ann',
      password: USERS['ann'],
      database: 'skein',
      ssl: { rejectUnauthorized: false },
    });
    const failure = await client.connect().then(
      () => undefined,
      (error: unknown) => error,
    );
    await client.end().catch(() => undefined);
    if (failure === undefined) return;
    if (tries === 100) throw failure;
    await new Promise((next) => setTimeout(next, 50));
  }
}
