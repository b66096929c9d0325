import { createHash } from 'node:crypto';
import type { ClaimedColumn, ClaimedTable } from '../catalog/claims.ts';
import type { Engine } from '../engine/duckdb.ts';
import type { Inventory } from '../protocol/messages.ts';
import type { AgentConfig, TableConfig } from './config.ts';
import { type Constants, NO_CONSTANTS, verifyConstants } from './constants.ts';
import { contentHash } from './content-hash.ts';
import { fingerprint, listFiles, TableProblem } from './files.ts';
import { loadMemory, saveMemory } from './state.ts';
import type { PieceStore } from './store.ts';
import { type FactsCache, factsKey, inspectTable, patternsOf, type SourceTable } from './tables.ts';

/** A table as it is now, with what only replicated tables have. */
export interface ServedTable {
  readonly source: SourceTable;
  readonly contentHash: string | undefined;
  readonly constants: Constants;
}

type HashedTable = Pick<ServedTable, 'source' | 'contentHash'>;

/** The agent's tables over its files, kept up to date. */
export class Sources {
  readonly #engine: Engine;
  readonly #config: AgentConfig;
  readonly #allowed: readonly string[];
  readonly #tables = new Map<string, ServedTable>();
  readonly #facts: FactsCache;
  readonly #known: Map<string, readonly ClaimedColumn[]>;
  readonly #hashes: Map<string, string>;
  readonly #store: PieceStore | undefined;
  readonly #listeners = new Set<() => void>();
  /** Looks happen one after the other, so that a table is never inspected twice at once. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine, config: AgentConfig, allowed: readonly string[], store?: PieceStore) {
    this.#engine = engine;
    this.#store = store;
    this.#config = config;
    this.#allowed = allowed;
    const memory = loadMemory(config.stateDirectory);
    this.#facts = new Map(memory.facts);
    this.#known = new Map(memory.tables);
    this.#hashes = new Map(memory.hashes);
  }

  table(name: string): ServedTable | undefined {
    return this.#tables.get(name);
  }

  inventory(): Inventory {
    const tables = [...this.#tables.values()].map(announce);
    const version = createHash('sha256').update(JSON.stringify(tables));
    for (const { source } of this.#tables.values()) version.update(source.fingerprint);
    return { version: version.digest('hex').slice(0, 16), tables };
  }

  /** Called after every change of a table or its files. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks at all tables, and inspects those whose files changed. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      let changed = false;
      for (const config of this.#configs) changed = (await this.#look(config)) || changed;
      changed = this.#dropForgotten() || changed;
      if (changed) await this.#changed();
    });
  }

  /** The table with its files as they are now. */
  async fresh(name: string): Promise<ServedTable | undefined> {
    const config = this.#configs.find((table) => table.name === name);
    const served = this.#tables.get(name);
    if (
      config === undefined ||
      (served !== undefined && (await this.currentFiles(name)) === served.source.fingerprint)
    ) {
      return served;
    }
    await this.#inTurn(async () => {
      if (await this.#look(config)) await this.#changed();
    });
    return this.#tables.get(name);
  }

  get #configs(): readonly TableConfig[] {
    return [...this.#config.tables, ...(this.#store?.tables ?? [])];
  }

  /** @returns whether a piece is gone. */
  #dropForgotten(): boolean {
    const kept = new Set(this.#configs.map(({ name }) => name));
    const gone = [...this.#tables.keys()].filter((name) => !kept.has(name));
    for (const name of gone) {
      this.#tables.delete(name);
      this.#known.delete(name);
    }
    return gone.length > 0;
  }

  /** Fingerprint of the files that the table has now; undefined where they can't be listed. */
  async currentFiles(name: string): Promise<string | undefined> {
    const served = this.#tables.get(name);
    if (served === undefined || served.source.config.query !== undefined) return served?.source.fingerprint;
    try {
      return fingerprint(await listFiles(this.#engine, patternsOf(served.source.config), this.#allowed));
    } catch (error) {
      if (error instanceof TableProblem) return undefined;
      throw error;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work);
    this.#turn = next.catch(() => undefined);
    return next;
  }

  /** @returns whether the table is another than before. */
  async #look(config: TableConfig): Promise<boolean> {
    const before = this.#tables.get(config.name);
    if (before !== undefined && (await this.#isUnchanged(config, before))) return false;
    const known = this.#known.get(config.name);
    const source = await inspectTable(this.#engine, config, this.#allowed, this.#facts, known);
    const served = await this.#withConstants(await this.#withHash(source));
    if (before !== undefined && sameTable(before, served)) return false;
    this.#tables.set(config.name, served);
    if (served.source.outOfService === undefined) this.#known.set(config.name, served.source.columns);
    return true;
  }

  /** What a query reads is unknown: only where a stale answer would be wrong, or might be repaired, is it asked again. */
  async #isUnchanged(config: TableConfig, before: ServedTable): Promise<boolean> {
    if (config.query !== undefined) return !config.replicated && before.source.outOfService === undefined;
    return (await this.currentFiles(config.name)) === before.source.fingerprint;
  }

  async #withConstants({ source, contentHash: hash }: HashedTable): Promise<ServedTable> {
    const constants =
      source.outOfService === undefined ? await verifyConstants(this.#engine, source) : NO_CONSTANTS;
    return { source, contentHash: hash, constants };
  }

  async #withHash(source: SourceTable): Promise<HashedTable> {
    const isPiece = isPieceName(source.config.name);
    // A copy of a piece counts only where it is equal to that of the shard's other agents.
    const isCopy = source.config.replicated || (isPiece && this.#config.shard !== undefined);
    if (!isCopy || source.outOfService !== undefined) return { source, contentHash: undefined };
    const key = hashKey(source);
    try {
      const hash = this.#hashes.get(key) ?? (await contentHash(this.#engine, source));
      if (source.config.query === undefined || isPiece) this.#hashes.set(key, hash);
      return { source, contentHash: hash };
    } catch (error) {
      if (!(error instanceof TableProblem)) throw error;
      return { source: { ...source, groups: [], outOfService: error.message }, contentHash: undefined };
    }
  }

  async #changed(): Promise<void> {
    this.#forget();
    const memory = { tables: this.#known, facts: this.#facts, hashes: this.#hashes };
    await saveMemory(this.#config.stateDirectory, memory);
    for (const listener of this.#listeners) listener();
  }

  /** Drops what is remembered of files that no table has any more. */
  #forget(): void {
    const sources = [...this.#tables.values()].map(({ source }) => source);
    const files = new Set(
      sources.flatMap(({ config, files: own }) => own.map((file) => factsKey(config, file))),
    );
    for (const key of this.#facts.keys()) if (!files.has(key)) this.#facts.delete(key);
    const hashes = new Set(sources.map(hashKey));
    for (const key of this.#hashes.keys()) if (!hashes.has(key)) this.#hashes.delete(key);
  }
}

function hashKey(source: SourceTable): string {
  const digest = createHash('sha256').update(source.fingerprint).update(JSON.stringify(source.columns));
  return digest.update(JSON.stringify(source.config)).digest('hex');
}

function sameTable(a: ServedTable, b: ServedTable): boolean {
  return (
    a.source.fingerprint === b.source.fingerprint &&
    a.source.outOfService === b.source.outOfService &&
    a.contentHash === b.contentHash &&
    JSON.stringify(a.constants) === JSON.stringify(b.constants) &&
    a.source.rowEstimate === b.source.rowEstimate &&
    JSON.stringify(a.source.columns) === JSON.stringify(b.source.columns)
  );
}

/** Another one whenever the table's rows may be others; undefined where that can't be told. */
export function dataVersion({ source }: ServedTable): string | undefined {
  if (source.config.query !== undefined || source.outOfService !== undefined) return undefined;
  const digest = createHash('sha256').update(JSON.stringify(source.config)).update(source.fingerprint);
  return digest.digest('hex').slice(0, 16);
}

function isPieceName(name: string): boolean {
  return name.startsWith('@');
}

function announce(table: ServedTable): ClaimedTable {
  const { source, contentHash: hash, constants } = table;
  return {
    name: source.config.name,
    replicated: source.config.replicated,
    columns: source.columns,
    rowEstimate: source.rowEstimate,
    byteEstimate: source.byteEstimate,
    contentHash: hash,
    dataVersion: dataVersion(table),
    constants: Object.keys(constants.values).length === 0 ? undefined : constants.values,
    contradiction: constants.contradiction,
    outOfService: source.outOfService,
    comment: source.config.comment,
    ...(isPieceName(source.config.name) && { piece: true }),
  };
}
