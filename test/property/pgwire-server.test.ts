import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PgServer } from '../../src/pgwire/server.ts';
import { FixtureFactory } from './pgwire-fixture.ts';

let server: PgServer;
let factory: FixtureFactory;
let port: number;
let bugs: unknown[];

beforeEach(async () => {
  bugs = [];
  factory = new FixtureFactory();
  server = new PgServer({
    sessions: factory,
    reportBug: (bug) => bugs.push(bug),
    maxConnections: 5,
    startupTimeoutMs: 300,
  });
  port = (await server.listen(0, '127.0.0.1')).port;
});

afterEach(() => server.close());

async function client(options: pg.ClientConfig = {}): Promise<pg.Client> {
  const connected = new pg.Client({ host: '127.0.0.1', port, user: 'ann', database: 'skein', ...options });
  connected.on('error', () => undefined);
  await connected.connect();
  return connected;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await sleep(10);
  expect(condition()).toBe(true);
}

/** The protocol spoken by hand. */
class RawClient {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  closed = false;

  constructor() {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    this.socket.on('close', () => {
      this.closed = true;
    });
    this.socket.on('error', () => undefined);
  }

  startup(minor = 0, parameters: Record<string, string> = { user: 'ann' }): this {
    const pairs = Object.entries(parameters).flat();
    const body = Buffer.from(`${pairs.join('\0')}\0\0`);
    this.socket.write(Buffer.concat([int32(body.length + 8), int16(3), int16(minor), body]));
    return this;
  }

  send(tag: string, body: Buffer | string = ''): this {
    const bytes = Buffer.from(body);
    this.socket.write(Buffer.concat([Buffer.from(tag), int32(bytes.length + 4), bytes]));
    return this;
  }

  messages(): { tag: string; body: Buffer }[] {
    const found: { tag: string; body: Buffer }[] = [];
    for (let at = 0; at + 5 <= this.received.length; ) {
      const length = this.received.readInt32BE(at + 1);
      found.push({
        tag: String.fromCharCode(this.received[at]!),
        body: this.received.subarray(at + 5, at + 1 + length),
      });
      at += length + 1;
    }
    return found;
  }

  tags(): string {
    return this.messages()
      .map(({ tag }) => tag)
      .join('');
  }

  async ready(count = 1): Promise<void> {
    await until(() => this.tags().split('Z').length > count);
  }

  /** Tags since the connection was ready for the first time. */
  answers(): string {
    return this.tags().slice(this.tags().indexOf('Z') + 1);
  }
}

const int16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number) => {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
};
const fieldsOf = (body: Buffer) =>
  Object.fromEntries(
    body
      .toString()
      .split('\0')
      .filter((field) => field !== '')
      .map((field) => [field[0], field.slice(1)]),
  );

describe('simple queries', () => {
  it('streams rows of vectors', async () => {
    const ann = await client();
    const result = await ann.query('rows 5000');
    expect(result.rows).toHaveLength(5000);
    expect(result.rows[0]).toEqual({ n: 0, t: null });
    expect(result.rows[4999]).toEqual({ n: 4999, t: 'row 4999 ä' });
    expect(result.command).toBe('SELECT');
    await ann.end();
  });

  it('runs several statements, and empty ones', async () => {
    const ann = await client();
    const results: unknown = await ann.query('begin; rows 1');
    expect(results).toHaveLength(2);
    expect((await ann.query('')).rows).toEqual([]);
    await ann.end();
  });

  it('reports errors with their fields and goes on', async () => {
    const ann = await client();
    await expect(ann.query('fail')).rejects.toMatchObject({
      severity: 'ERROR',
      code: '22012',
      message: 'division by zero',
      hint: 'Do not.',
      position: '2',
    });
    expect((await ann.query('rows 1')).rowCount).toBe(1);
    await ann.end();
  });

  it('turns an unknown error into XX000 without a stack and reports the bug', async () => {
    const ann = await client();
    await expect(ann.query('bug')).rejects.toMatchObject({ code: 'XX000', message: 'a bug of ours' });
    expect(bugs).toHaveLength(1);
    await ann.end();
  });

  it('passes notices and changed parameters on', async () => {
    const ann = await client();
    const notices: string[] = [];
    ann.on('notice', (notice) => notices.push(`${notice.severity} ${notice.message}`));
    await ann.query('set; notice');
    expect(notices).toEqual(['WARNING take care']);
    await ann.end();
  });
});

