import { randomUUID } from 'node:crypto';
import type { OwnedRelations } from '../catalog/owned.ts';
import type { Fleet } from '../execution/fleet.ts';

/** Of the table's name, for the owners of the agents. */
const MAX_NAME = 24;

/** The pieces that agents keep for this proxy: those that no table has any more are forgotten, after a while. */
export class Pieces {
  readonly #fleet: Fleet;
  readonly #committed: () => OwnedRelations;
  readonly #log: (error: unknown) => void;
  /** Of transactions that have not ended. */
  readonly #open = new Set<string>();
  readonly #unusedSince = new Map<string, number>();
  readonly #graceMs: number;
  readonly #timer: NodeJS.Timeout;

  /** @param graceMs how long a statement may take that reads a piece whose table was dropped or made anew. */
  constructor(fleet: Fleet, committed: () => OwnedRelations, graceMs: number, log: (error: unknown) => void) {
    this.#fleet = fleet;
    this.#committed = committed;
    this.#graceMs = graceMs;
    this.#log = log;
    this.#timer = setInterval(() => this.#sweep(), graceMs / 4).unref();
  }

  /** A name that was never used. Until it is settled, nobody forgets what has it. */
  name(table: string): string {
    const piece = `${this.#fleet.piecePrefix}${firstBytes(table, MAX_NAME)}.${randomUUID().slice(0, 13)}`;
    this.#open.add(piece);
    return piece;
  }

  /** Its transaction ended: from now on the tables say whether it is kept. */
  settle(piece: string): void {
    this.#open.delete(piece);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    const tables = [...this.#committed().values()];
    const used = new Set(tables.flatMap((table) => (table.kind === 'table' ? [table.piece?.name] : [])));
    const now = performance.now();
    const unused = this.#fleet
      .snapshot()
      .tables.filter(({ name, piece }) => piece === true && !used.has(name) && !this.#open.has(name));
    const names = new Set(unused.map(({ name }) => name));
    for (const name of this.#unusedSince.keys()) if (!names.has(name)) this.#unusedSince.delete(name);
    for (const name of names) if (!this.#unusedSince.has(name)) this.#unusedSince.set(name, now);
    const isOld = (name: string) => now - (this.#unusedSince.get(name) ?? now) > this.#graceMs;
    if ([...names].some(isOld)) this.#fleet.forgetPieces((name) => !isOld(name)).catch(this.#log);
  }
}

function firstBytes(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes)).replace(/\uFFFD+$/, '');
}
