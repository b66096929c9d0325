import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import { everyoneRests, reading } from './cancels.ts';
import { failure, pause, running, SMALL, Stream, slowTable, stores, useSystem } from './fixture.ts';

const MAX_CONNECTIONS = 120;
const system = useSystem({
  agents: stores([SMALL, slowTable(3_000_000)]),
  proxy: { maxConnections: MAX_CONNECTIONS },
});

async function everyoneElseGoesOn(): Promise<void> {
  expect(await system().rows('SELECT count(*)::int AS n FROM small')).toEqual([{ n: 30 }]);
}

function startupMessage(parameters: Readonly<Record<string, string>>): Buffer {
  const body = Object.entries(parameters)
    .flat()
    .map((text) => `${text}\0`)
    .join('');
  const bytes = Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from(`${body}\0`)]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length + 4);
  return Buffer.concat([length, bytes]);
}

class RawClient {
  readonly socket: Socket = connect(system().pgPort, '127.0.0.1');
  received: Buffer = Buffer.alloc(0);
  readonly closed: Promise<void>;

  constructor() {
    this.socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
  }

  async ready(): Promise<this> {
    this.socket.write(startupMessage({ user: 'raw', database: 'skein' }));
    await this.until(() => this.received.includes(Buffer.from([0x5a, 0, 0, 0, 5])));
    this.received = Buffer.alloc(0);
    return this;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition())
      await Promise.race([
        once(this.socket, 'data'),
        this.closed.then(() => {
          throw new Error('closed');
        }),
      ]);
  }

  get text(): string {
    return this.received.toString('latin1');
  }
}

const message = (type: string, body: Buffer, length = body.length + 4): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(length, 1);
  return Buffer.concat([head, body]);
};

describe('statements that are wrong', () => {
  test.each([
    ['SELEC 1', '42601', 'syntax error at or near "SELEC"'],
    ['SELECT n FROM', '42601', 'syntax error at end of input'],
    ["SELECT 'unclosed", '42601', 'unterminated quoted string'],
    ['SELECT nope FROM small', '42703', 'column "nope" does not exist'],
    ['SELECT n FROM nope', '42P01', 'relation "nope" does not exist'],
    ['SELECT count(* FROM small', '42601', 'syntax error'],
    ['SELECT n + FROM small', '42601', 'syntax error'],
    ['SELECT n::nosuchtype FROM small', '42704', 'type "nosuchtype" does not exist'],
    ['SELECT parity / 0 FROM small', '22012', 'division by zero'],
    ["SELECT n + 'x' FROM small", '22P02', 'invalid input syntax for type bigint: "x"'],
    ['SELECT ctid FROM small', '0A000', ''],
    ['DELETE FROM small', '0A000', ''],
    ['SELECT * FROM small FOR UPDATE', '0A000', ''],
    ['SELECT \u0000', '', ''],
  ])('%j', async (sql, code, text) => {
    const client = await system().connect();
    const error = await failure(client.query(sql.replaceAll('\u0000', "E'\\x00'")));
    if (code !== '') expect(error.code).toBe(code);
    expect(error.code).not.toBe('XX000');
    expect(error.message).toContain(text);
    expect((await client.query('SELECT count(*)::int AS n FROM small')).rows).toEqual([{ n: 30 }]);
    await client.end();
  });

  test('a statement of a megabyte, and one nested a thousand deep', async () => {
    const client = await system().connect();
    const list = Array.from({ length: 100_000 }, (_, i) => i).join(', ');
    const { rows } = await client.query(`SELECT count(*)::int AS n FROM small WHERE n IN (${list})`);
    expect(rows).toEqual([{ n: 30 }]);
    const deep = `SELECT ${'('.repeat(20_000)}n${')'.repeat(20_000)} FROM small`;
    const error = await client.query(deep).then(
      () => undefined,
      (thrown: pg.DatabaseError) => thrown,
    );
    if (error !== undefined) expect(error.code).toMatch(/^54|^42/);
    await everyoneElseGoesOn();
    await client.end();
  });
});

test.each([
  ['a long sum', `SELECT ${Array.from({ length: 5000 }, () => 'n').join(' + ')} FROM small`],
  ['many set operations', Array.from({ length: 500 }, () => 'SELECT n FROM small').join(' UNION ALL ')],
  [
    'a long list',
    `SELECT n FROM small WHERE n IN (${Array.from({ length: 120_000 }, (_, i) => i).join(', ')})`,
  ],
  ['a long text', `SELECT n FROM small WHERE n::text = '${'x'.repeat(3_000_000)}'`],
])('%s is answered or too complex (54001), and no agent is lost by it', async (_, sql) => {
  const client = await system().connect();
  const waiting = client.query(sql).then(
    () => undefined,
    (error: pg.DatabaseError) => error.code,
  );
  expect([undefined, '54001']).toContain(await waiting);
  await everyoneElseGoesOn();
  expect(system().proxy.lines.filter((line) => line.includes('agent disconnected'))).toEqual([]);
  await client.end();
});