describe('extended queries', () => {
  it('echoes parameters', async () => {
    const ann = await client();
    expect((await ann.query('$1', ['höm'])).rows).toEqual([{ echo: 'höm' }]);
    expect((await ann.query('$1', [null])).rows).toEqual([{ echo: null }]);
    await ann.end();
  });

  it('suspends portals', async () => {
    const ann = await client();
    const cursor = ann.query(new Cursor('rows 250'));
    expect(await cursor.read(100)).toHaveLength(100);
    expect(await cursor.read(100)).toHaveLength(100);
    expect(await cursor.read(100)).toHaveLength(50);
    await cursor.close();
    await ann.end();
  });

  it('skips to Sync after an error and answers one ReadyForQuery', async () => {
    const raw = new RawClient().startup();
    await raw.ready();
    raw.send('P', '\0unparsable\0\0\0').send('B', Buffer.alloc(8)).send('E', Buffer.alloc(5));
    raw.send('Q', 'rows 1\0').send('S').send('S');
    await raw.ready(3);
    expect(raw.answers()).toBe('EZZ');
    expect(factory.sessions[0]?.syncs).toEqual([true, false]);
    raw.socket.destroy();
  });

  it('sends what it has at Flush, and says NoData', async () => {
    const raw = new RawClient().startup();
    await raw.ready();
    raw.send('P', '\0begin\0\0\0').send('D', 'S\0').send('H');
    await until(() => raw.answers() === '1tn');
    raw.send('B', Buffer.alloc(8)).send('D', 'P\0').send('E', Buffer.alloc(5)).send('S');
    await raw.ready(2);
    expect(raw.answers()).toBe('1tn2nCZ');
    expect(raw.messages().at(-1)?.body.toString()).toBe('T');
    raw.socket.destroy();
  });

  it('sends an error at once, though the client has sent no Sync', async () => {
    const raw = new RawClient().startup();
    await raw.ready();
    raw.send('P', '\0unparsable\0\0\0').send('H');
    await until(() => raw.answers() === 'E');
    raw.send('S');
    await raw.ready(2);
    expect(raw.answers()).toBe('EZ');
    raw.socket.destroy();
  });

  it('answers a pipeline that comes byte by byte', async () => {
    const raw = new RawClient();
    raw.socket.setNoDelay(true);
    const write = raw.socket.write.bind(raw.socket);
    const bytes: Buffer[] = [];
    raw.socket.write = (chunk: unknown) => bytes.push(Buffer.from(chunk as Buffer)) > 0;
    raw.startup().send('P', '\0rows 3\0\0\0').send('B', Buffer.alloc(8)).send('E', Buffer.alloc(5)).send('S');
    raw.send('Q', 'rows 1\0');
    for (const byte of Buffer.concat(bytes)) {
      write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    await raw.ready(3);
    expect(raw.answers()).toBe('12DDDCZTDCZ');
    raw.socket.destroy();
  });

  it('ignores copy data outside COPY, refuses function calls', async () => {
    const raw = new RawClient().startup();
    await raw.ready();
    raw.send('d', 'data').send('c').send('f', 'why\0').send('F', Buffer.alloc(10)).send('Q', '\0');
    await raw.ready(3);
    expect(raw.answers()).toBe('EZIZ');
    raw.socket.destroy();
  });

  it('answers malformed bodies with an error of their own', async () => {
    const raw = new RawClient().startup();
    await raw.ready();
    raw
      .send('Q', Buffer.from([0xff, 0]))
      .send('B', 'x')
      .send('S')
      .send('D', 'X\0')
      .send('S')
      .send('Q', 'rows 0\0x');
    await raw.ready(5);
    expect(raw.answers()).toBe('EZEZEZEZ');
    const codes = raw
      .messages()
      .filter(({ tag }) => tag === 'E')
      .map(({ body }) => fieldsOf(body)['C']);
    expect(codes).toEqual(['22021', '08P01', '08P01', '08P01']);
    raw.socket.destroy();
  });
});

describe('startup', () => {
  it('answers N to GSS and SSL requests on one socket, then starts', async () => {
    const raw = new RawClient();
    raw.socket.write(Buffer.concat([int32(8), int16(1234), int16(5680)]));
    await until(() => raw.received.toString() === 'N');
    raw.socket.write(Buffer.concat([int32(8), int16(1234), int16(5679)]));
    await until(() => raw.received.toString() === 'NN');
    raw.received = Buffer.alloc(0);
    raw.startup();
    await raw.ready();
    expect(raw.tags()).toBe('RSSKZ');
    expect(raw.messages()[3]?.body).toHaveLength(8);
    raw.socket.destroy();
  });

  it('negotiates a newer minor version and unknown options', async () => {
    const raw = new RawClient().startup(9999, { user: 'ann', '_pq_.test_protocol_negotiation': '' });
    await raw.ready();
    expect(raw.tags()).toBe('vRSSKZ');
    const body = raw.messages()[0]!.body;
    expect(body.readInt32BE(0)).toBe(196_610);
    expect(body.readInt32BE(4)).toBe(1);
    expect(body.toString('utf8', 8)).toBe('_pq_.test_protocol_negotiation\0');
    expect(raw.messages()[4]?.body).toHaveLength(36);
    raw.socket.destroy();
  });

  it('accepts 3.2 without negotiation', async () => {
    const raw = new RawClient().startup(2);
    await raw.ready();
    expect(raw.tags()).toBe('RSSKZ');
    raw.socket.destroy();
  });

  it.each([
    ['an unknown version', Buffer.concat([int32(8), int16(2), int16(0)]), '0A000'],
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n'), '08P01'],
    ['no terminator', Buffer.concat([int32(13), int16(3), int16(0), Buffer.from('user\0')]), '08P01'],
    ['no user', Buffer.concat([int32(9), int16(3), int16(0), Buffer.alloc(1)]), '28000'],
  ])('refuses %s', async (_, bytes, code) => {
    const raw = new RawClient();
    raw.socket.write(bytes);
    await until(() => raw.closed);
    expect(fieldsOf(raw.messages()[0]!.body)).toMatchObject({ S: 'FATAL', C: code });
  });

  it('tells what the session factory refuses', async () => {
    await expect(client({ database: 'nowhere' })).rejects.toMatchObject({ severity: 'FATAL', code: '3D000' });
  });

  it('ends a client that says nothing', async () => {
    const raw = new RawClient();
    await until(() => raw.closed);
    expect(fieldsOf(raw.messages()[0]!.body)).toMatchObject({ C: '57014' });
  });

  it('limits the connections', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => client()));
    await expect(client()).rejects.toMatchObject({
      severity: 'FATAL',
      code: '53300',
      message: 'sorry, too many clients already',
    });
    await Promise.all(clients.map((each) => each.end()));
    await until(() => server.connectionCount === 0);
    await (await client()).end();
  });
});

