import { assert } from '../../base/assert.ts';
import { SkeinError } from '../../base/errors.ts';
import { likeEscape, similarEscape } from '../escapes.ts';
import { BOOL, type HostFunction, INT4, strict, TEXT, TEXTS } from './host-function.ts';
import { type Match, matching } from './regexp-matcher.ts';

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

/** The first matches from the n-th character on; after an empty one the next begins a character further. */
function matches(
  text: string,
  pattern: string,
  start: number,
  most = Number.POSITIVE_INFINITY,
): readonly Match[] {
  const { next } = matching(pattern);
  const found: Match[] = [];
  let from = indexOf(text, start);
  while (from !== undefined && found.length < most) {
    const match = next(text, from);
    if (match === undefined) break;
    found.push(match);
    const end = endOf(match);
    from = end > match.index ? end : end < text.length ? end + widthAt(text, end) : undefined;
  }
  return found;
}

const widthAt = (text: string, index: number): number => ((text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1);

const endOf = ({ index, texts: [whole = ''] }: Match): number => index + whole.length;

/** Empty matches at either end, and just after another match, don't split. */
function split(text: string, pattern: string): readonly string[] {
  const pieces: string[] = [];
  let from = 0;
  let previous = 0;
  for (const match of matches(text, pattern, 1)) {
    const end = endOf(match);
    if (match.index < text.length && end > previous) {
      pieces.push(text.slice(from, match.index));
      from = end;
    }
    previous = end;
  }
  return [...pieces, text.slice(from)];
}

function count(text: string, pattern: string, start: number): number {
  checked('start', start, 1);
  return matches(text, pattern, start).length;
}

/** Where a pattern has no groups, the match is PostgreSQL's first. */
const groupOf = ({ texts }: Match, group: number): number => (texts.length === 1 && group === 1 ? 0 : group);

function instr(text: string, pattern: string, start: number, n: number, end: number, group: number): number {
  checked('start', start, 1);
  checked('n', n, 1);
  checked('endoption', end, 0, 1);
  checked('subexpr', group, 0);
  const match = matches(text, pattern, start, n)[n - 1];
  const at = match?.indexes[groupOf(match, group)];
  if (match === undefined || at === undefined) return 0;
  return positionOf(text, end === 1 ? at + (match.texts[groupOf(match, group)] ?? '').length : at);
}

function substr(text: string, pattern: string, start: number, n: number, group: number): string | null {
  checked('start', start, 1);
  checked('n', n, 1);
  checked('subexpr', group, 0);
  const match = matches(text, pattern, start, n)[n - 1];
  return match?.texts[groupOf(match, group)] ?? null;
}

/** The first group, or all of the match where there are none. */
function substring(text: string, pattern: string): string | null {
  return matching(pattern).next(text, 0)?.texts[matching(pattern).groups > 0 ? 1 : 0] ?? null;
}

/** @param n which match is replaced; 0: all. */
function replace(text: string, pattern: string, replacement: string, start: number, n: number): string {
  checked('start', start, 1);
  checked('n', n, 0);
  let out = '';
  let from = 0;
  for (const [index, match] of matches(text, pattern, start, n === 0 ? undefined : n).entries()) {
    if (n > 0 && index !== n - 1) continue;
    out += text.slice(from, match.index) + replacementFor(match, replacement);
    from = endOf(match);
  }
  return out + text.slice(from);
}

/** `\&` is all of the match, `\1` its first group, `\\` a backslash; before anything else a backslash is itself. */
function replacementFor({ texts }: Match, replacement: string): string {
  return replacement.replace(/\\([\\&1-9])/g, (_, what: string) =>
    what === '\\' ? what : (texts[what === '&' ? 0 : Number(what)] ?? ''),
  );
}

/** Of each match with the flag `g`, else of the first: its groups, or all of it where there are none, as JSON. */
function groupTexts(text: string, pattern: string): readonly string[] {
  const found = matches(text, pattern, 1, matching(pattern).options.global ? undefined : 1);
  return found.map(({ texts: [whole, ...groups] }) =>
    JSON.stringify((groups.length === 0 ? [whole] : groups).map((group) => group ?? null)),
  );
}

function textsOf(json: string): readonly (string | null)[] {
  const texts: unknown = JSON.parse(json);
  assert(TEXTS.is(texts), 'an array of texts');
  return texts;
}

export const regexpFunctions: readonly HostFunction[] = [
  strict('regexp_like', [TEXT, TEXT], BOOL, (text, pattern) => matching(pattern).next(text, 0) !== undefined),
  strict('regexp_matches', [TEXT, TEXT], TEXTS, groupTexts),
  strict('texts', [TEXT], TEXTS, textsOf),
  strict('regexp_split', [TEXT, TEXT], TEXTS, split),
  strict('regexp_count', [TEXT, TEXT, INT4], INT4, count),
  strict('regexp_instr', [TEXT, TEXT, INT4, INT4, INT4, INT4], INT4, instr),
  strict('regexp_substr', [TEXT, TEXT, INT4, INT4, INT4], TEXT, substr),
  strict('regexp_substring', [TEXT, TEXT], TEXT, substring),
  strict('regexp_replace', [TEXT, TEXT, TEXT, INT4, INT4], TEXT, replace),
  strict('like_escape', [TEXT, TEXT], TEXT, likeEscape),
  strict('similar_escape', [TEXT, TEXT], TEXT, similarEscape),
];