describe('clients that do not speak the protocol', () => {
  test('garbage before a session', async () => {
    const packets = [
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      Buffer.from([0, 0, 0, 8, 0, 9, 0, 0]),
      Buffer.from([0, 0, 0, 1]),
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 3, 0, 0]),
      Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0]),
      ...Array.from({ length: 20 }, (_, i) => randomBytes(8 + i * 50)),
    ];
    for (const packet of packets) {
      const client = new RawClient();
      client.socket.end(packet);
      await client.closed;
    }
    await everyoneElseGoesOn();
  });

  test('garbage within a session', async () => {
    for (let i = 0; i < 20; i++) {
      const client = await new RawClient().ready();
      client.socket.write(randomBytes(200 + i * 37));
      client.socket.end();
      await client.closed;
    }
    await everyoneElseGoesOn();
    expect(system().proxy.isRunning).toBe(true);
  });

  test('a message length of 1 GB is refused at once, and nothing is kept for it', async () => {
    const client = await new RawClient().ready();
    const before = await system().proxy.memory();
    client.socket.write(message('Q', Buffer.from('SELECT'), 1_000_000_000));
    await client.closed;
    expect(client.text).toMatch(/SFATAL|SERROR/);
    expect(client.text).toMatch(/C08P01|C54000|C53200/);
    expect((await system().proxy.memory()) - before).toBeLessThan(50 << 20);
    await everyoneElseGoesOn();
  });

  test('a half-sent message, for ever, hinders nobody', async () => {
    const client = await new RawClient().ready();
    client.socket.write(message('Q', Buffer.from('SELECT 1'), 1000));
    await everyoneElseGoesOn();
    client.socket.destroy();
  });
});

describe('clients that leave', () => {
  test.each([
    ['aggregates', 'SELECT count(DISTINCT h) FROM big -- leaving 1', 0],
    ['sorts', 'SELECT h FROM big ORDER BY h -- leaving 2', 0],
    ['streams', 'SELECT i, h FROM big -- leaving 3', 10_000],
  ])('while the agents work (%s): the query is cancelled and no task is left', async (_, sql, rows) => {
    const client = await system().connect();
    const stream = new Stream(client, sql);
    const marker = sql.slice(sql.indexOf('--'));
    if (rows > 0) await stream.reaches(rows);
    else await running(system(), marker);
    await pause(100);
    vanish(client);
    await everyoneRests(system());
    const [query] = await system().rows<{ state: string }>(
      'SELECT state FROM skein.queries WHERE sql LIKE $1',
      [`%${marker}`],
    );
    expect(query?.state).toMatch(/cancelled|failed/);
    const tasks = await system().rows<{ state: string }>(
      'SELECT state FROM skein.query_tasks WHERE query_id = (SELECT query_id FROM skein.queries WHERE sql LIKE $1)',
      [`%${marker}`],
    );
    expect(tasks.map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });

  test('with a statement on its way behind the one that runs: it does not begin', async () => {
    const query = (marker: string) =>
      message('Q', Buffer.from(`SELECT count(DISTINCT h) FROM big -- ${marker}\0`));
    const client = await new RawClient().ready();
    client.socket.write(Buffer.concat([query('first of two'), query('second of two')]));
    await running(system(), '-- first of two');
    client.socket.destroy();
    await everyoneRests(system());
    const begun = (marker: string) =>
      system().rows('SELECT sql FROM skein.queries WHERE sql LIKE $1', [`%-- ${marker}`]);
    expect(await begun('first of two')).toHaveLength(1);
    expect(await begun('second of two')).toEqual([]);
  });

  test('while they wait for an agent, or in a transaction', async () => {
    const client = await system().connect();
    await client.query("BEGIN; SET skein.on_missing_agent = 'wait'");
    vanish(client);
    await everyoneElseGoesOn();
  });
});

function vanish(client: pg.Client): void {
  const { connection } = client as unknown as { readonly connection: { readonly stream: Socket } };
  connection.stream.destroy();
}

describe('many clients', () => {
  test('what hears them comes before DuckDB’s threads, however many of those work', async () => {
    for (const process of system().processes) {
      const { ofProcess, below } = await process.priorities();
      expect(ofProcess, process.name).toBe(0);
      expect(below, process.name).toBeGreaterThanOrEqual(128);
    }
  });

  test('those that stop reading do not keep others from their answers', async () => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => system().connect()));
    for (const client of clients) {
      const stream = new Stream(client, 'SELECT i, h FROM big');
      await stream.reaches(1);
      reading(client, 'pause');
    }
    await everyoneElseGoesOn();
    for (const client of clients) vanish(client);
    await everyoneRests(system());
  });

  test('100 at once, each with queries', async () => {
    const clients = await Promise.all(Array.from({ length: 100 }, () => system().connect()));
    const answers = await Promise.all(
      clients.map(async (client, i) => {
        const { rows } = await client.query<{ n: number }>(
          'SELECT count(*)::int AS n FROM small WHERE n < $1',
          [i % 10],
        );
        return rows[0]?.n;
      }),
    );
    expect(answers).toEqual(clients.map((_, i) => 3 * (i % 10)));
    await Promise.all(clients.map((client) => client.end()));
  });

  test('one too many is told so (53300), and another may come once one has left', async () => {
    await system().until('earlier clients to be gone', async () => {
      const [row] = await system().rows<{ n: number }>('SELECT count(*)::int AS n FROM pg_stat_activity');
      return row?.n === 1;
    });
    const clients = await Promise.all(Array.from({ length: MAX_CONNECTIONS }, () => system().connect()));
    const surplus = system().client();
    const error = await failure(surplus.connect());
    expect(error).toMatchObject({ code: '53300', message: 'sorry, too many clients already' });
    expect((await clients[0]!.query('SELECT count(*)::int AS n FROM small')).rows).toEqual([{ n: 30 }]);
    await clients.pop()!.end();
    await system().until('a place to be free', async () => {
      const next = system().client();
      return next.connect().then(
        () => next.end().then(() => true),
        () => false,
      );
    });
    await Promise.all(clients.map((client) => client.end()));
  });
});
