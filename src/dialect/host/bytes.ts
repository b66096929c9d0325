import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { refuse, SkeinError } from '../../base/errors.ts';

const misuse = (message: string): SkeinError => new SkeinError('invalidParameterValue', message);

const ENCODER = new TextEncoder();

const utf8 = (text: string): Uint8Array => ENCODER.encode(text);

export const HASHES = { sha224, sha256, sha384, sha512 } as const;

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function encode(bytes: Uint8Array, form: string): string {
  switch (form.toLowerCase()) {
    case 'hex':
      return hex(bytes);
    case 'base64':
      return toBase64(bytes);
    case 'escape':
      return toEscaped(bytes);
    default:
      throw misuse(`unrecognized encoding: "${form}"`);
  }
}

export function decode(text: string, form: string): Uint8Array {
  switch (form.toLowerCase()) {
    case 'hex':
      return fromHex(text);
    case 'base64':
      return fromBase64(text);
    case 'escape':
      return fromEscaped(text);
    default:
      throw misuse(`unrecognized encoding: "${form}"`);
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** As MIME has it. */
const LINE = 76;

function toBase64(bytes: Uint8Array): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    const word = (a << 16) | (b << 8) | c;
    const left = bytes.length - at;
    out += ALPHABET.charAt(word >> 18) + ALPHABET.charAt((word >> 12) & 63);
    out += left > 1 ? ALPHABET.charAt((word >> 6) & 63) : '=';
    out += left > 2 ? ALPHABET.charAt(word & 63) : '=';
    if (out.length % (LINE + 1) === LINE) out += '\n';
  }
  return out;
}

const BASE64 = 'base64 sequence';

function fromBase64(text: string): Uint8Array {
  const out: number[] = [];
  let word = 0;
  let count = 0;
  let padding = 0;
  for (const character of text) {
    if (/^[ \t\n\r]$/.test(character)) continue;
    const value = ALPHABET.indexOf(character);
    if (character === '=') {
      if (padding === 0) {
        if (count === 2) padding = 1;
        else if (count === 3) padding = 2;
        else throw misuse(`unexpected "=" while decoding ${BASE64}`);
      }
      word <<= 6;
    } else if (value < 0) {
      throw misuse(`invalid symbol "${character}" found while decoding ${BASE64}`);
    } else {
      word = (word << 6) | value;
    }
    count++;
    if (count < 4) continue;
    out.push((word >> 16) & 255);
    if (padding === 0 || padding > 1) out.push((word >> 8) & 255);
    if (padding === 0 || padding > 2) out.push(word & 255);
    [word, count] = [0, 0];
  }
  if (count !== 0) {
    throw new SkeinError('invalidParameterValue', `invalid base64 end sequence`, {
      hint: 'Input data is missing padding, is truncated, or is otherwise corrupted.',
    });
  }
  return Uint8Array.from(out);
}

function fromHex(text: string): Uint8Array {
  const out: number[] = [];
  let high: number | undefined;
  for (const character of text) {
    if (high === undefined && /^[ \n\t\r]$/.test(character)) continue;
    if (!/^[0-9a-fA-F]$/.test(character)) throw misuse(`invalid hexadecimal digit: "${character}"`);
    const digit = Number.parseInt(character, 16);
    if (high === undefined) {
      high = digit;
    } else {
      out.push(high * 16 + digit);
      high = undefined;
    }
  }
  if (high !== undefined) throw misuse('invalid hexadecimal data: odd number of digits');
  return Uint8Array.from(out);
}

