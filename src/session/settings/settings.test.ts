import { describe, expect, it } from 'vitest';
import { SkeinError } from '../../base/errors.ts';
import { ownDefinitions, type SettingDefinition } from './definition.ts';
import { Settings } from './settings.ts';
import { quoteIdentifier, SettingsCatalog, splitIdentifiers } from './settings-catalog.ts';
import { startupSettings } from './startup.ts';
import { TimeZones } from './time-zone.ts';

const define = (
  name: string,
  type: SettingDefinition['type'],
  defaultValue: string,
  more: Partial<SettingDefinition> = {},
): SettingDefinition => ({
  name,
  type,
  defaultValue,
  description: '',
  unit: undefined,
  context: 'user',
  min: undefined,
  max: undefined,
  enumValues: [],
  embedded: defaultValue,
  ...more,
});

const zones = new TimeZones(['UTC', 'Europe/Paris', 'EST', 'Etc/GMT-3']);
const catalog = new SettingsCatalog(
  [
    define('TimeZone', 'string', 'UTC'),
    define('DateStyle', 'string', 'ISO, MDY'),
    define('client_encoding', 'string', 'UTF8'),
    define('application_name', 'string', ''),
    define('search_path', 'string', '"$user", public'),
    define('standard_conforming_strings', 'bool', 'on'),
    define('array_nulls', 'bool', 'on'),
    define('transform_null_equals', 'bool', 'off'),
    define('jit', 'bool', 'off'),
    define('work_mem', 'integer', '4096', { unit: 'kB', min: 64, max: 2147483647 }),
    define('temp_buffers', 'integer', '1024', { unit: '8kB', min: 100, max: 1073741823 }),
    define('statement_timeout', 'integer', '0', { unit: 'ms', min: 0, max: 2147483647 }),
    define('extra_float_digits', 'integer', '1', { min: -15, max: 3 }),
    define('seq_page_cost', 'real', '1', { min: 0, max: 1.79769e308 }),
    define('server_version', 'string', '18.0', { context: 'internal' }),
    define('shared_buffers', 'integer', '1024', { unit: '8kB', context: 'postmaster' }),
    define('log_connections', 'string', '', { context: 'superuser-backend' }),
    define('default_transaction_isolation', 'enum', 'read committed', {
      enumValues: ['serializable', 'repeatable read', 'read committed', 'read uncommitted'],
    }),
    define('transaction_isolation', 'enum', 'read committed', {
      enumValues: ['serializable', 'repeatable read', 'read committed', 'read uncommitted'],
    }),
    ...ownDefinitions({
      timeZone: 'UTC',
      maxConnections: 10,
      onMissingAgent: 'fail',
      missingAgentTimeoutMs: 30_000,
      gatherLimitBytes: 256 * 1024 * 1024,
      gatherLimitRows: 50_000_000,
    }),
  ],
  zones,
);

const settings = (defaults: readonly (readonly [string, string])[] = []): Settings =>
  new Settings(catalog, new Map(defaults));

function shown(name: string, value: string): string | undefined {
  const session = settings();
  session.set(name, value, false);
  return session.display(name);
}

