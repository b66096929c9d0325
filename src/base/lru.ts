/** Keeps the entries that were used last, up to a number, and up to a length of all keys. */
export class Lru<V> {
  readonly #limit: number;
  readonly #limitLength: number;
  readonly #entries = new Map<string, V>();
  #length = 0;

  constructor(limit: number, limitLength = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
    this.#limitLength = limitLength;
  }

  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** As {@link get}, for the last time. */
  take(key: string): V | undefined {
    const value = this.#entries.get(key);
    this.#delete(key);
    return value;
  }

  set(key: string, value: V): void {
    this.#delete(key);
    this.#entries.set(key, value);
    this.#length += key.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limit && this.#length <= this.#limitLength) return;
      this.#delete(oldest);
    }
  }

  #delete(key: string): void {
    if (this.#entries.delete(key)) this.#length -= key.length;
  }
}
