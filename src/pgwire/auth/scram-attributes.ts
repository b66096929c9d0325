import { SkeinError } from '../../base/errors.ts';

export function malformed(detail: string): SkeinError {
  return new SkeinError('protocolViolation', 'malformed SCRAM message', { detail });
}

/** A character as PostgreSQL's sanitize_char shows it. */
export function printable(character: string): string {
  if (/^[\x21-\x7e]$/.test(character)) return `'${character}'`;
  return `0x${(character.charCodeAt(0) || 0).toString(16).padStart(2, '0')}`;
}

/** Reads `a=value,b=value,…` of RFC 5802. */
export class AttributeReader {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  /** The next character; empty at the end. */
  peek(): string {
    return this.#text.charAt(this.#position);
  }

  skip(): void {
    this.#position++;
  }

  comma(): void {
    if (this.peek() !== ',')
      throw malformed(`Comma expected, but found character "${printable(this.peek())}".`);
    this.skip();
  }

  attribute(name: string): string {
    if (this.peek() !== name) {
      throw malformed(`Expected attribute "${name}" but found "${printable(this.peek())}".`);
    }
    return this.#value(name);
  }

  anyAttribute(): { readonly name: string; readonly value: string } {
    const name = this.peek();
    if (name === '') throw malformed('Attribute expected, but found end of string.');
    if (!/^[A-Za-z]$/.test(name)) {
      throw malformed(`Attribute expected, but found invalid character "${printable(name)}".`);
    }
    return { name, value: this.#value(name) };
  }

  #value(name: string): string {
    this.skip();
    if (this.peek() !== '=') throw malformed(`Expected character "=" for attribute "${name}".`);
    this.skip();
    const comma = this.#text.indexOf(',', this.#position);
    const end = comma < 0 ? this.#text.length : comma;
    const value = this.#text.slice(this.#position, end);
    this.#position = comma < 0 ? end : comma + 1;
    return value;
  }
}
