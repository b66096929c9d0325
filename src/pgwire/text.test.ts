import { describe, expect, it } from 'vitest';
import { decodeText, decodeUtf8 } from './text.ts';

describe('decodeUtf8', () => {
  it.each([
    [[0x68, 0xc3, 0xb6], 'hö'],
    [[0xf0, 0x9f, 0xa6, 0x86], '🦆'],
    [[0xef, 0xbb, 0xbf, 0x61], '\ufeffa'],
    [[], ''],
  ])('%j is %j', (bytes, text) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBe(text);
  });

  it.each([
    [[0xff], '0xff'],
    [[0x61, 0x80], '0x80'],
    [[0x61, 0xe2, 0x82], '0xe2 0x82'],
    [[0xed, 0xa0, 0x80], '0xed 0xa0 0x80'],
    [[0xc0, 0x80], '0xc0 0x80'],
    [[0xf5, 0x80, 0x80, 0x80], '0xf5 0x80 0x80 0x80'],
  ])('refuses %j', (bytes, shown) => {
    expect(() => decodeUtf8(Uint8Array.from(bytes))).toThrow(
      `invalid byte sequence for encoding "UTF8": ${shown}`,
    );
  });
});

describe('decodeText', () => {
  it('refuses a zero byte', () => {
    expect(() => decodeText(Uint8Array.from([0x61, 0]))).toThrow('0x00');
  });
});
