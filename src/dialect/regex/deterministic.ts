import { areDisjoint, type CharacterSet } from './character-set.ts';
import { hasPart, type Regex } from './regex.ts';

/**
 * Whether every text is matched in one way only, so that POSIX's longest match (PostgreSQL) and Perl's first (RE2) are the
 * same match with the same groups: in the Glushkov automaton no two positions that may come next share a character, all
 * quantifiers are greedy, and nothing that may be empty is repeated or is an alternative.
 */
export function matchesOneWay(regex: Regex): boolean {
  const positions: CharacterSet[] = [];
  const automaton = isGreedy(regex) ? build(anchorsStripped(regex), positions) : undefined;
  if (automaton === undefined) return false;
  const choices = [automaton.first, ...automaton.follow.values()];
  return choices.every((choice) => {
    const sets = [...choice].map((index) => positions[index]);
    return sets.every((a, i) =>
      sets.every((b, j) => i >= j || a === undefined || b === undefined || areDisjoint(a, b)),
    );
  });
}

/** Matches the empty text. */
export function isNullable(regex: Regex): boolean {
  if (regex.kind === 'alternatives') return regex.branches.some(isNullable);
  return build(anchorsStripped(regex), [])?.nullable ?? true;
}

/** Without quantifiers that prefer the shorter match. */
function isGreedy(regex: Regex): boolean {
  return !hasPart(regex, (part) => part.kind === 'repeat' && !part.greedy);
}

/** The positions of Glushkov's automaton. */
export interface Automaton {
  readonly nullable: boolean;
  readonly first: ReadonlySet<number>;
  readonly last: ReadonlySet<number>;
  readonly follow: ReadonlyMap<number, ReadonlySet<number>>;
}

const MAX_POSITIONS = 300;
const EMPTY: Automaton = { nullable: true, first: new Set(), last: new Set(), follow: new Map() };

/** `^` at the very start and `$` at the very end only narrow where a match may lie. */
function anchorsStripped(regex: Regex): Regex {
  if (regex.kind !== 'concat') return regex;
  const parts = regex.parts[0]?.kind === 'start' ? regex.parts.slice(1) : regex.parts;
  return { kind: 'concat', parts: parts.at(-1)?.kind === 'end' ? parts.slice(0, -1) : parts };
}

/**
 * undefined where the expression isn't of the admitted form at all: an anchor within, something repeated that may be empty.
 * @param positions becomes what each position matches.
 */
function build(regex: Regex, positions: CharacterSet[]): Automaton | undefined {
  switch (regex.kind) {
    case 'set': {
      if (positions.length >= MAX_POSITIONS) return undefined;
      const index = positions.push(regex.set) - 1;
      return {
        nullable: false,
        first: new Set([index]),
        last: new Set([index]),
        follow: new Map([[index, new Set()]]),
      };
    }
    case 'start':
    case 'end':
      return undefined;
    case 'group':
      return build(regex.body, positions);
    case 'concat':
      return sequence(regex.parts.map((part) => () => build(part, positions)));
    case 'alternatives':
      return choice(regex.branches.map((branch) => build(branch, positions)));
    case 'repeat':
      return repeated(regex, positions);
  }
}

function merged(
  a: ReadonlyMap<number, ReadonlySet<number>>,
  b: ReadonlyMap<number, ReadonlySet<number>>,
  from: ReadonlySet<number> = new Set(),
  to: ReadonlySet<number> = new Set(),
): ReadonlyMap<number, ReadonlySet<number>> {
  const follow = new Map([...a, ...b]);
  for (const index of from) follow.set(index, new Set([...(follow.get(index) ?? []), ...to]));
  return follow;
}

function sequence(parts: readonly (() => Automaton | undefined)[]): Automaton | undefined {
  let whole = EMPTY;
  for (const part of parts) {
    const next = part();
    if (next === undefined) return undefined;
    whole = {
      nullable: whole.nullable && next.nullable,
      first: whole.nullable ? new Set([...whole.first, ...next.first]) : whole.first,
      last: next.nullable ? new Set([...whole.last, ...next.last]) : next.last,
      follow: merged(whole.follow, next.follow, whole.last, next.first),
    };
  }
  return whole;
}

function choice(branches: readonly (Automaton | undefined)[]): Automaton | undefined {
  let whole: Automaton = { ...EMPTY, nullable: false };
  for (const branch of branches) {
    if (branch === undefined || branch.nullable) return undefined;
    whole = {
      nullable: false,
      first: new Set([...whole.first, ...branch.first]),
      last: new Set([...whole.last, ...branch.last]),
      follow: merged(whole.follow, branch.follow),
    };
  }
  return whole;
}

/** x{2,4} is x x (x (x)?)?; x{2,} is x x x*. */
function repeated(
  regex: Regex & { readonly kind: 'repeat' },
  positions: CharacterSet[],
): Automaton | undefined {
  if (isNullable(regex.body) || regex.most === 0) return undefined;
  const copy = (): Automaton | undefined => build(regex.body, positions);
  const required = Array.from({ length: regex.least }, () => copy);
  if (regex.most !== Number.POSITIVE_INFINITY) {
    const options = Array.from({ length: regex.most - regex.least });
    const tail = options.reduceRight<() => Automaton | undefined>(
      (rest) => () => optional(sequence([copy, rest])),
      () => EMPTY,
    );
    return sequence([...required, tail]);
  }
  return sequence([...required, () => loop(copy())]);
}

function optional(automaton: Automaton | undefined): Automaton | undefined {
  return automaton === undefined ? undefined : { ...automaton, nullable: true };
}

function loop(body: Automaton | undefined): Automaton | undefined {
  if (body === undefined) return undefined;
  return { ...body, nullable: true, follow: merged(body.follow, new Map(), body.last, body.first) };
}
