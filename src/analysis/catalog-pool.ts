import { SkeinError } from '../base/errors.ts';
import type { RequestLimits } from './pg-thread.ts';
import type { ShadowDatabase, ShadowState } from './shadow-database.ts';

export interface CatalogPoolOptions {
  /** Opens one more thread: it holds what the template holds. */
  readonly open: () => Promise<ShadowDatabase>;
  readonly close: (database: ShadowDatabase) => Promise<void>;
  readonly log: (message: string, error: unknown) => void;
  /** Threads at most: as many slow queries run at once, and the next waits. */
  readonly maxThreads: number;
  /** A thread that had nothing to do for so long ends, but for the last. */
  readonly idleMs: number;
}

const MAX_WAITING = 1000;

interface Waiter {
  readonly take: (database: ShadowDatabase) => void;
  readonly fail: (error: SkeinError) => void;
}

/**
 * Threads that answer catalog queries, one query at a time each. PostgreSQL can't be made to pause, so a slow query must not
 * stand before another: while all threads work, one more is opened in advance, for whoever comes next.
 */
export class CatalogPool {
  readonly #options: CatalogPoolOptions;
  readonly #idle: ShadowDatabase[] = [];
  readonly #all = new Set<ShadowDatabase>();
  readonly #waiting: Waiter[] = [];
  readonly #timers = new Map<ShadowDatabase, NodeJS.Timeout>();
  #wanted: ShadowState;
  #opening: Promise<void> | undefined;
  #closed = false;

  constructor(state: ShadowState, options: CatalogPoolOptions) {
    this.#options = options;
    this.#wanted = state;
  }

  /** Opens a thread for whoever comes first; without it, the first waits. */
  warm(): void {
    this.#openSpare();
  }

  /** What every answer from now on is to be given from. */
  sync(wanted: ShadowState): void {
    this.#wanted = wanted;
    for (const database of this.#all) this.#sync(database);
  }

  /** @param undone rows that the message writes, and takes back. */
  async request(message: Uint8Array, limits: RequestLimits, undone = 0): Promise<Uint8Array> {
    const database = await this.#take(limits.signal);
    try {
      database.noteUndone(undone);
      await database.settled();
      return await database.thread.request(message, limits);
    } finally {
      this.#release(database);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const error = new SkeinError('adminShutdown', 'the catalog engine is closed');
    for (const waiter of this.#waiting.splice(0)) waiter.fail(error);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await this.#opening;
    await Promise.all([...this.#all].map((database) => this.#options.close(database)));
  }

  #take(signal: AbortSignal | undefined): Promise<ShadowDatabase> {
    if (this.#closed) return Promise.reject(new SkeinError('adminShutdown', 'the catalog engine is closed'));
    if (signal?.aborted) return Promise.reject(canceled());
    const at = this.#idle.findIndex((database) => database.isSettled && database.thread.isReady);
    const [database] = this.#idle.splice(at === -1 ? 0 : at, 1);
    if (database !== undefined) clearTimeout(this.#timers.get(database));
    this.#openSpare();
    if (database !== undefined) return Promise.resolve(database);
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new SkeinError('limitExceeded', 'too many catalog queries wait'));
    }
    return new Promise((resolve, reject) => this.#wait(signal, resolve, reject));
  }

  #wait(
    signal: AbortSignal | undefined,
    resolve: (database: ShadowDatabase) => void,
    reject: (error: SkeinError) => void,
  ): void {
    const abort = () => {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      reject(canceled());
    };
    const waiter: Waiter = {
      take: (database) => {
        signal?.removeEventListener('abort', abort);
        resolve(database);
      },
      fail: (error) => {
        signal?.removeEventListener('abort', abort);
        reject(error);
      },
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.#waiting.push(waiter);
  }

  #release(database: ShadowDatabase): void {
    if (!this.#all.has(database)) return;
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next.take(database);
      return;
    }
    this.#idle.push(database);
    const timer = setTimeout(() => this.#retire(database), this.#options.idleMs);
    this.#timers.set(database, timer.unref());
  }

  #openSpare(): void {
    const isEnough = this.#idle.length > 0 || this.#all.size >= this.#options.maxThreads;
    if (isEnough || this.#opening !== undefined || this.#closed) return;
    this.#opening = this.#open().then(
      () => {
        this.#opening = undefined;
        this.#openSpare();
      },
      (error: unknown) => {
        this.#opening = undefined;
        this.#notOpened(error);
      },
    );
  }

  /** Who waits while other threads work gets one of those. */
  #notOpened(error: unknown): void {
    this.#options.log('no further thread for catalog queries', error);
    if (this.#all.size > 0) return;
    const failure = new SkeinError('internal', 'the catalog engine does not start', {}, error);
    for (const waiter of this.#waiting.splice(0)) waiter.fail(failure);
  }

  async #open(): Promise<void> {
    const database = await this.#options.open();
    this.#all.add(database);
    this.#sync(database);
    await database.settled();
    this.#release(database);
  }

  /** A thread that can't follow gives wrong answers: it goes. */
  #sync(database: ShadowDatabase): void {
    database.sync(this.#wanted).catch((error: unknown) => {
      if (this.#closed) return;
      this.#options.log('a thread for catalog queries is replaced', error);
      this.#drop(database);
      this.#openSpare();
    });
  }

  #retire(database: ShadowDatabase): void {
    if (this.#closed || this.#all.size === 1 || !this.#idle.includes(database)) return;
    this.#drop(database);
  }

  #drop(database: ShadowDatabase): void {
    this.#all.delete(database);
    clearTimeout(this.#timers.get(database));
    this.#timers.delete(database);
    const at = this.#idle.indexOf(database);
    if (at !== -1) this.#idle.splice(at, 1);
    this.#options
      .close(database)
      .catch((error: unknown) => this.#options.log('a thread for catalog queries did not end', error));
  }
}

function canceled(): SkeinError {
  return new SkeinError('queryCanceled', 'canceling statement due to user request');
}
