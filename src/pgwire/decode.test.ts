import { describe, expect, it } from 'vitest';
import { FrontendDecoder } from './decode.ts';
import { FatalError } from './fatal-error.ts';

function message(tag: string, body: Buffer | string, length?: number): Buffer {
  const bytes = Buffer.from(body);
  const header = Buffer.alloc(5);
  header.write(tag, 'latin1');
  header.writeInt32BE(length ?? bytes.length + 4, 1);
  return Buffer.concat([header, bytes]);
}

function decodeOne(bytes: Buffer, limit?: number) {
  const decoder = new FrontendDecoder(limit);
  decoder.push(bytes);
  return decoder.next();
}

const malformed = (code: string, text: string, ofQuery = false) => ({
  type: 'malformed',
  ofQuery,
  error: expect.objectContaining({ code, message: text }),
});

describe('framing', () => {
  it('waits for the whole message', () => {
    const decoder = new FrontendDecoder();
    const bytes = message('Q', 'SELECT 1\0');
    decoder.push(bytes.subarray(0, 3));
    expect(decoder.next()).toBeUndefined();
    decoder.push(bytes.subarray(3, 8));
    expect(decoder.next()).toBeUndefined();
    decoder.push(bytes.subarray(8));
    expect(decoder.next()).toEqual({ type: 'query', sql: 'SELECT 1' });
    expect(decoder.next()).toBeUndefined();
  });

  it('leaves values that were given out as they are while more comes', () => {
    const decoder = new FrontendDecoder();
    decoder.push(Buffer.concat([message('d', 'first'), Buffer.from('d')]));
    const first = decoder.next();
    for (let i = 0; i < 50; i++) decoder.push(message('d', 'x'.repeat(i)).subarray(i === 0 ? 1 : 0));
    while (decoder.next() !== undefined);
    expect(first).toEqual({ type: 'copy-data', data: Buffer.from('first') });
  });

  it('refuses a length over the limit once it is known', () => {
    expect(() => decodeOne(message('Q', '', 2 ** 30))).toThrow(FatalError);
    expect(() => decodeOne(message('Q', '', 105), 100)).toThrow('invalid message length 105');
    expect(decodeOne(message('Q', '', 104), 100)).toBeUndefined();
    expect(() => decodeOne(message('Q', '', 3))).toThrow('invalid message length 3');
    expect(() => decodeOne(message('Q', '', -1))).toThrow('invalid message length -1');
  });

  it('keeps short messages short', () => {
    expect(() => decodeOne(message('S', '', 20_000))).toThrow(FatalError);
  });

  it('refuses an unknown type by its first byte', () => {
    expect(() => decodeOne(Buffer.from('!'))).toThrow('invalid frontend message type 33');
  });
});

describe('bodies', () => {
  it.each([
    ['an open string', message('Q', 'SELECT 1'), malformed('08P01', 'invalid string in message', true)],
    ['more behind the end', message('Q', 'a\0b'), malformed('08P01', 'invalid message format', true)],
    ['more behind a Sync', message('S', 'b'), malformed('08P01', 'invalid message format')],
    ['too few bytes', message('E', '\0\0'), malformed('08P01', 'insufficient data left in message')],
    [
      'more parameters announced than are there',
      message('B', Buffer.from([0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0])),
      malformed('08P01', 'insufficient data left in message'),
    ],
    ['a wrong subtype', message('D', 'X\0'), malformed('08P01', 'invalid DESCRIBE message subtype 88')],
    [
      'an unknown format',
      message('B', Buffer.from([0, 0, 0, 1, 0, 2, 0, 0, 0, 0])),
      malformed('22023', 'unsupported format code: 2'),
    ],
    [
      'formats that do not fit the parameters',
      message('B', Buffer.from([0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0])),
      malformed('08P01', 'bind message has 2 parameter formats but 0 parameters'),
    ],
    [
      'a parameter of negative length',
      message('B', Buffer.from([0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe, 0, 0])),
      malformed('08P01', 'insufficient data left in message'),
    ],
    [
      'text that is not UTF-8',
      message('Q', Buffer.from([0x61, 0xc3, 0x28, 0])),
      malformed('22021', 'invalid byte sequence for encoding "UTF8": 0xc3 0x28', true),
    ],
  ])('marks %s', (_, bytes, expected) => {
    expect(decodeOne(bytes)).toEqual(expected);
  });

  it('reads a Bind with one format for all', () => {
    const body = Buffer.concat([
      Buffer.from('p\0s\0'),
      Buffer.from([0, 1, 0, 1, 0, 2, 0, 0, 0, 1, 7, 0xff, 0xff, 0xff, 0xff, 0, 2, 0, 1, 0, 0]),
    ]);
    expect(decodeOne(message('B', body))).toEqual({
      type: 'bind',
      portal: 'p',
      statement: 's',
      parameters: [
        { format: 1, value: Buffer.from([7]) },
        { format: 1, value: null },
      ],
      resultFormats: [1, 0],
    });
  });

  it('reads 65,535 parameters', () => {
    const nulls = Buffer.alloc(65_535 * 4, 0xff);
    const body = Buffer.concat([Buffer.from([0, 0, 0, 0, 0xff, 0xff]), nulls, Buffer.from([0, 0])]);
    expect(decodeOne(message('B', body))).toMatchObject({ type: 'bind', parameters: { length: 65_535 } });
  });

  it('takes a negative row limit for none', () => {
    expect(decodeOne(message('E', Buffer.from([0, 0xff, 0xff, 0xff, 0xff])))).toEqual({
      type: 'execute',
      portal: '',
      maxRows: 0,
    });
  });
});

