import { describe, expect, it } from 'vitest';
import { splitStatements } from '../sql/parse.ts';
import type { FunctionHost } from './server-functions.ts';
import { hasServerFunctions, substituteServerFunctions } from './substitute.ts';

const log: string[] = [];
const host: FunctionHost = {
  processId: 77,
  user: 'ann',
  connection: { remoteAddress: '127.0.0.1', remotePort: 5, localAddress: '::1', localPort: 6 },
  version: 'PostgreSQL',
  channels: [],
  currentSetting: (name, missingOk) => (missingOk ? (name === 'a' ? null : `<${name}>`) : `<${name}'s>`),
  setConfig: (name, value, local) => {
    log.push(`${name}=${value} ${local}`);
    return value;
  },
  signal: (processId, how) => {
    log.push(`${how} ${processId}`);
    return true;
  },
  sleep: async (seconds) => void log.push(`sleep ${seconds}`),
  activities: () => [],
  settings: () => [{ name: 'search_path', setting: 'x', initial: 'y', source: 'session', own: undefined }],
  cursors: () => [{ name: "c's", sql: 'x', holdable: true, binary: false, scrollable: true, createdAt: 0n }],
  statements: () => [],
  sequences: () => [],
  transactionStart: 0n,
  statementStart: 1_500_000n,
};

async function substituted(
  sql: string,
  catalog = false,
  parameters: readonly string[] = [],
): Promise<string> {
  const [statement] = splitStatements(sql);
  if (statement === undefined) throw new Error('no statement');
  const parameter = (index: number) => parameters[index - 1] ?? null;
  const evaluate = async (select: string) => {
    log.push(select);
    return ['text', select];
  };
  return substituteServerFunctions(statement.text, statement.tree, { host, parameter, catalog, evaluate });
}

describe('substituteServerFunctions', () => {
  it('leaves what it does not know', async () => {
    expect(await substituted('SELECT lower(x), now() FROM t')).toBe('SELECT lower(x), now() FROM t');
  });

  it.each([
    ['SELECT pg_backend_pid()', 'SELECT (77)'],
    [
      "SELECT /* pg_backend_pid( */ pg_catalog . pg_backend_pid ( ) + 1, 'pg_backend_pid()'",
      "SELECT /* pg_backend_pid( */ (77) + 1, 'pg_backend_pid()'",
    ],
    ["SELECT 'é', current_setting('a')::int", "SELECT 'é', ('<a''s>'::text)::int"],
    ["SELECT current_setting('a', true)", 'SELECT (NULL::text)'],
  ])('%s becomes %s', async (sql, expected) => {
    expect(await substituted(sql)).toBe(expected);
  });

  it('finds them in a later statement of a message', async () => {
    const [, second] = splitStatements("SELECT 'ünrelated'; SELECT pg_backend_pid()");
    if (second === undefined) throw new Error('no statement');
    const evaluate = async () => [];
    const options = { host, parameter: () => null, catalog: false, evaluate };
    const sql = await substituteServerFunctions(second.text, second.tree, options);
    expect(sql).toBe('SELECT (77)');
  });

  it('has the arguments evaluated that are no constants, and what is PostgreSQL’s of constants', async () => {
    log.length = 0;
    expect(await substituted("SELECT set_config(current_setting('a'), 'x' || $1, false), n FROM t")).toBe(
      "SELECT ('SELECT (''<a''''s>''::text), ''x'' || $1, false'::text), n FROM t",
    );
    expect(await substituted("SELECT format_type(current_setting('a')::int, NULL), n FROM t")).toMatch(
      /^SELECT \('SELECT .*'::text\), n FROM t$/,
    );
    expect(await substituted('SELECT format_type(n, 1), obj_description(count(*)) FROM t')).toBe(
      'SELECT format_type(n, 1), obj_description(count(*)) FROM t',
    );
  });

  it('has their effects once, in order, with parameters', async () => {
    log.length = 0;
    await substituted("SELECT set_config('a', $1, false), pg_cancel_backend(5), pg_sleep(0.5)", true, ['v']);
    expect(log).toEqual(['a=v false', 'cancel 5', 'sleep 0.5']);
  });

  it('fixes the clock and the list of sessions for the catalog', async () => {
    expect(await substituted('SELECT now(), statement_timestamp()', true)).toBe(
      "SELECT ('1970-01-01 00:00:00+00'::timestamptz), ('1970-01-01 00:00:01.5+00'::timestamptz)",
    );
  });

  it('fixes the keywords of the clock too', async () => {
    expect(await substituted('SELECT current_date, CURRENT_TIMESTAMP (3), x.localtime FROM x', true)).toBe(
      "SELECT ('1970-01-01 00:00:00+00'::timestamptz::date), ('1970-01-01 00:00:00+00'::timestamptz::timestamptz(3)), x.localtime FROM x",
    );
  });

  it('puts the session into views about sessions', async () => {
    const sql = await substituted('SELECT c.name FROM pg_catalog.pg_cursors c', true);
    expect(sql).toContain(') WHERE v.nth > 0) c'.slice(1));
    expect(sql).toContain("('c''s', 'x', true, false, true, '1970-01-01 00:00:00+00', 1)");
    expect(await substituted('SELECT * FROM pg_cursors')).toBe('SELECT * FROM pg_cursors');
    expect(await substituted('SELECT * FROM pg_prepared_statements', true)).toMatch(
      / AS pg_prepared_statements$/,
    );
  });

  it('asks for a setting row by row', async () => {
    const sql = await substituted('SELECT current_setting(s.name) FROM pg_tables s', true);
    expect(sql).toContain('pg_catalog.current_setting(a.name)) FROM (SELECT s.name) AS a(name))');
    expect(sql).toContain("('search_path', '<search_path>')");
  });

  it('refuses arguments that it would have to evaluate', async () => {
    await expect(substituted('SELECT pg_terminate_backend(pid) FROM x')).rejects.toMatchObject({
      code: '0A000',
    });
    const [statement] = splitStatements('SELECT 1 WHERE pg_backend_pid() = 1');
    expect(statement !== undefined && hasServerFunctions(statement.tree)).toBe(true);
  });
});
