import type { AnalysisSession, CatalogEngine, Overlay } from '../analysis/engine.ts';
import { SkeinError } from '../base/errors.ts';
import type { CatalogChange, OwnedRelations } from '../catalog/owned.ts';
import type { Warehouse, WarehouseTransaction } from '../warehouse/warehouse.ts';

const NOTHING: CatalogChange = { put: new Map(), gone: new Set() };

let overlays = 0;

/** What a client's transaction reads and changes of the warehouse: begun when it is first needed. */
export class Storage {
  readonly #engine: CatalogEngine;
  readonly #warehouse: Warehouse;
  /** READ COMMITTED: each statement sees what was committed before it. */
  readonly #followsCommits: () => boolean;
  #transaction: WarehouseTransaction | undefined;
  #overlay: Overlay | undefined;

  constructor(engine: CatalogEngine, warehouse: Warehouse, followsCommits: () => boolean) {
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
    return this.#transaction?.wrote ?? false;
  }

  /** For a statement that only reads. While nothing is written, it may be of another moment than that of the statement before. */
  async read(signal: AbortSignal): Promise<WarehouseTransaction> {
    const known = this.#transaction;
    if (known !== undefined && !known.wrote && !known.lease.inUse && this.#followsCommits())
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

  /** @throws 40001, and then nothing of the transaction is left. */
  async commit(): Promise<void> {
    const transaction = this.#transaction;
    const change = this.#overlay?.change ?? NOTHING;
    this.#transaction = undefined;
    this.#overlay = undefined;
    await transaction?.commit(change, () => this.#engine.adopt(change));
  }

  async rollback(): Promise<void> {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    this.#overlay = undefined;
    await transaction?.rollback();
  }

  /** DuckDB can't take back a part of a transaction. */
  checkSavepoint(): void {
    if (!this.wrote) return;
    throw new SkeinError(
      'notSupported',
      'SAVEPOINT after a change in the same transaction is not supported',
      {
        hint: 'Set the savepoint before the first change, or make each part a transaction of its own.',
      },
    );
  }
}
