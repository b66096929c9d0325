import type { AnalysisSession, CatalogEngine, Overlay } from '../analysis/engine.ts';
import { SkeinError } from '../base/errors.ts';
import { followedBy, type Lineage, throughParents } from '../catalog/lineage.ts';
import type { CatalogChange, OwnedRelations } from '../catalog/owned.ts';
import type { Lineages } from '../warehouse/lineage.ts';
import type { Level } from '../warehouse/savepoints.ts';
import type { Warehouse, WarehouseTransaction } from '../warehouse/warehouse.ts';
import type { Pieces } from './pieces.ts';

const NOTHING: CatalogChange = { put: new Map(), gone: new Set() };

const NO_LINEAGES: Lineages = new Map();

let overlays = 0;

interface Mark {
  readonly overlay: Overlay | undefined;
  readonly lineages: Lineages;
  /** How many pieces there were. */
  readonly pieces: number;
  /** undefined: nothing had been written, so what comes after is undone with the transaction. */
  readonly level: Level | undefined;
}

/** The transaction's beginning. */
const START: Omit<Mark, 'overlay' | 'lineages'> = { pieces: 0, level: undefined };

/** What a client's transaction reads and changes of the warehouse: begun when it is first needed. */
export class Storage {
  readonly #engine: CatalogEngine;
  readonly #warehouse: Warehouse;
  /** READ COMMITTED: each statement sees what was committed before it. */
  readonly #followsCommits: () => boolean;
  #transaction: WarehouseTransaction | undefined;
  readonly #pieces: Pieces;
  #newPieces: string[] = [];
  /** Why no savepoint can be gone back to. */
  #lost: SkeinError | undefined;
  #overlay: Overlay | undefined;
  /** Of temporary tables, which outlive the transaction. */
  #kept: Overlay | undefined;
  readonly #marks = new Map<number, Mark>();
  /** Of what the transaction made and changed, and of the session's temporary tables. */
  #lineages: Lineages = NO_LINEAGES;
  #keptLineages: Lineages = NO_LINEAGES;

  constructor(engine: CatalogEngine, warehouse: Warehouse, pieces: Pieces, followsCommits: () => boolean) {
    this.#pieces = pieces;
    this.#engine = engine;
    this.#warehouse = warehouse;
    this.#followsCommits = followsCommits;
  }

  get overlay(): AnalysisSession['overlay'] {
    return this.#overlay;
  }

  /** All that the session sees beyond what is committed. */
  get change(): CatalogChange {
    return this.#overlay?.change ?? NOTHING;
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

  /** What a statement did to a relation. What it read of temporary tables, it read of what those were made of. */
  noteLineage(oid: number, lineage: Lineage): void {
    const { relations } = this;
    const told = throughParents(lineage, (parent) =>
      relations.get(parent)?.temporary === true ? this.#lineages.get(parent) : undefined,
    );
    const earlier = this.#lineages.get(oid);
    const all = new Map(this.#lineages);
    this.#lineages = all.set(oid, earlier === undefined ? told : followedBy(earlier, told));
  }

  /** As the session sees them. */
  async lineages(signal: AbortSignal): Promise<Lineages> {
    const transaction = await this.begin(signal);
    const all = new Map(await transaction.lineages());
    for (const [oid, own] of this.#lineages) {
      const earlier = all.get(oid);
      all.set(oid, earlier === undefined ? own : followedBy(earlier, own));
    }
    return all;
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
    const [lineages, kept] = [this.#lineagesOf(false), this.#lineagesOf(true)];
    this.#forget();
    try {
      await transaction?.commit(permanent, () => this.#engine.adopt(permanent), lineages);
      this.#keptLineages = kept;
      this.#lineages = kept;
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
    const level = this.#transaction?.wrote === true ? this.#transaction.savepoints.set() : undefined;
    const pieces = this.#newPieces.length;
    this.#marks.set(serial, { overlay: this.#overlay, lineages: this.#lineages, pieces, level });
  }

  /** What was marked at this serial and later is not gone back to any more. */
  async released(serial: number): Promise<void> {
    const level = this.#marks.get(serial)?.level;
    for (const marked of this.#marks.keys()) if (marked >= serial) this.#marks.delete(marked);
    if (level !== undefined) await this.#transaction?.savepoints.release(level);
  }

  /** @returns why what was before that can't be had again: the transaction must end. */
  async undo(serial: number): Promise<SkeinError | undefined> {
    const mark = this.#marks.get(serial) ?? {
      ...START,
      overlay: this.#kept,
      lineages: this.#keptLineages,
    };
    this.#settlePieces(mark.pieces);
    this.#overlay = mark.overlay;
    this.#lineages = mark.lineages;
    const transaction = this.#transaction;
    if (transaction === undefined) return this.#lost;
    if (await isUndone(transaction, mark.level)) return undefined;
    this.#transaction = undefined;
    await transaction.rollback();
    if (mark.level !== undefined) this.#lost = tooLate('an error ended what had been changed before it');
    else if (!this.#followsCommits() && !transaction.isCurrent)
      this.#lost = tooLate('others have committed changes since');
    return this.#lost;
  }

  /** DISCARD TEMP, and the session's end. */
  async dropTemporary(signal: AbortSignal): Promise<void> {
    if (this.wrote) {
      throw new SkeinError('notSupported', 'DISCARD after a change in the same transaction is not supported');
    }
    if (this.#kept === undefined) return;
    const transaction = await this.#warehouse.begin(signal);
    try {
      await transaction.define(this.relations, this.#engine.ownedRelations(undefined), signal);
      await transaction.commit(NOTHING, () => Promise.resolve());
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
    this.#kept = undefined;
    this.#overlay = undefined;
    this.#settlePieces();
    this.#lineages = NO_LINEAGES;
    this.#keptLineages = NO_LINEAGES;
  }

  #forget(): void {
    this.#transaction = undefined;
    this.#lost = undefined;
    this.#overlay = this.#kept;
    this.#lineages = this.#keptLineages;
    this.#marks.clear();
  }

  #lineagesOf(temporary: boolean): Lineages {
    if (this.#lineages.size === 0) return NO_LINEAGES;
    const { relations } = this;
    return new Map([...this.#lineages].filter(([oid]) => relations.get(oid)?.temporary === temporary));
  }

  #keep(temporary: CatalogChange): void {
    this.#kept = undefined;
    this.#overlay = undefined;
    if (temporary.put.size === 0) return;
    this.defined(temporary);
    this.#kept = this.#overlay;
  }

  #settlePieces(from = 0): void {
    const kept = piecesIn(this.#kept);
    for (const piece of this.#newPieces.splice(from)) {
      if (kept.has(piece)) this.#newPieces.push(piece);
      else this.#pieces.settle(piece);
    }
  }
}

/** Of the session's temporary tables, which no committed row speaks of. */
function piecesIn(overlay: Overlay | undefined): ReadonlySet<string> {
  const rows = [...(overlay?.change.put.values() ?? [])];
  return new Set(
    rows.flatMap(({ catalog, values: [piece] }) =>
      catalog === 'skein_placement' && typeof piece === 'string' ? [piece] : [],
    ),
  );
}

/** Whether the transaction is as it was at the mark. */
async function isUndone(transaction: WarehouseTransaction, level: Level | undefined): Promise<boolean> {
  if (level === undefined) return !transaction.wrote && transaction.isAlive();
  return transaction.undo(level);
}

function tooLate(why: string): SkeinError {
  return new SkeinError('serializationFailure', 'could not go back to the savepoint', {
    detail: `The savepoint's rows are lost: ${why}.`,
    hint: 'Roll the transaction back and run it again.',
  });
}
