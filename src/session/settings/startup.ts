import { SkeinError } from '../../base/errors.ts';
import type { SettingsCatalog } from './settings-catalog.ts';

/** Parameters of the startup message that are no settings. */
const NOT_SETTINGS = new Set(['user', 'database', 'replication', 'options']);

/**
 * Settings that a startup message asks for, canonical: RESET returns to them. Names that no one knows are passed over, as
 * clients send those of other servers.
 */
export function startupSettings(
  catalog: SettingsCatalog,
  startup: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const asked = [
    ...commandLineSettings(startup.get('options') ?? ''),
    ...[...startup].filter(([name]) => !NOT_SETTINGS.has(name) && !name.startsWith('_pq_.')),
  ];
  const settings = new Map<string, string>();
  for (const [name, value] of asked) {
    const definition = catalog.find(name);
    const key = name.toLowerCase();
    if (definition === undefined) {
      if (name.includes('.')) settings.set(key, value);
      continue;
    }
    if (definition.context !== 'backend') catalog.changeable(name);
    const current = settings.get(key) ?? definition.defaultValue;
    settings.set(
      key,
      catalog.canonical(definition, value, {
        current,
        initial: definition.defaultValue,
        user: startup.get('user') ?? '',
      }),
    );
  }
  return settings;
}

/** `-c name=value`, `-cname=value` and `--name=value`; a backslash keeps the next character (docs, 19.1.3). */
function commandLineSettings(options: string): readonly (readonly [string, string])[] {
  const words = [...options.matchAll(/(?:\\[\s\S]|\S)+/g)].map(([word]) => word.replace(/\\([\s\S])/g, '$1'));
  const settings: (readonly [string, string])[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const text = word === '-c' ? (words[++index] ?? '') : word.replace(/^(?:-c|--)/, '');
    const equals = text.indexOf('=');
    if (!word.startsWith('-') || equals < 1) {
      throw new SkeinError('syntaxError', `invalid command-line argument for server process: ${word}`);
    }
    settings.push([text.slice(0, equals).replaceAll('-', '_'), text.slice(equals + 1)]);
  }
  return settings;
}
