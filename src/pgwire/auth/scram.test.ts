import { describe, expect, it } from 'vitest';
import { LoginThrottle } from './login-throttle.ts';
import { ScramServer, type ScramServerOptions } from './scram.ts';
import { formatVerifier, makeVerifier, parseVerifier, preparedPassword } from './verifier.ts';

/** RFC 7677, 3: user "user", password "pencil". */
const RFC7677 = {
  salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'),
  clientNonce: 'rOprNGfwEbeRWgbNEkqO',
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};

const END_POINT = Buffer.alloc(32, 7);

async function server(options: Partial<ScramServerOptions> = {}): Promise<ScramServer> {
  const verifier = await makeVerifier('pencil', 4096, RFC7677.salt);
  const { serverNonce } = RFC7677;
  return new ScramServer({ verifier, serverNonce, endPoint: undefined, bindsChannel: false, ...options });
}

describe('the exchange of RFC 7677', () => {
  it('succeeds', async () => {
    const scram = await server();
    expect(scram.first(RFC7677.clientFirst)).toBe(RFC7677.serverFirst);
    expect(scram.final(RFC7677.clientFinal)).toBe(RFC7677.serverFinal);
  });

  it('fails with another password', async () => {
    const scram = await server({ verifier: await makeVerifier('pen', 4096, RFC7677.salt) });
    scram.first(RFC7677.clientFirst);
    expect(scram.final(RFC7677.clientFinal)).toBeUndefined();
  });

  it('ignores the name in it, and optional extensions', async () => {
    const scram = await server();
    expect(scram.first('n,,n=,r=abc,x=1,y=2')).toBe(
      `r=abc${RFC7677.serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
    );
  });
});

describe('what auth-scram.c refuses', () => {
  it.each([
    ['', 'malformed SCRAM message', 'The message is empty.'],
    ['n,,n=\0', 'malformed SCRAM message', 'Message length does not match input length.'],
    ['x,,n=,r=a', 'malformed SCRAM message', `Unexpected channel-binding flag "'x'".`],
    ['nx,n=,r=a', 'malformed SCRAM message', `Comma expected, but found character "'x'".`],
    [
      'p=tls-unique,,n=,r=a',
      'malformed SCRAM message',
      'The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.',
    ],
    ['n,a=ann,n=,r=a', 'client uses authorization identity, but it is not supported', undefined],
    ['n,b,n=,r=a', 'malformed SCRAM message', `Unexpected attribute "'b'" in client-first-message.`],
    ['n,,m=x,n=,r=a', 'client requires an unsupported SCRAM extension', undefined],
    ['n,,r=a', 'malformed SCRAM message', `Expected attribute "n" but found "'r'".`],
    ['n,,n=,r', 'malformed SCRAM message', 'Expected character "=" for attribute "r".'],
    ['n,,n=', 'malformed SCRAM message', 'Expected attribute "r" but found "0x00".'],
    ['n,,n=,r=\u0007', 'non-printable characters in SCRAM nonce', undefined],
    ['n,,n=,r=a,1=2', 'malformed SCRAM message', `Attribute expected, but found invalid character "'1'".`],
  ])('%j first', async (message, text, detail) => {
    const scram = await server();
    expect(() => scram.first(message)).toThrow(
      expect.objectContaining({ message: text, fields: detail === undefined ? {} : { detail } }),
    );
  });

  it.each([
    ['c=eSws,r=a', 'unexpected SCRAM channel-binding attribute in client-final-message', undefined],
    [`c=biws,r=other,p=${'A'.repeat(43)}=`, 'invalid SCRAM response', 'Nonce does not match.'],
    ['c=biws,r=a', 'malformed SCRAM message', 'Attribute expected, but found end of string.'],
    ['c=biws,r=a,p=AAAA', 'malformed SCRAM message', 'Malformed proof in client-final-message.'],
    [
      `c=biws,r=a,p=${'A'.repeat(43)}=,x=1`,
      'malformed SCRAM message',
      'Garbage found at the end of client-final-message.',
    ],
  ])('%j at the end', async (message, text, detail) => {
    const scram = await server();
    scram.first(RFC7677.clientFirst);
    expect(() => scram.final(message)).toThrow(
      expect.objectContaining({ message: text, fields: detail === undefined ? {} : { detail } }),
    );
  });
});

describe('channel binding', () => {
  const bound = { endPoint: END_POINT, bindsChannel: true };

  it('is refused to a client that believes there is none, but was offered it', async () => {
    const scram = await server({ endPoint: END_POINT });
    expect(() => scram.first('y,,n=,r=a')).toThrow('SCRAM channel binding negotiation error');
    const plain = await server();
    expect(plain.first('y,,n=,r=a')).toMatch(/^r=a/);
  });

  it('must be meant where it was chosen', async () => {
    const scram = await server(bound);
    expect(() => scram.first('n,,n=,r=a')).toThrow('malformed SCRAM message');
    expect(() => scram.first('p=tls-unique,,n=,r=a')).toThrow(
      'unsupported SCRAM channel-binding type "tls-unique"',
    );
  });

  it('must be that of this channel', async () => {
    const scram = await server(bound);
    scram.first('p=tls-server-end-point,,n=,r=a');
    const binding = (hash: Buffer) =>
      Buffer.concat([Buffer.from('p=tls-server-end-point,,'), hash]).toString('base64');
    const rest = `r=a${RFC7677.serverNonce},p=${'A'.repeat(43)}=`;
    expect(() => scram.final(`c=${binding(Buffer.alloc(32, 8))},${rest}`)).toThrow(
      expect.objectContaining({ code: '28000', message: 'SCRAM channel binding check failed' }),
    );
    expect(scram.final(`c=${binding(END_POINT)},${rest}`)).toBeUndefined();
  });
});

describe('verifiers', () => {
  it('are written and read as PostgreSQL does', async () => {
    const text = formatVerifier(await makeVerifier('pencil', 4096, RFC7677.salt));
    expect(text).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
    const read = parseVerifier(text);
    expect(read === undefined ? undefined : formatVerifier(read)).toBe(text);
  });

  it.each([
    '',
    'pencil',
    'md5a6343a68d964ca596d9752250d54bb8a',
    'SCRAM-SHA-1$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    'SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    'SCRAM-SHA-256$100001:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4q==:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    'SCRAM-SHA-256$4096:W22Z*J0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  ])('%j is none', (text) => {
    expect(parseVerifier(text)).toBeUndefined();
  });
});

describe('passwords', () => {
  // RFC 4013, 3, and what PostgreSQL does where SASLprep refuses: the password as it is.
  it.each([
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['a\u00a0b', 'a b'],
    ['\u0007', '\u0007'],
    ['\u0627\u0031', '\u0627\u0031'],
    ['\u00ad', '\u00ad'],
  ])('%j is taken as %j', (password, prepared) => {
    expect(preparedPassword(password)).toBe(prepared);
  });
});

describe('failed logins', () => {
  it('make their address wait, longer each time, until it has stopped for a while', () => {
    let now = 0;
    const throttle = new LoginThrottle(() => now);
    const delays = Array.from({ length: 10 }, () => throttle.delayAfterFailure('a'));
    expect(delays).toEqual([0, 0, 250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
    expect(throttle.delayAfterFailure('b')).toBe(0);
    now += 5 * 60_000 + 1;
    expect(throttle.delayAfterFailure('a')).toBe(0);
  });

  it('are remembered for a limited number of addresses', () => {
    const throttle = new LoginThrottle(() => 0);
    for (let i = 0; i < 3; i++) throttle.delayAfterFailure('first');
    expect(throttle.delayAfterFailure('first')).toBe(500);
    for (let i = 0; i < 4_096; i++) throttle.delayAfterFailure(`address ${i}`);
    expect(throttle.delayAfterFailure('first')).toBe(0);
  });
});
