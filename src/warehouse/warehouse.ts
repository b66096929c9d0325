import { assertNever } from '../base/assert.ts';
import { SkeinError, toSkeinError } from '../base/errors.ts';
import { type CatalogChange, type CatalogRow, type OwnedRelations, relationsGone } from '../catalog/owned.ts';
import { storedTable } from '../dialect/print-stored.ts';
import { quoteString } from '../dialect/quote.ts';
import type { EngineConnection } from '../engine/connection.ts';
import type { Engine } from '../engine/duckdb.ts';
import { Lease } from '../execution/lease.ts';
import { addLineages, foldLineages, type Lineages, readLineages } from './lineage.ts';
import { type PhysicalStep, physicalSteps, type Rewritten } from './physical.ts';
import { type Level, Savepoints } from './savepoints.ts';
import { Sequences } from './sequences.ts';
import { FORMAT, readCatalog, SETUP, writeCatalog } from './storage.ts';

/** Told of a change once it is durable, before anyone can read by it. */
export type Adopt = () => Promise<void>;

/** Commits with lineage after which its rows are folded. */
const COMMITS_PER_FOLD = 250;

/**
 * The tables that users make: a DuckDB file that is attached to the proxy's engine, with the rows of PostgreSQL's catalogs that
 * describe them. Both change in one transaction of DuckDB.
 */
export class Warehouse {
  readonly sequences: Sequences;
  readonly #engine: Engine;
  readonly #report: (error: unknown) => void;
  /** Settles with the last commit that changed definitions; never rejects. */
  #commits: Promise<unknown> = Promise.resolve();
  #commitCount = 0;
  #rows: ReadonlyMap<number, number> = new Map();
  #changeCount = 0;
  /** The change that last changed a table's rows, by its number. */
  readonly #changedAt = new Map<number, number>();
  /** The commit that last made or altered a table, by its number. */
  readonly #definedAt = new Map<number, number>();
  #lineageSequence = 0;
  #unfolded = 0;
  /** Dropped since lineage was folded. */
  #dropped = new Set<number>();

  /**
   * @param file made if it isn't there. The engine must not be locked yet.
   * @param report told of what failed after a commit, and is tried again.
   */
  static async open(engine: Engine, file: string, report: (error: unknown) => void): Promise<Warehouse> {
    try {
      await engine.run(`ATTACH ${quoteString(file)} AS warehouse`);
      for (const sql of SETUP) await engine.run(sql);
    } catch (error) {
      throw cannotOpen(file, toSkeinError(error).message, error);
    }
    const formats = await engine.texts('SELECT format::VARCHAR FROM warehouse.skein.meta', 1);
    if (formats.length !== 1 || formats[0]?.[0] !== String(FORMAT))
      throw cannotOpen(file, `its format is ${String(formats[0]?.[0])}, not ${FORMAT}`);
    const sequences = Sequences.open(`${file}.sequences`);
    await engine.withConnection(async (connection) => connection.register(sequences.functions));
    const warehouse = new Warehouse(engine, sequences, report);
    await warehouse.#count();
    const [last] = await engine.texts('SELECT max(sequence)::VARCHAR FROM warehouse.skein.lineage', 1);
    warehouse.#lineageSequence = Number(last?.[0] ?? 0);
    return warehouse;
  }

  private constructor(engine: Engine, sequences: Sequences, report: (error: unknown) => void) {
    this.#engine = engine;
    this.sequences = sequences;
    this.#report = report;
  }

  close(): void {
    this.sequences.close();
  }

  /** What was committed. */
  catalog(): Promise<readonly CatalogRow[]> {
    return this.#engine.withConnection(readCatalog);
  }

  /** About how many rows a committed table has. */
  rowsOf(oid: number): number | undefined {
    return this.#rows.get(oid);
  }

