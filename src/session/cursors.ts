import { SkeinError } from '../base/errors.ts';
import type { StatementKind } from '../sql/statement.ts';
import type { Client } from './client.ts';
import { CursorSource, type CursorSteps, cursorSteps, go, standsOnRow } from './cursor-source.ts';
import { parameterBytes } from './held-bytes.ts';
import type { Outcome, Portal } from './portals.ts';
import { prepareStatement } from './prepare.ts';
import type { Run } from './run.ts';
import { ScrollRows } from './scroll-rows.ts';
import { atOffset } from './statement.ts';

type DeclareCommand = Extract<StatementKind, { readonly kind: 'declare' }>;
type FetchCommand = Extract<StatementKind, { readonly kind: 'fetch' }>;

/** DECLARE: a portal that SQL reads. Its query is planned now, with now()'s time; rows come when they are fetched. */
export async function declareCursor(run: Run, command: DeclareCommand): Promise<Outcome> {
  const { client, parameters } = run;
  if (!command.hold && !client.transaction.isShared) client.transaction.requireBlock('DECLARE CURSOR');
  if (command.name === '')
    throw new SkeinError('invalidCursorName', 'invalid cursor name: must not be empty');
  const offset = command.inner.offset - (run.prepared.statement?.offset ?? 0);
  const prepared = await atOffset(offset, () =>
    prepareStatement(client, command.inner, run.prepared.parameterOids),
  );
  const cursor = await client.portals.open({
    name: command.name,
    sql: run.prepared.origin.sql,
    columns: prepared.columns,
    formats: command.binary ? [1] : [],
    bytes: prepared.bytes + parameterBytes(parameters),
    holdable: command.hold,
    binary: command.binary,
    scrollable: command.scroll,
    start: async (reading) => {
      const outcome = await run.perform({ client, prepared, parameters, reading, perform: run.perform });
      if (!command.scroll || outcome.kind !== 'rows') return outcome;
      return { ...outcome, source: new ScrollRows(outcome.source, client.heldBytes) };
    },
  });
  await cursor.start(run.reading);
  return { kind: 'done', tag: 'DECLARE CURSOR' };
}

export async function fetchCursor(run: Run, command: FetchCommand): Promise<Outcome> {
  const cursor = run.client.portals.cursor(command.name);
  const steps = cursorSteps(command, cursor);
  if (command.move) return moveCursor(run, cursor, steps, command);
  if (steps.last.kind === 'backward') cursor.requireScroll();
  for (const move of steps.before) await go(cursor, move, run.reading);
  const columns = run.prepared.columns ?? cursor.shape?.columns ?? [];
  const source = new CursorSource(columns, cursor, steps.last);
  return { kind: 'rows', source, tag: (rows) => `FETCH ${rows}` };
}

async function moveCursor(
  { reading }: Run,
  cursor: Portal,
  { before, last }: CursorSteps,
  { direction, count }: FetchCommand,
): Promise<Outcome> {
  const stays = count === 0 && direction !== 'absolute';
  const here = stays && standsOnRow(cursor) ? 1 : 0;
  for (const move of before) await go(cursor, move, reading);
  const passed = await go(cursor, last, reading);
  return { kind: 'done', tag: `MOVE ${passed + here}` };
}

/** @param name undefined: all. */
export async function closeCursor(client: Client, name: string | undefined): Promise<Outcome> {
  if (name === undefined) {
    await client.portals.closeOthers();
    return { kind: 'done', tag: 'CLOSE CURSOR ALL' };
  }
  client.portals.cursor(name);
  await client.portals.close(name);
  return { kind: 'done', tag: 'CLOSE CURSOR' };
}
