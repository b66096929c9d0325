import { SkeinError } from '../base/errors.ts';
import type { CopyFormat } from '../pgwire/copy-format.ts';
import type { Format, RowShape } from '../pgwire/session-handler.ts';
import { copyFormatCode } from '../pgwire/values/copy-row.ts';
import type { PgColumn } from '../types/pg-column.ts';
import type { HeldBytes } from './held-bytes.ts';
import { currentMicros } from './instant.ts';
import { expandFormats, type Reading, type RowReading, type RowSource } from './row-source.ts';
import { ScrollRows } from './scroll-rows.ts';

/** What running a statement gives: rows with the tag that ends them, rows of COPY TO STDOUT, or a tag alone. */
export type Outcome =
  | {
      readonly kind: 'copy';
      readonly format: CopyFormat;
      readonly source: RowSource;
      readonly tag: (rows: number) => string;
    }
  | { readonly kind: 'rows'; readonly source: RowSource; readonly tag: (rows: number) => string }
  /** COPY FROM STDIN: `copy` takes what the client sends, and gives the tag. */
  | {
      readonly kind: 'copy-in';
      readonly format: Format;
      readonly columns: number;
      readonly copy: (data: AsyncIterable<Uint8Array>, reading: RowReading) => Promise<string>;
    }
  | { readonly kind: 'done'; readonly tag: string }
  | { readonly kind: 'empty' };

export interface PortalDefinition {
  readonly name: string;
  /** What pg_cursors shows. */
  readonly sql: string;
  /** undefined: the statement returns no rows. */
  readonly columns: readonly PgColumn[] | undefined;
  readonly formats: readonly Format[];
  /** About what it keeps in memory besides rows. */
  readonly bytes: number;
  /** DECLARE … WITH HOLD: it outlives a transaction that commits. */
  readonly holdable: boolean;
  /** The simple protocol's own, which pg_cursors leaves out. */
  readonly hidden?: boolean;
  readonly binary?: boolean;
  readonly scrollable?: boolean;
  readonly start: (reading: RowReading) => Promise<Outcome>;
}

/** A statement with its parameters, ready to run or part-way through its rows. */
export class Portal {
  readonly name: string;
  readonly holdable: boolean;
  readonly hidden: boolean;
  readonly binary: boolean;
  readonly scrollable: boolean;
  readonly sql: string;
  readonly bytes: number;
  readonly createdAt = currentMicros();
  readonly serial: number;
  readonly shape: RowShape | undefined;
  readonly #start: (reading: RowReading) => Promise<Outcome>;
  #outcome: Outcome | undefined;
  #state: 'ready' | 'finished' | 'broken' = 'ready';
  #active = false;
  /** Rows passed so far: the position of an SQL cursor. */
  #position = 0;

  constructor(definition: PortalDefinition, serial: number) {
    this.name = definition.name;
    this.holdable = definition.holdable;
    this.hidden = definition.hidden ?? false;
    this.binary = definition.binary ?? false;
    this.scrollable = definition.scrollable ?? false;
    this.sql = definition.sql;
    this.bytes = definition.bytes;
    this.serial = serial;
    this.#start = definition.start;
    this.shape =
      definition.columns === undefined
        ? undefined
        : { columns: definition.columns, formats: expandFormats(definition.formats, definition.columns) };
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#state === 'finished';
  }

  /** Its own statement is what runs. */
  get isActive(): boolean {
    return this.#active;
  }

  /** It ran, and held no statement. */
  get isEmpty(): boolean {
    return this.#outcome?.kind === 'empty';
  }

  /**
   * Execute: writes rows up to the limit, then exactly one of CommandComplete, EmptyQueryResponse and PortalSuspended.
   * @param maxRows 0: no limit.
   */
  async execute(maxRows: number, reading: Reading): Promise<void> {
    const { sink } = reading;
    const outcome = await this.start(reading);
    switch (outcome.kind) {
      case 'empty':
        sink.emptyQuery();
        return;
      case 'done':
        this.#finishOnce();
        sink.commandComplete(outcome.tag);
        return;
      case 'copy-in':
        this.#finishOnce();
        sink.commandComplete(await outcome.copy(sink.copyIn(outcome.format, outcome.columns), reading));
        return;
      case 'copy':
        this.#finishOnce();
        sink.commandComplete(outcome.tag(await copyOut(outcome, reading)));
        return;
      case 'rows': {
        const limit = maxRows === 0 ? Number.POSITIVE_INFINITY : maxRows;
        const rows = await this.#write(outcome.source, limit, this.shape, reading);
        if (rows === limit) sink.portalSuspended();
        else sink.commandComplete(outcome.tag(rows));
      }
    }
  }

