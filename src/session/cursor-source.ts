import type { RowShape } from '../pgwire/session-handler.ts';
import type { StatementKind } from '../sql/statement.ts';
import type { PgColumn } from '../types/pg-column.ts';
import type { Portal } from './portals.ts';
import type { RowReading, RowSource } from './row-source.ts';

type FetchCommand = Extract<StatementKind, { readonly kind: 'fetch' }>;

/** One movement of a cursor. */
export type Move =
  | { readonly kind: 'rewind' }
  | { readonly kind: 'forward' | 'backward'; readonly count: number };

/** What a FETCH or MOVE does: it passes over rows, then gives those of the last movement. */
export interface CursorSteps {
  readonly before: readonly Move[];
  readonly last: Exclude<Move, { readonly kind: 'rewind' }>;
}

type Where = Pick<Portal, 'position' | 'atEnd'>;

const ALL = Number.POSITIVE_INFINITY;
const forward = (count: number): CursorSteps['last'] => ({ kind: 'forward', count });
const backward = (count: number): CursorSteps['last'] => ({ kind: 'backward', count });

/** src/backend/tcop/pquery.c, DoPortalRunFetch. */
export function cursorSteps({ direction, count, move }: FetchCommand, where: Where): CursorSteps {
  const number = count === 'all' ? ALL : count;
  switch (direction) {
    case 'absolute':
      return absoluteSteps(number, where);
    case 'relative':
      if (number === 0) return hereSteps(where, move);
      return number > 0
        ? { before: number > 1 ? [forward(number - 1)] : [], last: forward(1) }
        : { before: number < -1 ? [backward(-number - 1)] : [], last: backward(1) };
    case 'forward':
    case 'backward': {
      if (number === 0) return hereSteps(where, move);
      const goesForward = number > 0 === (direction === 'forward');
      return { before: [], last: (goesForward ? forward : backward)(Math.abs(number)) };
    }
  }
}

function absoluteSteps(number: number, where: Where): CursorSteps {
  if (number === 0) return { before: [{ kind: 'rewind' }], last: forward(0) };
  if (number < 0) {
    const back = number < -1 ? [backward(-number - 1)] : [];
    return { before: [forward(ALL), ...back], last: backward(1) };
  }
  const current = where.atEnd ? where.position + 1 : where.position;
  if (number - 1 <= where.position / 2) {
    return { before: [{ kind: 'rewind' }, ...(number > 1 ? [forward(number - 1)] : [])], last: forward(1) };
  }
  if (number <= current) return { before: [backward(current - number + 1)], last: forward(1) };
  const ahead = number - current - 1;
  return { before: ahead > 0 ? [forward(ahead)] : [], last: forward(1) };
}

/** The row that the cursor stands on, again. MOVE only counts it. */
function hereSteps(where: Where, move: boolean): CursorSteps {
  if (!standsOnRow(where) || move) return { before: [], last: forward(0) };
  return { before: [backward(1)], last: forward(1) };
}

/** Then MOVE 0 counts it. */
export function standsOnRow({ position, atEnd }: Where): boolean {
  return position > 0 && !atEnd;
}

/** @returns rows passed. */
export async function go(cursor: Portal, move: Move, reading: RowReading): Promise<number> {
  switch (move.kind) {
    case 'rewind':
      cursor.rewind();
      return 0;
    case 'forward':
      return cursor.fetch(move.count, undefined, reading);
    case 'backward':
      return cursor.fetchBackward(move.count, undefined, reading);
  }
}

/** The rows that one FETCH gives, read from the cursor as they are asked for. */
export class CursorSource implements RowSource {
  readonly columns: readonly PgColumn[];
  readonly #cursor: Portal;
  readonly #last: CursorSteps['last'];
  #given = 0;

  constructor(columns: readonly PgColumn[], cursor: Portal, last: CursorSteps['last']) {
    this.columns = columns;
    this.#cursor = cursor;
    this.#last = last;
  }

  async write(limit: number, shape: RowShape, reading: RowReading): Promise<number> {
    const count = Math.min(limit, this.#last.count - this.#given);
    if (count === 0) return 0;
    const rows =
      this.#last.kind === 'forward'
        ? await this.#cursor.fetch(count, shape, reading)
        : await this.#cursor.fetchBackward(count, shape, reading);
    this.#given += rows;
    return rows;
  }

  async skip(): Promise<number> {
    return 0;
  }

  /** The cursor stays open. */
  async close(): Promise<void> {
    this.#given = this.#last.count;
  }
}
