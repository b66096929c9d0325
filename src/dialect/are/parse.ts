import { refuse } from '../../base/errors.ts';
import { readBrackets } from './brackets.ts';
import { BAD_ESCAPE, characterSet, readEscape } from './escapes.ts';
import { invalidRegex, type Options, withOption } from './options.ts';
import type { Alternation, Atom, Branch, Item, Pattern, Preference } from './pattern.ts';
import { Scanner } from './scanner.ts';

const BAD_QUANTIFIER = 'quantifier operand invalid';
const BAD_PARENTHESES = 'parentheses () not balanced';
const BAD_COUNT = 'invalid repetition count(s)';
const NEWLINE = 0x0a;
const MOST_REPETITIONS = 255;
const DEEPEST = 500;

/** Reads a pattern as PostgreSQL does. @throws 2201B, or 0A000 for what is refused */
export function parsePattern(pattern: string, given: Options): Pattern {
  const parser = new Parser(afterPrefixes(pattern, given));
  const body = parser.alternation({ inGroup: false, inAround: false, depth: 0 });
  return { body, groups: parser.groups, ignoreCase: parser.scanner.options.ignoreCase };
}

function afterPrefixes(pattern: string, given: Options): Scanner {
  const characters = [...pattern];
  if (given.syntax === 'literal') return new Scanner(characters, 0, given);
  let options = given;
  let at = 0;
  if (pattern.startsWith('***')) {
    const director = characters[3];
    if (director === '?') throw invalidRegex('invalid regexp (reg version 0.8)');
    if (director === '=') return new Scanner(characters, 4, literal(given));
    if (director !== ':') throw invalidRegex(BAD_QUANTIFIER);
    options = { ...given, syntax: 'advanced' };
    at = 4;
  }
  if (options.syntax !== 'advanced') return new Scanner(characters, at, options);
  const embedded = /^\(\?([A-Za-z]+)/.exec(characters.slice(at).join(''))?.[1];
  return embedded === undefined
    ? new Scanner(characters, at, options)
    : afterEmbedded(characters, at, options, embedded);
}

function afterEmbedded(characters: readonly string[], at: number, given: Options, letters: string): Scanner {
  let options = given;
  for (const letter of letters) {
    const next = withOption(options, letter);
    if (next === undefined) throw invalidRegex('invalid embedded option');
    options = next;
  }
  const end = at + 2 + letters.length;
  if (characters[end] !== ')') throw invalidRegex('invalid embedded option');
  return new Scanner(characters, end + 1, options.syntax === 'literal' ? literal(options) : options);
}

const literal = (options: Options): Options => ({
  ...options,
  syntax: 'literal',
  expanded: false,
  newlineStops: false,
  newlineAnchors: false,
});

interface Surroundings {
  readonly inGroup: boolean;
  /** In a lookaround: parentheses don't capture there. */
  readonly inAround: boolean;
  readonly depth: number;
}

class Parser {
  readonly scanner: Scanner;
  groups = 0;
  /** The capturing groups that are closed. */
  readonly #closed = new Map<number, Alternation>();

  constructor(scanner: Scanner) {
    this.scanner = scanner;
  }

  alternation(where: Surroundings): Alternation {
    if (where.depth > DEEPEST) throw refuse('a regular expression nested so deep');
    const branches = [this.#branch(where)];
    while (this.#isSyntax() && this.scanner.take('|')) branches.push(this.#branch(where));
    if (where.inGroup && !this.scanner.take(')')) throw invalidRegex(BAD_PARENTHESES);
    return branches;
  }

  #isSyntax(): boolean {
    return this.scanner.options.syntax !== 'literal';
  }

  #branch(where: Surroundings): Branch {
    const items: Item[] = [];
    for (;;) {
      this.scanner.passBlanks();
      const next = this.scanner.peek();
      if (next === undefined || (this.#isSyntax() && (next === '|' || (next === ')' && where.inGroup)))) {
        return items;
      }
      const atom = this.#isSyntax() ? this.#atom(where) : this.#character(this.scanner.next(''));
      items.push(this.#quantified(atom));
    }
  }

  #character(character: string): Atom {
    return { kind: 'set', accepts: characterSet(this.scanner, character.codePointAt(0) ?? 0) };
  }

  #atom(where: Surroundings): Atom {
    const { scanner } = this;
    const { newlineAnchors, newlineStops, syntax } = scanner.options;
    for (const [word, place] of [
      ['[[:<:]]', 'wordStart'],
      ['[[:>:]]', 'wordEnd'],
    ] as const) {
      if (scanner.take(word)) return { kind: 'place', place };
    }
    const character = scanner.next('');
    switch (character) {
      case '^':
        return { kind: 'place', place: newlineAnchors ? 'lineStart' : 'start' };
      case '$':
        return { kind: 'place', place: newlineAnchors ? 'lineEnd' : 'end' };
      case '.':
        return { kind: 'set', accepts: newlineStops ? (point) => point !== NEWLINE : () => true };
      case '[':
        return { kind: 'set', accepts: readBrackets(scanner) };
      case '(':
        return this.#parenthesis(where);
      case '\\':
        return syntax === 'advanced' ? this.#escape(where) : this.#character(scanner.next(BAD_ESCAPE));
      default:
        return this.#plain(character);
    }
  }

  #plain(character: string): Atom {
    if (/^[*+?]$/.test(character) || (character === '{' && this.#isBound()))
      throw invalidRegex(BAD_QUANTIFIER);
    if (character === ')' && this.scanner.options.syntax === 'advanced') throw invalidRegex(BAD_PARENTHESES);
    return this.#character(character);
  }

  #isBound(): boolean {
    this.scanner.passBlanks();
    return /^\d$/.test(this.scanner.peek() ?? '');
  }

  #parenthesis(where: Surroundings): Atom {
    const { scanner } = this;
    const inner = { ...where, inGroup: true, depth: where.depth + 1 };
    if (scanner.options.syntax === 'advanced' && scanner.take('?')) {
      if (scanner.take(':')) return { kind: 'group', capture: undefined, body: this.alternation(inner) };
      const ahead = !scanner.take('<');
      const negated = scanner.take('!');
      if (!negated && !scanner.take('=')) throw invalidRegex(BAD_QUANTIFIER);
      return { kind: 'around', ahead, negated, body: this.alternation({ ...inner, inAround: true }) };
    }
    if (where.inAround) return { kind: 'group', capture: undefined, body: this.alternation(inner) };
    this.groups += 1;
    const capture = this.groups;
    const body = this.alternation(inner);
    this.#closed.set(capture, body);
    return { kind: 'group', capture, body };
  }

  #escape(where: Surroundings): Atom {
    const escaped = readEscape(this.scanner, this.groups);
    switch (escaped.kind) {
      case 'character':
        return { kind: 'set', accepts: characterSet(this.scanner, escaped.point) };
      case 'class':
        return { kind: 'set', accepts: escaped.accepts };
      case 'place':
        return escaped;
      case 'back': {
        const body = where.inAround ? undefined : this.#closed.get(escaped.group);
        if (body === undefined) throw invalidRegex('invalid backreference number');
        return { ...escaped, body };
      }
    }
  }

  #quantified(atom: Atom): Item {
    const once: Item = { atom, least: 1, most: 1, prefers: 'none' };
    if (!this.#isSyntax() || atom.kind === 'place' || atom.kind === 'around') return once;
    const { scanner } = this;
    scanner.passBlanks();
    for (const [sign, least, most] of QUANTIFIERS) {
      if (scanner.take(sign)) return { atom, least, most, prefers: this.#preference() };
    }
    const from = scanner.at;
    if (!scanner.take('{')) return once;
    if (this.#isBound()) return { atom, ...this.#bound() };
    scanner.at = from;
    return once;
  }

  #preference(): Preference {
    return this.scanner.options.syntax === 'advanced' && this.scanner.take('?') ? 'shorter' : 'longer';
  }

  #bound(): Omit<Item, 'atom'> {
    const { scanner } = this;
    const least = this.#count();
    const comma = scanner.take(',');
    if (comma) scanner.passBlanks();
    const most = !comma
      ? least
      : /^\d$/.test(scanner.peek() ?? '')
        ? this.#count()
        : Number.POSITIVE_INFINITY;
    if (scanner.peek() === undefined) throw invalidRegex('braces {} not balanced');
    if (least > most || !scanner.take('}')) throw invalidRegex(BAD_COUNT);
    const prefers = this.#preference();
    return { least, most, prefers: comma ? prefers : 'none' };
  }

  #count(): number {
    const count = Number(this.scanner.digits(10, 256));
    if (count > MOST_REPETITIONS) throw invalidRegex(BAD_COUNT);
    this.scanner.passBlanks();
    return count;
  }
}

const QUANTIFIERS = [
  ['*', 0, Number.POSITIVE_INFINITY],
  ['+', 1, Number.POSITIVE_INFINITY],
  ['?', 0, 1],
] as const;
