import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trust } from '../pgwire/auth/authenticator.ts';
import { formatVerifier, makeVerifier } from '../pgwire/auth/verifier.ts';
import { authenticatorOf } from './authentication.ts';
import { silentLog } from './log.ts';
import { UserBook } from './users.ts';

let directory: string;
let verifier: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'skein-users-'));
  verifier = formatVerifier(await makeVerifier('geheim'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const open = (configured: Readonly<Record<string, string>> = {}) =>
  UserBook.open(directory, new Map(Object.entries(configured)));

describe('users', () => {
  it('outlive the process, and so does the secret behind mock salts', async () => {
    const users = await open();
    await users.add('ann', verifier, false);
    await users.add('__proto__', verifier, false);
    const again = await open();
    expect(again.list().map(({ name }) => name)).toEqual(['__proto__', 'ann']);
    expect(again.verifier('ann')).toBeDefined();
    expect(again.verifier('constructor')).toBeUndefined();
    expect(again.mockSecret).toEqual(users.mockSecret);
    expect(again.mockSecret).toHaveLength(32);
  });

  it('are added together without losing one', async () => {
    const users = await open();
    const names = Array.from({ length: 20 }, (_, i) => `user ${i}`);
    await Promise.all(names.map((name) => users.add(name, verifier, false)));
    expect((await open()).list()).toHaveLength(20);
  });

  it('are replaced only when that is meant, and removed only when they are there', async () => {
    const users = await open();
    await users.add('ann', verifier, false);
    await expect(users.add('ann', verifier, false)).rejects.toMatchObject({ code: '42710' });
    await users.add('ann', formatVerifier(await makeVerifier('other')), true);
    await users.remove('ann');
    expect(users.isEmpty).toBe(true);
    await expect(users.remove('ann')).rejects.toMatchObject({ code: '42704' });
  });

  it('of the configuration win, and are changed there', async () => {
    await (await open()).add('ann', formatVerifier(await makeVerifier('old')), false);
    const users = await open({ ann: verifier });
    expect(users.list()).toEqual([{ name: 'ann', source: 'configuration' }]);
    await expect(users.add('ann', verifier, true)).rejects.toMatchObject({ code: '55000' });
    await expect(users.remove('ann')).rejects.toMatchObject({ code: '55000' });
  });

  it('keep nothing that is no verifier', async () => {
    const users = await open();
    await expect(users.add('ann', 'geheim', false)).rejects.not.toThrow('geheim');
    expect((await open()).isEmpty).toBe(true);
  });

  it.each(['not json', '{"ann": 1}', '[{"name": "ann"}]', '[{"name": "ann", "verifier": "geheim"}]'])(
    'that cannot be read stop the proxy: %s',
    async (content) => {
      await (await open()).add('ann', verifier, false);
      const file = join(directory, 'users', 'users.json');
      expect(await readFile(file, 'utf8')).toContain('SCRAM-SHA-256$');
      await writeFile(file, content);
      await expect(open()).rejects.toThrow(/user/);
    },
  );
});

describe('how clients log in', () => {
  const of = (users: UserBook, config: { host?: string; authentication?: 'trust' | 'scram-sha-256' }) =>
    authenticatorOf(
      { host: '127.0.0.1', authentication: undefined, tls: undefined, ...config },
      users,
      silentLog,
    );

  /** undefined: nobody is asked. */
  async function asksFor(authenticator: ReturnType<typeof of>): Promise<number | undefined> {
    let kind: number | undefined;
    const asked = new Error('asked');
    const login = { user: 'ann', database: 'x', remoteAddress: '', encrypted: false, endPoint: undefined };
    await authenticator
      .authenticate(login, {
        request: (code) => {
          kind = code;
        },
        response: () => Promise.reject(asked),
        pause: () => Promise.resolve(),
      })
      .catch((error: unknown) => expect(error).toBe(asked));
    return kind;
  }

  it('without users, on this machine, is without a password, until there is a user, and from then on with', async () => {
    const users = await open();
    const authenticator = of(users, {});
    expect(await asksFor(authenticator)).toBeUndefined();
    await users.add('ann', verifier, false);
    expect(await asksFor(authenticator)).toBe(10);
    await users.remove('ann');
    expect(await asksFor(authenticator)).toBe(10);
  });

  it('is never left open to other machines by itself', async () => {
    const users = await open();
    expect(() => of(users, { host: '0.0.0.0' })).toThrow('host: 0.0.0.0 lets other machines connect');
    expect(of(users, { host: '0.0.0.0', authentication: 'trust' })).toBe(trust);
    expect(await asksFor(of(users, { host: '0.0.0.0', authentication: 'scram-sha-256' }))).toBe(10);
    await users.add('ann', verifier, false);
    expect(await asksFor(of(users, { host: '0.0.0.0' }))).toBe(10);
  });
});
