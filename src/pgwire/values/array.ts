import { refuse } from '../../base/errors.ts';
import { isNull, type Vector } from '../../types/batch.ts';
import type { OutputBuffer } from '../output-buffer.ts';
import type { ValueWriter } from './value-writer.ts';

export type ListVector = Extract<Vector, { kind: 'list' }>;

const OPEN = 0x7b;
const CLOSE = 0x7d;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;
const NULL_LENGTH = -1;

export function listOf(vector: Vector, oid: number): ListVector {
  if (vector.kind !== 'list')
    throw refuse(`an array of the type with OID ${oid} in a vector of ${vector.kind}`);
  return vector;
}

/** array_out: `{1,NULL,"a b"}`. @param writerOf what writes an element of the innermost vector as text. */
export function arrayText(vector: ListVector, writerOf: (elements: Vector) => ValueWriter): ValueWriter {
  const { offsets, child } = vector;
  const isNested = child.kind === 'list';
  const writeElement = isNested ? arrayText(child, writerOf) : writerOf(child);
  return (out, row) => {
    const from = offsets[row] ?? 0;
    const to = offsets[row + 1] ?? 0;
    out.byte(OPEN);
    for (let i = from; i < to; i++) {
      if (i > from) out.byte(COMMA);
      if (isNull(child, i)) {
        out.ascii('NULL');
        continue;
      }
      const start = out.position;
      writeElement(out, i);
      if (!isNested && needsQuotes(out.bytes, start, out.position)) quote(out, start);
    }
    out.byte(CLOSE);
  };
}

function needsQuotes(bytes: Uint8Array, from: number, to: number): boolean {
  if (from === to || spellsNull(bytes, from, to)) return true;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === QUOTE || byte === BACKSLASH || byte === COMMA || byte === OPEN || byte === CLOSE)
      return true;
    if (byte === SPACE || (byte >= TAB && byte <= CARRIAGE_RETURN)) return true;
  }
  return false;
}

function spellsNull(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== 4) return false;
  const letter = (i: number) => (bytes[from + i] ?? 0) | 0x20;
  return letter(0) === 0x6e && letter(1) === 0x75 && letter(2) === 0x6c && letter(3) === 0x6c;
}

/** Puts what was written from `start` on between quotes. */
function quote(out: OutputBuffer, start: number): void {
  const plain = Buffer.from(out.bytes.subarray(start, out.position));
  out.position = start;
  out.reserve(plain.length * 2 + 2);
  out.bytes[out.position++] = QUOTE;
  for (const byte of plain) {
    if (byte === QUOTE || byte === BACKSLASH) out.bytes[out.position++] = BACKSLASH;
    out.bytes[out.position++] = byte;
  }
  out.bytes[out.position++] = QUOTE;
}

/**
 * array_send: dimensions, whether there are NULLs, element type, length and lower bound of each dimension, then the elements.
 * An array of several dimensions is a list of lists of one length.
 */
export function arrayBinary(
  vector: ListVector,
  elementOid: number,
  writerOf: (elements: Vector) => ValueWriter,
): ValueWriter {
  const lists = listsOf(vector);
  const elements = innermost(vector);
  const writeElement = writerOf(elements);
  return (out, row) => {
    let [from, to] = [row, row + 1];
    const lengths: number[] = [];
    for (const { offsets } of lists) {
      [from, to] = [offsets[from] ?? 0, offsets[to] ?? 0];
      const before = lengths.reduce((product, length) => product * length, 1);
      if (to > from) lengths.push((to - from) / before);
    }
    out.int32(lengths.length);
    const flagAt = out.position;
    out.int32(0);
    out.int32(elementOid);
    for (const length of lengths) {
      out.int32(length);
      out.int32(1);
    }
    for (let i = from; i < to; i++) {
      if (isNull(elements, i)) {
        out.setInt32(flagAt, 1);
        out.int32(NULL_LENGTH);
      } else {
        writeSized(out, i, writeElement);
      }
    }
  };
}

function listsOf(vector: Vector): readonly ListVector[] {
  return vector.kind === 'list' ? [vector, ...listsOf(vector.child)] : [];
}

function innermost(vector: Vector): Vector {
  return vector.kind === 'list' ? innermost(vector.child) : vector;
}

/** The value behind its length. */
export function writeSized(out: OutputBuffer, row: number, write: ValueWriter): void {
  out.reserve(4);
  const at = out.position;
  out.position = at + 4;
  write(out, row);
  out.setInt32(at, out.position - at - 4);
}
