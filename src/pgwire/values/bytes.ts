import { SkeinError } from '../../base/errors.ts';
import type { OutputBuffer } from '../output-buffer.ts';
import type { BytesVector, ValueWriter } from './value-writer.ts';

const HEX: Uint8Array = Buffer.from('0123456789abcdef', 'latin1');
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const DASH = 0x2d;
const JSONB_VERSION = 1;

/** Text, in both formats. PostgreSQL's can't hold U+0000, where many clients would end the value. @throws 22021 */
export function textBytes(vector: BytesVector): ValueWriter {
  const { data, offsets } = vector;
  const write = bytesText(vector);
  if (!Buffer.from(data.buffer, data.byteOffset, data.length).includes(0)) return write;
  return (out, row) => {
    if (data.subarray(offsets[row] ?? 0, offsets[row + 1] ?? 0).includes(0)) throw nulCharacter();
    write(out, row);
  };
}

function nulCharacter(): SkeinError {
  return new SkeinError('invalidEncoding', 'invalid byte sequence for encoding "UTF8": 0x00', {
    hint: "PostgreSQL has no text with the character U+0000; a query as the table's source, in the agent's config, can replace it.",
  });
}

/** The bytes as they are. */
export function bytesText(vector: BytesVector): ValueWriter {
  const { data, offsets } = vector;
  return (out, row) => out.raw(data, offsets[row] ?? 0, offsets[row + 1] ?? 0);
}

export function jsonbBinary(vector: BytesVector): ValueWriter {
  const writeText = bytesText(vector);
  return (out, row) => {
    out.byte(JSONB_VERSION);
    writeText(out, row);
  };
}

export function byteaHex(vector: BytesVector): ValueWriter {
  const { data, offsets } = vector;
  return (out, row) => {
    const from = offsets[row] ?? 0;
    const to = offsets[row + 1] ?? 0;
    out.reserve(2 + (to - from) * 2);
    out.bytes[out.position++] = BACKSLASH;
    out.bytes[out.position++] = 0x78;
    for (let i = from; i < to; i++) putHex(out, data[i] ?? 0);
  };
}

function putHex(out: OutputBuffer, byte: number): void {
  out.bytes[out.position++] = HEX[byte >> 4] ?? 0;
  out.bytes[out.position++] = HEX[byte & 15] ?? 0;
}

export function byteaEscape(vector: BytesVector): ValueWriter {
  const { data, offsets } = vector;
  return (out, row) => {
    const from = offsets[row] ?? 0;
    const to = offsets[row + 1] ?? 0;
    out.reserve((to - from) * 4);
    for (let i = from; i < to; i++) putEscaped(out, data[i] ?? 0);
  };
}

function putEscaped(out: OutputBuffer, byte: number): void {
  const { bytes } = out;
  if (byte >= 0x20 && byte <= 0x7e && byte !== BACKSLASH) {
    bytes[out.position++] = byte;
    return;
  }
  bytes[out.position++] = BACKSLASH;
  if (byte === BACKSLASH) {
    bytes[out.position++] = BACKSLASH;
    return;
  }
  bytes[out.position++] = ZERO + (byte >> 6);
  bytes[out.position++] = ZERO + ((byte >> 3) & 7);
  bytes[out.position++] = ZERO + (byte & 7);
}

/** The carrier holds the text form, where a byte over 127 is `\` and three octal digits. */
export function charBinary(vector: BytesVector): ValueWriter {
  const { data, offsets } = vector;
  return (out, row) => {
    const from = offsets[row] ?? 0;
    const length = (offsets[row + 1] ?? 0) - from;
    if (length === 4 && data[from] === BACKSLASH) {
      const octal = (i: number) => (data[from + i] ?? ZERO) - ZERO;
      out.byte((octal(1) << 6) | (octal(2) << 3) | octal(3));
    } else {
      out.byte(length === 0 ? 0 : (data[from] ?? 0));
    }
  };
}

/** varbit_send: count of bits, then the bits from the left, filled up with zeros. The carrier holds text of 0s and 1s. */
export function bitsBinary(vector: BytesVector): ValueWriter {
  const { data, offsets } = vector;
  return (out, row) => {
    const from = offsets[row] ?? 0;
    const count = (offsets[row + 1] ?? 0) - from;
    out.int32(count);
    for (let first = 0; first < count; first += 8) {
      let byte = 0;
      for (let i = first; i < first + 8; i++) {
        byte = (byte << 1) | (i < count && data[from + i] !== ZERO ? 1 : 0);
      }
      out.byte(byte);
    }
  };
}

const UUID_BYTES = 16;

export function uuidText(data: Uint8Array): ValueWriter {
  return (out, row) => {
    out.reserve(36);
    for (let i = 0; i < UUID_BYTES; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) out.bytes[out.position++] = DASH;
      putHex(out, uuidByte(data, row, i));
    }
  };
}

export function uuidBinary(data: Uint8Array): ValueWriter {
  return (out, row) => {
    out.reserve(UUID_BYTES);
    for (let i = 0; i < UUID_BYTES; i++) out.bytes[out.position++] = uuidByte(data, row, i);
  };
}

/** Byte `i` from the left: the vector has the lowest first, and the top bit flipped. */
function uuidByte(data: Uint8Array, row: number, i: number): number {
  const byte = data[row * UUID_BYTES + UUID_BYTES - 1 - i] ?? 0;
  return i === 0 ? byte ^ 0x80 : byte;
}

export function boolText(data: Uint8Array): ValueWriter {
  return (out, row) => out.byte(data[row] === 0 ? 0x66 : 0x74);
}

export function boolBinary(data: Uint8Array): ValueWriter {
  return (out, row) => out.byte(data[row] === 0 ? 0 : 1);
}
