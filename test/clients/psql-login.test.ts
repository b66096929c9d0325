import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLoginPostgres } from '../support/login-postgres.ts';
import { type LoginProxy, startLoginProxy } from '../support/login-proxy.ts';
import type { Postgres } from '../support/postgres.ts';
import { CERTIFICATE } from '../support/test-certificate.ts';

/** psql logs in with passwords, encrypted, bound to the channel, and as it must not: beside PostgreSQL 18. */

let postgres: Postgres;
let skein: LoginProxy;
let selfSigned: LoginProxy;
let home: string;
let root: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'skein-psql-'));
  root = join(home, 'test.crt');
  await writeFile(root, CERTIFICATE);
  [postgres, skein] = await Promise.all([startLoginPostgres(), startLoginProxy()]);
  selfSigned = await startLoginProxy({ tls: { selfSigned: true, required: true } });
});

afterAll(async () => {
  await Promise.all([postgres?.close(), skein?.close(), selfSigned?.close()]);
  await rm(home, { recursive: true, force: true });
});

interface Outcome {
  readonly output: string;
  readonly code: number | null;
}

async function psql(
  port: number,
  connection: string,
  password: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const child = spawn(
    'psql',
    ['-XwAt', '-c', 'SELECT current_user', `dbname=skein port=${port} ${connection}`],
    {
      env: {
        PATH: process.env['PATH'],
        LANG: 'C.UTF-8',
        HOME: home,
        ...(password === '' ? {} : { PGPASSWORD: password }),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text.replaceAll(String(port), 'PORT');
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return { output, code };
}

async function same(
  connection: string,
  password: string,
  env?: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const expected = await psql(postgres.port, connection, password, env);
  const actual = await psql(skein.port, connection, password, env);
  expect(actual).toEqual(expected);
  return actual;
}

describe('who knows the password gets in', () => {
  test.each([
    ['unencrypted', 'host=127.0.0.1 user=ann sslmode=disable', 'geheim'],
    ['encrypted where possible', 'host=127.0.0.1 user=ann', 'geheim'],
    ['encrypted', 'host=127.0.0.1 user=ann sslmode=require', 'geheim'],
    ['bound to the channel', 'host=127.0.0.1 user=ann sslmode=require channel_binding=require', 'geheim'],
    ['not bound', 'host=127.0.0.1 user=ann sslmode=require channel_binding=disable', 'geheim'],
    ['with a name beyond ASCII', 'host=127.0.0.1 user=Zoë', 'pass wörd'],
    ['with a password that SASLprep makes the same', 'host=127.0.0.1 user=IX', 'IX'],
  ])('%s', async (_, connection, password) => {
    const { code } = await same(connection, password);
    expect(code).toBe(0);
  });

  test('and trusts the certificate that it has', async () => {
    const { code } = await same(`host=localhost user=ann sslmode=verify-full sslrootcert=${root}`, 'geheim');
    expect(code).toBe(0);
  });

  test('and finds the password in .pgpass', async () => {
    const file = join(home, 'passwords');
    await writeFile(file, '127.0.0.1:*:skein:ann:geheim\n', { mode: 0o600 });
    const { code } = await same('host=127.0.0.1 user=ann', '', { PGPASSFILE: file });
    expect(code).toBe(0);
  });
});

describe('others do not', () => {
  test.each([
    ['a wrong password', 'host=127.0.0.1 user=ann', 'wrong'],
    ['a wrong password, unencrypted', 'host=127.0.0.1 user=ann sslmode=disable', 'wrong'],
    ['an empty password', 'host=127.0.0.1 user=ann', ''],
    ['an unknown user', 'host=127.0.0.1 user=nobody', 'geheim'],
    ['a name in other letters', 'host=127.0.0.1 user=Ann', 'geheim'],
    [
      'channel binding without encryption',
      'host=127.0.0.1 user=ann sslmode=disable channel_binding=require',
      'geheim',
    ],
    ['an unknown database', 'host=127.0.0.1 user=ann dbname=other', 'geheim'],
  ])('%s', async (_, connection, password) => {
    const { code } = await same(connection, password);
    expect(code).toBe(2);
  });

  test('a host that the certificate does not name', async () => {
    const { code } = await same(`host=127.0.0.1 user=ann sslmode=verify-full sslrootcert=${root}`, 'geheim');
    expect(code).toBe(2);
  });

  test.each(['-c nosuch=1', '-c statement_timeout=soon', '--nosuch=1', '-c application_name'])(
    'PGOPTIONS=%s',
    async (options) => {
      const { code } = await same('host=127.0.0.1 user=ann', 'geheim', { PGOPTIONS: options });
      expect(code).toBe(2);
    },
  );
});

describe('a certificate of the proxy’s own, and TLS required', () => {
  test.each(['localhost', '127.0.0.1'])('is trusted by its file, as %s', async (host) => {
    const connection = `host=${host} user=ann sslmode=verify-full channel_binding=require sslrootcert=${selfSigned.certificate}`;
    expect(await psql(selfSigned.port, connection, 'geheim')).toEqual({ output: 'ann\n', code: 0 });
  });

  test('who does not encrypt is told so', async () => {
    const { output, code } = await psql(selfSigned.port, 'host=127.0.0.1 user=ann sslmode=disable', 'geheim');
    expect(output).toContain(
      'FATAL:  connections without encryption are not allowed\nHINT:  Connect with sslmode=require.',
    );
    expect(code).toBe(2);
  });
});
