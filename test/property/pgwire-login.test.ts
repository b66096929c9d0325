import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import fc from 'fast-check';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { sendCancel } from '../../src/cli/query/cancel-request.ts';
import { LoginThrottle } from '../../src/pgwire/auth/login-throttle.ts';
import { type FailedLogin, ScramAuthenticator } from '../../src/pgwire/auth/scram-authenticator.ts';
import { makeVerifier, type ScramVerifier } from '../../src/pgwire/auth/verifier.ts';
import { PgServer, type PgServerOptions } from '../../src/pgwire/server.ts';
import {
  clientFinal,
  errorFields,
  GSS_REQUEST,
  int16,
  int32,
  logIn,
  message,
  packet,
  type Received,
  SSL_REQUEST,
  StartupClient,
  saslInitial,
  startup,
} from '../support/startup-client.ts';
import { type CertificateKind, testIdentity } from '../support/test-identity.ts';
import { FixtureFactory } from './pgwire-fixture.ts';

const PASSWORD = 'pass wörd';
const MOCK_SECRET = Buffer.alloc(32, 5);

let users: Map<string, ScramVerifier>;
let throttle: LoginThrottle;
let servers: PgServer[];
let bugs: unknown[];
let failures: FailedLogin[];

beforeEach(async () => {
  users = new Map([['ann', await makeVerifier(PASSWORD)]]);
  throttle = new LoginThrottle();
  servers = [];
  bugs = [];
  failures = [];
});

afterEach(async () => {
  for (const server of servers) await server.close(100);
  expect(bugs).toEqual([]);
});

async function listen(options: Partial<PgServerOptions> = {}): Promise<number> {
  const server = new PgServer({
    sessions: new FixtureFactory(),
    reportBug: (bug) => bugs.push(bug),
    authenticator: new ScramAuthenticator({
      verifier: (user) => users.get(user),
      mockSecret: MOCK_SECRET,
      throttle,
      reportFailure: (failure) => failures.push(failure),
    }),
    ...options,
  });
  servers.push(server);
  return (await server.listen(0, '127.0.0.1')).port;
}

