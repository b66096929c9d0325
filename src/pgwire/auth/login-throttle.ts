const FREE_FAILURES = 2;
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 8_000;
const FORGET_AFTER_MS = 5 * 60_000;
const MAX_ADDRESSES = 4_096;

interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

/** How long an address that keeps failing to log in waits to be told so. Nobody else waits. */
export class LoginThrottle {
  /** Least recently failed first. */
  readonly #addresses = new Map<string, Failures>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** @returns milliseconds. */
  delayAfterFailure(address: string): number {
    const now = this.#now();
    const before = this.#addresses.get(address);
    const count = before === undefined || now - before.lastAt > FORGET_AFTER_MS ? 1 : before.count + 1;
    this.#addresses.delete(address);
    this.#addresses.set(address, { count, lastAt: now });
    const [oldest] = this.#addresses.keys();
    if (this.#addresses.size > MAX_ADDRESSES && oldest !== undefined) this.#addresses.delete(oldest);
    if (count <= FREE_FAILURES) return 0;
    return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (count - FREE_FAILURES - 1));
  }
}