/** Batches that a session has sent when it sends no more. */
async function sentWhenItWaits(session: { readonly batchesSent: number }): Promise<number> {
  for (let sent = 0; ; ) {
    await sleep(300);
    if (sent > 0 && session.batchesSent === sent) return sent;
    sent = session.batchesSent;
  }
}

describe('limits', () => {
  it('refuses a length of 1 GB at once', async () => {
    const raw = new RawClient().startup();
    await raw.ready();
    raw.socket.write(Buffer.concat([Buffer.from('Q'), int32(1 << 30)]));
    await until(() => raw.closed);
    expect(fieldsOf(raw.messages().at(-1)!.body)).toMatchObject({ S: 'FATAL', C: '08P01' });
  });

  it('refuses an unknown message type', async () => {
    const raw = new RawClient().startup();
    await raw.ready();
    raw.send('!');
    await until(() => raw.closed);
    expect(fieldsOf(raw.messages().at(-1)!.body)).toMatchObject({ S: 'FATAL', C: '08P01' });
    expect(factory.sessions[0]?.closed).toBe(true);
  });

  it('goes on beside clients that send garbage', async () => {
    const ann = await client();
    const garbage = Array.from({ length: 30 }, (_, i) => {
      const raw = new RawClient();
      if (i % 2 === 0) raw.startup();
      raw.socket.end(randomBytes(20_000));
      return raw;
    });
    await until(() => garbage.every((raw) => raw.closed));
    expect((await ann.query('rows 10')).rows).toHaveLength(10);
    expect(bugs).toEqual([]);
    await ann.end();
  });

  it('waits for a client that does not read', async () => {
    const raw = new RawClient().startup();
    await raw.ready();
    raw.socket.pause();
    const [session] = factory.sessions;
    raw.send('Q', 'rows 10000000\0');
    expect(await sentWhenItWaits(session!)).toBeLessThan(500);
    raw.socket.destroy();
    await until(() => session!.closed);
  });

  it('waits for a client that sends many queries and does not read', async () => {
    const raw = new RawClient().startup();
    await raw.ready();
    raw.socket.pause();
    const [session] = factory.sessions;
    for (let i = 0; i < 20_000; i++) raw.send('Q', 'rows 100\0');
    expect(await sentWhenItWaits(session!)).toBeLessThan(15_000);
    raw.socket.destroy();
    await until(() => session!.closed);
  });

  it('lets others have their turn beside a client that sends much', async () => {
    const ann = await client();
    const raw = new RawClient().startup();
    await raw.ready();
    const key = raw.messages().find(({ tag }) => tag === 'K')!.body;
    raw.send('Q', 'hang\0');
    raw.socket.write(Buffer.concat(Array.from({ length: 150_000 }, () => Buffer.from([0x48, 0, 0, 0, 4]))));
    raw.send('S');
    await sleep(300);
    new RawClient().socket.write(Buffer.concat([int32(16), int16(1234), int16(5678), key]));
    await raw.ready(2);
    expect(raw.answers()).toBe('EZ');
    expect((await ann.query('rows 1')).rows).toHaveLength(1);
    expect(raw.answers()).toBe('EZ');
    await raw.ready(3);
    raw.socket.destroy();
    await ann.end();
  });

  it('stops reading when too much waits', async () => {
    const raw = new RawClient().startup();
    await raw.ready();
    raw.send('Q', 'hang\0');
    const block = Buffer.concat(Array.from({ length: 13_000 }, () => Buffer.from([0x48, 0, 0, 0, 4])));
    for (let i = 0; i < 400; i++) raw.socket.write(block);
    await sleep(300);
    expect(raw.socket.writableLength).toBeGreaterThan(1_000_000);
    raw.socket.destroy();
  });
});

