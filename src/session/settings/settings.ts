import { SkeinError } from '../../base/errors.ts';
import type { SettingState } from '../server-relations.ts';
import { REPORTED, type SettingDefinition, TRANSACTION_SETTINGS } from './definition.ts';
import type { SettingsCatalog } from './settings-catalog.ts';
import { displayValue, unrecognized } from './values.ts';

/** Values as of some moment: what a savepoint or a transaction's start returns to. */
export interface SettingsMark {
  readonly session: ReadonlyMap<string, string>;
  readonly local: ReadonlyMap<string, string>;
}

export interface SettingRow {
  readonly name: string;
  readonly setting: string;
  readonly description: string;
}

/** Custom parameters (`SET a.b = …`) of a session, and the length of each one's value. */
const MAX_CUSTOM = 256;
const MAX_CUSTOM_LENGTH = 65_536;

/**
 * One session's configuration parameters. Keys are lower-case names, values canonical. SET outlives its transaction if that
 * commits; SET LOCAL ends with it; both are undone by its abort.
 */
export class Settings {
  readonly #catalog: SettingsCatalog;
  readonly #defaults: ReadonlyMap<string, string>;
  #session: ReadonlyMap<string, string> = new Map();
  #local: ReadonlyMap<string, string> = new Map();
  #reported: ReadonlyMap<string, string>;
  /** What was set or reset since the last report, the latest first. */
  readonly #touched: string[] = [];
  /** Custom parameters that were ever set: they stay, empty, as PostgreSQL's do. */
  readonly #placeholders = new Set<string>();

  /** @param defaults what RESET returns to: the startup packet's values over the proxy's own. */
  constructor(catalog: SettingsCatalog, defaults: ReadonlyMap<string, string>) {
    this.#catalog = catalog;
    this.#defaults = defaults;
    this.#reported = this.reports();
  }

  /** The canonical value; undefined: no such parameter. */
  find(name: string): string | undefined {
    const key = name.toLowerCase();
    const value = this.#local.get(key) ?? this.#session.get(key);
    if (value !== undefined) return value;
    const base = TRANSACTION_SETTINGS.get(key);
    if (base !== undefined) return this.find(base);
    const known = this.#defaults.get(key) ?? this.#catalog.find(key)?.defaultValue;
    return known ?? (this.#placeholders.has(key) ? '' : undefined);
  }

  get(name: string): string {
    const value = this.find(name);
    if (value === undefined) throw unrecognized(name);
    return value;
  }

  /** Those of the names that aren't at the server's default. */
  changedOf(names: readonly string[]): ReadonlyMap<string, string> {
    const changed = names.filter((name) => this.get(name) !== this.#catalog.find(name)?.defaultValue);
    return new Map(changed.map((name) => [name, this.get(name)]));
  }

  number(name: string): number {
    return Number(this.get(name));
  }

  /** As SHOW and current_setting() print it; undefined: no such parameter. */
  display(name: string): string | undefined {
    const value = this.find(name);
    const definition = this.#catalog.find(name);
    return value === undefined || definition === undefined ? value : displayValue(definition, value);
  }

  /** The name as SHOW titles its column. */
  title(name: string): string {
    return this.#catalog.find(name)?.name ?? name;
  }

  /** @param value undefined: the default. */
  set(name: string, value: string | undefined, local: boolean): void {
    const key = name.toLowerCase();
    const definition = this.#catalog.changeable(name);
    if (value === undefined) checkResettable(name);
    const canonical = value === undefined ? this.#default(key) : this.#canonical(definition, name, value);
    if (definition === undefined) this.#hold(key, canonical);
    this.#touch(key);
    if (local || TRANSACTION_SETTINGS.has(key)) {
      this.#local = withEntry(this.#local, key, canonical);
      return;
    }
    this.#session = withEntry(this.#session, key, canonical);
    this.#local = without(this.#local, key);
  }

  reset(name: string): void {
    const key = name.toLowerCase();
    this.#catalog.changeable(name);
    checkResettable(name);
    this.#touch(key);
    this.#session = without(this.#session, key);
    this.#local = without(this.#local, key);
  }

  /** RESET ALL leaves out role, session_authorization and the transaction's own. */
  resetAll(): void {
    const kept = (map: ReadonlyMap<string, string>) =>
      new Map([...map].filter(([key]) => NOT_RESET.has(key) || TRANSACTION_SETTINGS.has(key)));
    const set = [...this.#session.keys()];
    for (const key of [...FROM_THE_START.filter((name) => set.includes(name)), ...set]) this.#touch(key);
    this.#session = kept(this.#session);
    this.#local = kept(this.#local);
  }

  all(): readonly SettingRow[] {
    return this.#catalog.all().map((definition) => ({
      name: definition.name,
      setting: this.display(definition.name) ?? '',
      description: definition.description,
    }));
  }

