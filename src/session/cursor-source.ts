import { SkeinError } from '../base/errors.ts';
import type { RowShape } from '../pgwire/session-handler.ts';
import type { StatementKind } from '../sql/statement.ts';
import type { PgColumn } from '../types/pg-column.ts';
import type { Portal } from './portals.ts';
import type { RowReading, RowSource } from './row-source.ts';

type FetchCommand = Extract<StatementKind, { readonly kind: 'fetch' }>;

/** How far a FETCH or MOVE goes from where the cursor stands: rows to pass over, then rows to give. */
export interface CursorStep {
  readonly skip: number;
  readonly take: number;
}

/** @throws 55000 where the cursor would have to go back. */
export function cursorStep(command: FetchCommand, cursor: Portal): CursorStep {
  const { direction, move } = command;
  const count = command.count === 'all' ? Number.POSITIVE_INFINITY : command.count;
  const position = cursor.position;
  if (direction === 'backward' && count !== 0) throw forwardOnly();
  if (direction === 'absolute' && count !== position) {
    if (count < position) throw forwardOnly();
    return { skip: count - position - 1, take: 1 };
  }
  if (direction === 'absolute' || count === 0) {
    const onRow = position > 0 && !cursor.atEnd;
    if (onRow && !move) throw forwardOnly();
    return { skip: 0, take: 0 };
  }
  if (count < 0) throw forwardOnly();
  return direction === 'relative' ? { skip: count - 1, take: 1 } : { skip: 0, take: count };
}

function forwardOnly(): SkeinError {
  return new SkeinError('objectNotInState', 'cursor can only scan forward', {
    hint: 'Declare it with SCROLL option to enable backward scan.',
  });
}

/** The rows that one FETCH gives, read from the cursor as they are asked for. */
export class CursorSource implements RowSource {
  readonly columns: readonly PgColumn[];
  readonly #cursor: Portal;
  readonly #step: CursorStep;
  #skipped = false;
  #given = 0;

  constructor(columns: readonly PgColumn[], cursor: Portal, step: CursorStep) {
    this.columns = columns;
    this.#cursor = cursor;
    this.#step = step;
  }

  write(limit: number, shape: RowShape, reading: RowReading): Promise<number> {
    return this.#advance(limit, shape, reading);
  }

  async skip(): Promise<number> {
    return 0;
  }

  /** The cursor stays open. */
  async close(): Promise<void> {
    this.#given = this.#step.take;
  }

  async #advance(limit: number, shape: RowShape, reading: RowReading): Promise<number> {
    if (!this.#skipped) {
      this.#skipped = true;
      if (this.#step.skip > 0) await this.#cursor.fetch(this.#step.skip, undefined, reading);
    }
    const count = Math.min(limit, this.#step.take - this.#given);
    if (count === 0) return 0;
    const rows = await this.#cursor.fetch(count, shape, reading);
    this.#given += rows;
    return rows;
  }
}
