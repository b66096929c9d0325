import { appendFileSync, unlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentWorld, accept, int8, rowsOf, scanTask, tableOf } from '../../test/support/agent.ts';
import { OID } from '../types/sql-type.ts';
import { parseAgentConfig } from './config.ts';

let world: AgentWorld;

beforeEach(() => {
  world = new AgentWorld();
});

afterEach(() => world.end());

describe('the inventory', () => {
  test('has verbatim names and the types that all values of a CSV column fit', async () => {
    const path = world.file(
      'a.csv',
      'Invoice,"Customer ID",price,day,at,zip,none,"a ""b"""\n536365,17850,2.55,2024-01-05,2024-01-05 10:00:00,01234,,x\nC536366,,-1,2024-02-29,2024-01-05T10:00,99999,,"y, z"\n',
    );
    const { columns, rowEstimate, outOfService } = tableOf(await world.open([{ name: 't', path }]));
    expect(outOfService).toBeUndefined();
    expect(rowEstimate).toBe(2);
    expect(columns.map(({ name, type, allNull }) => [name, type.oid, allNull])).toEqual([
      ['Invoice', OID.text, false],
      ['Customer ID', OID.int8, false],
      ['price', OID.float8, false],
      ['day', OID.date, false],
      ['at', OID.timestamp, false],
      ['zip', OID.text, false],
      ['none', OID.text, true],
      ['a "b"', OID.text, false],
    ]);
  });

  test('unites the files of a glob by name', async () => {
    world.file(
      '1.jsonl',
      '{"id":1,"amount":12.5,"at":"2024-01-05T10:00:00Z","tags":["a"],"sub":{"x":1},"mixed":"a"}\n',
    );
    world.file('2.jsonl', '{"id":2,"amount":3,"extra":null,"sub":null,"mixed":1}\n{"id":3,"mixed":"x"}\n');
    const { columns, rowEstimate } = tableOf(await world.open([{ name: 't', path: world.path('*.jsonl') }]));
    expect(rowEstimate).toBe(3);
    expect(columns.map(({ name, type, allNull }) => [name, type.oid, allNull])).toEqual([
      ['id', OID.int8, false],
      ['amount', OID.float8, false],
      ['at', OID.timestamptz, false],
      ['tags', OID.textArray, false],
      ['sub', OID.json, false],
      ['mixed', OID.text, false],
      ['extra', OID.text, true],
    ]);
  });

  test.each([
    ['a broken row', 'a,b\n1,2\n3,4,5\n', 't.csv: line 3 has 3 columns instead of 2'],
    ['a quote without end', 'a,b\n1,"x\n2,y\n', 't.csv: a quote that begins in line 2 does not end'],
    ['columns that differ only in case', 'a,A\n1,2\n', 't.csv: its columns "a" and "A" differ only in case'],
    ['two columns of one name', 'a,a\n1,2\n', 't.csv: it has two columns named "a"'],
  ])('puts a table out of service for %s, and goes on with the others', async (_, content, reason) => {
    const good = world.file('good.csv', 'x\n1\n');
    const runtime = await world.open([
      { name: 't', path: world.file('t.csv', content) },
      { name: 'good', path: good },
    ]);
    expect(tableOf(runtime).outOfService).toBe(reason);
    expect(tableOf(runtime, 'good').outOfService).toBeUndefined();
    expect(await rowsOf(accept(runtime), scanTask('good', [['x', int8]]))).toEqual([['1']]);
  });

  test('names a missing file, one outside, and a glob that matches nothing', async () => {
    const runtime = await world.open([
      { name: 'missing', path: world.path('no.csv') },
      { name: 'outside', path: '/etc/hostname', format: 'csv' },
      { name: 'nothing', path: world.path('*.parquet') },
    ]);
    expect(tableOf(runtime, 'missing').outOfService).toBe("no.csv can't be read: it does not exist");
    expect(tableOf(runtime, 'outside').outOfService).toBe('hostname is outside the allowed directories');
    expect(tableOf(runtime, 'nothing').outOfService).toBe('no file matches *.parquet');
  });

  test('keeps the columns of a table whose files vanished, over a restart', async () => {
    const tables = [{ name: 't', path: world.path('*.csv') }];
    const path = world.file('a.csv', 'a\n1\n');
    await world.open(tables);
    await world.stop();
    unlinkSync(path);
    const table = tableOf(await world.open(tables));
    expect(table.outOfService).toBe('no file matches *.csv');
    expect(table.columns).toMatchObject([{ name: 'a', type: int8 }]);
  });

  test('of a replicated table is equal for equal rows in another order', async () => {
    world.file('a.csv', 'a,b\n1,x\n2,y\n2,y\n');
    world.file('b.csv', 'a,b\n2,y\n1,x\n2,y\n');
    world.file('c.csv', 'a,b\n2,y\n1,x\n1,x\n');
    const runtime = await world.open(
      ['a', 'b', 'c'].map((name) => ({
        name,
        path: world.path(`${name}.csv`),
        replicated: true,
      })),
    );
    const [a, b, c] = runtime.inventory().tables.map(({ contentHash }) => contentHash);
    expect(a).toBe(b);
    expect(a).not.toBe(c);
  });

  test('is announced anew when a file changes, appears or goes', async () => {
    const path = world.path('*.csv');
    world.file('a.csv', 'a\n1\n');
    const runtime = await world.open([{ name: 't', path }], { pollIntervalMs: 100 });
    const seen: (number | undefined)[] = [];
    runtime.onInventory(({ tables }) => seen.push(tables[0]?.rowEstimate));
    const second = world.file('b.csv', 'a\n2\n3\n');
    await expect.poll(() => seen).toEqual([3]);
    appendFileSync(second, '4\n');
    await expect.poll(() => seen).toEqual([3, 4]);
    unlinkSync(second);
    await expect.poll(() => seen).toEqual([3, 4, 1]);
  });

  test('has a carrier for every type of DuckDB', async () => {
    const runtime = await world.open([{ name: 't', query: 'SELECT * FROM test_all_types()' }]);
    const { columns, outOfService } = tableOf(runtime);
    expect(outOfService).toBeUndefined();
    expect(columns.length).toBeGreaterThan(50);
    const port = accept(runtime);
    const tooWide = columns.filter(({ name }) => name === 'hugeint' || name === 'uhugeint');
    for (const { name, type } of columns) {
      const rows = rowsOf(port, scanTask('t', [[name, type]]));
      if (tooWide.some((column) => column.name === name))
        await expect(rows).rejects.toMatchObject({ code: '22003' });
      else expect(await rows).toHaveLength(3);
    }
  });

  test.each([
    ['a line that is not JSON', '{"a":1}\n{"a":\n', /^t\.jsonl: line 2 is not JSON$/],
    ['a key twice', '{"a":1,"a":2}\n', /^t\.jsonl: .*duplicate key "a"/],
  ])('puts a JSON table out of service for %s', async (_, content, reason) => {
    const runtime = await world.open([{ name: 't', path: world.file('t.jsonl', content) }]);
    expect(tableOf(runtime).outOfService).toMatch(reason);
  });
});

test('every mistake in a configuration is named with its key', () => {
  const wrong = () =>
    parseAgentConfig({
      proxies: ['http://x'],
      id: '',
      allowedDirectories: [],
      stateDirectory: 's',
      tabels: [],
      tables: [{ name: 't', path: 'a', query: 'b', columns: { a: 'numeric(50,2)' } }],
    });
  for (const key of [
    'proxies[0]',
    'id',
    'allowedDirectories',
    'tabels',
    'tables[0]',
    'tables[0].columns.a',
  ]) {
    expect(wrong).toThrow(key);
  }
});