  /** Drops what no definition speaks of: temporary tables of sessions that are gone, and lineage of what was dropped. */
  async dropOrphans(relations: OwnedRelations): Promise<void> {
    this.sequences.retain(relations);
    await this.#engine.withConnection((connection) => foldLineages(connection, (oid) => relations.has(oid)));
    for (const oid of this.#rows.keys())
      if (!relations.has(oid)) await this.#engine.run(`DROP TABLE ${storedTable(oid)}`);
  }

  /** What is read in it is what was committed until now. */
  async begin(signal: AbortSignal): Promise<WarehouseTransaction> {
    const changes = this.#changeCount;
    let commits: number;
    const connection = await this.#engine.acquire(signal);
    try {
      commits = await this.#takeSnapshot(connection, signal);
    } catch (error) {
      await connection.run('ROLLBACK').catch(() => undefined);
      connection.release();
      throw error;
    }
    return new WarehouseTransaction(connection, this, changes, commits);
  }

  /** Definitions and data become visible together: nobody's snapshot is taken between them. */
  publish(commit: () => Promise<void>, adopt: Adopt): Promise<void> {
    const done = this.#commits.then(async () => {
      this.#commitCount += 1;
      await commit();
      await adopt();
    });
    this.#commits = done.then(ignore, ignore);
    return done;
  }

  get changeCount(): number {
    return this.#changeCount;
  }

  /** The rows of these tables were changed by what has been committed. */
  noteChanged(oids: Iterable<number>): void {
    this.#changeCount += 1;
    for (const oid of oids) this.#changedAt.set(oid, this.#changeCount);
  }

  /** @param changes how many there had been then. */
  isChangedSince(oid: number, changes: number): boolean {
    return (this.#changedAt.get(oid) ?? 0) > changes;
  }

  /** With a commit: these tables are not, or not any more, as older snapshots have them. */
  noteDefined(made: Iterable<number>, dropped: Iterable<number>): void {
    for (const oid of made) this.#definedAt.set(oid, this.#commitCount);
    for (const oid of dropped) for (const known of [this.#definedAt, this.#changedAt]) known.delete(oid);
  }

  /** @param commits of definitions that there had been then. */
  isDefinedSince(oid: number, commits: number): boolean {
    return (this.#definedAt.get(oid) ?? 0) > commits;
  }

  /** After a commit. */
  async counted(): Promise<void> {
    await this.#count();
  }

  /** Of a transaction that is about to commit. */
  nextLineage(): number {
    this.#lineageSequence += 1;
    return this.#lineageSequence;
  }

  /** After a commit. @param dropped tables and views that are no more. */
  async noteLineage(added: boolean, dropped: Iterable<number>): Promise<void> {
    for (const oid of dropped) this.#dropped.add(oid);
    if (added) this.#unfolded += 1;
    if (this.#unfolded < COMMITS_PER_FOLD) return;
    const gone = this.#dropped;
    this.#unfolded = 0;
    this.#dropped = new Set();
    try {
      await this.#engine.withConnection((connection) => foldLineages(connection, (oid) => !gone.has(oid)));
    } catch (error) {
      for (const oid of gone) this.#dropped.add(oid);
      this.#report(error);
    }
  }

  /** @returns how many commits of definitions it has. */
  async #takeSnapshot(connection: EngineConnection, signal: AbortSignal): Promise<number> {
    for (;;) {
      await this.#commits;
      const count = this.#commitCount;
      // DuckDB takes a database's snapshot with the first look at it.
      await connection.run('BEGIN TRANSACTION; SELECT format FROM warehouse.skein.meta', signal);
      if (count === this.#commitCount) return count;
      await connection.run('ROLLBACK');
    }
  }

  async #count(): Promise<void> {
    const rows = await this.#engine.texts(
      `SELECT substr(table_name, 2), estimated_size::VARCHAR FROM duckdb_tables()
       WHERE database_name = 'warehouse' AND schema_name = 'main' AND regexp_full_match(table_name, 't[0-9]+')`,
      2,
    );
    this.#rows = new Map(rows.map(([oid, count]) => [Number(oid), Number(count)]));
  }
}

/** One client's transaction over the warehouse: snapshot isolation, and it reads what it wrote. */
export class WarehouseTransaction {
  readonly lease: Lease;
  readonly savepoints: Savepoints;
  readonly #connection: EngineConnection;
  readonly #warehouse: Warehouse;
  /** How many changes its snapshot has. */
  readonly #changes: number;
  readonly #changed = new Set<number>();
  readonly #defined = new Set<number>();
  readonly #commits: number;
  #remade = 0;
  #wrote = false;
  #ended = false;

  constructor(connection: EngineConnection, warehouse: Warehouse, changes: number, commits: number) {
    this.#changes = changes;
    this.#commits = commits;
    this.#connection = connection;
    this.#warehouse = warehouse;
    this.lease = new Lease(connection);
    this.savepoints = new Savepoints(this.lease);
  }

  /** Something would be lost with it. */
  get wrote(): boolean {
    return this.#wrote;
  }

  /** Before a statement changes rows of a table. @param how it only adds some, or may change any. */
  async changing(oid: number, how: 'append' | 'change', signal: AbortSignal): Promise<void> {
    this.#wrote = true;
    this.#changed.add(oid);
    if (how === 'append') await this.savepoints.beforeAppend(oid, signal);
    else await this.savepoints.beforeChange(oid, signal);
  }

  /** The rows of a table are changed where agents keep them. */
  changingInPlace(oid: number): void {
    this.#changed.add(oid);
  }

  /** DuckDB gives a transaction up whose statement fails while it runs. */
  async isAlive(): Promise<boolean> {
    try {
      await this.lease.use((connection) => connection.run('SELECT format FROM warehouse.skein.meta'));
      return true;
    } catch {
      return false;
    }
  }

  /** @returns whether the tables are what they were at the savepoint: not where DuckDB has given the transaction up. */
  async undo(level: Level): Promise<boolean> {
    if (!(await this.isAlive())) return false;
    await this.savepoints.undo(level);
    return true;
  }

  /** Nobody has committed anything that this one doesn't see. */
  get isCurrent(): boolean {
    return this.#warehouse.changeCount === this.#changes;
  }

  /** @throws 40001 if another transaction has changed rows of the table that this one doesn't see. */
  checkUnchanged(oid: number): void {
    if (!this.#warehouse.isChangedSince(oid, this.#changes)) return;
    throw new SkeinError('serializationFailure', 'could not serialize access due to concurrent update');
  }

  /** @throws 40001 if another transaction has made or altered a table since this one's snapshot. */
  checkDefinitions(oids: Iterable<number>): void {
    for (const oid of oids) {
      if (!this.#warehouse.isDefinedSince(oid, this.#commits)) continue;
      throw new SkeinError('serializationFailure', 'could not serialize access due to concurrent update', {
        detail: 'A table was made or altered after the snapshot of this transaction.',
      });
    }
  }

  /**
   * Makes DuckDB's tables what the definitions say.
   * @param rewritten tables whose rows have been computed anew.
   * @param fill called before the rows are checked. @throws 23502, 23505 where they contradict the definitions.
   */
  async define(
    before: OwnedRelations,
    after: OwnedRelations,
    signal: AbortSignal,
    rewritten: ReadonlyMap<number, Rewritten> = new Map(),
    fill: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const steps = physicalSteps(before, after, rewritten);
    if (steps.length > 0) this.#wrote = true;
    for (const step of steps.filter(({ kind }) => kind !== 'check')) await this.#take(step, signal);
    await fill();
    for (const step of steps.filter(({ kind }) => kind === 'check')) await this.#take(step, signal);
  }

  async #take(step: PhysicalStep, signal: AbortSignal): Promise<void> {
    const run = (sql: string) => this.lease.use((connection) => connection.run(sql, signal));
    if (step.kind !== 'drop' && step.kind !== 'check') this.#defined.add(step.oid);
    switch (step.kind) {
      case 'drop':
        if (!this.savepoints.dropped(step.oid)) await run(`DROP TABLE ${storedTable(step.oid)}`);
        return;
      case 'create':
        await run(step.sql);
        this.savepoints.created(step.oid);
        return;
      case 'alter':
        await this.savepoints.beforeChange(step.oid, signal);
        if (this.#changed.has(step.oid)) await this.#remake(step.oid, signal);
        return run(step.sql);
      case 'rewrite':
        await this.savepoints.beforeChange(step.oid, signal);
        for (const sql of step.sql) await run(sql);
        return;
      case 'check': {
        const [row] = await this.lease.use((connection) => connection.texts(step.sql, step.columns, signal));
        if (row !== undefined) throw step.violated(row);
        return;
      }
      default:
        assertNever(step);
    }
  }

  /** DuckDB doesn't commit a table that was altered after its rows were changed: another takes its place. */
  async #remake(oid: number, signal: AbortSignal): Promise<void> {
    this.#remade += 1;
    const copy = `remade_${this.#remade}`;
    const table = storedTable(oid);
    await this.lease.create(copy, `CREATE TEMP TABLE ${copy} AS FROM ${table}`, signal);
    const sql = `DROP TABLE ${table}; CREATE TABLE ${table} AS FROM temp.main.${copy}`;
    await this.lease.use((connection) => connection.run(sql, signal));
    await this.lease.drop([copy]);
  }

  /** What is committed of the lineage of tables and views, as the transaction sees it. */
  lineages(): Promise<Lineages> {
    return this.lease.use(readLineages);
  }

  /**
   * Durable once it resolves. If it rejects, nothing of the transaction is.
   * @param lineages of what it made and changed. @throws 40001
   */
  async commit(change: CatalogChange, adopt: Adopt, lineages: Lineages = new Map()): Promise<void> {
    const dropped = relationsGone(change);
    try {
      for (const oid of this.savepoints.doomed)
        await this.lease.use((connection) => connection.run(`DROP TABLE ${storedTable(oid)}`));
      await this.lease.finish();
      await addLineages(this.#connection, lineages, this.#warehouse.nextLineage());
      if (change.put.size === 0 && change.gone.size === 0) {
        await this.#connection.run('COMMIT');
      } else {
        await writeCatalog(this.#connection, change);
        await this.#warehouse.publish(async () => {
          await this.#connection.run('COMMIT');
          this.#warehouse.noteDefined(this.#defined, dropped);
        }, adopt);
      }
    } catch (error) {
      await this.rollback();
      throw error;
    }
    this.#warehouse.noteChanged(this.#changed);
    this.#release();
    if (this.#wrote) await this.#warehouse.counted();
    await this.#warehouse.noteLineage(lineages.size > 0, dropped);
  }

  /** Never rejects. */
  async rollback(): Promise<void> {
    if (this.#ended) return;
    await this.lease.abandon().catch(ignore);
    // Where COMMIT itself failed, no transaction is left to roll back.
    await this.#connection.run('ROLLBACK').catch(ignore);
    this.#release();
  }

  #release(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#connection.release();
  }
}

function ignore(): void {
  // Whoever waits for it is told.
}

function cannotOpen(file: string, why: string, cause?: unknown): SkeinError {
  return new SkeinError(
    'cannotConnectNow',
    `the warehouse "${file}" can't be opened: ${why}`,
    {
      hint: 'Another process may use the state directory, or another version of Skein made the file.',
    },
    cause,
  );
}