/** A way to the server that passes what the client says in pieces of these sizes, over and over. */
async function chop(port: number, sizes: readonly number[]): Promise<{ port: number; close(): void }> {
  const server = createServer(async (near) => {
    const far = connect(port, '127.0.0.1').setNoDelay(true);
    far.pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    let i = 0;
    for await (const chunk of near) {
      for (let rest: Buffer = chunk; rest.length > 0; ) {
        const size = sizes[i++ % sizes.length]!;
        far.write(rest.subarray(0, size));
        rest = rest.subarray(size);
        await new Promise(setImmediate);
      }
    }
    far.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, close: () => server.close() };
}

function last(messages: readonly Received[]): Readonly<Record<string, string>> {
  const { tag, body } = messages.at(-1) ?? { tag: 'nothing', body: Buffer.alloc(0) };
  return tag === 'E' ? errorFields(body) : { tag };
}

async function challengeOf(port: number, user: string): Promise<string> {
  const client = new StartupClient(port).write(startup({ user }));
  await client.until('R');
  client.write(saslInitial('SCRAM-SHA-256', 'n,,n=,r=abc'));
  const [challenge] = await client.until('RE');
  client.close();
  return challenge?.body.toString('utf8', 4) ?? '';
}

describe('SCRAM', () => {
  it('lets in who knows the password, and nobody else', async () => {
    const port = await listen();
    const as = (user: string, password: string) =>
      new pg.Client({ host: '127.0.0.1', port, user, password, database: 'x' });
    const ann = as('ann', PASSWORD);
    await ann.connect();
    expect((await ann.query('rows 2')).rows).toHaveLength(2);
    await ann.end();
    for (const [user, password] of [
      ['ann', 'wrong'],
      ['nobody', PASSWORD],
    ] as const) {
      await expect(as(user, password).connect()).rejects.toMatchObject({
        severity: 'FATAL',
        code: '28P01',
        message: `password authentication failed for user "${user}"`,
      });
    }
    expect(failures).toEqual([
      { user: 'ann', remoteAddress: '127.0.0.1', reason: 'the password is wrong' },
      { user: 'nobody', remoteAddress: '127.0.0.1', reason: 'there is no such user' },
    ]);
  });

  it('gives a user who does not exist the same salt each time, as if she did', async () => {
    const port = await listen();
    const salt = async (user: string) => /,s=([^,]*),i=4096$/.exec(await challengeOf(port, user))?.[1];
    const salts = [await salt('nobody'), await salt('nobody'), await salt('eve'), await salt('ann')];
    expect(salts[0]).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    expect(salts[1]).toBe(salts[0]);
    expect(new Set(salts).size).toBe(3);
  });

  it('takes a proof for one exchange only', async () => {
    const port = await listen();
    const first = new StartupClient(port).write(startup({ user: 'ann' }));
    await first.until('R');
    first.write(saslInitial('SCRAM-SHA-256', 'n,,n=,r=abc'));
    const [challenge] = await first.until('R');
    const bare = 'n=,r=abc';
    const proof = clientFinal(PASSWORD, bare, challenge!.body.toString('utf8', 4), Buffer.from('n,,'));
    const second = new StartupClient(port).write(startup({ user: 'ann' }));
    await second.until('R');
    second.write(saslInitial('SCRAM-SHA-256', 'n,,n=,r=abc'));
    await second.until('R');
    expect(last(await second.write(message('p', proof)).until('RE'))).toMatchObject({
      M: 'invalid SCRAM response',
    });
    expect((await first.write(message('p', proof)).until('ZE')).at(-1)?.tag).toBe('Z');
    first.close();
  });

  it('takes the exchange in any pieces', async () => {
    const port = await listen();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), async (sizes) => {
        const client = new StartupClient(port);
        const write = client.socket.write.bind(client.socket);
        client.socket.setNoDelay(true);
        client.socket.write = (bytes: string | Uint8Array) => {
          let rest = Buffer.from(bytes as Uint8Array);
          for (let i = 0; rest.length > 0; i++) {
            const size = sizes[i % sizes.length]!;
            write(rest.subarray(0, size));
            rest = rest.subarray(size);
          }
          return true;
        };
        client.write(startup({ user: 'ann' }));
        const answers = await logIn(client, PASSWORD);
        client.close();
        expect(answers.at(-1)?.tag).toBe('Z');
      }),
      { numRuns: 20 },
    );
  });

  it('answers whatever is sent instead with an error, and only that', async () => {
    const port = await listen();
    const part = fc.oneof(
      fc.constantFrom('n', 'y', 'p', ',', '=', 'n=', 'r=', 'a', 'm=', '\0', 'ä', 'abc'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part), fc.array(part), async (first, second) => {
        const client = new StartupClient(port).write(startup({ user: 'ann' }));
        await client.until('R');
        client.write(saslInitial('SCRAM-SHA-256', first.join('')));
        const [answer] = await client.until('RE');
        if (answer?.tag === 'R') {
          client.write(message('p', second.join('')));
          expect((await client.until('RE')).map(({ tag }) => tag)).toEqual(['E']);
        }
        await client.ended();
      }),
      { numRuns: 100 },
    );
  });
});

describe('who has not logged in', () => {
  it.each([
    ['a query', message('Q', 'rows 1\0'), 'expected SASL response, got message type 81'],
    ['a long answer', message('p', Buffer.alloc(1025)), 'invalid message length 1029'],
    [
      'the beginning of a long answer',
      Buffer.concat([Buffer.from('p'), int32(1 << 30)]),
      'invalid message length 1073741824',
    ],
    ['a negative length', Buffer.concat([Buffer.from('p'), int32(-1)]), 'invalid message length -1'],
  ])('may not send %s', async (_, bytes, text) => {
    const client = new StartupClient(await listen()).write(startup({ user: 'ann' }));
    await client.until('R');
    expect(last(await client.write(bytes).until('E'))).toMatchObject({ S: 'FATAL', C: '08P01', M: text });
    await client.ended();
  });

  it('takes no place from those who have', async () => {
    const port = await listen({ maxConnections: 2, maxStartupsPerAddress: 10 });
    const waiting = Array.from({ length: 8 }, () => new StartupClient(port).write(startup({ user: 'ann' })));
    for (const client of waiting) await client.until('R');
    const inside = [new StartupClient(port), new StartupClient(port)];
    for (const client of inside) {
      expect(last(await logIn(client.write(startup({ user: 'ann' })), PASSWORD))).toEqual({ tag: 'Z' });
    }
    const late = new StartupClient(port).write(startup({ user: 'ann' }));
    expect(last(await logIn(late, PASSWORD))).toMatchObject({
      S: 'FATAL',
      C: '53300',
      M: 'sorry, too many clients already',
    });
    for (const client of [...waiting, ...inside]) client.close();
  });

  it('may not be many of one address', async () => {
    const port = await listen({ maxStartupsPerAddress: 3 });
    const silent = Array.from({ length: 3 }, () => new StartupClient(port).write(startup({ user: 'ann' })));
    for (const client of silent) await client.until('R');
    const refused = new StartupClient(port);
    expect(last(await refused.until('E'))).toMatchObject({ C: '53300' });
    await refused.ended();
    silent[0]?.close();
    for (let tries = 0; ; tries++) {
      const next = new StartupClient(port).write(startup({ user: 'ann' }));
      const answer = last(await logIn(next, PASSWORD));
      next.close();
      if (answer['tag'] === 'Z') break;
      if (tries === 100) expect(answer).toEqual({ tag: 'Z' });
    }
    for (const client of silent) client.close();
  });

  it('is cut off after a while, wherever it stopped', async () => {
    const identity = await testIdentity('ECDSA with SHA-256');
    const port = await listen({ startupTimeoutMs: 300, tls: () => identity });
    const clients = [
      new StartupClient(port),
      new StartupClient(port).write(startup({ user: 'ann' }).subarray(0, 9)),
      new StartupClient(port).write(GSS_REQUEST),
      new StartupClient(port).write(SSL_REQUEST),
      new StartupClient(port).write(Buffer.from([0x16, 3, 1])),
      new StartupClient(port).write(startup({ user: 'ann' })),
    ];
    const encrypted = new StartupClient(port).write(SSL_REQUEST);
    await encrypted.byte();
    await encrypted.encrypt();
    await Promise.all([...clients, encrypted].map((client) => client.ended()));
  });
});

