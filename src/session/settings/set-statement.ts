import { refuse, SkeinError } from '../../base/errors.ts';
import { child, children, constantOf, flagOf, type RawFields, type RawNode, textOf } from '../raw-tree.ts';
import type { TransactionModes } from '../transaction.ts';
import { transactionModes } from '../transaction-command.ts';
import { LIST_SETTINGS } from './definition.ts';
import { quoteIdentifier } from './settings-catalog.ts';
import type { TimeZones } from './time-zone.ts';

export type SettingCommand =
  | {
      readonly kind: 'set';
      readonly name: string;
      /** undefined: DEFAULT. */
      readonly value: SettingValue | undefined;
      readonly local: boolean;
    }
  | { readonly kind: 'set-transaction'; readonly modes: TransactionModes }
  | { readonly kind: 'set-characteristics'; readonly modes: TransactionModes }
  | { readonly kind: 'reset'; readonly name: string | undefined }
  | { readonly kind: 'show'; readonly name: string | undefined };

export type SettingValue =
  | { readonly kind: 'text'; readonly text: string }
  /** SET TIME ZONE INTERVAL '…'. */
  | { readonly kind: 'interval'; readonly text: string };

export function settingCommand(node: RawNode): SettingCommand {
  const { fields } = node;
  const name = textOf(fields, 'name') ?? '';
  if (node.tag === 'VariableShowStmt') return { kind: 'show', name: name === 'all' ? undefined : name };
  const local = flagOf(fields, 'is_local');
  switch (textOf(fields, 'kind') ?? 'VAR_SET_VALUE') {
    case 'VAR_SET_VALUE':
      return { kind: 'set', name, value: setValue(name, fields), local };
    case 'VAR_SET_DEFAULT':
      return { kind: 'set', name, value: undefined, local };
    case 'VAR_SET_MULTI':
      return multiCommand(name, fields);
    case 'VAR_RESET':
      return { kind: 'reset', name };
    case 'VAR_RESET_ALL':
      return { kind: 'reset', name: undefined };
    default:
      throw refuse('SET … FROM CURRENT outside CREATE FUNCTION');
  }
}

function multiCommand(name: string, fields: RawFields): SettingCommand {
  const modes = name === 'TRANSACTION SNAPSHOT' ? [] : transactionModes(fields, 'args');
  if (name === 'TRANSACTION') return { kind: 'set-transaction', modes };
  if (name === 'SESSION CHARACTERISTICS') return { kind: 'set-characteristics', modes };
  throw refuse('SET TRANSACTION SNAPSHOT');
}

/** What SET's list of arguments means as one text (guc_funcs.c, flatten_set_variable_args). */
function setValue(name: string, fields: RawFields): SettingValue {
  const args = children(fields, 'args');
  const quoted = LIST_SETTINGS.get(name.toLowerCase());
  if (quoted === undefined && args.length !== 1) {
    throw new SkeinError('invalidParameterValue', `SET ${name} takes only one argument`);
  }
  const [only] = args;
  if (only?.tag === 'TypeCast') return { kind: 'interval', text: argument(child(only.fields, 'arg')).text };
  const texts = args.map((arg) => {
    const { kind, text } = argument(arg);
    return quoted === true && kind === 'string' ? quoteIdentifier(text) : text;
  });
  return { kind: 'text', text: texts.join(', ') };
}

function argument(node: RawNode | undefined): { readonly kind: string; readonly text: string } {
  const constant = constantOf(node);
  if (constant === undefined || constant.kind === 'null') throw refuse('this value of SET');
  return constant;
}

/** The text that a setting takes. */
export function settingText(name: string, value: SettingValue, zones: TimeZones): string {
  if (value.kind === 'text') return value.text;
  if (name.toLowerCase() !== 'timezone') throw refuse(`SET ${name} to an interval`);
  return zones.canonicalInterval(value.text);
}
