import { SkeinError } from '../base/errors.ts';
import { isWholeExecution, readTextRows } from './answers.ts';
import { frontend } from './pg-messages.ts';
import { quoteIdentifier } from './pg-quote.ts';
import type { PgThread, RequestLimits } from './pg-thread.ts';
import { type ShadowTables, shadowChanges } from './shadow.ts';

/** What a thread shall hold: tables by the name as PostgreSQL keeps it, roles by name with their OIDs. */
export interface ShadowState {
  readonly tables: ShadowTables;
  readonly roles: ReadonlyMap<string, number>;
}

const LIMITS: RequestLimits = { timeoutMs: 300_000, maxBytes: 64 * 1024 * 1024, isWhole: isWholeExecution };
/** Changes after which the catalogs' dead rows are collected: there is no autovacuum. */
const CHANGES_PER_VACUUM = 5000;
/** So that what else waits for the thread waits for a part of many changes only. */
const CHANGES_PER_REQUEST = 40;

type TableChange = readonly [key: string, statements: readonly string[]];

/** One thread's PostgreSQL, and what it holds. */
export class ShadowDatabase {
  readonly thread: PgThread;
  readonly #log: (message: string, error: unknown) => void;
  readonly #roles = new Set<string>();
  #tables: ShadowTables = new Map();
  #last: Promise<unknown> = Promise.resolve();
  #syncing = 0;
  #changes = 0;

  constructor(thread: PgThread, log: (message: string, error: unknown) => void) {
    this.thread = thread;
    this.#log = log;
  }

  /** What was asked for is there. */
  get isSettled(): boolean {
    return this.#syncing === 0;
  }

  /** Makes the database hold this, but for tables that PostgreSQL refuses. @returns the tables that it holds. */
  sync(wanted: ShadowState): Promise<ShadowTables> {
    this.#syncing += 1;
    const synced = this.#last.then(() => this.#sync(wanted));
    this.#last = synced.catch(() => undefined);
    return synced.finally(() => {
      this.#syncing -= 1;
    });
  }

  /** Waits for what sync was asked for. */
  async settled(): Promise<void> {
    while (!this.isSettled) await this.#last;
  }

  async #sync(wanted: ShadowState): Promise<ShadowTables> {
    await this.#createRoles(wanted.roles);
    const changes = shadowChanges(this.#tables, wanted.tables);
    if (changes.size > 0) {
      await this.#apply([...changes], wanted.tables);
      await this.#maintain(changes.size);
    }
    return this.#tables;
  }

  async #createRoles(wanted: ShadowState['roles']): Promise<void> {
    for (const [name, oid] of wanted) {
      if (this.#roles.has(name)) continue;
      const create = `CREATE ROLE ${quoteIdentifier(name)} LOGIN`;
      await this.#run([`SELECT pg_catalog.binary_upgrade_set_next_pg_authid_oid(${oid})`, create]).catch(
        (error: unknown) => {
          if (!(error instanceof SkeinError) || error.code !== DUPLICATE_OBJECT) throw error;
        },
      );
      this.#roles.add(name);
    }
  }

  /** What was done before an error stays done. */
  async #apply(changes: readonly TableChange[], wanted: ShadowTables): Promise<void> {
    const held = new Map(this.#tables);
    this.#tables = held;
    for (let from = 0; from < changes.length; from += CHANGES_PER_REQUEST) {
      for (const key of await this.#applyPart(changes.slice(from, from + CHANGES_PER_REQUEST))) {
        const table = wanted.get(key);
        if (table === undefined) held.delete(key);
        else held.set(key, table);
      }
    }
  }

  /** All at once, or one by one where PostgreSQL refuses some. @returns the tables whose changes were made. */
  async #applyPart(part: readonly TableChange[]): Promise<readonly string[]> {
    try {
      await this.#run(part.flatMap(([, statements]) => statements));
      return part.map(([key]) => key);
    } catch (error) {
      if (!(error instanceof SkeinError) || error.code === 'XX000' || error.code === '57014') throw error;
    }
    const done: string[] = [];
    for (const [key, statements] of part) {
      try {
        await this.#run(statements);
        done.push(key);
      } catch (error) {
        this.#log(`table ${key} can't be shown by PostgreSQL`, error);
      }
    }
    return done;
  }

  /** Statements of one message are one transaction. */
  async #run(statements: readonly string[]): Promise<void> {
    readTextRows(await this.thread.request(frontend.query(statements.join(';\n')), LIMITS));
  }

  async #maintain(changes: number): Promise<void> {
    this.#changes += changes;
    if (this.#changes >= CHANGES_PER_VACUUM) {
      this.#changes = 0;
      await this.#run(['VACUUM']);
    }
    await this.#run(['CHECKPOINT']);
  }
}

const DUPLICATE_OBJECT = '42710';
