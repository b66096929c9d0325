import { describe, expect, it } from 'vitest';
import { SkeinError } from '../base/errors.ts';
import type { ResponseSink, RowEncoding, RowShape } from '../pgwire/session-handler.ts';
import type { Batch } from '../types/batch.ts';
import type { DataRow } from '../types/data-row.ts';
import { CursorSource, cursorSteps, go } from './cursor-source.ts';
import { HeldBytes } from './held-bytes.ts';
import { type Outcome, type Portal, Portals } from './portals.ts';
import { BatchSource, type Reading, TextSource } from './row-source.ts';
import { ScrollRows } from './scroll-rows.ts';
import { textColumn } from './statement.ts';

const columns = [textColumn('n')];

/** Says what it was given, a word each. */
class Recorder implements ResponseSink {
  readonly words: string[] = [];
  rowDescription(): void {
    this.words.push('T');
  }
  async batch(
    _batch: Batch,
    _shape: RowShape,
    _encoding: RowEncoding,
    from: number,
    to: number,
  ): Promise<void> {
    this.words.push(`${from}-${to}`);
  }
  async rawRows(rows: readonly DataRow[]): Promise<void> {
    for (const row of rows) this.words.push(Buffer.from(row.fields()[0] ?? []).toString());
  }
  copyOut() {
    this.words.push('copy');
    return Object.assign(this, { done: () => this.words.push('done') });
  }
  async *copyIn(): AsyncGenerator<Uint8Array> {
    this.words.push('copy in');
    yield new Uint8Array();
  }
  commandComplete(tag: string): void {
    this.words.push(tag);
  }
  emptyQuery(): void {
    this.words.push('empty');
  }
  portalSuspended(): void {
    this.words.push('suspended');
  }
  notice(): void {
    this.words.push('notice');
  }
}

function reading(signal = new AbortController().signal): Reading & { readonly sink: Recorder } {
  const style = {
    timeZone: 'UTC',
    dateStyle: 'ISO, MDY',
    intervalStyle: 'postgres',
    byteaOutput: 'hex',
    extraFloatDigits: 1,
  } as const;
  return { sink: new Recorder(), style, signal };
}

const rowsOf = (count: number): Outcome => ({
  kind: 'rows',
  source: new TextSource(
    columns,
    Array.from({ length: count }, (_, index) => [String(index + 1)]),
  ),
  tag: (rows) => `SELECT ${rows}`,
});

const open = (portals: Portals, name: string, outcome: Outcome, holdable = false) =>
  portals.open({ name, sql: '', bytes: 0, columns, formats: [], holdable, start: async () => outcome });

const UNLIMITED = new HeldBytes(Number.POSITIVE_INFINITY);

const codeOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof SkeinError) return error.code;
    throw error;
  }
  return 'none';
};

describe('Execute', () => {
  it('ends each step with exactly one of suspended and complete', async () => {
    const portal = await open(new Portals(9, UNLIMITED), 'p', rowsOf(4));
    const steps = reading();
    await portal.execute(2, steps);
    await portal.execute(2, steps);
    await portal.execute(2, steps);
    await portal.execute(0, steps);
    expect(steps.sink.words).toEqual(['1', '2', 'suspended', '3', '4', 'suspended', 'SELECT 0', 'SELECT 0']);
  });

  it('runs what returns no rows once', async () => {
    const portal = await open(new Portals(9, UNLIMITED), 'p', { kind: 'done', tag: 'SET' });
    const steps = reading();
    await portal.execute(0, steps);
    expect(await codeOf(() => portal.execute(0, steps))).toBe('55000');
    expect(steps.sink.words).toEqual(['SET']);
  });

  it('reads batches on from where it stopped, and releases them at the end', async () => {
    let released = 0;
    const batch = (rowCount: number): Batch => ({ rowCount, columns: [] });
    async function* batches() {
      yield* [batch(3), batch(0), batch(2)];
    }
    const source = new BatchSource([], [], batches(), new AbortController(), async () => void released++);
    const portal = await open(new Portals(9, UNLIMITED), 'p', {
      kind: 'rows',
      source,
      tag: (rows) => `SELECT ${rows}`,
    });
    const steps = reading();
    await portal.execute(2, steps);
    await portal.execute(2, steps);
    await portal.execute(2, steps);
    expect(steps.sink.words).toEqual(['0-2', 'suspended', '2-3', '0-1', 'suspended', '1-2', 'SELECT 1']);
    expect(released).toBe(1);
  });

  it('hands a cancel to what produces the rows', async () => {
    const cancel = new AbortController();
    const running = new AbortController();
    async function* batches(): AsyncGenerator<Batch> {
      await new Promise((resolve) => running.signal.addEventListener('abort', resolve));
      throw running.signal.reason;
    }
    const source = new BatchSource([], [], batches(), running, async () => undefined);
    const portal = await open(new Portals(9, UNLIMITED), 'p', { kind: 'rows', source, tag: () => '' });
    const result = codeOf(() => portal.execute(0, reading(cancel.signal)));
    cancel.abort(new SkeinError('queryCanceled', 'canceling statement due to user request'));
    expect(await result).toBe('57014');
    expect(await codeOf(() => portal.execute(0, reading()))).toBe('55000');
  });
});

