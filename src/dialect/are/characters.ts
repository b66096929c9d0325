import { ALNUM_CLASS } from '../unicode.ts';

/** What one position of a pattern matches, by code point. */
export type Accepts = (point: number) => boolean;

/** Assigned since Unicode 16, which is PostgreSQL 18's: inside of a character class. */
const NEWER_CLASS = [
  '088f c5c cdc 1acf-1add 1ae0-1aeb 20c1 2b96 a7ce-a7cf a7d2 a7d4 a7f1 fbc3-fbd2 fd90-fd91 fdc8-fdce',
  '10940-10959 10ec5-10ec7 10ed0-10ed8 10efa-10efb 11b60-11b67 11db0-11ddb 11de0-11de9 16ea0-16eb8 16ebb-16ed3',
  '16ff2-16ff6 187f8-187ff 18d09-18d1e 18d80-18df2 1ccfa-1ccfc 1ceba-1ced0 1cee0-1cef0 1e6c0-1e6de 1e6e0-1e6f5',
  '1e6fe-1e6ff 1f6d8 1f777-1f77a 1f8d0-1f8d8 1fa54-1fa57 1fa8a 1fa8e 1fac8 1facd 1faea 1faef 1fbfa',
  '2b73a-2b73f 2b81e 2cea2-2cead 323b0-33479',
]
  .flatMap((line) => line.split(' '))
  .map((range) => range.replace(/[0-9a-f]+/g, (hex) => `\\u{${hex}}`))
  .join('');

const isNewer = new RegExp(`[${NEWER_CLASS}]`, 'u');

const matching = (inside: string): Accepts => {
  const regex = new RegExp(`^[${inside}]$`, 'u');
  return (point) => {
    const character = String.fromCodePoint(point);
    return regex.test(character) && (point < 0x80 || !isNewer.test(character));
  };
};

const ALNUM = ALNUM_CLASS.replaceAll('\\x{', '\\u{');
const isAlpha = matching(ALNUM.replace('0-9', ''));
const isPunctOrSymbol = matching('\\p{P}\\p{S}');
const isGraph = matching('\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}');
const isBlankOrSpace = matching('\\t\\p{Zs}');

/** PostgreSQL's classes of characters in C.UTF-8. */
export const CLASSES: ReadonlyMap<string, Accepts> = new Map<string, Accepts>([
  ['alnum', matching(ALNUM)],
  ['alpha', isAlpha],
  ['ascii', (point) => point < 0x80],
  ['blank', (point) => point === 0x20 || point === 0x09],
  ['cntrl', (point) => point < 0x20 || (point >= 0x7f && point < 0xa0)],
  ['digit', (point) => point >= 0x30 && point <= 0x39],
  ['graph', isGraph],
  ['lower', matching('\\p{Lowercase}\\u{295}')],
  ['print', (point) => isGraph(point) || (isBlankOrSpace(point) && point !== 0x09)],
  ['punct', (point) => isPunctOrSymbol(point) && !isAlpha(point)],
  ['space', matching('\\p{White_Space}')],
  ['upper', matching('\\p{Uppercase}')],
  ['word', matching(`${ALNUM}_`)],
  ['xdigit', matching('0-9A-Fa-f')],
]);

const pointOf = (text: string): number | undefined => {
  const [only, ...more] = text;
  return more.length === 0 ? only?.codePointAt(0) : undefined;
};

/** A mapping to a letter that PostgreSQL doesn't know is none. */
const known = (mapped: number, point: number): number =>
  mapped !== point && isNewer.test(String.fromCodePoint(mapped, point)) ? point : mapped;

const I_WITH_DOT = 0x130;
/** Escapes may name more than there are. */
const LAST_POINT = 0x10ffff;

/** One character's lower case as one character. */
export function lowerOf(point: number): number {
  if (point === I_WITH_DOT) return 0x69;
  if (point > LAST_POINT) return point;
  return known(pointOf(String.fromCodePoint(point).toLowerCase()) ?? point, point);
}

/** One character's upper case as one character: Greek ones with iota subscript have one besides that of two letters. */
export function upperOf(point: number): number {
  if (point > LAST_POINT) return point;
  const upper = pointOf(String.fromCodePoint(point).toUpperCase());
  if (upper !== undefined) return known(upper, point);
  if (point >= 0x1f80 && point <= 0x1faf) return point | 0x8;
  return [0x1fb3, 0x1fc3, 0x1ff3].includes(point) ? point + 9 : point;
}

/** The sets' union, ASCII looked up. */
export function anyOf(sets: readonly Accepts[]): Accepts {
  const slow: Accepts = (point) => sets.some((set) => set(point));
  const ascii = Array.from({ length: 0x80 }, (_, point) => slow(point));
  return (point) => ascii[point] ?? slow(point);
}

/** One character, and without regard to case its lower and upper case. */
export function oneOf(point: number, ignoreCase: boolean): Accepts {
  if (!ignoreCase) return (other) => other === point;
  const [lower, upper] = [lowerOf(point), upperOf(point)];
  return (other) => other === lower || other === upper;
}
