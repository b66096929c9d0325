import { isUtf8 } from 'node:buffer';
import { SkeinError } from '../base/errors.ts';

/** @throws 22021 as PostgreSQL words it, naming the offending bytes. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw invalidUtf8(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** UTF-8 of a value: unlike a message's string it is not zero-terminated, and may hold no zero byte. @throws 22021 */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.includes(0)) throw encodingError([0]);
  return decodeUtf8(bytes);
}

function encodingError(sequence: readonly number[]): SkeinError {
  const shown = sequence.map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(' ');
  return new SkeinError('invalidEncoding', `invalid byte sequence for encoding "UTF8": ${shown}`);
}

function invalidUtf8(bytes: Uint8Array): SkeinError {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes[at] ?? 0);
    const sequence = bytes.subarray(at, at + length);
    if (sequence.length < length || !isUtf8(sequence)) return encodingError([...sequence]);
    at += length;
  }
  return encodingError([]);
}

/** Bytes that the first byte of a sequence announces (pg_utf_mblen). */
function sequenceLength(first: number): number {
  if ((first & 0xe0) === 0xc0) return 2;
  if ((first & 0xf0) === 0xe0) return 3;
  if ((first & 0xf8) === 0xf0) return 4;
  return 1;
}
