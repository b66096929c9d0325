import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SkeinError } from '../base/errors.ts';
import { classify } from './classify.ts';
import { refuseDuckdbJoins } from './duckdb-syntax.ts';
import { splitStatements } from './parse.ts';
import { relationsOf, relationUse } from './relations.ts';
import type { StatementKind } from './statement.ts';

function only(sql: string) {
  const [statement, another] = splitStatements(sql);
  if (statement === undefined || another !== undefined) throw new Error(`not one statement: ${sql}`);
  return statement;
}

const kindOf = (sql: string): StatementKind => classify(only(sql));

function failure(run: () => unknown): SkeinError {
  try {
    run();
  } catch (error) {
    if (error instanceof SkeinError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('splitStatements', () => {
  it('gives each statement its text and its offset in characters', () => {
    const parts = splitStatements(" select 'é😀';; -- ;\n select 2 ; ").map(({ text, offset }) => ({
      text,
      offset,
    }));
    expect(parts[0]?.text.trim()).toBe("select 'é😀'");
    expect(parts[1]?.text.trimEnd()).toBe('select 2');
    expect(parts[1]?.offset).toBe(21);
  });

  it.each(['', '  \n', '-- only a comment', '/* a /* nested */ one */', ';;'])(
    'finds nothing in %j',
    (sql) => {
      expect(splitStatements(sql)).toEqual([]);
    },
  );

  it('words syntax errors as PostgreSQL does, with the position in characters', () => {
    const error = failure(() => splitStatements("select 'é😀', x from; "));
    expect(error).toMatchObject({
      code: '42601',
      message: 'syntax error at or near ";"',
      fields: { position: 20 },
    });
    expect(failure(() => splitStatements('select (')).message).toBe('syntax error at end of input');
  });

  it('survives statements that are too deep', () => {
    expect(failure(() => splitStatements(`select ${'('.repeat(50_000)}`)).code).toBe('54001');
    expect(failure(() => splitStatements(`select ${'1+'.repeat(50_000)}1`)).code).toBe('54001');
    expect(splitStatements('select 1')).toHaveLength(1);
  });

  it('outlives as many of them as anyone sends', async () => {
    for (let i = 0; i < 40; i++) {
      expect(failure(() => splitStatements(`select ${'1+'.repeat(50_000)}1`)).code).toBe('54001');
      await new Promise(setImmediate);
      expect(splitStatements('select 1')).toHaveLength(1);
    }
  });

  it.each([
    ['long', `select '${'x'.repeat(16 * 1024 * 1024)}'`],
    ['long and empty', ' '.repeat(17 * 1024 * 1024).concat('select 1')],
    ['full', `select ${Array(300_000).fill('1').join()}`],
    ['full of statements', 'select 1;'.repeat(200_000)],
    ['full of signs', `select ${'-'.repeat(600_000)}`.replaceAll('--', '- ')],
  ])('refuses a text that is too %s before it costs much', (_, sql) => {
    expect(failure(() => splitStatements(sql)).code).toBe('54001');
  });

  it('takes long texts of few words', () => {
    expect(splitStatements(`select '${'x, '.repeat(1_000_000)}', "${'y '.repeat(300_000)}"`)).toHaveLength(1);
  });

  it('refuses NUL, which PostgreSQL would take for the end', () => {
    expect(failure(() => splitStatements('select 1\0; drop table x')).code).toBe('22021');
  });

  it('either splits or fails with a SQLSTATE, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          for (const statement of splitStatements(text)) classify(statement);
        } catch (error) {
          expect(error).toBeInstanceOf(SkeinError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('hints about DuckDB', () => {
  it.each([
    'DESCRIBE t',
    'SUMMARIZE t',
    'FROM t',
    'select * exclude (a) from t',
    'select * from t qualify row_number() over () = 1',
    'PIVOT t ON a',
    'select [1, 2]',
    "select {'a': 1}",
    'select 1 union all by name select 2',
  ])('%s', (sql) => {
    expect(failure(() => splitStatements(sql)).fields.hint).toMatch(/PostgreSQL's SQL/);
  });

  it.each(['select from where', 'selec 1', 'select * from t group by', 'select 1 +'])('not for %s', (sql) => {
    expect(failure(() => splitStatements(sql)).fields.hint).toBeUndefined();
  });

  it.each([
    ['select * from t semi join u on true', 'SEMI JOIN', 17],
    ['select * from t ASOF LEFT JOIN u on true', 'ASOF JOIN', 17],
    ['select * from é x join (b anti join c using (i)) on true', 'ANTI JOIN', 27],
    ['select 1 where exists (select from t positional join u on true)', 'POSITIONAL JOIN', 38],
  ])('refuses %s', (sql, name, position) => {
    expect(failure(() => refuseDuckdbJoins(sql, only(sql).tree))).toMatchObject({
      code: '0A000',
      message: `${name} is not supported`,
      fields: { position },
    });
  });

  it.each([
    'select * from t as semi join u on true',
    'select * from t "semi" join u on true',
    "select 'x semi join y' from t semi",
    'select * from semi join anti on true',
  ])('leaves %s', (sql) => {
    refuseDuckdbJoins(sql, only(sql).tree);
  });
});

describe('classify', () => {
  it.each(['select 1', 'values (1)', 'table t', 'with a as (select 1) table a', '(select 1) union select 2'])(
    '%s is a select',
    (sql) => {
      expect(kindOf(sql)).toEqual({ kind: 'select' });
    },
  );

  it.each([
    ['explain select 1', 'select 1', 8, {}],
    ['explain analyze verbose (select 1)', '(select 1)', 24, { analyze: true, verbose: true }],
    ['explain (select 1)', '(select 1)', 8, {}],
    ['explain ((select 1) union select 2)', '((select 1) union select 2)', 8, {}],
    [
      'explain (analyze, format json, costs off) select $1',
      'select $1',
      42,
      { analyze: true, format: 'json', costs: false },
    ],
    [
      "/* é */ explain (verbose true, timing 0) -- x\n values ('é')",
      "values ('é')",
      47,
      { verbose: true, timing: false },
    ],
  ])('%s', (sql, text, offset, options) => {
    const kind = kindOf(sql);
    if (kind.kind !== 'explain') throw new Error(kind.kind);
    expect(kind.inner).toMatchObject({ text, offset });
    expect(kind.options).toMatchObject({
      analyze: false,
      verbose: false,
      format: 'text',
      costs: true,
      ...options,
    });
    expect(classify(kind.inner).kind).toBe('select');
  });

  it('refuses options of EXPLAIN as PostgreSQL does', () => {
    expect(failure(() => kindOf('explain (foo) select 1')).message).toBe('unrecognized EXPLAIN option "foo"');
    expect(failure(() => kindOf('explain (format x) select 1')).code).toBe('22023');
    expect(failure(() => kindOf('explain (analyze maybe) select 1')).message).toBe(
      'analyze requires a Boolean value',
    );
    expect(failure(() => kindOf('explain (format yaml) select 1')).code).toBe('0A000');
  });

  const NO_MODES = { isolation: undefined, readOnly: undefined, deferrable: undefined };
  it.each<[string, StatementKind]>([
    [
      'set local search_path = a, "B c"',
      { kind: 'set', local: true, name: 'search_path', value: { kind: 'values', values: ['a', 'B c'] } },
    ],
    [
      'set timezone = -3.5',
      { kind: 'set', local: false, name: 'timezone', value: { kind: 'values', values: ['-3.5'] } },
    ],
    [
      "set time zone interval '+02:00' hour to minute",
      {
        kind: 'set',
        local: false,
        name: 'timezone',
        value: { kind: 'values', values: ["INTERVAL '+02:00'"] },
      },
    ],
    [
      "set time zone interval '-8' hour",
      {
        kind: 'set',
        local: false,
        name: 'timezone',
        value: { kind: 'values', values: ["INTERVAL '-8 hours'"] },
      },
    ],
    ['set time zone local', { kind: 'set', local: false, name: 'timezone', value: { kind: 'default' } }],
    [
      "set names 'utf8'",
      { kind: 'set', local: false, name: 'client_encoding', value: { kind: 'values', values: ['utf8'] } },
    ],
    [
      'set session authorization default',
      { kind: 'set', local: false, name: 'session_authorization', value: { kind: 'default' } },
    ],
    [
      "set skein.on_missing_agent = 'partial'",
      {
        kind: 'set',
        local: false,
        name: 'skein.on_missing_agent',
        value: { kind: 'values', values: ['partial'] },
      },
    ],
    [
      'set transaction isolation level repeatable read',
      { kind: 'set-transaction', scope: 'transaction', modes: { ...NO_MODES, isolation: 'repeatable read' } },
    ],
    [
      'set session characteristics as transaction read only',
      { kind: 'set-transaction', scope: 'session', modes: { ...NO_MODES, readOnly: true } },
    ],
    ['reset all', { kind: 'reset', name: undefined }],
    ['reset role', { kind: 'reset', name: 'role' }],
    ['show transaction isolation level', { kind: 'show', name: 'transaction_isolation' }],
    ['show all', { kind: 'show', name: 'all' }],
    ['discard all', { kind: 'discard', target: 'all' }],
    ['discard temp', { kind: 'discard', target: 'temp' }],
    [
      'begin isolation level serializable, read write, not deferrable',
      {
        kind: 'begin',
        command: 'BEGIN',
        modes: { isolation: 'serializable', readOnly: false, deferrable: false },
      },
    ],
    [
      'start transaction read only',
      { kind: 'begin', command: 'START TRANSACTION', modes: { ...NO_MODES, readOnly: true } },
    ],
    ['commit and chain', { kind: 'commit', chain: true }],
    ['end', { kind: 'commit', chain: false }],
    ['abort', { kind: 'rollback', chain: false }],
    ['savepoint "A"', { kind: 'savepoint', name: 'A' }],
    ['rollback to savepoint a', { kind: 'rollback-to', name: 'a' }],
    ['release a', { kind: 'release', name: 'a' }],
    [
      "execute p(1, 'a', null, -2, true)",
      {
        kind: 'execute',
        name: 'p',
        parameters: {
          text: "1, 'a', null, -2, true",
          offset: 10,
          items: [
            { kind: 'number', text: '1', position: 11 },
            { kind: 'quoted', text: 'a', position: 14 },
            { kind: 'quoted', text: null, position: 19 },
            { kind: 'number', text: '-2', position: 25 },
            { kind: 'expression', position: 29 },
          ],
        },
      },
    ],
    ['execute p', { kind: 'execute', name: 'p', parameters: { text: '', offset: 0, items: [] } }],
    ['deallocate all', { kind: 'deallocate', name: undefined }],
    ['deallocate "_PLAN0x5"', { kind: 'deallocate', name: '_PLAN0x5' }],
    ['fetch 100 in c', { kind: 'fetch', move: false, name: 'c', direction: 'forward', count: 100 }],
    [
      'move backward all from c',
      { kind: 'fetch', move: true, name: 'c', direction: 'backward', count: 'all' },
    ],
    ['fetch absolute -3 c', { kind: 'fetch', move: false, name: 'c', direction: 'absolute', count: -3 }],
    ['fetch next c', { kind: 'fetch', move: false, name: 'c', direction: 'forward', count: 1 }],
    ['close all', { kind: 'close', name: undefined }],
    ['listen x', { kind: 'listen', channel: 'x' }],
    ["notify x, 'p'", { kind: 'notify', channel: 'x' }],
    ['unlisten *', { kind: 'unlisten', channel: undefined }],
    [
      'copy t from stdin',
      {
        kind: 'copy',
        direction: 'from',
        source: { kind: 'table', schema: undefined, name: 't', columns: undefined },
        program: false,
        file: undefined,
        options: [],
        condition: undefined,
      },
    ],
    ['insert into t values (1)', { kind: 'write', command: 'INSERT' }],
    ['with a as (select 1) delete from t', { kind: 'write', command: 'DELETE' }],
    ['create or replace view v as select 1', { kind: 'define', command: 'CREATE VIEW', createAs: undefined }],
    ['create temp table t (a int)', { kind: 'define', command: 'CREATE TEMP TABLE', createAs: undefined }],
    ['refresh materialized view v', { kind: 'refused', class: 'ddl', command: 'REFRESH MATERIALIZED VIEW' }],
    ['truncate t, u cascade', { kind: 'truncate' }],
    ['vacuum full t', { kind: 'maintain', command: 'VACUUM' }],
    ['analyze verbose s.t (a)', { kind: 'maintain', command: 'ANALYZE' }],
    ['lock table t', { kind: 'refused', class: 'utility', command: 'LOCK' }],
    ['grant select on t to x', { kind: 'define', command: 'GRANT', createAs: undefined }],
    ["prepare transaction 'x'", { kind: 'refused', class: 'utility', command: 'PREPARE' }],
  ])('%s', (sql, expected) => {
    expect(kindOf(sql)).toEqual(expected);
  });

  it.each([
    [
      'create table t as select 1 as a',
      'select 1 as a',
      'create table t as select 1 as a WITH NO DATA',
      true,
    ],
    [
      'create temp table if not exists "as" (x, as_) with (fillfactor = 10) as (values (1, 2)) with no data',
      '(values (1, 2))',
      'create temp table if not exists "as" (x, as_) with (fillfactor = 10) as (values (1, 2)) WITH NO DATA',
      false,
    ],
    [
      'create table é.t as table u with data -- x',
      'table u',
      'create table é.t as table u WITH NO DATA',
      true,
    ],
    [
      'select (select 1) as into_ into temp table s.t from u',
      'select (select 1) as into_                     from u',
      'CREATE temp TABLE s . t AS select (select 1) as into_                     from u WITH NO DATA',
      true,
    ],
  ])('%s', (sql, inner, definition, withData) => {
    const kind = kindOf(sql);
    if (kind.kind !== 'define' || kind.createAs === undefined) throw new Error('it makes a table');
    const { createAs } = kind;
    expect([createAs.inner.text, createAs.sql, createAs.withData]).toEqual([inner, definition, withData]);
    expect(createAs.inner.offset).toBe(sql.indexOf(inner) === -1 ? 0 : sql.indexOf(inner));
  });

  it('finds what PREPARE, DECLARE and COPY hold', () => {
    expect(kindOf('prepare "P"(int, numeric(3,2)[], "X".y) as select $1 ')).toMatchObject({
      kind: 'prepare',
      name: 'P',
      parameterTypes: [
        { sql: '"pg_catalog"."int4"', position: 13 },
        { sql: '"pg_catalog"."numeric"(3,2)[]', position: 18 },
        { sql: '"X"."y"', position: 34 },
      ],
      inner: { text: 'select $1', offset: 43 },
    });
    expect(kindOf('prepare p as select 1')).toMatchObject({
      parameterTypes: [],
      inner: { text: 'select 1' },
    });
    expect(kindOf('declare "for" no scroll cursor with hold for select 1 for update')).toMatchObject({
      kind: 'declare',
      name: 'for',
      hold: true,
      scroll: false,
      inner: { text: 'select 1 for update' },
    });
    expect(kindOf("copy (select ')' from t) to stdout (format csv)")).toMatchObject({
      kind: 'copy',
      direction: 'to',
      source: { kind: 'query', inner: { text: "select ')' from t", offset: 6 } },
      options: [{ name: 'format', value: { kind: 'text', text: 'csv' }, position: 37 }],
    });
  });
});

describe('relations', () => {
  it('leaves out CTEs, in their scope', () => {
    const sql = `with a as (select * from a), b as (select * from a, s."T x")
      select * from b, (with c as (select 1) select * from c) d, c where exists (table public.a)`;
    expect(relationsOf(only(sql).tree)).toEqual([
      { schema: undefined, name: 'a' },
      { schema: 's', name: 'T x' },
      { schema: undefined, name: 'c' },
      { schema: 'public', name: 'a' },
    ]);
    expect(relationsOf(only('with recursive r as (select 1 union select * from r) table r').tree)).toEqual(
      [],
    );
  });

  it.each([
    ['select version()', 'none'],
    ['select * from generate_series(1, 3)', 'none'],
    ['select * from pg_class c join information_schema.tables t on true', 'catalog'],
    ['select * from skein.agents', 'data'],
    ['select (select count(*) from pg_type) from t', 'mixed'],
  ])('%s reads %s', (sql, use) => {
    expect(relationUse(only(sql).tree)).toBe(use);
  });
});
