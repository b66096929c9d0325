import { assert } from '../../base/assert.ts';
import { SkeinError } from '../../base/errors.ts';
import { type CharacterSet, printSet } from '../regex/character-set.ts';
import { type Branch, dissectionOf, type Machine, type Unit } from '../regex/dissection.ts';
import type { Regex } from '../regex/regex.ts';

/** The match and its groups; undefined: a group that took no part. */
export interface Match {
  readonly index: number;
  readonly texts: readonly (string | undefined)[];
}

/** The first match that begins at the index or later. */
export type Matcher = (text: string, from: number) => Match | undefined;

/** RE2's text of a pattern as JavaScript reads it. */
export const inJavaScript = (pattern: string): string =>
  pattern.replaceAll('\\x{', '\\u{').replaceAll('(?s:.)', '[^]');

/** Steps of the automata for one match: about a second. */
const MOST_STEPS = 20_000_000;

/** Finds what PostgreSQL's engine finds. @param regex one that can be dissected */
export function posixMatcher(regex: Regex): Matcher {
  const branches = dissectionOf(regex)?.map(compiledBranch);
  assert(branches !== undefined, 'a pattern that can be dissected');
  return (text, from) => new Search(text).match(branches, from);
}

interface CompiledMachine {
  readonly accepts: readonly ((character: string) => boolean)[];
  readonly first: readonly number[];
  readonly last: readonly boolean[];
  readonly follow: readonly (readonly number[])[];
  readonly nullable: boolean;
}

interface CompiledUnit {
  readonly machine: CompiledMachine;
  readonly shortest: boolean;
  readonly captured: readonly CompiledBranch[] | undefined;
}

interface CompiledBranch {
  readonly branch: Branch;
  readonly machine: CompiledMachine;
  readonly units: readonly CompiledUnit[];
}

function compiledBranch(branch: Branch): CompiledBranch {
  return { branch, machine: compiledMachine(branch.machine), units: branch.units.map(compiledUnit) };
}

function compiledUnit({ machine, shortest, captured }: Unit): CompiledUnit {
  return { machine: compiledMachine(machine), shortest, captured: captured?.map(compiledBranch) };
}

function compiledMachine({ automaton, positions }: Machine): CompiledMachine {
  return {
    accepts: positions.map(member),
    first: [...automaton.first],
    last: positions.map((_, index) => automaton.last.has(index)),
    follow: positions.map((_, index) => [...(automaton.follow.get(index) ?? [])]),
    nullable: automaton.nullable,
  };
}

function member(set: CharacterSet): (character: string) => boolean {
  const regex = new RegExp(`^${inJavaScript(printSet(set))}$`, 'u');
  const ascii = Array.from({ length: 0x80 }, (_, point) => regex.test(String.fromCharCode(point)));
  return (character) => ascii[character.charCodeAt(0)] ?? regex.test(character);
}

/** Of one match: counts its steps. */
class Search {
  readonly #text: string;
  #steps = 0;

  constructor(text: string) {
    this.#text = text;
  }

