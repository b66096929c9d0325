import { SkeinError } from '../../base/errors.ts';
import type { SettingsCatalog } from './settings-catalog.ts';

/** Parameters of the startup message that are no settings. */
const NOT_SETTINGS = new Set(['user', 'database', 'replication', 'options']);

/** Settings that a startup message asks for, canonical: RESET returns to them. @throws 42704 for an unknown name. */
export function startupSettings(
  catalog: SettingsCatalog,
  startup: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  const set = (name: string, value: string): void => {
    const key = name.toLowerCase();
    const known = catalog.find(name);
    const definition = known?.context === 'backend' ? known : catalog.changeable(name);
    if (definition === undefined) {
      settings.set(key, value);
      return;
    }
    const initial = definition.defaultValue;
    const context = { current: settings.get(key) ?? initial, initial, user: startup.get('user') ?? '' };
    settings.set(key, catalog.canonical(definition, value, context));
  };
  readCommandLine(startup.get('options') ?? '', set);
  for (const [name, value] of startup) {
    if (!NOT_SETTINGS.has(name)) set(name, value);
  }
  return settings;
}

/**
 * `-c name=value`, `-cname=value` and `--name=value`; a backslash keeps the next character (docs, 19.1.3). In the order and with
 * the errors of PostgreSQL's getopt, which takes what isn't an option last.
 */
function readCommandLine(options: string, set: (name: string, value: string) => void): void {
  const words = [...options.matchAll(/(?:\\[\s\S]|\S)+/g)].map(([word]) => word.replace(/\\([\s\S])/g, '$1'));
  let stray: string | undefined;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '--') {
      stray ??= words[index + 1];
      break;
    }
    if (word.startsWith('--')) {
      assign(word.slice(2), word, set);
    } else if (word.startsWith('-c')) {
      const text = word === '-c' ? words[++index] : word.slice(2);
      if (text === undefined) throw invalidArgument(word);
      assign(text, `-c ${text}`, set);
    } else if (word.startsWith('-')) {
      throw invalidArgument(word);
    } else {
      stray ??= word;
    }
  }
  if (stray !== undefined) throw invalidArgument(stray);
}

function assign(text: string, shown: string, set: (name: string, value: string) => void): void {
  const equals = text.indexOf('=');
  if (equals < 0) throw new SkeinError('syntaxError', `${shown} requires a value`);
  set(text.slice(0, equals).replaceAll('-', '_'), text.slice(equals + 1));
}

function invalidArgument(word: string): SkeinError {
  return new SkeinError('syntaxError', `invalid command-line argument for server process: ${word}`, {
    hint: 'Try "postgres --help" for more information.',
  });
}
