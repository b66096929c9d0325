import { assert } from '../../base/assert.ts';
import { SkeinError } from '../../base/errors.ts';
import { parseMarked } from '../regex/marked.ts';
import { BOOL, type HostFunction, INT4, remembering, strict, TEXT, TEXTS } from './host-function.ts';
import { inJavaScript, type Match, type Matcher, posixMatcher } from './posix-match.ts';

/** Patterns come as RE2 writes them where every engine finds the same matches, else marked, as PostgreSQL reads them. */
const compiled = remembering((pattern): Matcher => {
  const regex = parseMarked(pattern);
  return regex === undefined ? oneWay(new RegExp(inJavaScript(pattern), 'gu')) : posixMatcher(regex);
});

const oneWay =
  (regex: RegExp): Matcher =>
  (text, from) => {
    regex.lastIndex = from;
    const found = regex.exec(text);
    return found === null ? undefined : { index: found.index, texts: [...found] };
  };

function checked(name: string, value: number, least: number, most = 2147483647): number {
  if (value >= least && value <= most) return value;
  throw new SkeinError('invalidParameterValue', `invalid value for parameter "${name}": ${value}`);
}

/** Index in JavaScript's text of the n-th character from 1; undefined: beyond the end. */
function indexOf(text: string, position: number): number | undefined {
  let index = 0;
  for (let left = position - 1; left > 0; left--) {
    if (index >= text.length) return undefined;
    index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  }
  return index;
}

const positionOf = (text: string, index: number): number => [...text.slice(0, index)].length + 1;

/** The first matches from the n-th character on. @param most all only of patterns that match no empty text */
function matches(
  text: string,
  pattern: string,
  start: number,
  most = Number.POSITIVE_INFINITY,
): readonly Match[] {
  const from = indexOf(text, checked('start', start, 1));
  if (from === undefined) return [];
  const next = compiled(pattern);
  const found: Match[] = [];
  let match = next(text, from);
  while (match !== undefined && found.push(match) < most) match = next(text, endOf(match));
  return found;
}

const endOf = ({ index, texts: [whole = ''] }: Match): number => index + whole.length;

function split(text: string, pattern: string): readonly string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const match of matches(text, pattern, 1)) {
    pieces.push(text.slice(from, match.index));
    from = endOf(match);
  }
  return [...pieces, text.slice(from)];
}

function instr(text: string, pattern: string, start: number, n: number, end: number): number {
  checked('start', start, 1);
  checked('n', n, 1);
  checked('endoption', end, 0, 1);
  const match = matches(text, pattern, start, n)[n - 1];
  if (match === undefined) return 0;
  return positionOf(text, end === 1 ? endOf(match) : match.index);
}

function substr(text: string, pattern: string, start: number, n: number, group: number): string | null {
  checked('start', start, 1);
  checked('n', n, 1);
  checked('subexpr', group, 0);
  const match = matches(text, pattern, start, n)[n - 1];
  // Where a pattern has no groups, the match is PostgreSQL's first.
  return match?.texts[match.texts.length === 1 && group === 1 ? 0 : group] ?? null;
}

/** @param n which match is replaced; 0: all. */
function replace(text: string, pattern: string, replacement: string, start: number, n: number): string {
  checked('start', start, 1);
  checked('n', n, 0);
  let out = '';
  let from = 0;
  for (const [index, match] of matches(text, pattern, start, n === 0 ? undefined : n).entries()) {
    if (n > 0 && index !== n - 1) continue;
    const written = replacement.replace(/\\(?:\\|(\d))/g, (whole, group: string | undefined) =>
      group === undefined ? whole.slice(1) : (match.texts[Number(group)] ?? ''),
    );
    out += text.slice(from, match.index) + written;
    from = endOf(match);
  }
  return out + text.slice(from);
}

/** Of each match, or the first: its groups, or all of it where there are none, as JSON. */
function groupTexts(text: string, pattern: string, all: boolean): readonly string[] {
  const found = matches(text, pattern, 1, all ? undefined : 1);
  return found.map(({ texts: [whole, ...groups] }) => JSON.stringify(groups.length === 0 ? [whole] : groups));
}

function textsOf(json: string): readonly string[] {
  const texts: unknown = JSON.parse(json);
  assert(TEXTS.is(texts), 'an array of texts');
  return texts.flatMap((text) => text ?? []);
}

export const regexpFunctions: readonly HostFunction[] = [
  strict('regexp_matches', [TEXT, TEXT, BOOL], TEXTS, groupTexts),
  strict('texts', [TEXT], TEXTS, textsOf),
  strict('regexp_split', [TEXT, TEXT], TEXTS, split),
  strict(
    'regexp_count',
    [TEXT, TEXT, INT4],
    INT4,
    (text, pattern, start) => matches(text, pattern, start).length,
  ),
  strict('regexp_instr', [TEXT, TEXT, INT4, INT4, INT4], INT4, instr),
  strict('regexp_substr', [TEXT, TEXT, INT4, INT4, INT4], TEXT, substr),
  strict('regexp_replace', [TEXT, TEXT, TEXT, INT4, INT4], TEXT, replace),
];