describe('cancel and the end', () => {
  async function hanging(minor: number): Promise<{ raw: RawClient; pid: Buffer; key: Buffer }> {
    const raw = new RawClient().startup(minor);
    await raw.ready();
    const body = raw.messages().find(({ tag }) => tag === 'K')!.body;
    raw.send('Q', 'hang\0');
    await sleep(50);
    return { raw, pid: body.subarray(0, 4), key: body.subarray(4) };
  }

  it.each([0, 2])('cancels by key, minor version %i', async (minor) => {
    const { raw, pid, key } = await hanging(minor);
    const wrong = new RawClient();
    const wrongKey = Buffer.from(key.map((byte) => byte ^ 1));
    wrong.socket.write(Buffer.concat([int32(12 + key.length), int16(1234), int16(5678), pid, wrongKey]));
    await until(() => wrong.closed);
    await sleep(50);
    expect(raw.answers()).toBe('');
    const right = new RawClient();
    right.socket.write(Buffer.concat([int32(12 + key.length), int16(1234), int16(5678), pid, key]));
    await raw.ready(2);
    expect(raw.answers()).toBe('EZ');
    raw.socket.destroy();
  });

  it('cancels and closes the session of a client that vanishes', async () => {
    const { raw } = await hanging(0);
    raw.socket.destroy();
    await until(() => factory.sessions[0]!.closed);
  });

  it('terminates sessions by process id', async () => {
    const { raw, pid } = await hanging(0);
    expect(server.terminate(pid.readInt32BE(0))).toBe(true);
    expect(server.terminate(999)).toBe(false);
    await until(() => raw.closed);
    expect(fieldsOf(raw.messages().at(-1)!.body)).toMatchObject({ S: 'FATAL', C: '57P01' });
  });

  it('cuts off a session that does not end, after the time of grace', async () => {
    const raw = new RawClient().startup();
    await raw.ready();
    raw.send('Q', 'never\0');
    await sleep(50);
    await server.close(100);
    await until(() => raw.closed);
  });

  it('closes idle and busy sessions', async () => {
    const idle = new RawClient().startup();
    await idle.ready();
    const { raw } = await hanging(0);
    await server.close();
    await until(() => raw.closed && idle.closed);
    expect(fieldsOf(idle.messages().at(-1)!.body)['C']).toBe('57P01');
    expect(fieldsOf(raw.messages().at(-1)!.body)['C']).toBe('57P01');
    expect(factory.sessions.every((session) => session.closed)).toBe(true);
  });
});