  match(branches: readonly CompiledBranch[], from: number): Match | undefined {
    const begin = Math.min(...branches.map((branch) => this.#leftmost(branch, from)));
    if (begin === Number.POSITIVE_INFINITY) return undefined;
    const shortest = branches.length === 1 && branches[0]?.branch.shortest === true;
    const ends = branches.flatMap((branch) => this.#branchEnds(branch, begin).at(shortest ? 0 : -1) ?? []);
    const end = Math.max(...ends);
    const groups = this.#groups(branches, begin, end);
    return { index: begin, texts: [this.#text.slice(begin, end), ...groups] };
  }

  /** Where the leftmost match of the branch begins; infinity: nowhere. */
  #leftmost(compiled: CompiledBranch, from: number): number {
    const { machine, branch } = compiled;
    const text = this.#text;
    if (branch.atStart) return from === 0 && this.#branchEnds(compiled, 0).length > 0 ? 0 : Infinity;
    const ends = (at: number): boolean => !branch.atEnd || at === text.length;
    let best = Number.POSITIVE_INFINITY;
    let alive = new Map<number, number>();
    for (let at = from; at <= text.length; at += this.#characterAt(at).length || 1) {
      if (machine.nullable && ends(at)) best = Math.min(best, at);
      const fresh = best === Number.POSITIVE_INFINITY;
      if ((!fresh && alive.size === 0) || at === text.length) break;
      alive = this.#advanced(machine, alive, at, fresh);
      const next = at + this.#characterAt(at).length;
      for (const [state, start] of alive) {
        if (machine.last[state] === true && ends(next)) best = Math.min(best, start);
      }
      for (const [state, start] of alive) if (start >= best) alive.delete(state);
    }
    return best;
  }

  /** By state, the leftmost start that leads there. */
  #advanced(
    machine: CompiledMachine,
    alive: ReadonlyMap<number, number>,
    at: number,
    fresh: boolean,
  ): Map<number, number> {
    const character = this.#characterAt(at);
    const next = new Map<number, number>();
    const enter = (state: number, start: number): void => {
      this.#step();
      if (machine.accepts[state]?.(character) === true) {
        next.set(state, Math.min(next.get(state) ?? start, start));
      }
    };
    for (const [state, start] of alive) for (const to of machine.follow[state] ?? []) enter(to, start);
    if (fresh) for (const state of machine.first) enter(state, at);
    return next;
  }

  #branchEnds({ machine, branch }: CompiledBranch, begin: number): readonly number[] {
    if (branch.atStart && begin !== 0) return [];
    const ends = this.#ends(machine, begin, this.#text.length);
    return branch.atEnd ? ends.filter((end) => end === this.#text.length) : ends;
  }

  /** All places up to `most` where the machine may end, ascending. */
  #ends(machine: CompiledMachine, begin: number, most: number): readonly number[] {
    const ends = machine.nullable ? [begin] : [];
    let alive: ReadonlyMap<number, number> = new Map();
    for (let at = begin; at < most; ) {
      alive = this.#advanced(machine, alive, at, at === begin);
      at += this.#characterAt(at).length;
      if (alive.size === 0) break;
      if ([...alive.keys()].some((state) => machine.last[state] === true)) ends.push(at);
    }
    return ends;
  }

  /** The groups of the first branch that matches exactly this; those of the others take no part. */
  #groups(branches: readonly CompiledBranch[], begin: number, end: number): readonly (string | undefined)[] {
    let taken = false;
    return branches.flatMap((branch) => {
      const took = !taken && this.#matchesExactly(branch, begin, end);
      taken = taken || took;
      return took ? this.#dissected(branch.units, begin, end) : noGroups(branch.units);
    });
  }

  #matchesExactly({ machine, branch }: CompiledBranch, begin: number, end: number): boolean {
    if ((branch.atStart && begin !== 0) || (branch.atEnd && end !== this.#text.length)) return false;
    return this.#ends(machine, begin, end).at(-1) === end;
  }

  #dissected(units: readonly CompiledUnit[], begin: number, end: number): readonly (string | undefined)[] {
    if (!units.some((unit) => unit.captured !== undefined)) return [];
    const places = this.#places(units, begin, end, new Set());
    assert(places !== undefined, 'a match has its parts');
    return units.flatMap(({ captured }, index) => {
      const [from = begin, to = end] = [places[index], places[index + 1]];
      return captured === undefined ? [] : [this.#text.slice(from, to), ...this.#groups(captured, from, to)];
    });
  }

  /** Where each unit begins, and the last one ends: each takes as much, or little, as lets the rest match. */
  #places(
    units: readonly CompiledUnit[],
    begin: number,
    end: number,
    dead: Set<string>,
  ): readonly number[] | undefined {
    const [unit, ...rest] = units;
    if (unit === undefined) return begin === end ? [end] : undefined;
    const key = `${units.length} ${begin}`;
    if (dead.has(key)) return undefined;
    const ends = this.#ends(unit.machine, begin, end);
    for (const middle of unit.shortest ? ends : ends.toReversed()) {
      const places = this.#places(rest, middle, end, dead);
      if (places !== undefined) return [begin, ...places];
    }
    dead.add(key);
    return undefined;
  }

  #characterAt(index: number): string {
    const point = this.#text.codePointAt(index);
    return point === undefined ? '' : String.fromCodePoint(point);
  }

  #step(): void {
    this.#steps += 1;
    if (this.#steps <= MOST_STEPS) return;
    throw new SkeinError('tooComplex', 'regular expression is too complex for a text this long');
  }
}

function noGroups(units: readonly CompiledUnit[]): readonly undefined[] {
  return units.flatMap(({ captured }) =>
    captured === undefined ? [] : [undefined, ...captured.flatMap((branch) => noGroups(branch.units))],
  );
}
