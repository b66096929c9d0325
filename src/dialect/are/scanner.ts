import { invalidRegex, type Options } from './options.ts';

/** Reads a pattern character by character. */
export class Scanner {
  readonly #characters: readonly string[];
  readonly options: Options;
  at: number;

  constructor(characters: readonly string[], at: number, options: Options) {
    this.#characters = characters;
    this.at = at;
    this.options = options;
  }

  peek(distance = 0): string | undefined {
    return this.#characters[this.at + distance];
  }

  take(text: string): boolean {
    if (![...text].every((character, index) => this.peek(index) === character)) return false;
    this.at += [...text].length;
    return true;
  }

  /** @param why PostgreSQL's words where the pattern ends here */
  next(why: string): string {
    const character = this.peek();
    if (character === undefined) throw invalidRegex(why);
    this.at += 1;
    return character;
  }

  /** In expanded syntax: white space, `#` comments. In advanced syntax besides: `(?#…)`. */
  passBlanks(): void {
    for (;;) {
      const from = this.at;
      if (this.options.expanded) this.#skipBlanks();
      if (this.options.syntax === 'advanced' && this.take('(?#')) this.#skipTo(')');
      if (this.at === from) return;
    }
  }

  #skipBlanks(): void {
    while (/^[ \t-\r]$/.test(this.peek() ?? '')) this.at += 1;
    if (this.peek() !== '#') return;
    while (this.peek() !== undefined && this.peek() !== '\n') this.at += 1;
    this.#skipBlanks();
  }

  #skipTo(end: string): void {
    while (this.peek() !== undefined && this.peek() !== end) this.at += 1;
    this.take(end);
  }

  /** Digits of the base that come next. */
  digits(base: number, most: number): string {
    let digits = '';
    for (let next = this.peek(); digits.length < most && next !== undefined; next = this.peek()) {
      if (!/^[0-9a-fA-F]$/.test(next) || Number.parseInt(next, 16) >= base) break;
      digits += next;
      this.at += 1;
    }
    return digits;
  }
}