  /** The parameters that the embedded PostgreSQL's pg_settings doesn't tell rightly. */
  differing(): readonly SettingState[] {
    return this.#catalog.all().flatMap((definition) => {
      const key = definition.name.toLowerCase();
      const setting = this.get(key);
      if (setting === definition.embedded || HIDDEN.has(key)) return [];
      const { unit, type, description, embedded } = definition;
      const own = embedded === undefined ? { unit, type, description } : undefined;
      return [
        { name: definition.name, setting, initial: this.#default(key), source: this.#source(key), own },
      ];
    });
  }

  #source(key: string): SettingState['source'] {
    if (this.#local.has(key) || this.#session.has(key)) return 'session';
    return this.#defaults.has(key) ? 'client' : 'default';
  }

  mark(): SettingsMark {
    return { session: this.#session, local: this.#local };
  }

  /** Undoes everything since the mark. */
  restore(mark: SettingsMark): void {
    this.#session = mark.session;
    this.#local = mark.local;
  }

  /** The end of a transaction that commits. */
  dropLocal(): void {
    this.#local = new Map();
  }

  /** The values that ParameterStatus carries. */
  reports(): ReadonlyMap<string, string> {
    return new Map(REPORTED.map((name) => [name, this.display(name) ?? '']));
  }

  /** What changed since the last call, or since the session began. */
  takeChangedReports(): readonly (readonly [string, string])[] {
    const now = this.reports();
    const changed = [...now].filter(([name, value]) => this.#reported.get(name) !== value);
    this.#reported = now;
    const order = this.#touched.splice(0);
    const rank = (name: string) => {
      const index = order.indexOf(name.toLowerCase());
      return index === -1 ? order.length : index;
    };
    return changed.sort(([a], [b]) => rank(a) - rank(b));
  }

  #touch(key: string): void {
    if (REPORTED_KEYS.has(key) && !this.#touched.includes(key)) this.#touched.unshift(key);
  }

  #default(key: string): string {
    return this.#defaults.get(key) ?? this.#catalog.find(key)?.defaultValue ?? '';
  }

  #hold(custom: string, value: string | undefined): void {
    if (this.#placeholders.size >= MAX_CUSTOM && !this.#placeholders.has(custom)) {
      throw new SkeinError('limitExceeded', `more than ${MAX_CUSTOM} custom parameters`);
    }
    if (value !== undefined && value.length > MAX_CUSTOM_LENGTH) {
      throw new SkeinError(
        'limitExceeded',
        `the value of custom parameter "${custom}" is longer than ${MAX_CUSTOM_LENGTH} characters`,
      );
    }
    this.#placeholders.add(custom);
  }

  #canonical(definition: SettingDefinition | undefined, name: string, value: string): string {
    if (definition === undefined) return value;
    const key = name.toLowerCase();
    return this.#catalog.canonical(definition, value, {
      current: this.get(key),
      initial: this.#default(key),
      user: this.#default('session_authorization'),
    });
  }
}

const REPORTED_KEYS = new Set(REPORTED.map((name) => name.toLowerCase()));

/** PostgreSQL's pg_settings leaves them out. */
const HIDDEN = new Set(['role', 'session_authorization', 'is_superuser']);

const NOT_RESET = new Set(['role', 'session_authorization']);

function checkResettable(name: string): void {
  if (!TRANSACTION_SETTINGS.has(name.toLowerCase())) return;
  throw new SkeinError('notSupported', `parameter "${name}" cannot be reset`);
}

/** PostgreSQL's configuration sets these: RESET ALL comes to them first, to others as they were set. */
const FROM_THE_START = ['timezone', 'datestyle'];

function withEntry(
  map: ReadonlyMap<string, string>,
  key: string,
  value: string,
): ReadonlyMap<string, string> {
  return new Map([...map, [key, value]]);
}

function without(map: ReadonlyMap<string, string>, key: string): ReadonlyMap<string, string> {
  return map.has(key) ? new Map([...map].filter(([other]) => other !== key)) : map;
}