function failure(work: () => unknown): readonly [string, string, string | undefined] {
  try {
    work();
  } catch (error) {
    if (error instanceof SkeinError)
      return [error.code, error.message, error.fields.hint ?? error.fields.detail];
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('values', () => {
  it.each([
    ['work_mem', '64 MB', '64MB'],
    ['work_mem', '1.5GB', '1536MB'],
    ['work_mem', '0x100', '256kB'],
    ['temp_buffers', '8MB', '8MB'],
    ['statement_timeout', '1.5s', '1500ms'],
    ['statement_timeout', '90000', '90s'],
    ['statement_timeout', '0', '0'],
    ['extra_float_digits', '0x2', '2'],
    ['seq_page_cost', '1.5e1', '15'],
    ['jit', 'of', 'off'],
    ['jit', '1', 'on'],
    ['client_encoding', "'utf-8'", 'UTF8'],
    ['application_name', 'é\tx', '\\xc3\\xa9\\x09x'],
    ['default_transaction_isolation', 'Serializable', 'serializable'],
    ['skein.on_missing_agent', 'PARTIAL', 'partial'],
    ['skein.missing_agent_timeout', '2min', '2min'],
    ['skein.gather_limit', '5TB', '5TB'],
    ['TimeZone', 'europe/paris', 'Europe/Paris'],
    ['TimeZone', '-3', '<-03>+03'],
    ['TimeZone', '+05', '<+05>-05'],
    ['TimeZone', '0', '<+00>-00'],
    ['TimeZone', '3.5', '<+03:30>-03:30'],
    ['TimeZone', '25', '<+25>-25'],
    ['TimeZone', "INTERVAL '-08:00'", '<-08>+08'],
    ['TimeZone', "INTERVAL '5 hours 30 minutes'", '<+05:30>-05:30'],
    ['TimeZone', 'est+3', 'EST+3'],
    ['TimeZone', 'utc+3', 'UTC+3'],
    ['DateStyle', 'german', 'German, DMY'],
    ['DateStyle', 'ymd', 'ISO, YMD'],
    ['DateStyle', 'postgresql', 'Postgres, MDY'],
    ['DateStyle', 'iso, euro', 'ISO, DMY'],
  ])('%s = %s is shown as %s', (name, value, expected) => {
    expect(shown(name, value)).toBe(expected);
  });

  it.each([
    [
      'work_mem',
      '10',
      '22023',
      '10 kB is outside the valid range for parameter "work_mem" (64 kB .. 2147483647 kB)',
    ],
    ['work_mem', '64KB', '22023', 'invalid value for parameter "work_mem": "64KB"'],
    [
      'statement_timeout',
      '99999999999',
      '22023',
      'invalid value for parameter "statement_timeout": "99999999999"',
    ],
    [
      'extra_float_digits',
      '4',
      '22023',
      '4 is outside the valid range for parameter "extra_float_digits" (-15 .. 3)',
    ],
    ['jit', 'maybe', '22023', 'parameter "jit" requires a Boolean value'],
    ['DateStyle', 'iso,sql', '22023', 'invalid value for parameter "DateStyle": "iso,sql"'],
    ['TimeZone', "INTERVAL '1 day'", '22023', `invalid value for parameter "TimeZone": "INTERVAL '1 day'"`],
    ['TimeZone', 'bogus', '22023', 'invalid value for parameter "TimeZone": "bogus"'],
    ['TimeZone', 'FOO+3BAR', '0A000', 'the time zone "FOO+3BAR" is not supported'],
    ['TimeZone', '-00:44:30', '22023', 'time zone "-00:44:30" appears to use leap seconds'],
    ['client_encoding', 'latin1', '0A000', 'invalid value for parameter "client_encoding": "latin1"'],
    ['standard_conforming_strings', 'off', '0A000', 'standard_conforming_strings = off is not supported'],
    ['array_nulls', 'false', '0A000', 'array_nulls = off is not supported'],
    ['transform_null_equals', 'on', '0A000', 'transform_null_equals = on is not supported'],
    ['search_path', 'a,,b', '22023', 'invalid value for parameter "search_path": "a,,b"'],
    ['server_version', '5', '55P02', 'parameter "server_version" cannot be changed'],
    [
      'shared_buffers',
      '1GB',
      '55P02',
      'parameter "shared_buffers" cannot be changed without restarting the server',
    ],
    ['log_connections', 'on', '55P02', 'parameter "log_connections" cannot be set after connection start'],
    ['foo', '1', '42704', 'unrecognized configuration parameter "foo"'],
    ['foo bar.x', '1', '42602', 'invalid configuration parameter name "foo bar.x"'],
    ['skein.nope', '1', '42704', 'unrecognized configuration parameter "skein.nope"'],
    ['role', 'bogus', '22023', 'role "bogus" does not exist'],
  ])('%s = %s is %s', (name, value, code, message) => {
    expect(failure(() => settings().set(name, value, false)).slice(0, 2)).toEqual([code, message]);
  });

  it('gives names that ICU knows to the engine', () => {
    expect(zones.engineName('<-03>+03')).toBe('<-03>+03');
    expect(zones.engineName('Europe/Paris')).toBe('Europe/Paris');
    expect(zones.engineName('EST')).toBe('America/Panama');
  });

  it('reads and quotes lists of identifiers', () => {
    expect(splitIdentifiers('"$user", Public,"a""b"')).toEqual(['$user', 'public', 'a"b']);
    expect(splitIdentifiers('')).toEqual([]);
    expect(quoteIdentifier('$user')).toBe('"$user"');
    expect(quoteIdentifier('abc')).toBe('abc');
  });
});

describe('scope', () => {
  it('keeps SET and drops SET LOCAL at the end of a transaction', () => {
    const session = settings();
    session.set('work_mem', '1MB', false);
    session.set('work_mem', '2MB', true);
    expect(session.display('work_mem')).toBe('2MB');
    session.dropLocal();
    expect(session.display('work_mem')).toBe('1MB');
  });

  it('returns to a mark', () => {
    const session = settings();
    const mark = session.mark();
    session.set('work_mem', '1MB', false);
    session.set('jit', 'on', true);
    session.restore(mark);
    expect([session.display('work_mem'), session.display('jit')]).toEqual(['4MB', 'off']);
  });

  it('resets to what the client started with', () => {
    const session = settings([['work_mem', '128']]);
    session.set('work_mem', '1MB', false);
    session.reset('work_mem');
    expect(session.display('work_mem')).toBe('128kB');
    session.set('work_mem', undefined, false);
    expect(session.display('work_mem')).toBe('128kB');
  });

  it('gives a transaction the default isolation until it is set', () => {
    const session = settings();
    session.set('default_transaction_isolation', 'serializable', false);
    expect(session.get('transaction_isolation')).toBe('serializable');
    session.set('transaction_isolation', 'repeatable read', false);
    session.dropLocal();
    expect(session.get('transaction_isolation')).toBe('serializable');
    expect(failure(() => session.reset('transaction_isolation'))[0]).toBe('0A000');
  });

  it('keeps custom parameters, which RESET empties', () => {
    const session = settings();
    expect(session.display('foo.bar')).toBeUndefined();
    session.set('foo.Bar', '1', false);
    expect(session.display('foo.bar')).toBe('1');
    session.reset('foo.bar');
    expect(session.display('foo.bar')).toBe('');
  });

  it('limits custom parameters, and the text of each', () => {
    const session = settings();
    const long = 'x'.repeat(65_537);
    expect(failure(() => session.set('foo.long', long, false))[0]).toBe('54000');
    for (let i = 0; i < 256; i++) session.set(`foo.p${i}`, 'v', false);
    expect(failure(() => session.set('foo.more', 'v', false))[0]).toBe('54000');
    session.set('foo.p7', 'w', false);
    expect(session.display('foo.more')).toBeUndefined();
    expect(session.display('foo.p7')).toBe('w');
  });

  it('tells what changed, once', () => {
    const session = settings();
    session.set('TimeZone', 'EST', false);
    session.set('work_mem', '1MB', false);
    expect(session.takeChangedReports()).toEqual([['TimeZone', 'EST']]);
    expect(session.takeChangedReports()).toEqual([]);
  });
});

describe('startup', () => {
  const start = (parameters: Readonly<Record<string, string>>) =>
    Object.fromEntries(startupSettings(catalog, new Map(Object.entries(parameters))));

  it('takes settings and options', () => {
    expect(
      start({
        user: 'ann',
        database: 'x',
        TimeZone: 'utc',
        options: '-c work_mem=1MB --search-path=a,\\ b -cjit=on --',
      }),
    ).toEqual({ work_mem: '1024', search_path: 'a, b', jit: 'on', timezone: 'UTC' });
  });

  it('refuses what it does not know, and a wrong value', () => {
    expect(failure(() => start({ nonsense: '1' }))[0]).toBe('42704');
    expect(failure(() => start({ TimeZone: 'bogus' }))[0]).toBe('22023');
    expect(failure(() => start({ options: 'nonsense' }))[0]).toBe('42601');
  });
});