const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`;

function toEscaped(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) => {
      if (byte === 0 || byte >= 128) return octal(byte);
      return byte === 92 ? '\\\\' : String.fromCharCode(byte);
    })
    .join('');
}

function fromEscaped(text: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const [piece, code] of text.matchAll(/\\\\|\\([0-3][0-7]{2})|\\|[^\\]+/g)) {
    if (piece === '\\') throw new SkeinError('invalidText', 'invalid input syntax for type bytea');
    if (code !== undefined) pieces.push(Uint8Array.of(Number.parseInt(code, 8)));
    else pieces.push(piece === '\\\\' ? Uint8Array.of(92) : utf8(piece));
  }
  return joined(pieces);
}

/** PostgreSQL's input of bytea: hex after `\x`, else escapes. */
export function parseBytea(text: string): Uint8Array {
  return text.startsWith('\\x') ? fromHex(text.slice(2)) : fromEscaped(text);
}

/** The encodings that are carried, by PostgreSQL's loose spelling of names. */
function encodingOf(name: string): 'UTF8' | 'LATIN1' {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (['utf8', 'unicode'].includes(plain)) return 'UTF8';
  if (['latin1', 'iso88591'].includes(plain)) return 'LATIN1';
  throw refuse(`the encoding "${name}"`);
}

export function convertTo(text: string, name: string): Uint8Array {
  if (encodingOf(name) === 'UTF8') return utf8(text);
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  const strange = codes.find((code) => code > 255);
  if (strange !== undefined) {
    const bytes = [...utf8(String.fromCodePoint(strange))].map((byte) => `0x${byte.toString(16)}`).join(' ');
    throw new SkeinError(
      { sqlstate: '22P05' },
      `character with byte sequence ${bytes} in encoding "UTF8" has no equivalent in encoding "LATIN1"`,
    );
  }
  return Uint8Array.from(codes);
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function convertFrom(bytes: Uint8Array, name: string): string {
  const encoding = encodingOf(name);
  if (encoding === 'LATIN1') {
    if (bytes.includes(0)) throw invalidBytes(encoding, Uint8Array.of(0));
    return String.fromCharCode(...bytes);
  }
  const invalid = firstInvalid(bytes);
  if (invalid !== undefined) throw invalidBytes(encoding, invalid);
  return DECODER.decode(bytes);
}

const invalidBytes = (encoding: string, bytes: Uint8Array): SkeinError =>
  new SkeinError(
    'invalidEncoding',
    `invalid byte sequence for encoding "${encoding}": ${[...bytes].map((byte) => `0x${hex(Uint8Array.of(byte))}`).join(' ')}`,
  );

/** Bytes that a character that begins with this one has. */
function sequenceLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : first < 0xf8 ? 4 : 1;
}

/** The first sequence that is no character, or U+0000. */
function firstInvalid(bytes: Uint8Array): Uint8Array | undefined {
  for (let at = 0; at < bytes.length; ) {
    const sequence = bytes.subarray(at, at + sequenceLength(bytes[at] ?? 0));
    if (sequence[0] === 0 || !isCharacter(sequence)) return sequence;
    at += sequence.length;
  }
  return undefined;
}

function isCharacter(sequence: Uint8Array): boolean {
  try {
    DECODER.decode(sequence);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

const LEAST_INT4 = -2147483648;
const MOST_INT4 = 2147483647;

const negativeLength = (): SkeinError =>
  new SkeinError({ sqlstate: '22011' }, 'negative substring length not allowed');

export function slice(bytes: Uint8Array, start: number, length: number | undefined): Uint8Array {
  const from = Math.max(1, start) - 1;
  if (length === undefined) return bytes.subarray(from);
  const end = start + length;
  if (length < 0) throw negativeLength();
  return end > MOST_INT4 ? bytes.subarray(from) : bytes.subarray(from, Math.max(from, end - 1));
}

export function overlay(bytes: Uint8Array, part: Uint8Array, start: number, length: number): Uint8Array {
  if (start <= 0) throw negativeLength();
  const end = start + length;
  if (end > MOST_INT4 || end < LEAST_INT4) throw new SkeinError('numericOutOfRange', 'integer out of range');
  return joined([bytes.subarray(0, start - 1), part, bytes.subarray(Math.max(0, end - 1))]);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** From 1; 0: nowhere. */
export function positionOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= bytes.length; at++) {
    if (part.every((byte, index) => bytes[at + index] === byte)) return at + 1;
  }
  return 0;
}

export function trimmed(bytes: Uint8Array, set: Uint8Array, sides: 'both' | 'left' | 'right'): Uint8Array {
  let [start, end] = [0, bytes.length];
  if (sides !== 'right') while (start < end && set.includes(bytes[start] ?? 0)) start++;
  if (sides !== 'left') while (end > start && set.includes(bytes[end - 1] ?? 0)) end--;
  return bytes.subarray(start, end);
}

/** @throws 2202E outside of the value. */
export function checkedIndex(index: number | bigint, size: number): number {
  if (index < 0 || index >= size) {
    throw new SkeinError({ sqlstate: '2202E' }, `index ${index} out of valid range, 0..${size - 1}`);
  }
  return Number(index);
}

export function withByte(bytes: Uint8Array, index: number, value: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[checkedIndex(index, bytes.length)] = value & 255;
  return changed;
}

export function withBit(bytes: Uint8Array, index: bigint, bit: number): Uint8Array {
  const at = checkedIndex(index, bytes.length * 8);
  if (bit !== 0 && bit !== 1) throw misuse('new bit must be 0 or 1');
  const byte = bytes[at >> 3] ?? 0;
  return withByte(bytes, at >> 3, bit === 1 ? byte | (1 << (at & 7)) : byte & ~(1 << (at & 7)));
}

/** Table of the reflected polynomial. */
function crcTable(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let code = byte;
    for (let bit = 0; bit < 8; bit++) code = code & 1 ? (code >>> 1) ^ polynomial : code >>> 1;
    return code;
  });
}

const CRC = { crc32: crcTable(0xedb88320), crc32c: crcTable(0x82f63b78) } as const;

export function checksum(name: keyof typeof CRC, bytes: Uint8Array): bigint {
  let code = 0xffffffff;
  for (const byte of bytes) code = (code >>> 8) ^ (CRC[name][(code ^ byte) & 255] ?? 0);
  return BigInt((code ^ 0xffffffff) >>> 0);
}

/** Big-endian, two's complement. */
export function integerBytes(value: bigint, width: number): Uint8Array {
  return Uint8Array.from({ length: width }, (_, at) =>
    Number((value >> BigInt(8 * (width - 1 - at))) & 255n),
  );
}

export function bytesInteger(bytes: Uint8Array, width: number, type: string): bigint {
  if (bytes.length > width) throw new SkeinError('numericOutOfRange', `${type} out of range`);
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return BigInt.asIntN(8 * width, value);
}
