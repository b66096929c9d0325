import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLoginPostgres, USERS } from '../support/login-postgres.ts';
import { type LoginProxy, startLoginProxy } from '../support/login-proxy.ts';
import type { Postgres } from '../support/postgres.ts';
import {
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

/** The beginning of connections, byte by byte, beside PostgreSQL 18. */

let postgres: Postgres;
let skein: LoginProxy;

beforeAll(async () => {
  [postgres, skein] = await Promise.all([startLoginPostgres(), startLoginProxy()]);
});

afterAll(async () => {
  await Promise.all([postgres?.close(), skein?.close()]);
});

type Conversation = (client: StartupClient) => Promise<readonly unknown[]>;

/** Both servers say the same. */
async function same(conversation: Conversation): Promise<readonly unknown[]> {
  const answers = await Promise.all(
    [postgres.port, skein.port].map(async (port) => {
      const client = new StartupClient(port);
      try {
        return await conversation(client);
      } finally {
        client.close();
      }
    }),
  );
  expect(answers[1]).toEqual(answers[0]);
  return answers[1] ?? [];
}

/** A message without what differs from connection to connection. */
function shown({ tag, body }: Received): unknown {
  switch (tag) {
    case 'E':
      return { error: errorFields(body) };
    case 'R':
      return body.readInt32BE(0) === 10
        ? { sasl: body.toString('utf8', 4) }
        : { authentication: body.readInt32BE(0) };
    case 'v':
      return { negotiate: body.toString('hex') };
    case 'K':
      return { keyBytes: body.length - 4 };
    default:
      return tag;
  }
}

/** What comes up to the first request for a password, an error or the end. */
async function opening(client: StartupClient): Promise<readonly unknown[]> {
  return (await client.until('RE')).map(shown);
}

const ANN = { user: 'ann', database: 'skein' };

describe('the first packet', () => {
  test.each([
    ['version 4.0', packet(int16(4), int16(0), 'x')],
    ['version 3.1', startup(ANN, 1)],
    ['version 3.2', startup(ANN, 2)],
    ['version 3.3', startup(ANN, 3)],
    ['version 3.9999 with the probe', startup({ ...ANN, '_pq_.test_protocol_negotiation': '' }, 9999)],
    ['an option of the protocol in 3.0', startup({ ...ANN, '_pq_.x': 'y', '_pq_.z': '' })],
    ['no user', packet(int16(3), int16(0), '\0')],
    ['an empty user', startup({ user: '' })],
    ['no terminator', packet(int16(3), int16(0), 'user\0ann\0')],
    ['more behind the terminator', packet(int16(3), int16(0), 'user\0ann\0\0more')],
    ['a name without a value', packet(int16(3), int16(0), 'user\0')],
    ['a long user name', startup({ ...ANN, user: 'x'.repeat(100) })],
    ['a long user name of wide letters', startup({ ...ANN, user: 'ä'.repeat(100) })],
    ['a cancel request of nobody', packet(int16(1234), int16(5678), int32(1), int32(1))],
    ['an unknown user', startup({ ...ANN, user: 'nobody' })],
    ['an unknown database', startup({ ...ANN, database: 'nowhere' })],
    ['replication=false', startup({ ...ANN, replication: 'false' })],
    ['replication=no', startup({ ...ANN, replication: 'no' })],
    ['replication=of', startup({ ...ANN, replication: 'of' })],
    ['replication=maybe', startup({ ...ANN, replication: 'maybe' })],
    ['a parameter that nobody knows', startup({ ...ANN, nosuch: '1' })],
  ])('%s', async (_, bytes) => {
    await same((client) => opening(client.write(bytes)));
  });
});

describe('where PostgreSQL hangs up, Skein says why', () => {
  test.each([
    ['a length that is too short', Buffer.concat([int32(7), Buffer.alloc(3)]), 'startup packet'],
    ['a length that is too long', Buffer.concat([int32(10_001), Buffer.alloc(6)]), 'startup packet'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'startup packet'],
    ['a cancel request without a key', packet(int16(1234), int16(5678), int32(1)), 'cancel request packet'],
    [
      'a cancel request with a key that is too long',
      packet(int16(1234), int16(5678), int32(1), Buffer.alloc(257)),
      'cancel request packet',
    ],
  ])('%s', async (_, bytes, what) => {
    const answers = [postgres.port, skein.port].map(async (port) => {
      const client = new StartupClient(port).write(bytes);
      const answer = await opening(client);
      await client.ended();
      return answer;
    });
    expect(await Promise.all(answers)).toEqual([
      [],
      [{ error: { S: 'FATAL', V: 'FATAL', C: '08P01', M: `invalid length of ${what}` } }],
    ]);
  });
});

describe('requests to encrypt', () => {
  test('SSL, then GSS, then a start', async () => {
    await same(async (client) => {
      const gss = await client.write(GSS_REQUEST).byte();
      const ssl = await client.write(SSL_REQUEST).byte();
      await client.encrypt();
      return [gss, ssl, ...(await opening(client.write(startup(ANN))))];
    });
  });

  test('inside TLS SCRAM-SHA-256-PLUS is offered', async () => {
    const [, sasl] = await same(async (client) => {
      const ssl = await client.write(SSL_REQUEST).byte();
      await client.encrypt();
      return [ssl, ...(await opening(client.write(startup(ANN))))];
    });
    expect(sasl).toEqual({ sasl: 'SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0' });
  });

  test('TLS from the first byte', async () => {
    await same(async (client) => {
      await client.encrypt({ ALPNProtocols: ['postgresql'] });
      return opening(client.write(startup(ANN)));
    });
  });

  test('TLS from the first byte that does not name the protocol', async () => {
    await same(async (client) => {
      await client.encrypt();
      return opening(client.write(startup(ANN)));
    });
  });

  test('TLS for another protocol', async () => {
    await same(async (client) => {
      const failed = await client.encrypt({ ALPNProtocols: ['h2'] }).then(
        () => false,
        () => true,
      );
      return [failed];
    });
  });

  test.each([
    ['GSS', GSS_REQUEST],
    ['SSL', SSL_REQUEST],
  ])('%s asked for inside TLS', async (_, request) => {
    await same(async (client) => {
      await client.write(SSL_REQUEST).byte();
      await client.encrypt();
      return opening(client.write(request));
    });
  });

  test('GSS asked for, and more sent at once', async () => {
    await same(async (client) => {
      const answer = await client.write(Buffer.concat([GSS_REQUEST, startup(ANN)])).byte();
      return [answer, ...(await opening(client))];
    });
  });

  test('GSS asked for twice', async () => {
    await same(async (client) => {
      await client.write(GSS_REQUEST).byte();
      return opening(client.write(GSS_REQUEST));
    });
  });
});

/** A client that has received the offer of SCRAM-SHA-256, and says this. */
function answering(...bytes: readonly Buffer[]): Conversation {
  return async (client) => {
    client.write(startup(ANN));
    const offer = await opening(client);
    for (const each of bytes.slice(0, -1)) {
      client.write(each);
      await client.until('RE');
    }
    client.write(bytes.at(-1) ?? '');
    return [...offer, ...(await opening(client))];
  };
}

describe('answers to SCRAM', () => {
  test.each([
    ['an unknown mechanism', saslInitial('SCRAM-SHA-1', 'n,,n=,r=abc')],
    ['PLUS without TLS', saslInitial('SCRAM-SHA-256-PLUS', 'p=tls-server-end-point,,n=,r=abc')],
    ['no mechanism', message('p', '')],
    ['no length', message('p', 'SCRAM-SHA-256\0')],
    ['too long a length', message('p', Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), int32(99)]))],
    ['a length of -2', message('p', Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), int32(-2)]))],
    [
      'more than its length',
      message('p', Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), int32(0), Buffer.from('x')])),
    ],
    ['an empty first message', saslInitial('SCRAM-SHA-256', '')],
    ['a zero byte', saslInitial('SCRAM-SHA-256', 'n,,n=,r=a\0b')],
    ['a downgrade where there is nothing to downgrade', saslInitial('SCRAM-SHA-256', 'y,,n=,r=abc')],
    ['channel binding without PLUS', saslInitial('SCRAM-SHA-256', 'p=tls-server-end-point,,n=,r=abc')],
    ['an authorization identity', saslInitial('SCRAM-SHA-256', 'n,a=ann,n=,r=abc')],
    ['a mandatory extension', saslInitial('SCRAM-SHA-256', 'n,,m=1,n=,r=abc')],
    ['an optional extension', saslInitial('SCRAM-SHA-256', 'n,,n=,r=abc,x=1')],
    ['a broken extension', saslInitial('SCRAM-SHA-256', 'n,,n=,r=abc,1=1')],
    ['an extension without a value', saslInitial('SCRAM-SHA-256', 'n,,n=,r=abc,x')],
    ['a comma at the end', saslInitial('SCRAM-SHA-256', 'n,,n=,r=abc,')],
    ['no nonce', saslInitial('SCRAM-SHA-256', 'n,,n=')],
    ['an empty nonce', saslInitial('SCRAM-SHA-256', 'n,,n=,r=')],
    ['a nonce that is not ASCII', saslInitial('SCRAM-SHA-256', 'n,,n=,r=ä')],
    ['no flag', saslInitial('SCRAM-SHA-256', 'x')],
    ['only a flag', saslInitial('SCRAM-SHA-256', 'n')],
    ['a flag and a comma', saslInitial('SCRAM-SHA-256', 'n,')],
    ['not ASCII', saslInitial('SCRAM-SHA-256', 'ä,,n=,r=abc')],
    ['a query', message('Q', 'SELECT 1\0')],
    ['an unknown message', message('!', '')],
  ])('%s', async (_, bytes) => {
    await same(answering(bytes));
  });

  test.each([
    ['another nonce', 'c=biws,r=abc,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='],
    ['another binding', 'c=eSws,r=abc,p=AAAA'],
    ['no proof', 'c=biws,r=abc'],
    ['a short proof', 'c=biws,r=abc,p=AAAA'],
    ['a proof with spaces', 'c=biws,r=abc,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA AAAAAAAAAA='],
    ['more behind the proof', 'c=biws,r=abc,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,x=1'],
    ['a broken extension', 'c=biws,r=abc,x'],
    ['no binding', 'r=abc'],
    ['nothing', ''],
  ])('%s at the end', async (_, final) => {
    await same(answering(saslInitial('SCRAM-SHA-256', 'n,,n=,r=abc'), message('p', final)));
  });

  test('no initial response: an empty challenge comes first', async () => {
    const none = message('p', Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), int32(-1)]));
    await same(answering(none, message('p', 'n,,n=,r=abc')));
  });

  test('a message that is too long', async () => {
    await same(async (client) => {
      client.write(startup(ANN));
      await opening(client);
      client.write(saslInitial('SCRAM-SHA-256', `n,,n=,r=${'a'.repeat(2000)}`));
      return (await opening(client)).length === 0 ? [] : ['more'];
    });
  });
});

