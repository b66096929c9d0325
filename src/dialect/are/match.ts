import { lowerOf } from './characters.ts';
import { type Machine, machineOf } from './machine.ts';
import type { Pattern } from './pattern.ts';
import { Runner } from './runner.ts';
import { type Tree, treeOf } from './tree.ts';

/** By code points: where a match and its groups lie; undefined: a group that took no part. */
export interface Found {
  readonly begin: number;
  readonly end: number;
  readonly groups: readonly (Span | undefined)[];
}

type Span = readonly [begin: number, end: number];

/** Finds the first match in the text that begins at the place or later. */
export type Finder = (from: number) => Found | undefined;

/**
 * Finds what PostgreSQL's engine finds: the leftmost match, the longest or shortest as the whole pattern prefers, and then takes
 * it apart by the pattern's tree.
 */
export function finderOf(pattern: Pattern): (points: readonly number[]) => Finder {
  const tree = treeOf(pattern.body);
  const machines = new Map<Tree, Machine>();
  const machine = (of: Tree): Machine => {
    const known = machines.get(of) ?? machineOf(of.language);
    machines.set(of, known);
    return known;
  };
  return (points) => {
    const dissection = new Dissection(pattern, machine, new Runner(points));
    return (from) => dissection.find(tree, from);
  };
}

class Dissection {
  readonly #pattern: Pattern;
  readonly #machine: (tree: Tree) => Machine;
  readonly #runner: Runner;
  #groups: (Span | undefined)[] = [];
  /** Where a match was sought last: all matches of a text share the steps. */
  #sought = -1;

  constructor(pattern: Pattern, machine: (tree: Tree) => Machine, runner: Runner) {
    this.#pattern = pattern;
    this.#machine = machine;
    this.#runner = runner;
  }

  find(tree: Tree, from: number): Found | undefined {
    if (from <= this.#sought) this.#runner.beginAnew();
    this.#sought = from;
    const last = this.#runner.points.length;
    let begin = from > last ? undefined : this.#runner.leftmost(this.#machine(tree), from);
    while (begin !== undefined) {
      const found = this.#matchAt(tree, begin);
      if (found !== undefined) return found;
      begin = begin === last ? undefined : this.#runner.leftmost(this.#machine(tree), begin + 1);
    }
    return undefined;
  }

  #matchAt(tree: Tree, begin: number): Found | undefined {
    const ends = this.#ends(tree, begin, this.#runner.points.length);
    for (const end of tree.traits.shorter ? ends : ends.toReversed()) {
      this.#groups = Array.from({ length: this.#pattern.groups });
      if (this.#dissects(tree, begin, end)) return { begin, end, groups: [...this.#groups] };
    }
    return undefined;
  }

  #ends(tree: Tree, begin: number, limit: number): readonly number[] {
    return this.#runner.ends(this.#machine(tree), begin, limit);
  }

