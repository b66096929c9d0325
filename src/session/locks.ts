import { SkeinError } from '../base/errors.ts';

/** `shared` goes with `shared`; `exclusive` with nobody else's. */
export type LockMode = 'shared' | 'exclusive';

/** What to lock: names of objects, as their users agree on them. */
export type WantedLocks = ReadonlyMap<string, LockMode>;

export interface LockWait {
  /** 0: no limit. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const MAX_WAITING = 1000;

interface Waiter {
  readonly owner: object;
  readonly wanted: WantedLocks;
  readonly wake: () => void;
}

/** What transactions hold until they end. Who waits longest is served first, unless nobody before it wants the same. */
export class Locks {
  readonly #held = new Map<string, Map<object, LockMode>>();
  readonly #waiting: Waiter[] = [];

  /**
   * @param owner the transaction.
   * @returns whether it had to wait: what it saw before may have changed.
   * @throws 40P01, 55P03, 57014.
   */
  async acquire(owner: object, wanted: WantedLocks, wait: LockWait): Promise<boolean> {
    if (wanted.size === 0) return false;
    if (this.#take(owner, wanted, this.#waiting)) return false;
    await this.#wait(owner, wanted, wait);
    return true;
  }

  holds(owner: object, wanted: WantedLocks): boolean {
    return [...wanted].every(([name, mode]) => {
      const held = this.#held.get(name)?.get(owner);
      return held === 'exclusive' || held === mode;
    });
  }

  release(owner: object): void {
    for (const [name, holders] of this.#held) {
      holders.delete(owner);
      if (holders.size === 0) this.#held.delete(name);
    }
    this.#serve();
  }

  /** @param before those that wait already, and come first. */
  #take(owner: object, wanted: WantedLocks, before: readonly Waiter[]): boolean {
    if (this.#blockers(owner, wanted, before).size > 0) return false;
    for (const [name, mode] of wanted) {
      const holders = this.#held.get(name) ?? new Map<object, LockMode>();
      if (holders.get(owner) !== 'exclusive') holders.set(owner, mode);
      this.#held.set(name, holders);
    }
    return true;
  }

  #blockers(owner: object, wanted: WantedLocks, before: readonly Waiter[]): ReadonlySet<object> {
    const blockers = new Set<object>();
    for (const [name, mode] of wanted) {
      const holders = this.#held.get(name);
      if (holders?.get(owner) === 'exclusive' || holders?.get(owner) === mode) continue;
      for (const [other, held] of holders ?? []) {
        if (other !== owner && (mode === 'exclusive' || held === 'exclusive')) blockers.add(other);
      }
      // A holder that wants more doesn't queue behind those who wait for it.
      if (holders?.has(owner) === true) continue;
      for (const waiter of before) {
        const theirs = waiter.wanted.get(name);
        if (waiter.owner === owner || theirs === undefined) continue;
        if (mode === 'exclusive' || theirs === 'exclusive') blockers.add(waiter.owner);
      }
    }
    return blockers;
  }

  #wait(owner: object, wanted: WantedLocks, { timeoutMs, signal }: LockWait): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new SkeinError('limitExceeded', 'too many statements wait for locks'));
    }
    return new Promise((resolve, reject) => {
      const timer = timeoutMs === 0 ? undefined : setTimeout(() => end(lockTimeout()), timeoutMs);
      const onAbort = () => end(canceled());
      const waiter: Waiter = { owner, wanted, wake: () => end() };
      const end = (error?: SkeinError) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        if (error === undefined) resolve();
        else {
          reject(error);
          this.#serve();
        }
      };
      this.#waiting.push(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) end(canceled());
      else if (this.#isDeadlock(owner)) end(deadlock());
    });
  }

  #serve(): void {
    for (let at = 0; at < this.#waiting.length; ) {
      const waiter = this.#waiting[at];
      if (waiter === undefined) return;
      if (this.#take(waiter.owner, waiter.wanted, this.#waiting.slice(0, at))) waiter.wake();
      else at += 1;
    }
  }

  /** Whether someone for whom the owner waits waits for the owner. */
  #isDeadlock(owner: object): boolean {
    const seen = new Set<object>();
    const open: object[] = [owner];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const [at, waiter] of this.#waiting.entries()) {
        if (waiter.owner !== next) continue;
        for (const blocker of this.#blockers(next, waiter.wanted, this.#waiting.slice(0, at))) {
          if (blocker === owner) return true;
          if (!seen.has(blocker)) open.push(blocker);
          seen.add(blocker);
        }
      }
    }
    return false;
  }
}

function deadlock(): SkeinError {
  return new SkeinError({ sqlstate: '40P01' }, 'deadlock detected');
}

function lockTimeout(): SkeinError {
  return new SkeinError({ sqlstate: '55P03' }, 'canceling statement due to lock timeout');
}

function canceled(): SkeinError {
  return new SkeinError('queryCanceled', 'canceling statement due to user request');
}
