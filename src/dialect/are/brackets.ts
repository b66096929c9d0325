import { refuse } from '../../base/errors.ts';
import { type Accepts, anyOf, CLASSES, lowerOf, oneOf, upperOf } from './characters.ts';
import { BAD_ESCAPE, negated, readEscape } from './escapes.ts';
import { invalidRegex } from './options.ts';
import type { Scanner } from './scanner.ts';

const UNBALANCED = 'brackets [] not balanced';
const BAD_RANGE = 'invalid character range';
const NEWLINE = 0x0a;

/** A bracket expression, after its `[`. */
export function readBrackets(scanner: Scanner): Accepts {
  const complement = scanner.take('^');
  const members = [readMember(scanner, true)];
  while (!scanner.take(']')) members.push(readMember(scanner, false));
  const set = anyOf(members);
  if (!complement) return set;
  return scanner.options.newlineStops ? (point) => point !== NEWLINE && !set(point) : negated(set);
}

function readMember(scanner: Scanner, first: boolean): Accepts {
  if (!first && isRangeSign(scanner)) throw invalidRegex(BAD_RANGE);
  const start = readElement(scanner);
  if (typeof start !== 'number') return start;
  const { ignoreCase } = scanner.options;
  if (!isRangeSign(scanner)) return oneOf(start, ignoreCase);
  scanner.at += 1;
  const end = readElement(scanner);
  if (typeof end !== 'number' || end < start) throw invalidRegex(BAD_RANGE);
  return rangeOf(start, end, ignoreCase);
}

const isRangeSign = (scanner: Scanner): boolean => scanner.peek() === '-' && scanner.peek(1) !== ']';

/** A character, or a set that can't begin or end a range. */
function readElement(scanner: Scanner): number | Accepts {
  const character = scanner.next(UNBALANCED);
  if (character === '[') return readDelimited(scanner);
  if (character !== '\\' || scanner.options.syntax !== 'advanced') return character.codePointAt(0) ?? 0;
  const escaped = readEscape(scanner, 0);
  if (escaped.kind === 'character') return escaped.point;
  if (escaped.kind === 'class') return escaped.accepts;
  throw invalidRegex(BAD_ESCAPE);
}

/** After a `[` in brackets: itself, or `[:class:]`, `[=equivalence=]`, `[.element.]`. */
function readDelimited(scanner: Scanner): number | Accepts {
  const mark = scanner.peek();
  if (mark === undefined) throw invalidRegex(UNBALANCED);
  if (mark !== ':' && mark !== '=' && mark !== '.') return 0x5b;
  scanner.at += 1;
  let name = '';
  while (!scanner.take(`${mark}]`)) name += scanner.next(UNBALANCED);
  if (mark === ':') return classOf(name, scanner.options.ignoreCase);
  const point = elementOf(name);
  return mark === '.' ? point : oneOf(point, scanner.options.ignoreCase);
}

function classOf(name: string, ignoreCase: boolean): Accepts {
  const set = CLASSES.get(ignoreCase && (name === 'lower' || name === 'upper') ? 'alpha' : name);
  if (set === undefined) throw invalidRegex('invalid character class');
  return set;
}

function elementOf(name: string): number {
  const [only, ...more] = name;
  if (only === undefined) throw invalidRegex('invalid collating element');
  if (more.length > 0) throw refuse(`the collating element "${name}" in a regular expression`);
  return only.codePointAt(0) ?? 0;
}

/** A range of more characters isn't read without regard to case. */
const MOST_CASES = 100_000;

function rangeOf(start: number, end: number, ignoreCase: boolean): Accepts {
  const within: Accepts = (point) => point >= start && point <= end;
  if (!ignoreCase) return within;
  if (end - start > MOST_CASES) throw refuse('so long a range of characters without regard to case');
  const others = new Set<number>();
  for (let point = start; point <= end; point++) others.add(lowerOf(point)).add(upperOf(point));
  return (point) => within(point) || others.has(point);
}
