import { SkeinError } from '../../base/errors.ts';
import type { SettingValue, TransactionModes } from '../../sql/statement.ts';
import { LIST_SETTINGS } from './definition.ts';
import { quoteIdentifier } from './settings-catalog.ts';

/**
 * What SET's list of arguments means as one text (src/backend/utils/misc/guc_funcs.c, flatten_set_variable_args).
 * @returns undefined: the default.
 */
export function settingText(
  name: string,
  value: Exclude<SettingValue, { readonly kind: 'current' }>,
): string | undefined {
  if (value.kind === 'default') return undefined;
  const quoted = LIST_SETTINGS.get(name.toLowerCase());
  const [only = '', ...others] = value.values;
  if (quoted !== undefined)
    return value.values.map((text) => (quoted ? quoteIdentifier(text) : text)).join(', ');
  if (others.length > 0) {
    throw new SkeinError('invalidParameterValue', `SET ${name} takes only one argument`);
  }
  return only;
}

/** ISOLATION LEVEL, READ ONLY and DEFERRABLE as settings of a transaction. */
export function modeSettings(modes: TransactionModes): readonly (readonly [string, string])[] {
  const flag = (name: string, value: boolean | undefined) =>
    value === undefined ? [] : [[name, value ? 'on' : 'off'] as const];
  return [
    ...(modes.isolation === undefined ? [] : [['transaction_isolation', modes.isolation] as const]),
    ...flag('transaction_read_only', modes.readOnly),
    ...flag('transaction_deferrable', modes.deferrable),
  ];
}
