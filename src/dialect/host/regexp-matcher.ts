import { askedOf, optionsAsked } from '../are/asked.ts';
import { finderOf } from '../are/match.ts';
import type { Options } from '../are/options.ts';
import { parsePattern } from '../are/parse.ts';
import { commonRegex } from '../regex/common.ts';
import { matchesOneWay } from '../regex/deterministic.ts';
import { capturingGroups } from '../regex/groups.ts';
import { remembering } from './host-function.ts';

/** The match and its groups; undefined: a group that took no part. */
export interface Match {
  readonly index: number;
  readonly texts: readonly (string | undefined)[];
  /** Where each of the texts begins. */
  readonly indexes: readonly (number | undefined)[];
}

/** The first match that begins at the index or later. */
type Matcher = (text: string, from: number) => Match | undefined;

export interface Matching {
  readonly options: Options;
  readonly groups: number;
  readonly next: Matcher;
}

/** A pattern with its flags ({@link askedOf}). @throws 2201B, 22023 as PostgreSQL does */
export const matching = remembering((marked): Matching => {
  const asked = askedOf(marked);
  const options = optionsAsked(asked);
  const common = /^[gi]*$/.test(asked.flags) ? commonRegex(asked.pattern, options.ignoreCase) : undefined;
  if (common !== undefined && matchesOneWay(common.regex)) {
    const groups = capturingGroups(common.regex).length;
    return { options, groups, next: oneWay(new RegExp(inJavaScript(common.re2), 'dgu')) };
  }
  const pattern = parsePattern(asked.pattern, options);
  return { options, groups: pattern.groups, next: postgresWay(finderOf(pattern)) };
});

/** RE2's text of a pattern as JavaScript reads it. */
const inJavaScript = (re2: string): string => re2.replaceAll('\\x{', '\\u{').replaceAll('(?s:.)', '[^]');

const oneWay =
  (regex: RegExp): Matcher =>
  (text, from) => {
    regex.lastIndex = from;
    const found = regex.exec(text);
    if (found === null) return undefined;
    const indexes = found.map((_, group) => found.indices?.[group]?.[0]);
    return { index: found.index, texts: [...found], indexes };
  };

interface Prepared {
  readonly text: string;
  readonly find: ReturnType<ReturnType<typeof finderOf>>;
  /** By code point, its index in the text; and the other way round. */
  readonly indexes: readonly number[];
  readonly places: ReadonlyMap<number, number>;
}

/** Matches are sought one after another in the same text, so the last one is kept. */
function postgresWay(finder: ReturnType<typeof finderOf>): Matcher {
  let last: Prepared | undefined;
  return (text, from) => {
    const prepared = last?.text === text ? last : prepare(text, finder);
    last = prepared;
    const { indexes, places, find } = prepared;
    const found = find(places.get(from) ?? indexes.length);
    if (found === undefined) return undefined;
    const spans = [[found.begin, found.end] as const, ...found.groups];
    const at = (place: number): number => indexes[place] ?? text.length;
    return {
      index: at(found.begin),
      texts: spans.map((span) => (span === undefined ? undefined : text.slice(at(span[0]), at(span[1])))),
      indexes: spans.map((span) => (span === undefined ? undefined : at(span[0]))),
    };
  };
}

function prepare(text: string, finder: ReturnType<typeof finderOf>): Prepared {
  const points: number[] = [];
  const indexes: number[] = [];
  let index = 0;
  for (const character of text) {
    points.push(character.codePointAt(0) ?? 0);
    indexes.push(index);
    index += character.length;
  }
  indexes.push(index);
  return { text, find: finder(points), indexes, places: new Map(indexes.map((at, place) => [at, place])) };
}
