import { refuse } from '../../base/errors.ts';
import type { Accepts } from './characters.ts';
import type { Alternation, Constraint } from './pattern.ts';
import { type Language, treeOf } from './tree.ts';

export type State =
  | { readonly kind: 'take'; readonly accepts: Accepts; readonly to: number }
  | { readonly kind: 'fork'; readonly to: readonly number[] }
  | { readonly kind: 'check'; readonly check: Check; readonly to: number }
  | { readonly kind: 'end' };

/** A constraint; a lookaround with its own automaton. */
export type Check =
  | Extract<Constraint, { kind: 'place' }>
  | {
      readonly kind: 'around';
      readonly ahead: boolean;
      readonly negated: boolean;
      readonly machine: Machine;
    };

/** A nondeterministic automaton. */
export interface Machine {
  readonly states: readonly State[];
  readonly start: number;
}

const MOST_STATES = 50_000;

export function machineOf(language: Language): Machine {
  const builder = new Builder();
  const start = builder.build(language, builder.add({ kind: 'end' }));
  return { states: builder.states, start };
}

const bodyMachine = (body: Alternation): Machine => machineOf(treeOf(body).language);

class Builder {
  readonly states: State[] = [];

  add(state: State): number {
    if (this.states.length >= MOST_STATES) throw refuse('a regular expression with so many repetitions');
    return this.states.push(state) - 1;
  }

  /** @returns where what matches the language and goes on at `to` begins */
  build(language: Language, to: number): number {
    switch (language.kind) {
      case 'set':
        return this.add({ kind: 'take', accepts: language.accepts, to });
      case 'place':
        return this.add({ kind: 'check', check: language, to });
      case 'around': {
        const { kind, ahead, negated, body } = language;
        return this.add({ kind: 'check', check: { kind, ahead, negated, machine: bodyMachine(body) }, to });
      }
      case 'all':
        return language.parts.reduceRight((next, part) => this.build(part, next), to);
      case 'any':
        return this.add({
          kind: 'fork',
          to: language.branches.map((branch) => this.build(branch, to)),
        });
      case 'repeated':
        return this.#repeated(language.body, language.least, language.most, to);
    }
  }

  #repeated(body: Language, least: number, most: number, to: number): number {
    let next = most === Number.POSITIVE_INFINITY ? this.#loop(body, to) : to;
    if (most !== Number.POSITIVE_INFINITY) {
      for (let left = most - least; left > 0; left--) {
        next = this.add({ kind: 'fork', to: [this.build(body, next), to] });
      }
    }
    for (let left = least; left > 0; left--) next = this.build(body, next);
    return next;
  }

  #loop(body: Language, to: number): number {
    const ways: number[] = [to];
    const loop = this.add({ kind: 'fork', to: ways });
    ways.push(this.build(body, loop));
    return loop;
  }
}