  #matches(tree: Tree, begin: number, end: number): boolean {
    return this.#ends(tree, begin, end).at(-1) === end;
  }

  /** Whether the tree's parts, of which the text is a match but for back references, really are; notes their groups. */
  #dissects(tree: Tree, begin: number, end: number): boolean {
    this.#runner.step();
    if (!this.#dissectsParts(tree, begin, end)) return false;
    for (const group of tree.groups) this.#groups[group - 1] = [begin, end];
    return true;
  }

  #dissectsParts(tree: Tree, begin: number, end: number): boolean {
    switch (tree.kind) {
      case 'run':
        return true;
      case 'back':
        return this.#repeats(tree, begin, end);
      case 'concat':
        return this.#dissectsConcat(tree, begin, end);
      case 'either':
        return tree.branches.some((branch) => this.#dissectsBranch(branch, begin, end));
      case 'loop':
        return this.#dissectsLoop(tree, begin, end);
    }
  }

  #dissectsBranch(branch: Tree, begin: number, end: number): boolean {
    if (!this.#matches(branch, begin, end)) return false;
    if (this.#dissects(branch, begin, end)) return true;
    this.#forget(branch);
    return false;
  }

  #dissectsConcat({ left, right }: Tree & { kind: 'concat' }, begin: number, end: number): boolean {
    const middles = this.#ends(left, begin, end);
    for (const middle of left.traits.shorter ? middles : middles.toReversed()) {
      if (!this.#matches(right, middle, end)) continue;
      this.#forget(left);
      this.#forget(right);
      if (this.#dissects(left, begin, middle) && this.#dissects(right, middle, end)) return true;
    }
    return false;
  }

  #forget(tree: Tree): void {
    for (const group of tree.groups) this.#groups[group - 1] = undefined;
    if (tree.kind === 'concat') {
      this.#forget(tree.left);
      this.#forget(tree.right);
    } else if (tree.kind === 'either') for (const branch of tree.branches) this.#forget(branch);
    else if (tree.kind === 'loop') this.#forget(tree.body);
  }

  #repeats({ group, least, most }: Tree & { kind: 'back' }, begin: number, end: number): boolean {
    const span = this.#groups[group - 1];
    if (span === undefined) return false;
    const length = span[1] - span[0];
    if (length === 0) return begin === end;
    if (begin === end) return least === 0;
    const times = (end - begin) / length;
    if (!Number.isInteger(times) || times < least || times > most) return false;
    for (let at = begin; at < end; at++) {
      if (!this.#isSame(at, span[0] + ((at - begin) % length))) return false;
    }
    return true;
  }

  #isSame(a: number, b: number): boolean {
    this.#runner.step();
    const { points } = this.#runner;
    const [x = 0, y = 0] = [points[a], points[b]];
    return x === y || (this.#pattern.ignoreCase && lowerOf(x) === lowerOf(y));
  }

  /** Of an empty text, one greedy iteration is better than none, and none better than a lazy one. */
  #dissectsLoop(tree: Loop, begin: number, end: number): boolean {
    const mayBeNone = tree.least === 0 && begin === end;
    return tree.body.traits.shorter
      ? mayBeNone || this.#dissectsLazily(tree, begin, end)
      : this.#dissectsGreedily(tree, begin, end) || mayBeNone;
  }

  /** Each iteration takes as much as lets the rest be divided; none is empty but to reach the least number. */
  #dissectsGreedily(tree: Loop, begin: number, end: number): boolean {
    const { least, most } = boundsOf(tree, end - begin);
    const places = [begin];
    const needsEmpty = (taken: number, at: number): boolean => taken < least && least - taken >= end - at;
    const shortened = (): number | undefined => {
      for (let taken = places.length - 1; taken > 0; taken--) {
        const [from = begin, to = begin] = [places[taken - 1], places.pop()];
        if (to > from && (to - 1 > from || needsEmpty(taken, from))) return to - 1;
      }
      return undefined;
    };
    let limit: number | undefined = end;
    while (limit !== undefined) {
      const from: number = places.at(-1) ?? begin;
      const to = this.#ends(tree.body, from, limit).at(-1);
      if (to === undefined) limit = shortened();
      else {
        const taken = places.push(to) - 1;
        if (to === end) {
          if (taken >= least && this.#iterates(tree.body, places)) return true;
          limit = shortened();
        } else if (taken >= most) {
          places.pop();
          limit = shortened();
        } else limit = to === from && !needsEmpty(taken, to) ? shortened() : end;
      }
    }
    return false;
  }

  /** Each iteration takes as little as lets the rest be divided. */
  #dissectsLazily(tree: Loop, begin: number, end: number): boolean {
    const { least, most } = boundsOf(tree, end - begin);
    const places = [begin];
    const lengthened = (): number | undefined => {
      while (places.length > 1) {
        const to = places.pop() ?? end;
        if (to < end) return to + 1;
      }
      return undefined;
    };
    let from: number | undefined = begin;
    while (from !== undefined) {
      const last: number = places.at(-1) ?? begin;
      const taken = places.length;
      const mayBeEmpty = taken < least && least - taken >= end - from;
      if (from === last && from !== end && !mayBeEmpty) from += 1;
      if (taken >= most) from = end;
      const to = this.#runner.ends(this.#machine(tree.body), last, end, from).at(-1);
      if (to === undefined || (to !== end && taken >= most)) from = lengthened();
      else {
        places.push(to);
        if (to !== end) from = to;
        else if (taken >= least && this.#iterates(tree.body, places)) return true;
        else from = lengthened();
      }
    }
    return false;
  }

  #iterates(body: Tree, places: readonly number[]): boolean {
    return places.slice(1).every((to, index) => {
      this.#forget(body);
      return this.#dissects(body, places[index] ?? to, to);
    });
  }
}

type Loop = Tree & { readonly kind: 'loop' };

/** Iterations that are tried: empty ones only where the least number needs them. */
function boundsOf({ least, most }: Loop, length: number): { readonly least: number; readonly most: number } {
  const atLeast = Math.max(least, 1);
  return { least: atLeast, most: Math.max(atLeast, Math.min(most, length)) };
}
