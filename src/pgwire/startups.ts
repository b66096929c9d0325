/** Connections that haven't logged in yet, by the address that they come from. */
export class Startups {
  readonly #limit: number;
  readonly #addresses = new Map<object, string>();
  readonly #counts = new Map<string, number>();

  /** @param limit of each address. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns false: the address has too many of them, this one not counted. */
  begin(connection: object, address: string): boolean {
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.#limit) return false;
    this.#counts.set(address, count + 1);
    this.#addresses.set(connection, address);
    return true;
  }

  /** It has logged in, or is gone. */
  end(connection: object): void {
    const address = this.#addresses.get(connection);
    if (address === undefined) return;
    this.#addresses.delete(connection);
    const count = (this.#counts.get(address) ?? 1) - 1;
    if (count === 0) this.#counts.delete(address);
    else this.#counts.set(address, count);
  }
}
