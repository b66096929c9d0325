import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Plan, ScanColumn } from '../plan/logical.ts';
import type { InventoryTable, TaskMessage } from '../protocol/messages.ts';
import type { Batch } from '../types/batch.ts';
import { isNull } from '../types/batch.ts';
import { numericType, OID, type SqlType, sqlType } from '../types/sql-type.ts';
import { type AgentConfigInput, parseAgentConfig } from './config.ts';
import { AgentRuntime, type ProxyPort } from './runtime.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const text = sqlType(OID.text);
const int8 = sqlType(OID.int8);

let directory: string;
let runtimes: AgentRuntime[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'skein-agent-'));
  mkdirSync(join(directory, 'data'));
  runtimes = [];
});

afterEach(async () => {
  for (const runtime of runtimes) await runtime.close();
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, content: string): string {
  const path = join(directory, 'data', name);
  writeFileSync(path, content);
  return path;
}

async function open(
  tables: AgentConfigInput['tables'],
  more: Partial<AgentConfigInput> = {},
): Promise<AgentRuntime> {
  const config = parseAgentConfig({
    proxies: ['ws://localhost:1'],
    id: 'a1',
    labels: { region: 'EU', storeid: 7 },
    allowedDirectories: [join(directory, 'data')],
    stateDirectory: join(directory, 'state'),
    tables,
    threads: 2,
    ...more,
  });
  const runtime = await AgentRuntime.open(config, log);
  runtimes.push(runtime);
  return runtime;
}

function tableOf(runtime: AgentRuntime, name = 't'): InventoryTable {
  const table = runtime.inventory().tables.find((candidate) => candidate.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return table;
}

/** A port over the inventory as it is, with the types of `retyped` instead. */
function accept(runtime: AgentRuntime, retyped: Readonly<Record<string, SqlType>> = {}): ProxyPort {
  const port = runtime.openPort('test');
  port.accept(
    runtime.inventory().tables.map(({ name, columns }) => ({
      name,
      columns: columns.map((column) => ({ name: column.name, type: retyped[column.name] ?? column.type })),
      outOfService: undefined,
    })),
  );
  return port;
}

let tasks = 0;

function scanTask(
  table: string,
  columns: readonly (readonly [string, SqlType, 'label'?])[],
  queryId = `q${tasks}`,
): TaskMessage {
  const scanColumns: ScanColumn[] = columns.map(([name, type, kind = 'physical'], id) => ({
    id,
    name,
    type,
    source: { kind, name } as ScanColumn['source'],
  }));
  const plan: Plan = { kind: 'scan', table, tableKind: 'federated', columns: scanColumns, shards: undefined };
  return {
    type: 'task',
    queryId,
    taskId: `task${tasks++}`,
    plan,
    columns: scanColumns,
    inputs: [],
    maxRows: undefined,
  };
}

async function rowsOf(port: ProxyPort, task: TaskMessage): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const batch of port.runTask(task, [], new AbortController().signal).batches) {
    for (let row = 0; row < batch.rowCount; row++)
      rows.push(batch.columns.map((_, i) => cell(batch, i, row)));
  }
  return rows;
}

function cell(batch: Batch, column: number, row: number): string {
  const vector = batch.columns[column]!;
  if (isNull(vector, row)) return 'NULL';
  if (vector.kind === 'bytes') {
    return new TextDecoder().decode(vector.data.subarray(vector.offsets[row], vector.offsets[row + 1]));
  }
  if (vector.kind === 'list') return 'list';
  const view = new DataView(vector.data.buffer, vector.data.byteOffset);
  if (vector.layout === 'int64' || vector.layout === 'timestamp')
    return String(view.getBigInt64(row * 8, true));
  if (vector.layout === 'float64') return String(view.getFloat64(row * 8, true));
  if (vector.layout === 'int32' || vector.layout === 'date') return String(view.getInt32(row * 4, true));
  return vector.layout;
}

