import { SkeinError } from '../base/errors.ts';
import { isWholeExecution, readTextRows } from './answers.ts';
import { frontend } from './pg-messages.ts';
import type { PgThread, RequestLimits } from './pg-thread.ts';
import { type ShadowTables, shadowChanges } from './shadow.ts';
import { SYSTEM_VIEWS } from './system-schema.ts';
import type { ShadowRelation } from './tree-context.ts';

/** `schema.name` as PostgreSQL keeps it -> OID. */
export type RelationOids = ReadonlyMap<string, number>;

const LIMITS: RequestLimits = { timeoutMs: 300_000, maxBytes: 64 * 1024 * 1024, isWhole: isWholeExecution };
/** Changes after which the catalogs' dead rows are collected: there is no autovacuum. */
const CHANGES_PER_VACUUM = 5000;

/** One thread's shadow, and what it holds. */
export class ShadowDatabase {
  readonly thread: PgThread;
  readonly #log: (message: string, error: unknown) => void;
  #tables: ShadowTables = new Map();
  #changes = 0;

  constructor(thread: PgThread, log: (message: string, error: unknown) => void) {
    this.thread = thread;
    this.#log = log;
  }

  /** Makes the shadow hold these tables: all at once, or without those that PostgreSQL refuses. */
  async sync(tables: ShadowTables): Promise<RelationOids> {
    const changes = shadowChanges(this.#tables, tables);
    if (changes.size > 0) {
      this.#tables = await this.#apply(changes, tables);
      await this.#maintain(changes.size);
    }
    return this.#oids();
  }

  relations(oids: RelationOids): ReadonlyMap<number, ShadowRelation> {
    const relations = new Map<number, ShadowRelation>();
    for (const [key, table] of this.#tables) {
      const oid = oids.get(`public.${key}`);
      if (oid === undefined) throw new SkeinError('internal', `table ${table.name} is not in the shadow`);
      relations.set(oid, { oid, schema: 'public', name: table.name, kind: 'table', columns: table.columns });
    }
    for (const [name, columns] of Object.entries(SYSTEM_VIEWS)) {
      const oid = oids.get(`skein.${name}`);
      if (oid === undefined) throw new SkeinError('internal', `view skein.${name} is not in the shadow`);
      const names = Object.keys(columns).map((column) => ({ name: column, source: 'physical' as const }));
      relations.set(oid, { oid, schema: 'skein', name, kind: 'system', columns: names });
    }
    return relations;
  }

  async #apply(changes: ReadonlyMap<string, readonly string[]>, wanted: ShadowTables): Promise<ShadowTables> {
    try {
      await this.#run([...changes.values()].flat());
      return wanted;
    } catch (error) {
      if (!(error instanceof SkeinError) || error.code === 'XX000' || error.code === '57014') throw error;
    }
    const held = new Map(wanted);
    for (const [key, statements] of changes) {
      try {
        await this.#run(statements);
      } catch (error) {
        this.#log(`table ${key} can't be shown by PostgreSQL`, error);
        const before = this.#tables.get(key);
        if (before === undefined) held.delete(key);
        else held.set(key, before);
      }
    }
    return held;
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

  async #oids(): Promise<RelationOids> {
    const sql = `SELECT n.nspname || '.' || c.relname, c.oid FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'skein')`;
    const rows = readTextRows(await this.thread.request(frontend.query(sql), LIMITS));
    return new Map(rows.map(([name, oid]) => [String(name), Number(oid)]));
  }
}
