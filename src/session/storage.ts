import type { AnalysisSession, CatalogEngine, Overlay } from '../analysis/engine.ts';
import { SkeinError } from '../base/errors.ts';
import type { CatalogChange, OwnedRelations } from '../catalog/owned.ts';
import type { Warehouse, WarehouseTransaction } from '../warehouse/warehouse.ts';
import type { Pieces } from './pieces.ts';

const NOTHING: CatalogChange = { put: new Map(), gone: new Set() };

let overlays = 0;

/** What a client's transaction reads and changes of the warehouse: begun when it is first needed. */
export class Storage {
  readonly #engine: CatalogEngine;
  readonly #warehouse: Warehouse;
  /** READ COMMITTED: each statement sees what was committed before it. */
  readonly #followsCommits: () => boolean;
  #transaction: WarehouseTransaction | undefined;
  readonly #pieces: Pieces;
  #newPieces: string[] = [];
  #overlay: Overlay | undefined;
  /** Of temporary tables, which outlive the transaction. */
  #kept: Overlay | undefined;
  readonly #marks = new Map<number, Overlay | undefined>();

  constructor(engine: CatalogEngine, warehouse: Warehouse, pieces: Pieces, followsCommits: () => boolean) {
    this.#pieces = pieces;
    this.#engine = engine;
    this.#warehouse = warehouse;
    this.#followsCommits = followsCommits;
  }

  get overlay(): AnalysisSession['overlay'] {
    return this.#overlay;
  }

  /** What was made through Skein, as this session sees it. */
  get relations(): OwnedRelations {
    return this.#engine.ownedRelations(this.#overlay);
  }

  get wrote(): boolean {
    return (this.#transaction?.wrote ?? false) || this.#overlay !== this.#kept;
  }

  /** For a statement that only reads. While nothing is written, it may be of another moment than that of the statement before. */
  async read(signal: AbortSignal): Promise<WarehouseTransaction> {
    const known = this.#transaction;
    if (known !== undefined && !this.wrote && !known.lease.inUse && this.#followsCommits())
      await this.rollback();
    return this.begin(signal);
  }

  /** For a statement that changes something. */
  async begin(signal: AbortSignal): Promise<WarehouseTransaction> {
    this.#transaction ??= await this.#warehouse.begin(signal);
    return this.#transaction;
  }

  /** @param change all that the session sees beyond what is committed. */
  defined(change: CatalogChange): void {
    overlays += 1;
    this.#overlay = { id: overlays, change };
  }

  /** A name for rows that agents keep of a table of this transaction's. */
  newPiece(table: string): string {
    const piece = this.#pieces.name(table);
    this.#newPieces.push(piece);
    return piece;
  }

  /** @throws 40001, and then nothing of the transaction is left. */
  async commit(): Promise<void> {
    const transaction = this.#transaction;
    const overlay = this.#overlay;
    const change = overlay === this.#kept ? NOTHING : (overlay?.change ?? NOTHING);
    const { temporary, permanent } = this.#engine.splitTemporary(change);
    this.#forget();
    try {
      await transaction?.commit(permanent, () => this.#engine.adopt(permanent));
      if (change !== NOTHING) this.#keep(temporary);
    } finally {
      this.#settlePieces();
    }
  }

  async rollback(): Promise<void> {
    const transaction = this.#transaction;
    this.#forget();
    this.#settlePieces();
    await transaction?.rollback();
  }

  /** What is defined from now on is undone by {@link undo}. */
  mark(serial: number): void {
    this.#marks.set(serial, this.#overlay);
  }

  async undo(serial: number): Promise<void> {
    const overlay = this.#marks.has(serial) ? this.#marks.get(serial) : this.#kept;
    if (this.#transaction?.wrote === true) {
      const transaction = this.#transaction;
      this.#transaction = undefined;
      this.#settlePieces();
      await transaction.rollback();
    }
    this.#overlay = overlay;
  }

  /** DISCARD TEMP, and the session's end. */
  async dropTemporary(signal: AbortSignal): Promise<void> {
    if (this.#overlay !== this.#kept) {
      throw new SkeinError(
        'notSupported',
        'DISCARD after a definition in the same transaction is not supported',
      );
    }
    if (this.#kept === undefined) return;
    const before = this.relations;
    this.#kept = undefined;
    this.#overlay = undefined;
    const transaction = await this.#warehouse.begin(signal);
    await transaction.define(before, this.relations, signal);
    await transaction.commit(NOTHING, () => Promise.resolve());
  }

  #forget(): void {
    this.#transaction = undefined;
    this.#overlay = this.#kept;
    this.#marks.clear();
  }

  #keep(temporary: CatalogChange): void {
    this.#kept = undefined;
    this.#overlay = undefined;
    if (temporary.put.size === 0) return;
    this.defined(temporary);
    this.#kept = this.#overlay;
  }

  #settlePieces(): void {
    for (const piece of this.#newPieces.splice(0)) this.#pieces.settle(piece);
  }

  /** DuckDB can't take back a part of a transaction. */
  checkSavepoint(): void {
    if (this.#transaction?.wrote !== true) return;
    throw new SkeinError(
      'notSupported',
      'SAVEPOINT after a change in the same transaction is not supported',
      {
        hint: 'Set the savepoint before the first change, or make each part a transaction of its own.',
      },
    );
  }
}