describe('the inventory', () => {
  test('has verbatim names and the types that all values of a CSV column fit', async () => {
    const path = file(
      'a.csv',
      'Invoice,"Customer ID",price,day,at,zip,none,"a ""b"""\n536365,17850,2.55,2024-01-05,2024-01-05 10:00:00,01234,,x\nC536366,,-1,2024-02-29,2024-01-05T10:00,99999,,"y, z"\n',
    );
    const { columns, rowEstimate, outOfService } = tableOf(await open([{ name: 't', path }]));
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
    file(
      '1.jsonl',
      '{"id":1,"amount":12.5,"at":"2024-01-05T10:00:00Z","tags":["a"],"sub":{"x":1},"mixed":"a"}\n',
    );
    file('2.jsonl', '{"id":2,"amount":3,"extra":null,"sub":null,"mixed":1}\n{"id":3,"mixed":"x"}\n');
    const { columns, rowEstimate } = tableOf(
      await open([{ name: 't', path: join(directory, 'data', '*.jsonl') }]),
    );
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
    const good = file('good.csv', 'x\n1\n');
    const runtime = await open([
      { name: 't', path: file('t.csv', content) },
      { name: 'good', path: good },
    ]);
    expect(tableOf(runtime).outOfService).toBe(reason);
    expect(tableOf(runtime, 'good').outOfService).toBeUndefined();
    expect(await rowsOf(accept(runtime), scanTask('good', [['x', int8]]))).toEqual([['1']]);
  });

  test('names a missing file, one outside, and a glob that matches nothing', async () => {
    const runtime = await open([
      { name: 'missing', path: join(directory, 'data', 'no.csv') },
      { name: 'outside', path: '/etc/hostname', format: 'csv' },
      { name: 'nothing', path: join(directory, 'data', '*.parquet') },
    ]);
    expect(tableOf(runtime, 'missing').outOfService).toBe("no.csv can't be read: it does not exist");
    expect(tableOf(runtime, 'outside').outOfService).toBe('hostname is outside the allowed directories');
    expect(tableOf(runtime, 'nothing').outOfService).toBe('no file matches *.parquet');
  });

  test('keeps the columns of a table whose files vanished, over a restart', async () => {
    const tables = [{ name: 't', path: join(directory, 'data', '*.csv') }];
    const path = file('a.csv', 'a\n1\n');
    await (await open(tables)).close();
    runtimes = [];
    unlinkSync(path);
    const table = tableOf(await open(tables));
    expect(table.outOfService).toBe('no file matches *.csv');
    expect(table.columns).toMatchObject([{ name: 'a', type: int8 }]);
  });

  test('of a replicated table is equal for equal rows in another order', async () => {
    file('a.csv', 'a,b\n1,x\n2,y\n2,y\n');
    file('b.csv', 'a,b\n2,y\n1,x\n2,y\n');
    file('c.csv', 'a,b\n2,y\n1,x\n1,x\n');
    const runtime = await open(
      ['a', 'b', 'c'].map((name) => ({
        name,
        path: join(directory, 'data', `${name}.csv`),
        replicated: true,
      })),
    );
    const [a, b, c] = runtime.inventory().tables.map(({ contentHash }) => contentHash);
    expect(a).toBe(b);
    expect(a).not.toBe(c);
  });

  test('is announced anew when a file changes, appears or goes', async () => {
    const path = join(directory, 'data', '*.csv');
    file('a.csv', 'a\n1\n');
    const runtime = await open([{ name: 't', path }], { pollIntervalMs: 100 });
    const seen: (number | undefined)[] = [];
    runtime.onInventory(({ tables }) => seen.push(tables[0]?.rowEstimate));
    const second = file('b.csv', 'a\n2\n3\n');
    await expect.poll(() => seen).toEqual([3]);
    appendFileSync(second, '4\n');
    await expect.poll(() => seen).toEqual([3, 4]);
    unlinkSync(second);
    await expect.poll(() => seen).toEqual([3, 4, 1]);
  });
});

describe('a task', () => {
  test('sees columns in the accepted types, labels as constants, and missing columns as NULL', async () => {
    file('1.csv', 'id,price\n1,12.345\n2,\n');
    file('2.csv', 'price,id,more\n7,3,x\n');
    const runtime = await open([{ name: 't', path: join(directory, 'data', '*.csv') }]);
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
    const runtime = await open([{ name: 't', path: file('f.csv', `a,b\n${value},1\n`) }]);
    const port = accept(runtime, { a: type });
    await expect(rowsOf(port, scanTask('t', [['a', type]]))).rejects.toMatchObject({
      code,
      message,
      fields: { detail: 'column "a" of table "t", file f.csv' },
    });
    expect(await rowsOf(port, scanTask('t', [['b', int8]]))).toEqual([['1']]);
  });

  test('of a JSON number as numeric is exact, or an error', async () => {
    file('a.json', '[{"n":12.10},{"n":-0.005},{"n":12345678901234567}]');
    file('b.json', '[{"n":123456789012345678.91}]');
    const columns = { n: 'numeric(20,2)' };
    const runtime = await open([
      { name: 'good', path: join(directory, 'data', 'a.json'), columns },
      { name: 'bad', path: join(directory, 'data', 'b.json'), columns },
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
    const path = file('a.csv', 'a\n1\n');
    const runtime = await open([{ name: 't', path }]);
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
  ])('with %s is refused', async (_, plan) => {
    const runtime = await open([{ name: 't', path: file('a.csv', 'a\n1\n') }]);
    const task = { ...scanTask('t', []), plan };
    await expect(rowsOf(accept(runtime), task)).rejects.toMatchObject({ code: '08P01' });
  });

  test('reads its inputs from temporary tables that are gone afterwards', async () => {
    const runtime = await open([{ name: 't', path: file('a.csv', 'a\n1\n') }]);
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
    const runtime = await open([{ name: 't', path: file('a.csv', 'a\nx\n') }]);
    const port = accept(runtime, { a: int8 });
    await expect(rowsOf(port, scanTask('t', [['a', int8]]))).rejects.toThrow();
    await runtime.close();
    runtimes = [];
    const [line = ''] = readFileSync(join(directory, 'state', 'audit', 'tasks.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(line)).toMatchObject({
      proxy: 'test',
      rows: 0,
      error: expect.stringContaining('22P02'),
    });
  });

  test('that runs too long is cancelled by the agent, and one too many is turned away', async () => {
    const runtime = await open([{ name: 't', query: 'SELECT i AS a FROM range(3) r(i)' }], {
      taskTimeoutMs: 200,
      maxConcurrentTasks: 1,
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
  for (const key of ['proxies.0', 'id', 'allowedDirectories', 'tabels', 'tables.0', 'tables.0.columns.a']) {
    expect(wrong).toThrow(key);
  }
});
