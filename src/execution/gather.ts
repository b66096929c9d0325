import type { Column } from '../plan/logical.ts';
import { batchBytes } from '../protocol/frames.ts';
import type { Batch } from '../types/batch.ts';
import type { Amount, GatherBudget } from './budget.ts';
import type { Assignment } from './completeness.ts';
import type { Workspace } from './workspace.ts';

/** Rows that all gathers of a statement may hold in JavaScript's memory before they go to DuckDB, which spills. */
const BUFFER_BYTES = 32 << 20;

/** What the gathers of a statement share. */
export class GatherBuffer {
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes > BUFFER_BYTES;
  }

  hold(bytes: number): void {
    this.#bytes += bytes;
  }
}

/**
 * Collects the tasks of one fragment. The rows of a task count once it ended, and then wholly; until then they wait in
 * memory, or in a temp table of their own where there are many.
 */
export class Gather {
  readonly #name: string;
  readonly #columns: readonly Column[];
  readonly #workspace: Workspace;
  readonly #budget: GatherBudget;
  readonly #buffer: GatherBuffer;
  readonly #complete: Batch[] = [];
  readonly #created: Promise<void>;
  #completeBytes = 0;
  readonly #tables: string[];
  #staged = 0;

  /** The table is made while the first rows are on their way. */
  constructor(
    name: string,
    columns: readonly Column[],
    workspace: Workspace,
    budget: GatherBudget,
    buffer: GatherBuffer,
  ) {
    this.#name = name;
    this.#columns = columns;
    this.#workspace = workspace;
    this.#budget = budget;
    this.#buffer = buffer;
    this.#tables = [name];
    this.#created = workspace.create(name, columns);
    // Its error is told by finish, if the gather gets that far.
    this.#created.catch(() => undefined);
  }

  /** Takes all rows of one attempt, or none if it throws. */
  async collect({ fragment }: Assignment, batches: AsyncIterable<Batch>): Promise<void> {
    const held: Held = { batches: [], bytes: 0, table: undefined };
    let taken: Amount = { bytes: 0, rows: 0 };
    try {
      for await (const batch of batches) {
        const bytes = batchBytes(batch);
        taken = { bytes: taken.bytes + bytes, rows: taken.rows + batch.rowCount };
        this.#budget.take({ bytes, rows: batch.rowCount }, fragment);
        this.#hold(held, batch, bytes);
        if (this.#buffer.isFull) await this.#stage(held);
      }
      if (held.table !== undefined) await this.#stage(held);
    } catch (error) {
      this.#budget.giveBack(taken);
      this.#buffer.hold(-held.bytes);
      throw error;
    }
    if (held.table !== undefined) this.#tables.push(held.table);
    this.#complete.push(...held.batches);
    this.#completeBytes += held.bytes;
  }

  /** Nothing follows: what waits in memory goes to the table. @returns a FROM item of all rows. */
  async finish(): Promise<string> {
    await this.#created;
    await this.#workspace.append(this.#name, this.#columns, this.#complete);
    this.#buffer.hold(-this.#completeBytes);
    this.#complete.length = 0;
    const items = this.#tables.map((table) => this.#workspace.from(table));
    if (this.#tables.length === 1) return this.#workspace.from(this.#name);
    return `(${items.map((item) => `SELECT * FROM ${item}`).join(' UNION ALL ')})`;
  }

  #hold(held: Held, batch: Batch, bytes: number): void {
    held.batches.push(batch);
    held.bytes += bytes;
    this.#buffer.hold(bytes);
  }

  async #stage(held: Held): Promise<void> {
    if (held.table === undefined) {
      const table = `${this.#name}_${++this.#staged}`;
      await this.#workspace.create(table, this.#columns);
      held.table = table;
    }
    await this.#workspace.append(held.table, this.#columns, held.batches);
    this.#buffer.hold(-held.bytes);
    held.batches.length = 0;
    held.bytes = 0;
  }
}

interface Held {
  readonly batches: Batch[];
  bytes: number;
  table: string | undefined;
}