  /** FETCH and MOVE forward. @param shape undefined: MOVE. */
  async fetch(limit: number, shape: RowShape | undefined, reading: RowReading): Promise<number> {
    const outcome = await this.start(reading);
    if (outcome.kind !== 'rows') throw this.#cannotRun();
    if (shape === undefined) return this.#step(limit, () => outcome.source.skip(limit, reading));
    return this.#write(outcome.source, limit, shape, reading);
  }

  /** FETCH and MOVE backward. @throws 55000 unless it is a SCROLL cursor. */
  async fetchBackward(limit: number, shape: RowShape | undefined, reading: RowReading): Promise<number> {
    const outcome = await this.start(reading);
    if (outcome.kind !== 'rows') throw this.#cannotRun();
    const { source } = outcome;
    const isRewind = shape === undefined && limit === Number.POSITIVE_INFINITY && this.#position === 0;
    if (isRewind && !this.atEnd) return 0;
    if (!(source instanceof ScrollRows)) throw forwardOnly();
    const passed = this.atEnd ? this.#position : Math.max(0, this.#position - 1);
    const count = Math.min(limit, passed);
    if (shape !== undefined) await source.writeBackward(passed, count, shape, reading);
    if (this.#position > 0) this.#state = 'ready';
    this.#position = count < limit ? 0 : passed - count + 1;
    source.seek(this.#position);
    return count;
  }

  requireScroll(): void {
    if (!this.scrollable) throw forwardOnly();
  }

  /** Before the first row. @throws 55000 where that is not possible any more. */
  rewind(): void {
    if (this.#position === 0 && !this.atEnd) return;
    if (this.#outcome?.kind !== 'rows' || !(this.#outcome.source instanceof ScrollRows)) throw forwardOnly();
    this.#outcome.source.seek(0);
    this.#position = 0;
    this.#state = 'ready';
  }

  async close(): Promise<void> {
    this.#state = 'broken';
    if (this.#outcome?.kind === 'rows' || this.#outcome?.kind === 'copy') await this.#outcome.source.close();
  }

  /** Begins the work, once. */
  async start(reading: RowReading): Promise<Outcome> {
    // COMMIT closes its own portal too: what it did is still to be told.
    if (this.#outcome?.kind === 'done' || this.#outcome?.kind === 'empty') return this.#outcome;
    if (this.#state === 'broken') throw this.#cannotRun();
    if (this.#outcome !== undefined) return this.#outcome;
    try {
      this.#outcome = await this.#whileActive(() => this.#start(reading));
    } catch (error) {
      this.#state = 'broken';
      throw error;
    }
    return this.#outcome;
  }

  /** @throws 55000 where its own statement reads it. */
  async #whileActive<T>(work: () => Promise<T>): Promise<T> {
    if (this.#active) throw this.#cannotRun();
    this.#active = true;
    try {
      return await work();
    } finally {
      this.#active = false;
    }
  }

  /** What returns no rows runs once. */
  #finishOnce(): void {
    if (this.#state === 'finished') throw this.#cannotRun();
    this.#state = 'finished';
  }

  #cannotRun(): SkeinError {
    return new SkeinError('objectNotInState', `portal "${this.name}" cannot be run`);
  }

  async #write(
    source: RowSource,
    limit: number,
    shape: RowShape | undefined,
    reading: RowReading,
  ): Promise<number> {
    const rows = shape ?? { columns: source.columns, formats: source.columns.map(() => 0 as const) };
    return this.#step(limit, () => source.write(limit, rows, reading));
  }

  async #step(limit: number, advance: () => Promise<number>): Promise<number> {
    if (this.#state === 'finished' || limit === 0) return 0;
    try {
      const count = await this.#whileActive(advance);
      this.#position += count;
      if (count < limit) this.#state = 'finished';
      return count;
    } catch (error) {
      await this.close();
      throw error;
    }
  }
}

function forwardOnly(): SkeinError {
  return new SkeinError('objectNotInState', 'cursor can only scan forward', {
    hint: 'Declare it with SCROLL option to enable backward scan.',
  });
}

type CopyOutcome = Extract<Outcome, { readonly kind: 'copy' }>;

async function copyOut({ format, source }: CopyOutcome, { sink, style, signal }: Reading): Promise<number> {
  const { columns } = source;
  const formats = columns.map(() => copyFormatCode(format));
  const to = sink.copyOut(
    format,
    columns.map(({ name }) => name),
  );
  try {
    const rows = await source.write(
      Number.POSITIVE_INFINITY,
      { columns, formats },
      { sink: to, style, signal },
    );
    to.done();
    return rows;
  } finally {
    await source.close();
  }
}

/** A session's portals; SQL cursors are portals too, in one namespace. */
export class Portals {
  readonly #limit: number;
  readonly #held: HeldBytes;
  readonly #portals = new Map<string, Portal>();
  #serial = 0;

  constructor(limit: number, held: HeldBytes) {
    this.#limit = limit;
    this.#held = held;
  }

  serial(): number {
    return this.#serial;
  }

  list(): readonly Portal[] {
    return [...this.#portals.values()];
  }

  find(name: string): Portal | undefined {
    return this.#portals.get(name);
  }

  get(name: string): Portal {
    const portal = this.#portals.get(name);
    if (portal !== undefined) return portal;
    throw new SkeinError('invalidCursorName', `portal "${name}" does not exist`);
  }

  /** For FETCH, MOVE and CLOSE, which say "cursor". */
  cursor(name: string): Portal {
    const portal = this.#portals.get(name);
    if (portal !== undefined) return portal;
    throw new SkeinError('invalidCursorName', `cursor "${name}" does not exist`);
  }

  /** The unnamed portal is replaced; a name in use is an error. */
  async open(definition: PortalDefinition): Promise<Portal> {
    const { name } = definition;
    if (name === '') await this.close(name);
    else if (this.#portals.has(name)) {
      throw new SkeinError('duplicateCursor', `cursor "${name}" already exists`);
    }
    if (this.#portals.size >= this.#limit) {
      throw new SkeinError('limitExceeded', `more than ${this.#limit} portals are open`);
    }
    this.#held.take(definition.bytes);
    this.#serial += 1;
    const portal = new Portal(definition, this.#serial);
    this.#portals.set(name, portal);
    return portal;
  }

  /** Closing what isn't there is no error in the protocol. */
  async close(name: string): Promise<void> {
    const portal = this.#portals.get(name);
    if (portal === undefined) return;
    this.#portals.delete(name);
    this.#held.give(portal.bytes);
    await portal.close();
  }

  /** A transaction ended. */
  async ended(committed: boolean): Promise<void> {
    await this.#closeWhere((portal) => !(committed && portal.holdable) && !this.#survives(portal));
    if (committed) for (const portal of this.#portals.values()) this.#holding.add(portal);
  }

  /** What was opened after the serial is undone. */
  async undone(serial: number): Promise<void> {
    await this.#closeWhere((portal) => portal.serial > serial && !this.#survives(portal));
  }

  /** CLOSE ALL: all but the portal of this statement itself. */
  async closeOthers(): Promise<void> {
    await this.#closeWhere((portal) => !portal.isActive);
  }

  /** DISCARD ALL, which commits at once, and the end of the session. */
  async closeAll(): Promise<void> {
    await this.#closeWhere(() => true);
  }

  /** Cursors WITH HOLD whose transaction has committed. */
  readonly #holding = new WeakSet<Portal>();

  #survives(portal: Portal): boolean {
    return this.#holding.has(portal);
  }

  async #closeWhere(condition: (portal: Portal) => boolean): Promise<void> {
    for (const portal of [...this.#portals.values()].filter(condition)) await this.close(portal.name);
  }
}
