import { SkeinError } from '../../base/errors.ts';
import type { StatementKind } from '../../sql/statement.ts';
import type { Client } from '../client.ts';
import type { Outcome } from '../portals.ts';
import { TextSource } from '../row-source.ts';
import type { Run } from '../run.ts';
import { textColumn } from '../statement.ts';
import { warn } from '../warn.ts';
import { modeSettings, settingText } from './set-statement.ts';
import { unrecognized } from './values.ts';

type SetCommand = Extract<StatementKind, { readonly kind: 'set' }>;
type ModesCommand = Extract<StatementKind, { readonly kind: 'set-transaction' }>;

const done = (tag: string): Outcome => ({ kind: 'done', tag });

export function changeSetting({ client, reading }: Run, command: SetCommand): Outcome {
  const { name, local, value } = command;
  const text = value.kind === 'current' ? client.settings.get(name) : settingText(name, value);
  if (local) warnOutsideBlock(client, 'SET LOCAL', reading);
  checkIsolationChange(client, name);
  client.settings.set(name, text, local);
  return done('SET');
}

/** Settings of one transaction, or the defaults of the session's transactions. */
export function changeTransactionModes({ client, reading }: Run, command: ModesCommand): Outcome {
  const modes = modeSettings(command.modes);
  if (command.scope === 'session') {
    for (const [name, value] of modes) client.settings.set(`default_${name}`, value, false);
    return done('SET');
  }
  warnOutsideBlock(client, 'SET TRANSACTION', reading);
  for (const [name, value] of modes) {
    checkIsolationChange(client, name);
    client.settings.set(name, value, true);
  }
  return done('SET');
}

function warnOutsideBlock(client: Client, what: string, { sink }: Run['reading']): void {
  if (client.transaction.isBlock) return;
  warn(
    client.settings,
    sink,
    new SkeinError('noActiveTransaction', `${what} can only be used in transaction blocks`),
  );
}

function checkIsolationChange(client: Client, name: string): void {
  if (name.toLowerCase() !== 'transaction_isolation' || !client.transaction.queried) return;
  throw new SkeinError(
    'activeTransaction',
    'SET TRANSACTION ISOLATION LEVEL must be called before any query',
  );
}

export function resetSetting(client: Client, name: string | undefined): Outcome {
  if (name === undefined) client.settings.resetAll();
  else client.settings.reset(name);
  return done('RESET');
}

export function showSetting(client: Client, name: string): Outcome {
  return { kind: 'rows', source: showSource(client, name), tag: () => 'SHOW' };
}

function showSource(client: Client, name: string): TextSource {
  if (name === 'all') {
    const rows = client.settings.all().map((row) => [row.name, row.setting, row.description]);
    return new TextSource(
      ['name', 'setting', 'description'].map((title) => textColumn(title)),
      rows,
    );
  }
  const value = client.settings.display(name);
  if (value === undefined) throw unrecognized(name);
  return new TextSource([textColumn(client.settings.title(name))], [[value]]);
}
