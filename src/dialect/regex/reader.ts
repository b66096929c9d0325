import { refuse, type SkeinError } from '../../base/errors.ts';
import { type CharacterSet, DIGITS, SPACES, setOf, WORD } from './character-set.ts';

/** Reads a pattern from left to right. */
export class PatternReader {
  readonly #pattern: readonly string[];
  #position = 0;
  readonly ignoreCase: boolean;

  constructor(pattern: string, ignoreCase: boolean) {
    this.#pattern = [...pattern];
    this.ignoreCase = ignoreCase;
  }

  /** @param distance 0: the next character. */
  peek(distance = 0): string | undefined {
    return this.#pattern[this.#position + distance];
  }

  next(): string {
    const character = this.#pattern[this.#position];
    if (character === undefined) throw this.refusal();
    this.#position += 1;
    return character;
  }

  /** Takes the text if it comes next. */
  take(text: string): boolean {
    const characters = [...text];
    if (!characters.every((character, index) => this.peek(index) === character)) return false;
    this.#position += characters.length;
    return true;
  }

  refusal(): SkeinError {
    return refuse(`the regular expression "${this.#pattern.join('')}"`, {
      hint: 'Only patterns that PostgreSQL and DuckDB surely read alike are supported.',
    });
  }
}

const CONTROLS: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d };

/** What a backslash and a letter stand for in and outside of brackets; undefined for anything else. */
export function escapedSet(letter: string): CharacterSet | undefined {
  const control = CONTROLS[letter];
  if (control !== undefined) return setOf([control, control]);
  return letter === 'd' ? DIGITS : letter === 's' ? SPACES : letter === 'w' ? WORD : undefined;
}
