import { type CharacterSet, type Range, setOf } from './character-set.ts';
import type { PatternReader } from './reader.ts';

const LAST_ASCII = 0x7f;
/** Up to here, JavaScript and PostgreSQL map cases alike, one character to one. */
const LAST_MAPPED = 0x24f;

/** The characters of the range in both cases. @throws 0A000 where the mappings aren't surely the same. */
export function withCases(reader: PatternReader, [first, last]: Range): CharacterSet {
  if (last <= LAST_ASCII) return setOf([first, last], ...asciiCounterparts(first, last));
  if (first !== last) throw reader.refusal();
  if (first > LAST_MAPPED) {
    // Scripts without case are their own counterparts, but JavaScript's tables aren't PostgreSQL's.
    throw reader.refusal();
  }
  // A titlecase letter isn't among its own cases.
  const variants = [lower(first), upper(first)].map((text) => [...text]);
  if (variants.some((characters) => characters.length !== 1)) throw reader.refusal();
  return setOf(...variants.map(([character = '']): Range => [codePoint(character), codePoint(character)]));
}

const lower = (point: number): string => String.fromCodePoint(point).toLowerCase();
const upper = (point: number): string => String.fromCodePoint(point).toUpperCase();
const codePoint = (character: string): number => character.codePointAt(0) ?? 0;

const CASE_DISTANCE = 0x20;

function asciiCounterparts(first: number, last: number): readonly Range[] {
  const within = (from: number, to: number, shift: number): readonly Range[] => {
    const [a, b] = [Math.max(first, from), Math.min(last, to)];
    return a <= b ? [[a + shift, b + shift]] : [];
  };
  return [...within(0x41, 0x5a, CASE_DISTANCE), ...within(0x61, 0x7a, -CASE_DISTANCE)];
}
