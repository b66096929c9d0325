import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { run } from '../clients/programs/fixture.ts';
import { pythonForClients } from '../clients/programs/python.ts';
import { openDatabase, type Postgres, startPostgres } from '../support/postgres.ts';
import { System } from '../support/processes.ts';
import { FAIL_ON_BOTH, FAIL_ON_SKEIN, type Reasons } from './dbt-adapter/expected.ts';

/**
 * dbt's own test-suite of adapters, for the stock adapter, on Skein and on PostgreSQL 18: what fails is what is listed, with its
 * reason, in expected.ts.
 */

const SUITE = fileURLToPath(new URL('./dbt-adapter/', import.meta.url));
const TIMEOUT_MS = 7_200_000;
/** What some of its tests compare with. */
const LOGIN = { user: 'root', password: 'password', database: 'dbt' };
/** The suite grants to them. */
const ROLES = ['dbt_test_user_1', 'dbt_test_user_2', 'dbt_test_user_3'];

let directory: string;
let python: string;
let system: System;
let postgres: Postgres;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'skein-dbt-adapter-'));
  python = await pythonForClients([join(SUITE, 'requirements.txt')]);
  [system, postgres] = await Promise.all([
    System.start({ proxy: { database: LOGIN.database } }),
    startPostgres(),
  ]);
  for (const user of ROLES) {
    const client = new pg.Client({ host: '127.0.0.1', port: system.pgPort, user, database: LOGIN.database });
    await client.connect();
    // A user is a role from its first statement on.
    await client.query('SELECT 1');
    await client.end();
  }
  const client = await openDatabase(postgres, LOGIN.database);
  await client.query(`CREATE ROLE ${LOGIN.user} SUPERUSER LOGIN PASSWORD '${LOGIN.password}'`);
  for (const role of ROLES) await client.query(`CREATE ROLE ${role}`);
  await client.end();
});

afterAll(async () => {
  await Promise.all([system?.close(), postgres?.close()]);
  await rm(directory, { recursive: true, force: true });
});

const Outcomes = z.record(z.string(), z.string().nullable());

interface Outcome {
  readonly all: readonly string[];
  /** With what they said. */
  readonly failed: ReadonlyMap<string, string>;
}

async function runSuite(name: string, port: number): Promise<Outcome> {
  const home = join(directory, name);
  await cp(SUITE, home, { recursive: true });
  const env = {
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: LOGIN.user,
    PGPASSWORD: LOGIN.password,
    PGDATABASE: LOGIN.database,
    OUTCOMES: join(home, 'outcomes.json'),
    DO_NOT_TRACK: '1',
  };
  const call = ['-W', 'ignore', '-m', 'pytest', 'test_suite.py', '-q', '-p', 'no:cacheprovider'];
  // It ends with 1 where a test failed; without outcomes, something else did.
  const failed = await run(python, call, { cwd: home, env, timeoutMs: TIMEOUT_MS }).catch(String);
  const outcomes = await readFile(env.OUTCOMES, 'utf8').catch(() => {
    throw new Error(failed);
  });
  const all = Object.entries(Outcomes.parse(JSON.parse(outcomes)));
  expect(all.length).toBeGreaterThan(200);
  return {
    all: all.map(([test]) => test),
    failed: new Map(all.flatMap(([test, told]) => (told === null ? [] : [[test, told]]))),
  };
}

/** @param all names of the tests that ran. */
function expectListed({ all, failed }: Outcome, listed: Reasons): void {
  const reasons = Object.keys(listed);
  const unlisted = [...failed].filter(([test]) => !reasons.some((beginning) => test.startsWith(beginning)));
  expect(unlisted.map(([test, told]) => `${test}:\n${told}`)).toEqual([]);
  const passed = all.filter((test) => !failed.has(test));
  expect(passed.filter((test) => reasons.some((beginning) => test.startsWith(beginning)))).toEqual([]);
  expect(reasons.filter((beginning) => !all.some((test) => test.startsWith(beginning)))).toEqual([]);
}

test('on both', { timeout: TIMEOUT_MS }, async () => {
  const [ours, theirs] = await Promise.all([
    runSuite('skein', system.pgPort),
    runSuite('postgres', postgres.port),
  ]);
  expectListed(theirs, FAIL_ON_BOTH);
  expectListed(ours, { ...FAIL_ON_BOTH, ...FAIL_ON_SKEIN });
});
