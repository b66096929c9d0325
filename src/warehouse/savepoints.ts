import { refuse } from '../base/errors.ts';
import { storedTable } from '../dialect/print-stored.ts';
import type { Lease } from '../execution/lease.ts';

/** What a table was when a savepoint was set, kept from its first change after that. */
type Kept =
  | { readonly kind: 'absent' }
  /** Rows have only been added: it was the rows up to this place. */
  | { readonly kind: 'rows'; readonly last: bigint }
  /** A temporary table has its rows. */
  | { readonly kind: 'copy'; readonly name: string };

/** A savepoint, as the warehouse sees it. */
export interface Level {
  readonly tables: Map<number, Kept>;
  /** Tables that were dropped since then: they are still there. */
  readonly doomed: Set<number>;
}

/** What is copied so that a savepoint can be gone back to. */
const MAX_COPIED_ROWS = 5_000_000;

/**
 * DuckDB can't take back a part of a transaction: so each table that is changed while a savepoint is set is kept as it was, and
 * made that again.
 */
export class Savepoints {
  readonly #lease: Lease;
  readonly #levels: Level[] = [];
  readonly #fresh = new Set<number>();
  #doomed = new Set<number>();
  #names = 0;

  constructor(lease: Lease) {
    this.#lease = lease;
  }

  get isSet(): boolean {
    return this.#levels.length > 0;
  }

  set(): Level {
    const level: Level = { tables: new Map(), doomed: new Set(this.#doomed) };
    this.#levels.push(level);
    return level;
  }

  /** What was kept for this one and those after it is needed no more. */
  async release(level: Level): Promise<void> {
    const at = this.#levels.indexOf(level);
    if (at === -1) return;
    const released = this.#levels.splice(at);
    await this.#dropCopies(released.flatMap(({ tables }) => [...tables.values()]));
  }

  /** Before rows are added to a table. */
  async beforeAppend(oid: number, signal: AbortSignal): Promise<void> {
    const levels = this.#without(oid);
    if (levels.length === 0) return;
    const kept: Kept = { kind: 'rows', last: await this.#lastPlace(oid, signal) };
    for (const { tables } of levels) tables.set(oid, kept);
  }

  /** Before rows of a table, or its columns, are changed. */
  async beforeChange(oid: number, signal: AbortSignal): Promise<void> {
    const bare = this.#without(oid);
    if (bare.length > 0) {
      const copy = await this.#copy(oid, '', signal);
      for (const { tables } of bare) tables.set(oid, copy);
    }
    const copies = new Map<bigint, Kept>();
    for (const { tables } of this.#levels) {
      const kept = tables.get(oid);
      if (kept?.kind !== 'rows') continue;
      const copy = copies.get(kept.last) ?? (await this.#copy(oid, ` WHERE rowid <= ${kept.last}`, signal));
      copies.set(kept.last, copy);
      tables.set(oid, copy);
    }
  }

  created(oid: number): void {
    this.#fresh.add(oid);
    for (const { tables } of this.#without(oid)) tables.set(oid, { kind: 'absent' });
  }

  emptied(oid: number): void {
    this.#fresh.add(oid);
  }

  /** Whether the transaction itself made or emptied the table. */
  isFresh(oid: number): boolean {
    return this.#fresh.has(oid);
  }

  /** @returns whether the table must stay until the transaction commits. */
  dropped(oid: number): boolean {
    if (!this.isSet) return false;
    this.#doomed.add(oid);
    return true;
  }

  /** Tables that the transaction dropped, and that are still there. */
  get doomed(): Iterable<number> {
    return this.#doomed;
  }

  /** Makes all tables what they were when the savepoint was set. It stays set. */
  async undo(level: Level): Promise<void> {
    const at = this.#levels.indexOf(level);
    if (at === -1) throw new Error('the savepoint is not set');
    for (const [oid, kept] of level.tables) await this.#restore(oid, kept);
    const undone = this.#levels.splice(at);
    this.#doomed = new Set(level.doomed);
    await this.#dropCopies(undone.flatMap(({ tables }) => [...tables.values()]));
    level.tables.clear();
    this.#levels.push(level);
  }

  #without(oid: number): readonly Level[] {
    return this.#levels.filter(({ tables }) => !tables.has(oid));
  }

  async #restore(oid: number, kept: Kept): Promise<void> {
    const table = storedTable(oid);
    const run = (sql: string) => this.#lease.use((connection) => connection.run(sql));
    switch (kept.kind) {
      case 'absent':
        return run(`DROP TABLE IF EXISTS ${table}`);
      case 'rows':
        return run(`DELETE FROM ${table} WHERE rowid > ${kept.last}`);
      case 'copy':
        return run(`DROP TABLE ${table}; CREATE TABLE ${table} AS FROM temp.main.${kept.name}`);
    }
  }

  async #lastPlace(oid: number, signal: AbortSignal): Promise<bigint> {
    const sql = `SELECT coalesce(max(rowid), -1)::VARCHAR FROM ${storedTable(oid)}`;
    const [row] = await this.#lease.use((connection) => connection.texts(sql, 1, signal));
    return BigInt(row?.[0] ?? -1);
  }

  async #copy(oid: number, where: string, signal: AbortSignal): Promise<Kept> {
    const count = `SELECT count(*)::VARCHAR FROM ${storedTable(oid)}${where}`;
    const [row] = await this.#lease.use((connection) => connection.texts(count, 1, signal));
    if (Number(row?.[0]) > MAX_COPIED_ROWS) throw tooManyRows();
    this.#names += 1;
    const name = `savepoint_${this.#names}`;
    const sql = `CREATE TEMP TABLE ${name} AS SELECT * FROM ${storedTable(oid)}${where}`;
    await this.#lease.create(name, sql, signal);
    return { kind: 'copy', name };
  }

  async #dropCopies(released: readonly Kept[]): Promise<void> {
    const used = new Set(this.#levels.flatMap(({ tables }) => copiesOf([...tables.values()])));
    const unused = new Set(copiesOf(released).filter((name) => !used.has(name)));
    if (unused.size > 0) await this.#lease.drop([...unused]);
  }
}

function copiesOf(kept: readonly Kept[]): readonly string[] {
  return kept.flatMap((one) => (one.kind === 'copy' ? [one.name] : []));
}

function tooManyRows() {
  return refuse(`a change of a table of more than ${MAX_COPIED_ROWS} rows while a savepoint is set`, {
    hint: 'Release the savepoint first, or make the change a transaction of its own.',
  });
}
