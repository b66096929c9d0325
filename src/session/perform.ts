import { assertNever, defined } from '../base/assert.ts';
import { SkeinError } from '../base/errors.ts';
import type { Client } from './client.ts';
import { copy } from './copy/copy.ts';
import { closeCursor, declareCursor, fetchCursor } from './cursors.ts';
import { define } from './define.ts';
import { explain } from './explain.ts';
import { maintain } from './maintain.ts';
import type { Outcome } from './portals.ts';
import { deallocate, executePrepared, prepareNamed } from './prepared-statements.ts';
import { query } from './query.ts';
import type { RowReading } from './row-source.ts';
import type { Run } from './run.ts';
import { changeSetting, changeTransactionModes, resetSetting, showSetting } from './settings/commands.ts';
import { modeSettings } from './settings/set-statement.ts';
import type { Prepared } from './statement.ts';
import { truncate } from './truncate.ts';
import { warn } from './warn.ts';
import { write } from './write/write.ts';

const done = (tag: string): Outcome => ({ kind: 'done', tag });

/** Does what a statement asks. */
export async function perform(run: Run): Promise<Outcome> {
  const { client } = run;
  const { command } = run.prepared;
  switch (command.kind) {
    case 'empty':
      return { kind: 'empty' };
    case 'select':
      return query(run);
    case 'write':
      return write(run, command.command);
    case 'explain':
      return explain(run, command);
    case 'set':
      return changeSetting(run, command);
    case 'set-transaction':
      return changeTransactionModes(run, command);
    case 'reset':
      return resetSetting(client, command.name);
    case 'show':
      return showSetting(client, command.name);
    case 'discard':
      return discard(client, command.target);
    case 'begin':
    case 'commit':
    case 'rollback':
    case 'savepoint':
    case 'release':
    case 'rollback-to':
      return controlTransaction(client, command, run.reading);
    default:
      return performNamed(run, command);
  }
}

type NamedCommand = Extract<
  Prepared['command'],
  {
    readonly kind:
      | 'prepare'
      | 'execute'
      | 'deallocate'
      | 'declare'
      | 'fetch'
      | 'close'
      | 'unlisten'
      | 'copy'
      | 'define'
      | 'truncate'
      | 'maintain'
      | 'listen'
      | 'notify'
      | 'refused';
  }
>;

/** Statements and cursors by name. */
async function performNamed(run: Run, command: NamedCommand): Promise<Outcome> {
  const { client } = run;
  switch (command.kind) {
    case 'prepare':
      return prepareNamed(client, run.prepared, command);
    case 'execute':
      return executePrepared(run, command);
    case 'deallocate':
      return deallocate(client, command.name);
    case 'declare':
      return declareCursor(run, command);
    case 'fetch':
      return fetchCursor(run, command);
    case 'close':
      return closeCursor(client, command.name);
    case 'unlisten':
      if (command.channel === undefined) client.channels.clear();
      else client.channels.delete(command.channel);
      return done('UNLISTEN');
    case 'listen':
      return listen(client, command.channel);
    case 'copy':
      return copy(run, command);
    case 'truncate':
      return truncate(run, defined(run.prepared.statement, 'statement'));
    case 'maintain':
      return maintain(client, command.command, defined(run.prepared.statement, 'statement'));
    case 'define':
      return define(run, command);
    case 'notify':
    case 'refused':
      throw new SkeinError('internal', `${command.kind} was not refused`);
    default:
      return assertNever(command);
  }
}

const MAX_CHANNELS = 1000;

/** Accepted, for clients that always listen: no session of Skein's can notify. */
function listen({ channels }: Client, channel: string): Outcome {
  if (channels.size >= MAX_CHANNELS && !channels.has(channel)) {
    throw new SkeinError('limitExceeded', `more than ${MAX_CHANNELS} channels`);
  }
  channels.add(channel);
  return done('LISTEN');
}

type TransactionControl = Extract<
  Prepared['command'],
  { readonly kind: 'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'rollback-to' }
>;

async function controlTransaction(
  client: Client,
  command: TransactionControl,
  { sink }: RowReading,
): Promise<Outcome> {
  const { settings, transaction } = client;
  switch (command.kind) {
    case 'begin': {
      warn(settings, sink, transaction.begin(modeSettings(command.modes)));
      return done(command.command);
    }
    case 'commit':
    case 'rollback': {
      const end = await transaction[command.kind](command.chain);
      warn(settings, sink, end.notice);
      return done(end.tag);
    }
    case 'savepoint':
      transaction.savepoint(command.name);
      return done('SAVEPOINT');
    case 'release':
      await transaction.release(command.name);
      return done('RELEASE');
    case 'rollback-to':
      await transaction.rollbackTo(command.name);
      return done('ROLLBACK');
    default:
      return assertNever(command);
  }
}

async function discard(client: Client, target: 'all' | 'plans' | 'sequences' | 'temp'): Promise<Outcome> {
  if (target === 'all') {
    if (client.transaction.isBlock || client.transaction.isShared) {
      throw new SkeinError('activeTransaction', 'DISCARD ALL cannot run inside a transaction block');
    }
    await client.portals.closeAll();
    client.settings.resetAll();
    client.settings.reset('session_authorization');
    client.settings.reset('role');
    client.statements.deallocateAll();
    client.channels.clear();
  }
  if (target === 'all' || target === 'temp') await client.storage.dropTemporary(new AbortController().signal);
  if (target === 'all' || target === 'sequences')
    client.server.warehouse.sequences.discard(client.identity.processId);
  return done(`DISCARD ${target.toUpperCase()}`);
}
