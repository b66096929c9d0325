import { readBracket } from './bracket.ts';
import { withCases } from './cases.ts';
import { ANY, type CharacterSet, negate, setOf } from './character-set.ts';
import { isEvaluatedFaithfully } from './form.ts';
import { escapedSet, PatternReader } from './reader.ts';
import type { Regex } from './regex.ts';

/** PostgreSQL's limit of a bound. */
const MAX_BOUND = 255;

/** @throws 0A000 for a pattern outside of the subset. */
export function parseRegex(pattern: string, ignoreCase: boolean): Regex {
  const inlineCase = pattern.startsWith('(?i)');
  const reader = new PatternReader(
    inlineCase ? pattern.slice('(?i)'.length) : pattern,
    ignoreCase || inlineCase,
  );
  if (reader.take('***')) throw reader.refusal();
  const regex = readAlternatives(reader);
  if (reader.peek() !== undefined || !isEvaluatedFaithfully(regex)) throw reader.refusal();
  return regex;
}

function readAlternatives(reader: PatternReader): Regex {
  const branches = [readBranch(reader)];
  while (reader.take('|')) branches.push(readBranch(reader));
  const [only] = branches;
  return only !== undefined && branches.length === 1 ? only : { kind: 'alternatives', branches };
}

function readBranch(reader: PatternReader): Regex {
  const parts: Regex[] = [];
  for (let next = reader.peek(); next !== undefined && next !== '|' && next !== ')'; next = reader.peek()) {
    const atom = readAtom(reader);
    const quantified = readQuantifier(reader, atom);
    if (quantified !== atom && (atom.kind === 'start' || atom.kind === 'end')) throw reader.refusal();
    parts.push(quantified);
  }
  return { kind: 'concat', parts };
}

function readAtom(reader: PatternReader): Regex {
  const character = reader.next();
  switch (character) {
    case '^':
      return { kind: 'start' };
    case '$':
      return { kind: 'end' };
    case '.':
      return { kind: 'set', set: ANY };
    case '(':
      return readGroup(reader);
    case '[':
      return { kind: 'set', set: readBracket(reader) };
    case '\\':
      return { kind: 'set', set: readEscape(reader) };
    case '*':
    case '+':
    case '?':
      throw reader.refusal();
    default:
      if (character === '{' && /^\d$/.test(reader.peek() ?? '')) throw reader.refusal();
      return { kind: 'set', set: literal(reader, character) };
  }
}

function readGroup(reader: PatternReader): Regex {
  const captures = !reader.take('?:');
  if (captures && (reader.peek() === '?' || reader.peek() === '*')) throw reader.refusal();
  const body = readAlternatives(reader);
  if (!reader.take(')')) throw reader.refusal();
  return { kind: 'group', captures, body };
}

function readEscape(reader: PatternReader): CharacterSet {
  const letter = reader.next();
  const complemented = /^[DSW]$/.test(letter) ? escapedSet(letter.toLowerCase()) : undefined;
  if (complemented !== undefined) return negate(complemented);
  const set = escapedSet(letter);
  if (set !== undefined) return set;
  if (/^[A-Za-z0-9]$/.test(letter)) throw reader.refusal();
  return literal(reader, letter);
}

function literal(reader: PatternReader, character: string): CharacterSet {
  const codePoint = character.codePointAt(0) ?? 0;
  return reader.ignoreCase ? withCases(reader, [codePoint, codePoint]) : setOf([codePoint, codePoint]);
}

function readQuantifier(reader: PatternReader, body: Regex): Regex {
  const bounds = readBounds(reader);
  if (bounds === undefined) return body;
  const greedy = !reader.take('?');
  if (/^[*+?]$/.test(reader.peek() ?? '') || (reader.peek() === '{' && /^\d$/.test(reader.peek(1) ?? ''))) {
    throw reader.refusal();
  }
  return { kind: 'repeat', body, ...bounds, greedy };
}

function readBounds(reader: PatternReader): { readonly least: number; readonly most: number } | undefined {
  if (reader.take('*')) return { least: 0, most: Number.POSITIVE_INFINITY };
  if (reader.take('+')) return { least: 1, most: Number.POSITIVE_INFINITY };
  if (reader.take('?')) return { least: 0, most: 1 };
  if (reader.peek() !== '{' || !/^\d$/.test(reader.peek(1) ?? '')) return undefined;
  reader.next();
  const least = readNumber(reader);
  let most = least;
  if (reader.take(',')) most = reader.peek() === '}' ? Number.POSITIVE_INFINITY : readNumber(reader);
  if (!reader.take('}') || most < least) throw reader.refusal();
  return { least, most };
}

function readNumber(reader: PatternReader): number {
  let digits = '';
  while (/^\d$/.test(reader.peek() ?? '')) digits += reader.next();
  const value = Number(digits);
  if (digits === '' || value > MAX_BOUND) throw reader.refusal();
  return value;
}
