import { assertNever } from '../../base/assert.ts';
import { refuse, SkeinError } from '../../base/errors.ts';
import { canonicalEncoding } from './client-encoding.ts';
import { canonicalDateStyle } from './date-style.ts';
import type { SettingContext, SettingDefinition } from './definition.ts';
import type { TimeZones } from './time-zone.ts';
import { canonicalValue, invalidValue, unrecognized } from './values.ts';

export interface ValueContext {
  /** The value before the change. */
  readonly current: string;
  /** What RESET would return to. */
  readonly initial: string;
  /** Who logged in. */
  readonly user: string;
}

/** Every parameter that the server knows, and the rules of those whose values mean more than their type says. */
export class SettingsCatalog {
  readonly timeZones: TimeZones;
  readonly #definitions: ReadonlyMap<string, SettingDefinition>;

  constructor(definitions: readonly SettingDefinition[], timeZones: TimeZones) {
    this.#definitions = new Map(definitions.map((definition) => [definition.name.toLowerCase(), definition]));
    this.timeZones = timeZones;
  }

  find(name: string): SettingDefinition | undefined {
    return this.#definitions.get(name.toLowerCase());
  }

  /** By name, as SHOW ALL lists them. */
  all(): readonly SettingDefinition[] {
    return [...this.#definitions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, definition]) => definition);
  }

  /**
   * The definition of a parameter that a session may change; undefined: a custom one (`a.b`).
   * @throws 42704 for an unknown name, 55P02 for one that can't be changed now.
   */
  changeable(name: string): SettingDefinition | undefined {
    const definition = this.find(name);
    if (definition !== undefined) {
      checkContext(definition.name, definition.context);
      return definition;
    }
    if (!name.includes('.')) throw unrecognized(name);
    if (
      !/^[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*(\.[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)+$/.test(name)
    ) {
      throw new SkeinError({ sqlstate: '42602' }, `invalid configuration parameter name "${name}"`, {
        detail: 'Custom parameter names must be two or more simple identifiers separated by dots.',
      });
    }
    if (name.toLowerCase().startsWith('skein.')) throw unrecognized(name);
    return undefined;
  }

  canonical(definition: SettingDefinition, value: string, context: ValueContext): string {
    switch (definition.name) {
      case 'TimeZone':
        return this.timeZones.canonical(value);
      case 'DateStyle':
        return canonicalDateStyle(value, context.current, context.initial);
      case 'client_encoding':
        return canonicalEncoding(value);
      case 'application_name':
        return cleanAscii(value);
      case 'lc_monetary':
      case 'lc_numeric':
      case 'lc_time':
        return locale(definition, value);
      case 'search_path':
        splitIdentifiers(value);
        return value;
      case 'standard_conforming_strings':
      case 'array_nulls':
      case 'transform_null_equals':
        return onlyValue(definition, value);
      case 'role':
      case 'session_authorization':
        return canonicalRole(definition.name, value, context);
      default:
        return canonicalValue(definition, value);
    }
  }
}

/** Names of locales as systems have them; the embedded PostgreSQL's own is C. */
const LOCALE = /^(?:(?:C|POSIX)(?:\.UTF-?8)?|[a-z]{2,3}(?:_[A-Z]{2,3})?(?:\.[\w-]+)?(?:@\w+)?|)$/i;

function locale({ name }: SettingDefinition, value: string): string {
  if (!LOCALE.test(value)) throw invalidValue(name, value);
  return value;
}

function checkContext(name: string, context: SettingContext): void {
  const refused = (why: string) => new SkeinError('cannotChangeParameter', `parameter "${name}" ${why}`);
  switch (context) {
    case 'internal':
      throw refused('cannot be changed');
    case 'postmaster':
      throw refused('cannot be changed without restarting the server');
    case 'sighup':
      throw refused('cannot be changed now');
    case 'backend':
    case 'superuser-backend':
      throw refused('cannot be set after connection start');
    case 'superuser':
      throw new SkeinError('insufficientPrivilege', `permission denied to set parameter "${name}"`);
    case 'user':
      return;
    default:
      assertNever(context);
  }
}

/** Bytes that aren't printable ASCII become `\xNN`. */
function cleanAscii(value: string): string {
  const byte = (code: number) =>
    code >= 0x20 && code <= 0x7e ? String.fromCharCode(code) : `\\x${code.toString(16).padStart(2, '0')}`;
  return [...new TextEncoder().encode(value)].map(byte).join('').slice(0, 63);
}

/** Roles carry no rights of their own yet: a session may name the one it has. */
function canonicalRole(name: string, value: string, context: ValueContext): string {
  if (value === context.user || (name === 'role' && value === 'none')) return value;
  throw new SkeinError('invalidParameterValue', `role "${value}" does not exist`);
}

/** The names of a list such as search_path's: folded unless quoted. */
export function splitIdentifiers(value: string): readonly string[] {
  const names: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^\s",]+))\s*(,|$)/y;
  if (value.trim() === '') return names;
  for (let separator: string | undefined = ','; separator === ','; ) {
    const match = pattern.exec(value);
    if (match === null) throw invalidValue('search_path', value, 'List syntax is invalid.');
    const [, quoted, plain = '', found] = match;
    names.push(quoted === undefined ? plain.toLowerCase() : quoted.replaceAll('""', '"'));
    separator = found;
  }
  return names;
}

/** Quoted only where it must be. */
export function quoteIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Of settings that change what a statement means: it is analysed, and kept, as with the value that PostgreSQL begins with. */
function onlyValue(definition: SettingDefinition, value: string): string {
  const canonical = canonicalValue(definition, value);
  if (canonical === definition.defaultValue) return canonical;
  throw refuse(`${definition.name} = ${canonical}`);
}
