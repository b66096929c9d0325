import { SkeinError } from '../base/errors.ts';
import type { CatalogChange } from '../catalog/owned.ts';
import { isWholeExecution, readTextRows } from './answers.ts';
import { OWNED_CATALOGS } from './owned/catalogs.ts';
import type { OwnedState } from './owned/owned-state.ts';
import { changeSql, insertRows } from './owned/row-sql.ts';
import { frontend } from './pg-messages.ts';
import { quoteLiteral } from './pg-quote.ts';
import type { PgThread, RequestLimits } from './pg-thread.ts';
import { changeStatements, type ShadowChange, shadowChanges } from './shadow.ts';
import type { ShadowTables } from './shadow-table.ts';

/** What a thread shall hold: tables by the name as PostgreSQL keeps it, roles by name with their OIDs. */
export interface ShadowState {
  readonly tables: ShadowTables;
  readonly roles: ReadonlyMap<string, number>;
  /** Undefined: nothing yet. */
  readonly owned: OwnedState | undefined;
}

const LIMITS: RequestLimits = { timeoutMs: 300_000, maxBytes: 64 * 1024 * 1024, isWhole: isWholeExecution };
/** Changes after which the catalogs' dead rows are collected: there is no autovacuum. */
const CHANGES_PER_VACUUM = 5000;
/** So that what else waits for the thread waits for a part of many changes only. */
const CHANGES_PER_REQUEST = 200;

/** One thread's PostgreSQL, and what it holds. */
export class ShadowDatabase {
  readonly thread: PgThread;
  readonly #log: (message: string, error: unknown) => void;
  readonly #roles = new Set<string>();
  #tables: ShadowTables = new Map();
  #last: Promise<unknown> = Promise.resolve();
  #syncing = 0;
  #changes = 0;
  #ownedVersion = 0;

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

  /** Rows that a transaction wrote and took back are dead all the same. */
  noteUndone(rows: number): void {
    this.#changes += rows;
    if (this.#changes < CHANGES_PER_VACUUM) return;
    const collected = this.#last.then(() => this.#collect(0));
    this.#last = collected.catch((error: unknown) => this.#log('dead rows of the catalogs stay', error));
  }

  /** Waits for what sync was asked for. */
  async settled(): Promise<void> {
    while (!this.isSettled) await this.#last;
  }

  async #sync(wanted: ShadowState): Promise<ShadowTables> {
    await this.#createRoles(wanted.roles);
    const changes = shadowChanges(this.#tables, wanted.tables);
    if (changes.length > 0) {
      await this.#freeNames(wanted);
      await this.#apply(changes);
      await this.#maintain(changes.length);
    }
    await this.#own(wanted);
    return this.#tables;
  }

  async #createRoles(wanted: ShadowState['roles']): Promise<void> {
    const missing = [...wanted].filter(([name]) => !this.#roles.has(name));
    if (missing.length === 0) return;
    const rows = missing.map(([name, oid]) => `(${oid}, ${quoteLiteral(name)}, ${LOGIN_ONLY})`);
    await this.#run([`INSERT INTO pg_catalog.pg_authid (${ROLE_COLUMNS}) VALUES ${rows.join(', ')}`]);
    for (const [name] of missing) this.#roles.add(name);
  }

  /** A table may get a name that something has until now. What changes is gone before, and is put by {@link #own}. */
  async #freeNames({ owned }: ShadowState): Promise<void> {
    if (owned === undefined || this.#ownedVersion === 0 || this.#ownedVersion === owned.version) return;
    const statements = this.#changesTo(owned).flatMap(({ gone, put }) =>
      changeSql({ gone: new Set([...gone, ...put.keys()]), put: new Map() }, owned.columns),
    );
    if (statements.length > 0) await this.#run(statements);
  }

  #changesTo(owned: OwnedState): readonly CatalogChange[] {
    const changes = owned.changesSince(this.#ownedVersion);
    if (changes === undefined)
      throw new SkeinError('internal', 'PostgreSQL is too far behind what was defined');
    return changes;
  }

  /** Views refer to tables and roles: those come before. */
  async #own({ owned }: ShadowState): Promise<void> {
    if (owned === undefined || this.#ownedVersion === owned.version) return;
    const { version, columns } = owned;
    const changes = this.#ownedVersion === 0 ? undefined : this.#changesTo(owned);
    const statements =
      changes?.flatMap((change) => changeSql(change, columns)) ??
      insertRows([...owned.rows.values()], columns);
    if (statements.length > 0) await this.#run(statements);
    this.#ownedVersion = version;
    await this.#collect(statements.length);
  }

  /** What was done before an error stays done. */
  async #apply(changes: readonly ShadowChange[]): Promise<void> {
    const held = new Map(this.#tables);
    this.#tables = held;
    for (let from = 0; from < changes.length; from += CHANGES_PER_REQUEST) {
      for (const change of await this.#applyPart(changes.slice(from, from + CHANGES_PER_REQUEST))) {
        if (change.kind === 'drop') held.delete(change.key);
        else held.set(change.key, change.table);
      }
    }
  }

  /** All at once, or one by one where PostgreSQL refuses some. @returns what was done. */
  async #applyPart(part: readonly ShadowChange[]): Promise<readonly ShadowChange[]> {
    try {
      await this.#run(changeStatements(part));
      return part;
    } catch (error) {
      if (!(error instanceof SkeinError) || error.code === 'XX000' || error.code === '57014') throw error;
    }
    const done: ShadowChange[] = [];
    for (const change of part) {
      try {
        await this.#run(changeStatements([change]));
        done.push(change);
      } catch (error) {
        this.#log(`table ${change.key} can't be shown by PostgreSQL`, error);
      }
    }
    return done;
  }

  /** Statements of one message are one transaction. */
  async #run(statements: readonly string[]): Promise<void> {
    readTextRows(await this.thread.request(frontend.query(statements.join(';\n')), LIMITS));
  }

  async #maintain(changes: number): Promise<void> {
    await this.#collect(changes);
    await this.#run(['CHECKPOINT']);
  }

  async #collect(changes: number): Promise<void> {
    this.#changes += changes;
    if (this.#changes < CHANGES_PER_VACUUM) return;
    this.#changes = 0;
    await this.#run([`VACUUM ${CHANGED_CATALOGS}`]);
  }
}

const ROLE_COLUMNS =
  'oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit';
const LOGIN_ONLY = 'false, true, false, false, true, false, false, -1';

/** The shadow's own tables have no files that VACUUM could look at. */
const CHANGED_CATALOGS = [...OWNED_CATALOGS.map(({ name }) => name), 'pg_authid']
  .map((name) => `pg_catalog.${name}`)
  .join(', ');
