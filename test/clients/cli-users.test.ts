import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { lendPostgresTemplate } from '../support/postgres-template.ts';
import { Command, type Ended, skein } from './cli-fixture.ts';

/** `skein user` and logging in with `skein query`, with real processes. */

const SECRET = 'correct horse';
const MISTAKEN = 'not the pass phrase';

let home: string;
let state: string;
let port: number;
let httpPort: number;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'skein-users-'));
  state = join(home, 'proxy');
  port = await freePort();
  httpPort = await freePort();
});

afterAll(() => rm(home, { recursive: true, force: true }));

function user(args: readonly string[], input = ''): Promise<Ended> {
  const [command = '', ...rest] = args;
  return skein(['user', command, '--state', state, ...rest], { cwd: home, input });
}

function query(
  name: string,
  password: string | undefined,
  parameters = '',
  sql = 'SELECT current_user',
): Promise<Ended> {
  const url = `postgres://${name}@127.0.0.1:${port}/skein${parameters}`;
  const env = { HOME: home, ...(password === undefined ? {} : { PGPASSWORD: password }) };
  return skein(['query', '--format', 'csv', '--url', url, sql], { cwd: home, env });
}

describe('before there is a proxy', () => {
  test('a user is added, listed, replaced and removed', async () => {
    expect(await user(['add', 'ann'], `${SECRET}\n`)).toEqual({
      code: 0,
      stdout: 'user "ann" may log in\n',
      stderr: '',
    });
    expect(await user(['add', 'ann'], 'other\n')).toMatchObject({
      code: 1,
      stderr: 'skein: user "ann" already exists\nhint: To change the password, say --replace.\n',
    });
    expect((await user(['add', 'bob', '--iterations', '10000'], 'first\r\n')).code).toBe(0);
    expect((await user(['add', 'bob', '--replace'], 'second')).code).toBe(0);
    expect((await user(['list'])).stdout).toMatch(/ann .*skein user.*\n.*bob .*skein user/);
    expect((await user(['remove', 'bob'])).stdout).toBe('removed user "bob"\n');
    expect(await user(['remove', 'bob'])).toMatchObject({
      code: 1,
      stderr: 'skein: user "bob" does not exist\n',
    });
    expect(JSON.parse((await user(['list', '--json'])).stdout)).toEqual([
      { name: 'ann', source: 'skein user' },
    ]);
  });

  test.each([
    [['add', 'eve'], '', /the password is empty/],
    [['add', 'eve'], '\n', /the password is empty/],
    [['add', 'eve'], 'x'.repeat(1025), /longer than 1024 bytes/],
    [['add', ''], 'x', /is not a user's name/],
    [['add', 'e'.repeat(64)], 'x', /is not a user's name/],
    [['add', 'e\u001bve'], 'x', /"e\\x1bve" is not a user's name/],
    [['add', 'eve', '--iterations', '100'], 'x', /expected 4096 to 100000, not 100/],
    [['add', 'eve', '--iterations', '100001'], 'x', /expected 4096 to 100000/],
    [['add', 'eve', 'password'], 'x', /too many arguments/],
  ])('%j is wrong', async (args, input, message) => {
    const { code, stderr } = await user(args, input);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  test('a password is read however it comes, and is never shown', async () => {
    const { stdout, stderr } = await user(['add', 'zoë x', '--print'], 'pass wörd\nmore\n');
    expect(stdout).toMatch(
      /^"zoë x": SCRAM-SHA-256\$4096:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+\n$/,
    );
    expect(stderr).toBe('');
  });
});

describe('with a proxy', () => {
  let proxy: Command;

  beforeAll(async () => {
    const line = (await user(['add', 'carl', '--print'], 'from the file\n')).stdout;
    const settings = [
      `port: ${port}`,
      `httpPort: ${httpPort}`,
      'stateDirectory: proxy',
      'log: trace',
      'tls: { selfSigned: true }',
      `users:\n  ${line}`,
    ];
    await writeFile(join(home, 'proxy.yaml'), settings.join('\n'));
    await mkdir(state, { recursive: true });
    await lendPostgresTemplate(state, 'skein');
    proxy = new Command(['proxy', '--config', 'proxy.yaml', '--tls-required'], { cwd: home });
    await proxy.says(/the proxy is ready/);
  });

  afterAll(async () => {
    proxy?.signal('SIGTERM');
    await proxy?.ended();
  });

  const refused = (name: string) => `FATAL:  28P01: password authentication failed for user "${name}"\n`;

  test('who has never logged in may be granted something', async () => {
    for (const sql of ['CREATE TABLE open AS SELECT 1 AS a', 'GRANT SELECT ON open TO carl'])
      expect(await query('ann', SECRET, '', sql)).toMatchObject({ code: 0 });
    expect(await query('ann', SECRET, '', 'GRANT SELECT ON open TO nobody')).toMatchObject({
      stderr: expect.stringContaining('role "nobody" does not exist'),
    });
    const read = await query('carl', 'from the file', '', 'SELECT a FROM open');
    expect(read).toEqual({ code: 0, stdout: 'a\n1\n', stderr: '' });
  });

  test('users of both places log in; others do not, and are all told the same', async () => {
    expect(await query('ann', SECRET)).toEqual({ code: 0, stdout: 'current_user\nann\n', stderr: '' });
    expect(await query('carl', 'from the file')).toMatchObject({ code: 0 });
    expect(await query('ann', MISTAKEN)).toMatchObject({ code: 1, stderr: refused('ann') });
    expect(await query('nobody', SECRET)).toMatchObject({ code: 1, stderr: refused('nobody') });
    expect(await query('ann', undefined)).toMatchObject({
      code: 1,
      stderr:
        'skein: the proxy asks for the password of user "ann"\nhint: Put it into PGPASSWORD or ~/.pgpass.\n',
    });
  });

  test('sslmode is what it is to psql', async () => {
    const certificate = join(state, 'tls', 'server.crt');
    expect(await query('ann', SECRET, '?sslmode=disable')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('connections without encryption are not allowed'),
    });
    expect(await query('ann', SECRET, '?sslmode=verify-full')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('self-signed certificate'),
    });
    for (const parameters of [
      '?sslmode=require',
      `?sslmode=verify-full&sslrootcert=${certificate}`,
      `?sslmode=verify-ca&sslrootcert=${certificate}`,
    ]) {
      expect(await query('ann', SECRET, parameters)).toMatchObject({ code: 0 });
    }
  });

  test('a password may come from ~/.pgpass', async () => {
    await writeFile(join(home, '.pgpass'), `127.0.0.1:${port}:skein:ann:${SECRET}\n`, { mode: 0o600 });
    expect(await query('ann', undefined)).toMatchObject({ code: 0, stdout: 'current_user\nann\n' });
    await rm(join(home, '.pgpass'));
  });

  test('users come and go while it runs', async () => {
    expect((await user(['add', 'dora'], 'one\n')).code).toBe(0);
    expect(await query('dora', 'one')).toMatchObject({ code: 0 });
    expect((await user(['add', 'dora', '--replace'], 'two\n')).code).toBe(0);
    expect(await query('dora', 'one')).toMatchObject({ code: 1, stderr: refused('dora') });
    expect(await query('dora', 'two')).toMatchObject({ code: 0 });
    expect((await user(['remove', 'dora'])).code).toBe(0);
    expect(await query('dora', 'two')).toMatchObject({ code: 1, stderr: refused('dora') });
    expect((await user(['list'])).stdout).toMatch(/ann .*skein user.*\n.*carl .*configuration/);
    expect(await user(['remove', 'carl'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is written in the proxy's configuration file\nhint: Change it there."),
    });
  });

  test('nothing that is secret stands in the log, and the files are the owner’s', async () => {
    const stored = await readFile(join(state, 'users', 'users.json'), 'utf8');
    const verifiers = [...stored.matchAll(/\$([^"]{20,})"/g)].map((match) => match[1] ?? '');
    expect(verifiers.length).toBeGreaterThan(0);
    for (const secret of [SECRET, 'from the file', MISTAKEN, ...verifiers]) {
      expect(proxy.stderr).not.toContain(secret);
    }
    expect(stored).not.toContain(SECRET);
  });
});

describe('a proxy that would be open, or cannot encrypt', () => {
  test.each([
    [
      ['--host', '0.0.0.0'],
      /no users who could log in with a password\nhint: Add one with `skein user add NAME`/,
    ],
    [['--tls-certificate', 'a.crt'], /tls: expected both certificate and key/],
    [['--tls-certificate', 'a.crt', '--tls-key', 'a.key'], /tls: can't read a\.crt/],
    [['--tls-required'], /tls: expected certificate and key, or selfSigned/],
    [['--authentication', 'md5'], /Allowed choices are trust, scram-sha-256/],
  ])('%j', async (args, message) => {
    const { code, stderr } = await skein(['proxy', '--state', join(home, 'other'), ...args], { cwd: home });
    expect(stderr).toMatch(message);
    expect(code).not.toBe(0);
  });
});
