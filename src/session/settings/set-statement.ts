import { SkeinError } from '../../base/errors.ts';
import type { Statement } from '../../sql/parse.ts';
import { rawConstant, rawFields, rawList, rawNode } from '../../sql/raw-tree.ts';
import type { SettingValue, TransactionModes } from '../../sql/statement.ts';
import { LIST_SETTINGS } from './definition.ts';
import { quoteIdentifier } from './settings-catalog.ts';
import type { TimeZones } from './time-zone.ts';

/**
 * What SET's list of arguments means as one text (src/backend/utils/misc/guc_funcs.c, flatten_set_variable_args).
 * @returns undefined: the default.
 */
export function settingText(
  name: string,
  value: SettingValue,
  statement: Statement,
  zones: TimeZones,
): string | undefined {
  if (value.kind === 'default') return undefined;
  const quoted = LIST_SETTINGS.get(name.toLowerCase());
  const [only = '', ...others] = value.values;
  if (quoted !== undefined)
    return value.values.map((text) => (quoted ? quoteIdentifier(text) : text)).join(', ');
  if (others.length > 0) {
    throw new SkeinError('invalidParameterValue', `SET ${name} takes only one argument`);
  }
  return isInterval(statement) ? zones.canonicalInterval(only) : only;
}

/** SET TIME ZONE INTERVAL '-08:00' HOUR TO MINUTE, whose sign is not that of a POSIX zone. */
function isInterval(statement: Statement): boolean {
  const [argument] = rawList(statement.tree.fields['args']);
  const cast = rawNode(argument);
  return cast?.tag === 'TypeCast' && typeof rawConstant(rawFields(cast.fields)['arg']) === 'string';
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
