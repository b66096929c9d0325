import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SkeinError } from '../base/errors.ts';
import { ROW_NUMBER } from '../catalog/owned.ts';
import type { TableColumn } from '../catalog/snapshot.ts';
import { quoteIdentifier, quoteString } from '../dialect/quote.ts';
import type { EngineConnection } from '../engine/connection.ts';
import type { Engine } from '../engine/duckdb.ts';
import type { KeptPiece } from '../protocol/messages.ts';
import { sqlTypeSchema } from '../protocol/plan-schema.ts';
import { carrierOf } from '../types/carrier.ts';
import { OID, sqlType } from '../types/sql-type.ts';
import type { TableConfig } from './config.ts';

const FILE = 'pieces.duckdb';
const COLUMNS = z.array(z.strictObject({ name: z.string(), type: sqlTypeSchema }));

export interface StoreOptions {
  readonly directory: string;
  readonly maxBytes: number;
}

/**
 * The rows that this agent keeps of tables that were made in place (decision 010), in a DuckDB file of its own: a piece is there
 * whole or not at all, and never changes.
 */
export class PieceStore {
  readonly #engine: Engine;
  readonly #options: StoreOptions;
  readonly #pieces = new Map<string, TableConfig>();
  #attached: Promise<void> | undefined;

  private constructor(engine: Engine, options: StoreOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  /** @param engine may touch the directory. */
  static async open(engine: Engine, options: StoreOptions): Promise<PieceStore> {
    mkdirSync(options.directory, { recursive: true });
    const store = new PieceStore(engine, options);
    // Most agents never keep anything.
    if (!existsSync(store.#file)) return store;
    await store.#attach();
    for (const [name, columns] of await engine.texts('SELECT name, columns FROM store.main.pieces', 2)) {
      store.#add(String(name), COLUMNS.parse(JSON.parse(String(columns))));
    }
    return store;
  }

  /** Each as a table that the agent serves. */
  get tables(): readonly TableConfig[] {
    return [...this.#pieces.values()];
  }

  /**
   * Keeps what a query gives. @param check throws where its rows must not count after all.
   * @returns the number that the piece counts. @throws 53100 where the store is full, 42P07 for a name that is there.
   */
  async keep(
    connection: EngineConnection,
    piece: KeptPiece,
    sql: string,
    check: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<number> {
    await this.#attach();
    this.#checkRoom();
    if (this.#pieces.has(piece.name)) {
      throw new SkeinError({ sqlstate: '42P07' }, `the piece "${piece.name}" is there already`);
    }
    const table = pieceTable(piece.name);
    const columns = piece.columns.map(({ type }, index) => `c${index + 1} ${carrierOf(type).duckdb}`);
    if (piece.counts?.kind === 'marked') columns.push('marked BOOLEAN');
    await connection.run('BEGIN');
    try {
      await connection.run(`CREATE TABLE ${table} (${columns.join(', ')})`, signal);
      await connection.run(`INSERT INTO ${table} ${sql}`, signal);
      const [[rows] = []] = await connection.texts(this.#countOf(piece), 1, signal);
      const row = [piece.name, JSON.stringify(piece.columns)].map(quoteString).join(', ');
      await connection.run(`INSERT INTO store.main.pieces VALUES (${row})`, signal);
      await check();
      await connection.run('COMMIT');
      this.#add(piece.name, piece.columns);
      return Number(rows);
    } catch (error) {
      await connection.run('ROLLBACK');
      throw error;
    }
  }

  #countOf({ name, counts }: KeptPiece): string {
    const table = pieceTable(name);
    switch (counts?.kind) {
      case undefined:
        return `SELECT count(*)::VARCHAR FROM ${table}`;
      case 'marked':
        return `SELECT (count(*) FILTER (marked))::VARCHAR FROM ${table}`;
      case 'fewer':
        if (!this.#pieces.has(counts.than))
          throw new SkeinError('undefinedTable', `the piece "${counts.than}" is not here`);
        return `SELECT ((SELECT count(*) FROM ${pieceTable(counts.than)}) - count(*))::VARCHAR FROM ${table}`;
    }
  }

  /** @returns whether there was one of them. */
  async forget(names: readonly string[]): Promise<boolean> {
    const known = names.filter((name) => this.#pieces.has(name));
    for (const name of known) {
      this.#pieces.delete(name);
      await this.#engine.run(
        `BEGIN; DROP TABLE ${pieceTable(name)};
          DELETE FROM store.main.pieces WHERE name = ${quoteString(name)}; COMMIT`,
      );
    }
    return known.length > 0;
  }

  get #file(): string {
    return join(this.#options.directory, FILE);
  }

  #attach(): Promise<void> {
    this.#attached ??= this.#engine.run(
      `ATTACH ${quoteString(this.#file)} AS store;
        CREATE TABLE IF NOT EXISTS store.main.pieces (name VARCHAR, columns VARCHAR)`,
    );
    return this.#attached;
  }

  #add(name: string, columns: readonly TableColumn[]): void {
    const names = columns.map(({ name: column }, index) => `c${index + 1} AS ${quoteIdentifier(column)}`);
    names.push(`rowid AS ${quoteIdentifier(ROW_NUMBER)}`);
    const known = columns.map(({ name: column, type }) => [column, type] as const);
    this.#pieces.set(name, {
      name,
      query: `SELECT ${names.join(', ')} FROM ${pieceTable(name)}`,
      columns: Object.fromEntries([...known, [ROW_NUMBER, sqlType(OID.int8)]]),
      csv: { quote: '"', header: true, nulls: [''], quotedNulls: false },
      replicated: false,
      constants: {},
    });
  }

  #checkRoom(): void {
    const { maxBytes } = this.#options;
    if (statSync(this.#file).size < maxBytes) return;
    throw new SkeinError({ sqlstate: '53100' }, `the store of this agent is larger than ${maxBytes} bytes`, {
      hint: 'Drop tables that were made in place, or raise maxStoreBytes in the agent’s config.',
    });
  }
}

function pieceTable(name: string): string {
  return `store.main.${quoteIdentifier(name)}`;
}