describe('in TLS', () => {
  const encrypted =
    (first: Buffer): Conversation =>
    async (client) => {
      await client.write(SSL_REQUEST).byte();
      await client.encrypt();
      client.write(startup(ANN));
      await opening(client);
      return opening(client.write(first));
    };

  test.each([
    ['a downgrade', saslInitial('SCRAM-SHA-256', 'y,,n=,r=abc')],
    ['PLUS', saslInitial('SCRAM-SHA-256-PLUS', 'p=tls-server-end-point,,n=,r=abc')],
    ['PLUS of another type', saslInitial('SCRAM-SHA-256-PLUS', 'p=tls-unique,,n=,r=abc')],
    ['PLUS of an odd type', saslInitial('SCRAM-SHA-256-PLUS', `p=${'ä b'.repeat(30)},,n=,r=abc`)],
    ['PLUS without binding', saslInitial('SCRAM-SHA-256-PLUS', 'n,,n=,r=abc')],
    ['plain SCRAM', saslInitial('SCRAM-SHA-256', 'n,,n=,r=abc')],
  ])('%s', async (_, bytes) => {
    await same(encrypted(bytes));
  });
});

/** What both servers have once ann has logged in with these parameters: reports, an error. */
function loggedIn(parameters: Readonly<Record<string, string>>): Conversation {
  return async (client) => {
    client.write(startup({ ...ANN, ...parameters }));
    const answers = await logIn(client, USERS['ann'] ?? '');
    const last = answers.at(-1);
    if (last?.tag === 'E') return answers.map(shown);
    return answers
      .filter(({ tag }) => tag === 'S')
      .map(({ body }) => body.toString())
      .filter((text) => !OWN.test(text))
      .sort();
  };
}

