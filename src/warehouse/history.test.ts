import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { TaskRecord } from '../execution/execution.ts';
import { History, type QueryEnd } from './history.ts';

let directory: string;
const problems: string[] = [];
const log = { error: (fields: object) => void problems.push(JSON.stringify(fields)) };

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'skein-history-'));
  problems.length = 0;
});
afterEach(() => rm(directory, { recursive: true }));

const open = (limit = 10_000) => History.open({ directory, limit, log });

const task = (agent: string): TaskRecord => ({
  taskId: 't',
  fragment: 1,
  agent,
  shard: agent,
  sql: 'SELECT 1',
  columns: ['a'],
  rows: 2,
  bytesIn: 3,
  bytesOut: 4,
  queueMs: 0.5,
  runMs: 1.5,
  transferMs: 2.5,
  state: 'done',
  error: undefined,
});

const done: QueryEnd = {
  state: 'done',
  durationMs: 12.5,
  rows: 7,
  missingAgents: ['x'],
  error: undefined,
  tasks: [task('a'), task('b')],
};

const begin = (history: History, queryId: string, sql = `SELECT '${queryId}'`) =>
  history.begin({ queryId, userName: "o'hara", sql, startedAt: '2024-01-01T00:00:00.000Z' });

it('keeps queries and their tasks over a restart, the newest first', async () => {
  const first = await open();
  begin(first, 'q1');
  first.end('q1', done);
  begin(first, 'q2');
  first.end('q2', { ...done, state: 'failed', error: 'division by zero', tasks: [] });
  await first.close();

  const second = await open();
  expect(await second.queries()).toMatchObject([
    { queryId: 'q2', state: 'failed', error: 'division by zero', bytes: 0 },
    {
      queryId: 'q1',
      userName: "o'hara",
      sql: "SELECT 'q1'",
      state: 'done',
      rows: 7,
      bytes: 14,
      missingAgents: ['x'],
      durationMs: 12.5,
    },
  ]);
  expect(await second.tasks()).toMatchObject([
    { queryId: 'q1', agent: 'a', columns: ['a'], bytesIn: 3, bytesOut: 4, runMs: 1.5 },
    { queryId: 'q1', agent: 'b' },
  ]);
  begin(second, 'q3');
  expect((await second.queries()).map((query) => [query.queryId, query.state])).toEqual([
    ['q3', 'running'],
    ['q2', 'failed'],
    ['q1', 'done'],
  ]);
  await second.close();
  expect(problems).toEqual([]);
});

it('a query that ran when the proxy went down has failed', async () => {
  const first = await open();
  begin(first, 'q1');
  await first.close();
  const second = await open();
  expect(await second.queries()).toMatchObject([
    { queryId: 'q1', state: 'failed', error: 'the proxy went down while the query ran' },
  ]);
  await second.close();
});

it('keeps the newest only', async () => {
  const history = await open(10);
  for (let i = 0; i < 35; i++) {
    begin(history, `q${i}`);
    history.end(`q${i}`, { ...done, tasks: [] });
    if (i % 10 === 0) await history.queries();
  }
  const kept = (await history.queries()).map((query) => query.queryId);
  expect(kept).toEqual(Array.from({ length: 10 }, (_, i) => `q${34 - i}`));
  await history.close();
});

it('shortens long statements, survives any text', async () => {
  const history = await open();
  begin(history, 'long', 'x'.repeat(100_000));
  begin(history, 'odd', "SELECT '\0\u2028é'';--'");
  const [odd, long] = await history.queries();
  expect(long?.sql).toHaveLength(20_000 + '… (100000 characters)'.length);
  expect(odd?.sql).toContain('é');
  await history.close();
  expect(problems).toEqual([]);
});

it('says what to do with a damaged file', async () => {
  await writeFile(path.join(directory, 'history.duckdb'), 'not a database'.repeat(1000));
  await expect(open()).rejects.toMatchObject({ message: expect.stringContaining('history.duckdb') });
});
