import { type Accepts, CLASSES, oneOf } from './characters.ts';
import { invalidRegex } from './options.ts';
import type { Place } from './pattern.ts';
import type { Scanner } from './scanner.ts';

/** What a backslash and what follows it stand for. */
export type Escape =
  | { readonly kind: 'character'; readonly point: number }
  | { readonly kind: 'class'; readonly accepts: Accepts }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'back'; readonly group: number };

export const BAD_ESCAPE = 'invalid escape \\ sequence';

const POINTS: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['b', 0x08],
  ['B', 0x5c],
  ['e', 0x1b],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
  ['v', 0x0b],
]);

const PLACES: ReadonlyMap<string, Place> = new Map<string, Place>([
  ['A', 'start'],
  ['Z', 'end'],
  ['m', 'wordStart'],
  ['M', 'wordEnd'],
  ['y', 'boundary'],
  ['Y', 'inside'],
]);

const SHORTHANDS: ReadonlyMap<string, string> = new Map([
  ['d', 'digit'],
  ['s', 'space'],
  ['w', 'word'],
]);

export const negated =
  (set: Accepts): Accepts =>
  (point) =>
    !set(point);

const character = (point: number): Escape => ({ kind: 'character', point });

/** @param groups capturing groups opened so far */
export function readEscape(scanner: Scanner, groups: number): Escape {
  const letter = scanner.next(BAD_ESCAPE);
  if (!/^[A-Za-z0-9]$/.test(letter)) return character(letter.codePointAt(0) ?? 0);
  const point = POINTS.get(letter);
  if (point !== undefined) return character(point);
  const place = PLACES.get(letter);
  if (place !== undefined) return { kind: 'place', place };
  const set = CLASSES.get(SHORTHANDS.get(letter.toLowerCase()) ?? '');
  if (set !== undefined) return { kind: 'class', accepts: /[a-z]/.test(letter) ? set : negated(set) };
  return /\d/.test(letter) ? numbered(scanner, letter, groups) : character(coded(scanner, letter));
}

const CONTROL_BITS = 0x1f;
const MOST_DIGITS = 255;
const MOST_CHARACTER = 0x7ffffffe;

function coded(scanner: Scanner, letter: string): number {
  if (letter === 'c') return (scanner.next(BAD_ESCAPE).codePointAt(0) ?? 0) & CONTROL_BITS;
  const exactly = letter === 'u' ? 4 : letter === 'U' ? 8 : undefined;
  if (exactly === undefined && letter !== 'x') throw invalidRegex(BAD_ESCAPE);
  const digits = scanner.digits(16, exactly ?? MOST_DIGITS);
  const point = Number.parseInt(digits.slice(-8), 16);
  if (digits.length < (exactly ?? 1) || point > MOST_CHARACTER) throw invalidRegex(BAD_ESCAPE);
  return point;
}

/** A back reference where there is that group or the number has one digit, else an octal code. */
function numbered(scanner: Scanner, digit: string, groups: number): Escape {
  const from = scanner.at;
  scanner.at -= 1;
  if (digit !== '0') {
    const group = Number(scanner.digits(10, MOST_DIGITS));
    if (scanner.at === from || group <= groups) return { kind: 'back', group };
    scanner.at = from - 1;
  }
  const octal = scanner.digits(8, 3);
  if (octal === '') throw invalidRegex(BAD_ESCAPE);
  const point = Number.parseInt(octal, 8);
  if (point <= 0xff) return character(point);
  scanner.at -= 1;
  return character(point >> 3);
}

/** One character as an atom reads it. */
export const characterSet = (scanner: Scanner, point: number): Accepts =>
  oneOf(point, scanner.options.ignoreCase);
