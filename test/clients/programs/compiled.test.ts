import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { buildGo, buildJava, buildOdbc, buildRust, type Command } from './build.ts';
import { expectSame } from './compare.ts';
import { type Servers, startServers } from './fixture.ts';
import { startLoginServers } from './login-fixture.ts';
import { ANALYST, lookAlike } from './look-alike.ts';

/** Drivers of Java, Go, Rust and ODBC, and what tools send through them: each line that a program prints is the same over PostgreSQL 18. */

const FLOWS = fileURLToPath(new URL('../flows/', import.meta.url));

let java: Command;
let go: Command;
let rust: Command;
let odbc: Command;
let servers: Servers;

beforeAll(async () => {
  // One after the other: the servers' start has time limits of its own.
  java = await buildJava();
  go = await buildGo();
  rust = await buildRust();
  odbc = await buildOdbc();
  servers = await startServers();
  await lookAlike(servers);
});

afterAll(() => servers?.close());

async function compare([command, ...args]: Command, ...what: readonly string[]): Promise<void> {
  expectSame(await servers.runBoth(command, [...args, ...what], { env: ANALYST }));
}

describe('pgJDBC', () => {
  test('DatabaseMetaData in full', () => compare(java, 'metadata'));
  test('descriptions, parameters, fetch sizes, batches, errors', () => compare(java, 'results'));
  test('values of every type, as text and as binary, out and in', () => compare(java, 'types'));
  test('transactions, settings, cancelling, time limits', () => compare(java, 'session'));
  test('COPY by CopyManager', () => compare(java, 'copy'));
  test('writes, batches, edits', () => compare(java, 'writes'));
  test.each(['metabase', 'dbeaver'])('what %s sends', (tool) => compare(java, join(FLOWS, `${tool}.sql`)));
});

describe('Go', () => {
  test('pgx', () => compare(go, 'pgx'));
  test('COPY by pgx', () => compare(go, 'copy'));
  test('writes, through both', () => compare(go, 'writes'));
  test('lib/pq', () => compare(go, 'pq'));
  test('what grafana sends, through both', () => compare(go, join(FLOWS, 'grafana.sql')));
});

describe('tokio-postgres', () => {
  test('values, parameters, types, pipelines, portals, transactions, cancelling', () => compare(rust));
  test('COPY', () => compare(rust, 'copy'));
  test('writes', () => compare(rust, 'writes'));
});

test.each([
  'UseDeclareFetch=0',
  // As Tableau has it.
  'UseDeclareFetch=1;Fetch=7',
  'UseServerSidePrepare=0;Protocol=7.4-0',
  'ByteaAsLongVarBinary=1;Protocol=7.4-2;BoolsAsChar=0',
])('psqlODBC: %s', (settings) => compare(odbc, settings));

test('each with passwords and TLS', async () => {
  const logins = await startLoginServers();
  const ways = ['disable', 'require', 'verify-full', 'verify-full;PWD=wrong'].map((way) => `SSLMODE=${way}`);
  const programs: readonly Command[] = [
    [...java, 'login'],
    [...go, 'login'],
    [...rust, 'login'],
    [...odbc, ...ways],
  ];
  try {
    for (const [command, ...args] of programs) expectSame(await logins.runBoth(command, args));
  } finally {
    await logins.close();
  }
});
