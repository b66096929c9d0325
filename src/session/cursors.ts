import { refuse, SkeinError } from '../base/errors.ts';
import type { StatementKind } from '../sql/statement.ts';
import type { Client } from './client.ts';
import { CursorSource, cursorStep } from './cursor-source.ts';
import type { Outcome } from './portals.ts';
import { prepareStatement } from './prepare.ts';
import type { Run } from './run.ts';
import { atOffset } from './statement.ts';

type DeclareCommand = Extract<StatementKind, { readonly kind: 'declare' }>;
type FetchCommand = Extract<StatementKind, { readonly kind: 'fetch' }>;

/** DECLARE: a portal that SQL reads. Its query is planned now, with now()'s time; rows come when they are fetched. */
export async function declareCursor(run: Run, command: DeclareCommand): Promise<Outcome> {
  const { client, parameters } = run;
  if (command.scroll) throw refuse('a SCROLL cursor', { hint: 'Declare it without SCROLL.' });
  if (command.binary) throw refuse('a BINARY cursor');
  if (!command.hold && !client.transaction.isShared) client.transaction.requireBlock('DECLARE CURSOR');
  if (command.name === '')
    throw new SkeinError('invalidCursorName', 'invalid cursor name: must not be empty');
  const offset = command.inner.offset - (run.prepared.statement?.offset ?? 0);
  const prepared = await atOffset(offset, () =>
    prepareStatement(client, command.inner, run.prepared.parameterOids),
  );
  const cursor = await client.portals.open({
    name: command.name,
    sql: run.prepared.statement?.text ?? '',
    columns: prepared.columns,
    formats: [],
    holdable: command.hold,
    start: (reading) => run.perform({ client, prepared, parameters, reading, perform: run.perform }),
  });
  await cursor.start(run.reading);
  return { kind: 'done', tag: 'DECLARE CURSOR' };
}

export async function fetchCursor(run: Run, command: FetchCommand): Promise<Outcome> {
  const cursor = run.client.portals.cursor(command.name);
  const step = cursorStep(command, cursor);
  if (command.move) return moveCursor(run, command, step);
  const columns = run.prepared.columns ?? cursor.shape?.columns ?? [];
  const source = new CursorSource(columns, cursor, step);
  return { kind: 'rows', source, tag: (rows) => `FETCH ${rows}` };
}

async function moveCursor(
  { client, reading }: Run,
  command: FetchCommand,
  step: { readonly skip: number; readonly take: number },
): Promise<Outcome> {
  const cursor = client.portals.cursor(command.name);
  if (step.skip > 0) await cursor.fetch(step.skip, undefined, reading);
  const passed = step.take > 0 ? await cursor.fetch(step.take, undefined, reading) : 0;
  return { kind: 'done', tag: `MOVE ${passed}` };
}

/** @param name undefined: all. */
export async function closeCursor(client: Client, name: string | undefined): Promise<Outcome> {
  if (name === undefined) {
    await client.portals.closeAll();
    return { kind: 'done', tag: 'CLOSE CURSOR ALL' };
  }
  client.portals.cursor(name);
  await client.portals.close(name);
  return { kind: 'done', tag: 'CLOSE CURSOR' };
}