describe('names', () => {
  it('are unique, but for the unnamed portal', async () => {
    const portals = new Portals(9, UNLIMITED);
    await open(portals, '', rowsOf(1));
    await open(portals, '', rowsOf(1));
    await open(portals, 'p', rowsOf(1));
    expect(await codeOf(() => open(portals, 'p', rowsOf(1)))).toBe('42P03');
    expect(await codeOf(async () => portals.get('q'))).toBe('34000');
    expect(await codeOf(async () => portals.cursor('q'))).toBe('34000');
  });

  it('are limited in number', async () => {
    const portals = new Portals(1, UNLIMITED);
    await open(portals, 'p', rowsOf(1));
    expect(await codeOf(() => open(portals, 'q', rowsOf(1)))).toBe('54000');
  });

  it('end with the transaction, but for held cursors', async () => {
    const portals = new Portals(9, UNLIMITED);
    await open(portals, 'p', rowsOf(1));
    await open(portals, 'h', rowsOf(1), true);
    await portals.ended(true);
    expect([portals.find('p'), portals.find('h')?.name]).toEqual([undefined, 'h']);
    await open(portals, 'h2', rowsOf(1), true);
    await portals.ended(false);
    expect([portals.find('h2'), portals.find('h')?.name]).toEqual([undefined, 'h']);
  });

  it('after a savepoint end with it', async () => {
    const portals = new Portals(9, UNLIMITED);
    await open(portals, 'before', rowsOf(1));
    const serial = portals.serial();
    await open(portals, 'after', rowsOf(1));
    await portals.undone(serial);
    expect([portals.find('before')?.name, portals.find('after')]).toEqual(['before', undefined]);
  });
});

describe('FETCH', () => {
  const fetch = (direction: 'forward' | 'backward' | 'absolute' | 'relative', count: number | 'all') =>
    ({ kind: 'fetch', move: false, name: 'c', direction, count }) as const;
  type Fetch = ReturnType<typeof fetch>;

  const openCursor = async (scrollable: boolean, limitBytes = 1000) => {
    const rows = rowsOf(5);
    if (rows.kind !== 'rows') throw new Error('no rows');
    const source = scrollable ? new ScrollRows(rows.source, new HeldBytes(limitBytes)) : rows.source;
    const start = async () => ({ ...rows, source });
    const definition = {
      name: 'c',
      sql: '',
      bytes: 0,
      columns,
      formats: [],
      holdable: false,
      scrollable,
      start,
    };
    return new Portals(9, UNLIMITED).open(definition);
  };

  async function words(cursor: Portal, command: Fetch): Promise<string> {
    const step = reading();
    const { before, last } = cursorSteps(command, cursor);
    for (const move of before) await go(cursor, move, step);
    const source = new CursorSource(columns, cursor, last);
    await source.write(Number.POSITIVE_INFINITY, { columns, formats: [0] }, step);
    return step.sink.words.join(' ');
  }

  it.each<[Fetch[], string]>([
    [[fetch('forward', 2), fetch('forward', 'all')], '1 2 | 3 4 5'],
    [[fetch('absolute', 3), fetch('relative', 2)], '3 | 5'],
    [[fetch('forward', 0), fetch('forward', 1)], ' | 1'],
    [[fetch('forward', 9), fetch('forward', 1)], '1 2 3 4 5 | '],
  ])('goes forward %#', async (commands, expected) => {
    const cursor = await openCursor(false);
    const parts: string[] = [];
    for (const command of commands) parts.push(await words(cursor, command));
    expect(parts.join(' | ')).toBe(expected);
  });

  it('does not go back', async () => {
    const cursor = await openCursor(false);
    await cursor.fetch(3, undefined, reading());
    const commands = [fetch('backward', 1), fetch('absolute', 1), fetch('forward', -1), fetch('forward', 0)];
    for (const command of commands) expect(await codeOf(() => words(cursor, command))).toBe('55000');
  });

  it('goes anywhere with SCROLL', async () => {
    const cursor = await openCursor(true);
    const commands = [
      fetch('forward', 2),
      fetch('backward', 1),
      fetch('relative', 0),
      fetch('absolute', -1),
      fetch('backward', 'all'),
      fetch('backward', 1),
      fetch('forward', 'all'),
      fetch('backward', 2),
      fetch('absolute', 9),
      fetch('relative', -2),
    ];
    const parts: string[] = [];
    for (const command of commands) parts.push(await words(cursor, command));
    expect(parts.join(' | ')).toBe('1 2 | 1 | 1 | 5 | 4 3 2 1 |  | 1 2 3 4 5 | 5 4 |  | 4');
  });

  it('keeps no more bytes than it may', async () => {
    const cursor = await openCursor(true, 3);
    expect(await codeOf(() => words(cursor, fetch('forward', 'all')))).toBe('53200');
  });
});
