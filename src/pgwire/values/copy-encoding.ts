import { SkeinError } from '../../base/errors.ts';
import type { CopyEncoding } from '../copy-format.ts';
import type { OutputBuffer } from '../output-buffer.ts';

/** Turns the UTF-8 that was written since `start` into the encoding. @throws 22P05 for a character that it lacks. */
export function encodeFrom(out: OutputBuffer, start: number, encoding: CopyEncoding): void {
  const { bytes, position } = out;
  const first = firstAbove(bytes, start, position);
  if (first === undefined) return;
  const text = bytes.toString('utf8', first, position);
  let at = first;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const byte = code < 0x80 ? code : encoding.bytes.get(code);
    if (byte === undefined) throw noEquivalent(character, encoding);
    bytes[at++] = byte;
  }
  out.position = at;
}

function firstAbove(bytes: Uint8Array, from: number, to: number): number | undefined {
  for (let at = from; at < to; at++) if ((bytes[at] ?? 0) >= 0x80) return at;
  return undefined;
}

function noEquivalent(character: string, { name }: CopyEncoding): SkeinError {
  const sequence = [...Buffer.from(character)].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`);
  return new SkeinError(
    { sqlstate: '22P05' },
    `character with byte sequence ${sequence.join(' ')} in encoding "UTF8" has no equivalent in encoding "${name}"`,
  );
}