/** Reports that may differ: the machine's or build's own. */
const OWN = /^(server_version|in_hot_standby)\0/;

describe('after the login', () => {
  test.each([
    ['another password', message('p', 'x')],
    ['an unknown message', message('!', '')],
    ['another start', startup(ANN)],
  ])('%s', async (_, bytes) => {
    await same(async (client) => {
      client.write(startup(ANN));
      await logIn(client, USERS['ann'] ?? '');
      return opening(client.write(bytes));
    });
  });
});

describe('settings of the start', () => {
  test.each([
    [{}],
    [{ client_encoding: 'UTF8' }],
    [{ client_encoding: "'utf-8'" }],
    [{ client_encoding: 'utf-8' }],
    [{ client_encoding: 'Unicode' }],
    [{ client_encoding: 'SQL_ASCII' }],
    [{ client_encoding: 'nosuch' }],
    [{ client_encoding: '' }],
    [{ application_name: 'tëst\n' }],
    [{ DateStyle: 'ISO' }],
    [{ datestyle: 'German, DMY' }],
    [{ datestyle: 'nosuch' }],
    [{ TimeZone: 'Europe/Paris' }],
    [{ TimeZone: 'GMT-3' }],
    [{ TimeZone: 'Nowhere/Land' }],
    [{ extra_float_digits: '3' }],
    [{ extra_float_digits: '99' }],
    [{ IntervalStyle: 'iso_8601' }],
    [{ search_path: 'public' }],
    [{ search_path: 'a,,b' }],
    [{ statement_timeout: '5s' }],
    [{ statement_timeout: 'soon' }],
    [{ default_transaction_read_only: 'on' }],
    [{ standard_conforming_strings: 'on' }],
    [{ nosuch: '1' }],
    [{ 'some.thing': '1' }],
    [{ 'some.thing-else': '1' }],
    [{ max_connections: '5' }],
    [{ server_version: '9' }],
    [{ log_statement: 'all' }],
    [{ is_superuser: 'on' }],
    [{ session_authorization: 'bob' }],
    [{ role: 'nobody' }],
    [{ options: '' }],
    [{ options: '-c DateStyle=German' }],
    [{ options: '-cDateStyle=German' }],
    [{ options: '--DateStyle=German' }],
    [{ options: '--date-style=German' }],
    [{ options: '--application-name=a' }],
    [{ options: '-c search_path=a\\ b' }],
    [{ options: '-c search_path="$user",public' }],
    [{ options: '-c application_name=back\\\\slash' }],
    [{ options: '  -c   application_name=a   -c application_name=b  ' }],
    [{ options: '-c application_name=a', application_name: 'b' }],
    [{ options: '-c nosuch=1' }],
    [{ options: '--nosuch=1' }],
    [{ options: '-c some.thing=1' }],
    [{ options: '-c application_name' }],
    [{ options: '-c =x' }],
    [{ options: '-c' }],
    [{ options: '--application_name' }],
    [{ options: 'word' }],
    [{ options: '-x' }],
    [{ options: '-c application_name=a word' }],
    [{ options: '-c statement_timeout=soon' }],
    [{ options: '-c log_statement=all' }],
    [{ options: '-c max_connections=5' }],
    [{ options: '-c some.thing-else=1' }],
    [{ options: '-c skein_x.y=1' }],
    [{ options: 'word -c nosuch=1' }],
    [{ options: '-' }],
    [{ options: '--' }],
    [{ options: '-- word' }],
    [{ options: 'word -- other' }],
    [{ options: '-c geqo=off -c geqo=on' }],
  ])('%j', async (parameters) => {
    await same(loggedIn(parameters));
  });

  test('an encoding that PostgreSQL would convert to is refused as one that it would not', async () => {
    const client = new StartupClient(skein.port).write(startup({ ...ANN, client_encoding: 'latin-1' }));
    const answers = await logIn(client, USERS['ann'] ?? '');
    expect(answers.map(shown).at(-1)).toEqual({
      error: {
        S: 'FATAL',
        V: 'FATAL',
        C: '0A000',
        M: 'invalid value for parameter "client_encoding": "latin-1"',
        D: 'Conversion between LATIN1 and UTF8 is not supported.',
      },
    });
    client.close();
  });
});
