import { SkeinError } from '../../base/errors.ts';
import { CLASSES } from './characters.ts';
import type { Check, Machine } from './machine.ts';
import type { Place } from './pattern.ts';

/** Steps of the automata for the matches of one text: about two seconds. */
const MOST_STEPS = 20_000_000;

const NEWLINE = 0x0a;

/** States that live at one place of the text, and where the match of each began: ascending, one thread a state. */
interface Threads {
  readonly states: number[];
  readonly begins: number[];
}

interface Marks {
  readonly rounds: Int32Array;
  round: number;
}

/** Runs automata over one text, by code points. */
export class Runner {
  readonly points: readonly number[];
  readonly #marks = new Map<Machine, Marks>();
  readonly #arounds = new Map<Check, Int8Array>();
  #steps = 0;

  constructor(points: readonly number[]) {
    this.points = points;
  }

  /** Before matches are sought from the start again. */
  beginAnew(): void {
    this.#steps = 0;
  }

  /** Where the leftmost match begins; undefined: nowhere. */
  leftmost(machine: Machine, from: number): number | undefined {
    let best: number | undefined;
    let threads: Threads = { states: [], begins: [] };
    for (let at = from; at <= this.points.length; at++) {
      const { alive, ended } = this.#arrived(machine, threads, at, best === undefined);
      best = ended === undefined ? best : Math.min(best ?? ended, ended);
      threads = this.#taken(machine, alive, at, best);
      if (best !== undefined && threads.states.length === 0) break;
    }
    return best;
  }

  /**
   * The places where a match that begins there may end, ascending.
   * @param firstFrom the first place from here on is enough
   */
  ends(machine: Machine, begin: number, limit: number, firstFrom?: number): readonly number[] {
    const ends: number[] = [];
    let threads: Threads = { states: [], begins: [] };
    for (let at = begin; at <= limit; at++) {
      const { alive, ended } = this.#arrived(machine, threads, at, at === begin);
      if (ended !== undefined && (firstFrom === undefined || at >= firstFrom)) {
        ends.push(at);
        if (firstFrom !== undefined) break;
      }
      threads = this.#taken(machine, alive, at, undefined);
      if (threads.states.length === 0) break;
    }
    return ends;
  }

  step(): void {
    this.#steps += 1;
    if (this.#steps <= MOST_STEPS) return;
    throw new SkeinError('tooComplex', 'regular expression is too complex for a text this long');
  }

  /** The threads with all that they lead to without a character, and the leftmost begin of those that end here. */
  #arrived(
    machine: Machine,
    threads: Threads,
    at: number,
    fresh: boolean,
  ): { readonly alive: Threads; readonly ended: number | undefined } {
    const marks = this.#marksOf(machine);
    marks.round += 1;
    const alive: Threads = { states: [], begins: [] };
    let ended: number | undefined;
    const enter = (from: number, begin: number): void => {
      const pending = [from];
      for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
        if (marks.rounds[state] === marks.round) continue;
        marks.rounds[state] = marks.round;
        this.step();
        const what = machine.states[state];
        if (what?.kind === 'take') {
          alive.states.push(state);
          alive.begins.push(begin);
        } else if (what?.kind === 'fork') pending.push(...what.to);
        else if (what?.kind === 'check') {
          if (this.#holds(what.check, at)) pending.push(what.to);
        } else ended ??= begin;
      }
    };
    for (const [index, state] of threads.states.entries()) enter(state, threads.begins[index] ?? at);
    if (fresh) enter(machine.start, at);
    return { alive, ended };
  }

  /** After the character at that place, of the threads that began before `best`. */
  #taken(machine: Machine, { states, begins }: Threads, at: number, best: number | undefined): Threads {
    const next: Threads = { states: [], begins: [] };
    const point = this.points[at];
    if (point === undefined) return next;
    for (const [index, state] of states.entries()) {
      const begin = begins[index] ?? at;
      if (best !== undefined && begin >= best) break;
      const what = machine.states[state];
      if (what?.kind === 'take' && what.accepts(point)) {
        next.states.push(what.to);
        next.begins.push(begin);
      }
    }
    return next;
  }

  #marksOf(machine: Machine): Marks {
    const known = this.#marks.get(machine);
    if (known !== undefined) return known;
    const marks = { rounds: new Int32Array(machine.states.length), round: 0 };
    this.#marks.set(machine, marks);
    return marks;
  }

  #holds(check: Check, at: number): boolean {
    if (check.kind === 'place') return this.#isPlace(check.place, at);
    const known = this.#arounds.get(check) ?? new Int8Array(this.points.length + 1).fill(-1);
    this.#arounds.set(check, known);
    if (known[at] === -1) {
      if (check.ahead) known[at] = this.ends(check.machine, at, this.points.length, at).length;
      else this.#fillBehind(check.machine, known);
    }
    return (known[at] === 1) !== check.negated;
  }

  /** Every place where a match of the machine ends. */
  #fillBehind(machine: Machine, ends: Int8Array): void {
    let threads: Threads = { states: [], begins: [] };
    for (let at = 0; at <= this.points.length; at++) {
      const { alive, ended } = this.#arrived(machine, threads, at, true);
      ends[at] = ended === undefined ? 0 : 1;
      threads = this.#taken(machine, alive, at, undefined);
    }
  }

  #isPlace(place: Place, at: number): boolean {
    switch (place) {
      case 'start':
        return at === 0;
      case 'end':
        return at === this.points.length;
      case 'lineStart':
        return at === 0 || this.points[at - 1] === NEWLINE;
      case 'lineEnd':
        return at === this.points.length || this.points[at] === NEWLINE;
      case 'wordStart':
        return !this.#isWord(at - 1) && this.#isWord(at);
      case 'wordEnd':
        return this.#isWord(at - 1) && !this.#isWord(at);
      case 'boundary':
        return this.#isWord(at - 1) !== this.#isWord(at);
      case 'inside':
        return this.#isWord(at - 1) === this.#isWord(at);
    }
  }

  #isWord(at: number): boolean {
    const point = this.points[at];
    return point !== undefined && CLASSES.get('word')?.(point) === true;
  }
}
