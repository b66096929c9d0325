import { ALNUM_CLASS } from '../unicode.ts';

/** Inclusive code points. */
export type Range = readonly [first: number, last: number];

/**
 * Characters that one position of a pattern matches. `word` and `letters` stand for PostgreSQL's \w and [[:alpha:]], whose
 * members outside ASCII only RE2's class text lists.
 */
export interface CharacterSet {
  readonly ranges: readonly Range[];
  readonly classes: readonly ('word' | 'letters')[];
  readonly negated: boolean;
}

const LAST_CODE_POINT = 0x10ffff;
const FIRST_AFTER_ASCII = 0x80;

export function setOf(...ranges: readonly Range[]): CharacterSet {
  return { ranges, classes: [], negated: false };
}

export const ANY = setOf([0, LAST_CODE_POINT]);
export const DIGITS = setOf([0x30, 0x39]);
const ASCII_LETTERS: readonly Range[] = [
  [0x41, 0x5a],
  [0x61, 0x7a],
];
const ASCII_WORD: readonly Range[] = [[0x30, 0x39], ...ASCII_LETTERS, [0x5f, 0x5f]];
export const WORD: CharacterSet = { ranges: ASCII_WORD, classes: ['word'], negated: false };
export const LETTERS: CharacterSet = { ranges: ASCII_LETTERS, classes: ['letters'], negated: false };
export const ALPHANUMERICS: CharacterSet = {
  ranges: [[0x30, 0x39], ...ASCII_LETTERS],
  classes: ['letters'],
  negated: false,
};
/** Unicode's White_Space, which is what PostgreSQL's [[:space:]] is in C.UTF-8. */
export const SPACES = setOf(
  [0x09, 0x0d],
  [0x20, 0x20],
  [0x85, 0x85],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
);

export function union(sets: readonly CharacterSet[]): CharacterSet {
  return {
    ranges: sets.flatMap((set) => set.ranges),
    classes: [...new Set(sets.flatMap((set) => set.classes))],
    negated: false,
  };
}

export function negate(set: CharacterSet): CharacterSet {
  return { ...set, negated: !set.negated };
}

/** Every character that the set can have, perhaps more: outside ASCII, any but spaces may be a word's. */
function outerBound(set: CharacterSet): readonly Range[] {
  if (set.negated) return complement(normalized(set.ranges));
  if (set.classes.length === 0) return normalized(set.ranges);
  return normalized([
    ...set.ranges,
    ...complement(normalized([[0, FIRST_AFTER_ASCII - 1], ...SPACES.ranges])),
  ]);
}

function normalized(ranges: readonly Range[]): readonly Range[] {
  const result: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && range[0] <= last[1] + 1) {
      result[result.length - 1] = [last[0], Math.max(last[1], range[1])];
    } else {
      result.push(range);
    }
  }
  return result;
}

function complement(ranges: readonly Range[]): readonly Range[] {
  const result: Range[] = [];
  let next = 0;
  for (const [first, last] of ranges) {
    if (first > next) result.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= LAST_CODE_POINT) result.push([next, LAST_CODE_POINT]);
  return result;
}

/** No character is surely in neither: false where they might share one. */
export function areDisjoint(a: CharacterSet, b: CharacterSet): boolean {
  const others = outerBound(b);
  return outerBound(a).every((x) => others.every((y) => x[1] < y[0] || y[1] < x[0]));
}

const CLASS_TEXT = {
  word: `${ALNUM_CLASS}_`,
  letters: ALNUM_CLASS.replace('0-9', ''),
} as const;

/** The set as RE2 reads it. */
export function printSet(set: CharacterSet): string {
  const [only, ...more] = set.ranges;
  if (set === ANY) return '(?s:.)';
  if (only !== undefined && more.length === 0 && set.classes.length === 0 && !set.negated) {
    if (only[0] === only[1]) return character(only[0]);
  }
  const ranges = set.ranges.map(([first, last]) =>
    first === last ? character(first) : `${character(first)}-${character(last)}`,
  );
  return `[${set.negated ? '^' : ''}${ranges.join('')}${set.classes.map((name) => CLASS_TEXT[name]).join('')}]`;
}

function character(codePoint: number): string {
  const text = String.fromCodePoint(codePoint);
  return /^[A-Za-z0-9]$/.test(text) ? text : `\\x{${codePoint.toString(16)}}`;
}