describe('failed logins', () => {
  it('wait before they are told so; others do not, nor does the end of the server', async () => {
    for (let i = 0; i < 50; i++) throttle.delayAfterFailure('127.0.0.1');
    const port = await listen();
    const failing = new StartupClient(port).write(startup({ user: 'ann' }));
    const failed = logIn(failing, 'wrong');
    const right = new StartupClient(port).write(startup({ user: 'ann' }));
    const first = await Promise.race([
      failed.then(() => 'the failed one'),
      logIn(right, PASSWORD).then((answers) => last(answers)['tag']),
    ]);
    expect(first).toBe('Z');
    const closed = servers.pop()?.close(60_000);
    expect(last(await failed)).toMatchObject({ S: 'FATAL', C: '57P01' });
    right.close();
    await closed;
  });
});

describe('SCRAM in TLS', () => {
  const kinds: readonly [CertificateKind, string | undefined][] = [
    ['ECDSA with SHA-256', 'sha256'],
    ['ECDSA with SHA-384', 'sha384'],
    ['RSA with SHA-256', 'sha256'],
    ['RSA with SHA-512', 'sha512'],
    ['RSA-PSS with SHA-384', 'sha384'],
    ['Ed25519', undefined],
  ];

  async function encryptedClient(port: number): Promise<StartupClient> {
    const client = new StartupClient(port).write(SSL_REQUEST);
    expect(await client.byte()).toBe('S');
    return client.encrypt();
  }

  test.each(kinds)('binds the channel to a certificate that is signed by %s', async (kind, hash) => {
    const identity = await testIdentity(kind);
    const port = await listen({ tls: () => identity });
    const client = await encryptedClient(port);
    client.write(startup({ user: 'ann' }));
    const [offer] = await client.until('R');
    const mechanisms = offer?.body.toString('utf8', 4).split('\0').filter(Boolean);
    if (hash === undefined) {
      expect(mechanisms).toEqual(['SCRAM-SHA-256']);
    } else {
      expect(mechanisms).toEqual(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256']);
      const { raw } = (client.socket as TLSSocket).getPeerCertificate();
      const binding = createHash(hash).update(raw).digest();
      const header = 'p=tls-server-end-point,,';
      client.write(saslInitial('SCRAM-SHA-256-PLUS', `${header}n=,r=abc`));
      const [challenge] = await client.until('R');
      const bound = Buffer.concat([Buffer.from(header), binding]);
      const final = clientFinal(PASSWORD, 'n=,r=abc', challenge!.body.toString('utf8', 4), bound);
      expect((await client.write(message('p', final)).until('ZE')).at(-1)?.tag).toBe('Z');
    }
    client.close();
  });

  test.each(kinds)('node-postgres logs in, %s', async (kind) => {
    const identity = await testIdentity(kind);
    const port = await listen({ tls: () => identity });
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'ann',
      password: PASSWORD,
      database: 'x',
      ssl: { rejectUnauthorized: false },
      enableChannelBinding: true,
    });
    await client.connect();
    await client.end();
  });

  it('shows the certificate that there is now', async () => {
    let identity = await testIdentity('ECDSA with SHA-256');
    const port = await listen({ tls: () => identity });
    const shown = async () => {
      const client = await encryptedClient(port);
      const { fingerprint256 } = (client.socket as TLSSocket).getPeerCertificate();
      client.close();
      return fingerprint256;
    };
    const before = await shown();
    identity = await testIdentity('ECDSA with SHA-256');
    expect(await shown()).not.toBe(before);
  });

  it('is all that is let in where it is required, but a cancel request', async () => {
    const identity = await testIdentity('ECDSA with SHA-256');
    const port = await listen({ tls: () => identity, tlsRequired: true });
    const plain = new StartupClient(port).write(startup({ user: 'ann' }));
    expect(last(await plain.until('RE'))).toMatchObject({
      S: 'FATAL',
      C: '28000',
      M: 'connections without encryption are not allowed',
    });
    const client = await encryptedClient(port);
    const answers = await logIn(client.write(startup({ user: 'ann' })), PASSWORD);
    const key = answers.find(({ tag }) => tag === 'K')!.body;
    for (const encrypted of [false, true]) {
      client.write(message('Q', 'hang\0'));
      const canceller = encrypted ? await encryptedClient(port) : new StartupClient(port);
      canceller.write(packet(int16(1234), int16(5678), key));
      expect((await client.until('Z')).map(({ tag }) => tag)).toEqual(['E', 'Z']);
      await canceller.ended();
    }
    client.close();
  });

  it('cancels for `skein query`, as openly as the session itself', async () => {
    const identity = await testIdentity('ECDSA with SHA-256');
    const port = await listen({ tls: () => identity });
    for (const tls of [undefined, { rejectUnauthorized: false }]) {
      const client = tls === undefined ? new StartupClient(port) : await encryptedClient(port);
      const answers = await logIn(client.write(startup({ user: 'ann' })), PASSWORD);
      const key = answers.find(({ tag }) => tag === 'K')!.body;
      client.write(message('Q', 'hang\0'));
      sendCancel(
        { host: '127.0.0.1', port, tls },
        { processID: key.readInt32BE(0), secretKey: key.readInt32BE(4) },
      );
      expect((await client.until('Z')).map(({ tag }) => tag)).toEqual(['E', 'Z']);
      client.close();
    }
  });

  it.each(['postgres', 'direct'] as const)(
    'takes a handshake in any pieces, sslnegotiation=%s',
    async (sslnegotiation) => {
      const identity = await testIdentity('ECDSA with SHA-256');
      const port = await listen({ tls: () => identity });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), async (sizes) => {
          const chopper = await chop(port, sizes);
          const client = new pg.Client({
            host: '127.0.0.1',
            port: chopper.port,
            user: 'ann',
            password: PASSWORD,
            database: 'x',
            ssl: { rejectUnauthorized: false },
            enableChannelBinding: true,
            sslnegotiation,
          });
          await client.connect();
          expect((await client.query('rows 3')).rows).toHaveLength(3);
          await client.end();
          chopper.close();
        }),
        { numRuns: 10 },
      );
    },
  );

  it('goes on beside clients that send garbage in place of, and inside of, TLS', async () => {
    const identity = await testIdentity('ECDSA with SHA-256');
    const port = await listen({ tls: () => identity, maxStartupsPerAddress: 1000 });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 3000 }),
        fc.boolean(),
        async (garbage, inside) => {
          const client = inside ? await encryptedClient(port) : new StartupClient(port).write(SSL_REQUEST);
          if (!inside) await client.byte();
          client.write(Buffer.from(garbage));
          client.socket.end();
          await client.ended();
        },
      ),
      { numRuns: 60 },
    );
    const good = await encryptedClient(port);
    expect(last(await logIn(good.write(startup({ user: 'ann' })), PASSWORD))).toEqual({ tag: 'Z' });
    good.close();
  });

  it('ends a handshake that fails, and goes on', async () => {
    const identity = await testIdentity('ECDSA with SHA-256');
    const port = await listen({ tls: () => identity });
    const client = new StartupClient(port).write(SSL_REQUEST);
    await client.byte();
    client.write('this is not TLS at all, is it?');
    await client.ended();
    const direct = new StartupClient(port).write(
      Buffer.from([0x16, ...Buffer.from('neither is this, but it is longer')]),
    );
    await direct.ended();
    await expect(
      new StartupClient(port).encrypt({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }),
    ).rejects.toThrow();
    const good = await encryptedClient(port);
    expect(last(await logIn(good.write(startup({ user: 'ann' })), PASSWORD))).toEqual({ tag: 'Z' });
    good.close();
  });
});