describe('the start', () => {
  function start(bytes: Buffer) {
    const decoder = new FrontendDecoder();
    decoder.push(bytes);
    return decoder.nextStartup();
  }

  const packet = (...parts: (Buffer | string)[]) => {
    const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length + 4);
    return Buffer.concat([length, body]);
  };

  it('separates protocol options from parameters', () => {
    const bytes = packet(Buffer.from([0, 3, 0x27, 0x0f]), 'user\0ann\0_pq_.x\0on\0options\0-c a=b\0\0');
    expect(start(bytes)).toEqual({
      type: 'startup',
      major: 3,
      minor: 9999,
      parameters: new Map([
        ['user', 'ann'],
        ['options', '-c a=b'],
      ]),
      protocolOptions: ['_pq_.x'],
    });
  });

  it('reads cancel keys of any length', () => {
    const key = Buffer.alloc(32, 9);
    expect(start(packet(Buffer.from([4, 210, 22, 46, 0, 0, 0, 5]), key))).toEqual({
      type: 'cancel-request',
      processId: 5,
      key,
    });
    expect(() => start(packet(Buffer.from([4, 210, 22, 46, 0, 0, 0, 5])))).toThrow(FatalError);
    expect(() => start(packet(Buffer.from([4, 210, 22, 46, 0, 0, 0, 5]), Buffer.alloc(257)))).toThrow(
      FatalError,
    );
  });

  it('refuses more than 10,000 bytes', () => {
    expect(() => start(Buffer.from([0, 0, 0x27, 0x11]))).toThrow('invalid length of startup packet');
    expect(start(Buffer.from([0, 0, 0x27, 0x10]))).toBeUndefined();
  });
});

describe('passwords', () => {
  const decoderOf = (bytes: Buffer): FrontendDecoder => {
    const decoder = new FrontendDecoder();
    decoder.push(bytes);
    return decoder;
  };

  it('are taken only where one is expected, and nothing else is', () => {
    const decoder = decoderOf(
      Buffer.concat([message('p', 'secret'), message('p', 'again'), message('S', '')]),
    );
    expect(decoder.nextPassword()?.toString()).toBe('secret');
    expect(() => decoder.next()).toThrow('invalid frontend message type 112');
    expect(decoder.nextPassword()?.toString()).toBe('again');
    expect(() => decoder.nextPassword()).toThrow('expected SASL response, got message type 83');
  });

  it('are short, and waited for', () => {
    expect(decoderOf(Buffer.alloc(0)).nextPassword()).toBeUndefined();
    expect(decoderOf(message('p', 'secret').subarray(0, 3)).nextPassword()).toBeUndefined();
    expect(decoderOf(message('p', 'secret').subarray(0, 8)).nextPassword()).toBeUndefined();
    expect(decoderOf(message('p', Buffer.alloc(1024))).nextPassword()).toHaveLength(1024);
    expect(() => decoderOf(message('p', '', 1029)).nextPassword()).toThrow('invalid message length 1029');
  });
});
