import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentWorld, accept, cell, int8, rowsOf, scanTask, text } from '../../test/support/agent.ts';
import type { Plan } from '../plan/logical.ts';
import type { TaskMessage } from '../protocol/messages.ts';
import type { Batch } from '../types/batch.ts';
import { numericType, OID, sqlType } from '../types/sql-type.ts';

let world: AgentWorld;

beforeEach(() => {
  world = new AgentWorld();
});

afterEach(() => world.end());

describe('a task', () => {
  test('sees columns in the accepted types, labels as constants, and missing columns as NULL', async () => {
    world.file('1.csv', 'id,price\n1,12.345\n2,\n');
    world.file('2.csv', 'price,id,more\n7,3,x\n');
    const runtime = await world.open([{ name: 't', path: world.path('*.csv') }]);
    const port = accept(runtime, { id: text, price: numericType(12, 2) });
    const task = scanTask('t', [
      ['id', text],
      ['price', numericType(12, 2)],
      ['more', text],
      ['region', text, 'label'],
      ['storeid', sqlType(OID.int4), 'label'],
      ['other', text, 'label'],
    ]);
    expect(await rowsOf(port, task)).toEqual([
      ['1', '1235', 'NULL', 'EU', '7', 'NULL'],
      ['2', 'NULL', 'NULL', 'EU', '7', 'NULL'],
      ['3', '700', 'x', 'EU', '7', 'NULL'],
    ]);
  });

  test.each([
    [sqlType(OID.int4), 'x', '22P02', 'invalid input syntax for type integer: "x"'],
    [sqlType(OID.int4), '1.5', '22P02', 'invalid input syntax for type integer: "1.5"'],
    [sqlType(OID.int4), '3000000000', '22003', 'value "3000000000" is out of range for type integer'],
    [numericType(4, 2), '123.4', '22003', 'numeric field overflow: "123.4"'],
    [sqlType(OID.float8), '1e999', '22003', 'value "1e999" is out of range for type double precision'],
    [sqlType(OID.bool), 'maybe', '22P02', 'invalid input syntax for type boolean: "maybe"'],
    [sqlType(OID.date), '2024-02-30', '22007', 'invalid input syntax for type date: "2024-02-30"'],
    [sqlType(OID.uuid), 'u', '22P02', 'invalid input syntax for type uuid: "u"'],
  ])('fails on a value that is not of the declared type %j: %s', async (type, value, code, message) => {
    const runtime = await world.open([{ name: 't', path: world.file('f.csv', `a,b\n${value},1\n`) }]);
    const port = accept(runtime, { a: type });
    await expect(rowsOf(port, scanTask('t', [['a', type]]))).rejects.toMatchObject({
      code,
      message,
      fields: { detail: 'column "a" of table "t", file f.csv' },
    });
    expect(await rowsOf(port, scanTask('t', [['b', int8]]))).toEqual([['1']]);
  });

  test('of a JSON number as numeric is exact, or an error', async () => {
    world.file('a.json', '[{"n":12.10},{"n":-0.005},{"n":12345678901234567}]');
    world.file('b.json', '[{"n":123456789012345678.91}]');
    const columns = { n: 'numeric(20,2)' };
    const runtime = await world.open([
      { name: 'good', path: world.path('a.json'), columns },
      { name: 'bad', path: world.path('b.json'), columns },
    ]);
    const port = accept(runtime);
    const type = numericType(20, 2);
    const batches: Batch[] = [];
    for await (const batch of port.runTask(scanTask('good', [['n', type]]), [], new AbortController().signal)
      .batches)
      batches.push(batch);
    const data = batches[0]!.columns[0]!;
    if (data.kind !== 'fixed') throw new Error('not fixed');
    const view = new DataView(data.data.buffer);
    expect([0, 1, 2].map((row) => view.getBigInt64(row * 16, true))).toEqual([
      1210n,
      -1n,
      1234567890123456700n,
    ]);
    await expect(rowsOf(port, scanTask('bad', [['n', type]]))).rejects.toMatchObject({ code: '22003' });
  });

  test('that another task of its statement preceded sees the same files, or fails with 40001', async () => {
    const path = world.file('a.csv', 'a\n1\n');
    const runtime = await world.open([{ name: 't', path }]);
    const port = accept(runtime);
    expect(await rowsOf(port, scanTask('t', [['a', int8]], 'q'))).toEqual([['1']]);
    appendFileSync(path, '2\n');
    await expect(rowsOf(port, scanTask('t', [['a', int8]], 'q'))).rejects.toMatchObject({ code: '40001' });
    port.endStatement('q');
    expect(await rowsOf(port, scanTask('t', [['a', int8]], 'q'))).toEqual([['1'], ['2']]);
  });

  test.each<[string, Plan]>([
    [
      'an unknown table',
      { kind: 'scan', table: 'u', tableKind: 'federated', columns: [], shards: undefined },
    ],
    [
      'an unknown column',
      {
        kind: 'scan',
        table: 't',
        tableKind: 'federated',
        columns: [{ id: 0, name: 'z', type: int8, source: { kind: 'physical', name: 'z' } }],
        shards: undefined,
      },
    ],
    [
      'SQL in a constant',
      {
        kind: 'values',
        columns: [{ id: 0, type: sqlType(OID.bool), name: '' }],
        rows: [[{ kind: 'const', type: sqlType(OID.bool), value: "(SELECT 'x')" }]],
      },
    ],
    ['an unknown relation', { kind: 'relation', name: 'sqlite_master', columns: [] }],
    ['a WITH query that nothing defines', { kind: 'cte-ref', name: 'a.csv', columns: [], of: [] }],
  ])('with %s is refused', async (_, plan) => {
    const runtime = await world.open([{ name: 't', path: world.file('a.csv', 'a\n1\n') }]);
    const task = { ...scanTask('t', []), plan };
    await expect(rowsOf(accept(runtime), task)).rejects.toMatchObject({ code: '08P01' });
  });

  test('reads its inputs from temporary tables that are gone afterwards', async () => {
    const runtime = await world.open([{ name: 't', path: world.file('a.csv', 'a\n1\n') }]);
    const port = accept(runtime);
    const columns = [{ id: 5, type: int8, name: 'n' }];
    const plan: Plan = { kind: 'relation', name: 'b1', columns };
    const data = new Uint8Array(new BigInt64Array([7n, 8n]).buffer);
    const batch: Batch = {
      rowCount: 2,
      columns: [{ kind: 'fixed', layout: 'int64', validity: undefined, data }],
    };
    for (let round = 0; round < 3; round++) {
      const task: TaskMessage = {
        ...scanTask('t', []),
        plan,
        columns,
        inputs: [{ name: 'b1', columns, frames: 1 }],
      };
      const run = port.runTask(
        task,
        [{ name: 'b1', columns, batches: [batch] }],
        new AbortController().signal,
      );
      const rows: string[] = [];
      for await (const answer of run.batches) rows.push(cell(answer, 0, 0), cell(answer, 0, 1));
      expect(rows).toEqual(['7', '8']);
      expect(await run.report).toMatchObject({ rows: 2 });
    }
    await expect.poll(() => runtime.busy).toBe(0);
  });

  test('leaves a record on the agent, also when it fails', async () => {
    const runtime = await world.open([{ name: 't', path: world.file('a.csv', 'a\nx\n') }]);
    const port = accept(runtime, { a: int8 });
    await expect(rowsOf(port, scanTask('t', [['a', int8]]))).rejects.toThrow();
    await world.stop();
    const [line = ''] = readFileSync(join(world.directory, 'state', 'audit', 'tasks.jsonl'), 'utf8').split(
      '\n',
    );
    expect(JSON.parse(line)).toMatchObject({
      proxy: 'test',
      columns: ['a'],
      sql: expect.stringMatching(/^SELECT c0 FROM \(SELECT k0 AS c0 \/\* a \*\/ FROM t\d+_1 \/\* t \*\/\)/),
      rows: 0,
      error: expect.stringContaining('22P02'),
    });
  });

  test('that runs too long is cancelled by the agent, and one too many is turned away', async () => {
    const runtime = await world.open([{ name: 't', query: 'SELECT i AS a FROM range(3) r(i)' }], {
      taskTimeoutMs: 200,
      maxOpenTasks: 1,
      maxQueuedTasks: 0,
    });
    const port = accept(runtime);
    const run = port.runTask(scanTask('t', [['a', int8]]), [], new AbortController().signal);
    const reader = run.batches[Symbol.asyncIterator]();
    await reader.next();
    await expect(rowsOf(port, scanTask('t', [['a', int8]]))).rejects.toMatchObject({ code: '53000' });
    await expect.poll(() => run.signal.aborted).toBe(true);
    await reader.return?.();
    expect(await run.report).toMatchObject({ rows: 3 });
  });
});
