import { connect } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PgServer } from '../../src/pgwire/server.ts';
import { CERTIFICATE, KEY } from '../support/test-certificate.ts';
import { FixtureFactory } from './pgwire-fixture.ts';

let server: PgServer;
let port: number;

beforeEach(async () => {
  const secureContext = createSecureContext({ key: KEY, cert: CERTIFICATE });
  server = new PgServer({
    sessions: new FixtureFactory(),
    reportBug: (bug) => {
      throw bug;
    },
    tls: () => ({ secureContext, endPoint: undefined }),
  });
  port = (await server.listen(0, '127.0.0.1')).port;
});

afterEach(() => server.close());

describe('TLS', () => {
  it('is agreed on with an SSLRequest', async () => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'ann',
      ssl: { rejectUnauthorized: false },
    });
    await client.connect();
    expect((await client.query('rows 3000')).rows).toHaveLength(3000);
    await client.end();
  });

  it('is optional', async () => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'ann' });
    await client.connect();
    expect((await client.query('rows 3')).rows).toHaveLength(3);
    await client.end();
  });

  it('may begin with the first byte, by ALPN', async () => {
    const socket = connectTls({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      ALPNProtocols: ['postgresql'],
    });
    await new Promise<void>((resolve) => socket.once('secureConnect', resolve));
    expect(socket.alpnProtocol).toBe('postgresql');
    const body = Buffer.from('\0\x03\0\0user\0ann\0\0', 'latin1');
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length + 4);
    socket.write(Buffer.concat([length, body]));
    const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    expect(first.toString('latin1', 0, 9)).toBe('R\0\0\0\x08\0\0\0\0');
    socket.destroy();
  });

  it('refuses what came unencrypted behind the SSLRequest', async () => {
    const socket = connect(port, '127.0.0.1');
    const request = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
    socket.write(Buffer.concat([request, Buffer.from('more')]));
    const answer: Buffer[] = [];
    socket.on('data', (chunk) => answer.push(chunk));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(Buffer.concat(answer).toString()).toContain('received unencrypted data after SSL request');
  });
});
