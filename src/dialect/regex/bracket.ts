import { withCases } from './cases.ts';
import {
  ALPHANUMERICS,
  type CharacterSet,
  DIGITS,
  LETTERS,
  negate,
  SPACES,
  setOf,
  union,
} from './character-set.ts';
import { escapedSet, type PatternReader } from './reader.ts';

const NAMED: ReadonlyMap<string, CharacterSet> = new Map([
  ['digit', DIGITS],
  ['space', SPACES],
  ['alnum', ALPHANUMERICS],
  ['alpha', LETTERS],
]);

/** A bracket expression, after its `[`. */
export function readBracket(reader: PatternReader): CharacterSet {
  const negated = reader.take('^');
  const members: CharacterSet[] = [];
  let first = true;
  while (first || reader.peek() !== ']') {
    members.push(readMember(reader, first));
    first = false;
  }
  reader.next();
  const set = union(members);
  return negated ? negate(set) : set;
}

function readMember(reader: PatternReader, first: boolean): CharacterSet {
  const named = readNamed(reader);
  if (named !== undefined) return named;
  // A hyphen is itself where it comes first or last.
  if (reader.peek() === '-' && !first && reader.peek(1) !== ']') throw reader.refusal();
  const start = readPoint(reader);
  const isRange = reader.peek() === '-' && reader.peek(1) !== ']';
  if (typeof start !== 'number') {
    if (isRange) throw reader.refusal();
    return start;
  }
  if (!isRange) return range(reader, start, start);
  reader.next();
  if (reader.peek() === '[') throw reader.refusal();
  const end = readPoint(reader);
  if (typeof end !== 'number' || end < start) throw reader.refusal();
  if (reader.peek() === '-' && reader.peek(1) !== ']') throw reader.refusal();
  return range(reader, start, end);
}

function range(reader: PatternReader, start: number, end: number): CharacterSet {
  return reader.ignoreCase ? withCases(reader, [start, end]) : setOf([start, end]);
}

function readNamed(reader: PatternReader): CharacterSet | undefined {
  if (reader.peek() !== '[') return undefined;
  if (reader.peek(1) !== ':') {
    if (reader.peek(1) === '.' || reader.peek(1) === '=') throw reader.refusal();
    return undefined;
  }
  for (const [name, set] of NAMED) if (reader.take(`[:${name}:]`)) return set;
  throw reader.refusal();
}

/** One character, or the class that an escape stands for. */
function readPoint(reader: PatternReader): number | CharacterSet {
  const character = reader.next();
  if (character !== '\\') return character.codePointAt(0) ?? 0;
  const letter = reader.next();
  const set = escapedSet(letter);
  if (set !== undefined) return set;
  if (/^[A-Za-z0-9]$/.test(letter)) throw reader.refusal();
  return letter.codePointAt(0) ?? 0;
}
