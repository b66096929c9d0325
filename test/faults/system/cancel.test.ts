import { expect, test } from 'vitest';
import {
  AGENTS,
  type Cancelled,
  cancelOnce,
  everyoneRests,
  fillSlots,
  PROXY,
  percentile,
  requestCancel,
  WORKS,
} from './cancels.ts';
import { failure, running, useSystem } from './fixture.ts';

const CANCELS = 100 * Number(process.env['RUNS'] ?? 1);
const system = useSystem({ agents: AGENTS, proxy: PROXY });

const unfinished = () =>
  system().rows(
    "SELECT agent, sql FROM skein.query_tasks WHERE state NOT IN ('done', 'failed', 'cancelled')",
  );

test(`${CANCELS} cancels: each ends with 57014, and nothing is left on any agent`, {
  timeout: 600_000,
}, async () => {
  const times: number[] = [];
  for (const work of WORKS) {
    const release = work.queued === true ? await fillSlots(system()) : undefined;
    const results: Cancelled[] = [];
    for (let i = 0; i < CANCELS / WORKS.length; i++) {
      results.push(await cancelOnce(system(), work, 20 + ((i * 37) % 200)));
    }
    await release?.();
    expect(new Set(results.map(({ code }) => code)), work.name).toEqual(new Set(['57014']));
    times.push(...results.map(({ ms }) => ms));
    report(
      work.name,
      results.map(({ ms }) => ms),
    );
    await everyoneRests(system());
  }
  report('all', times);
  expect(await unfinished()).toEqual([]);
  expect(await system().rows('SELECT count(*)::int AS n FROM big')).toEqual([{ n: 120_000_000 }]);
});

function report(name: string, times: readonly number[]): void {
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(times, share).toFixed(0));
  console.log(`cancel, ${name}: ${times.length} times, p50 ${p50} ms, p99 ${p99} ms`);
}

test('statement_timeout ends every kind of work', async () => {
  const client = await system().connect();
  await client.query('SET statement_timeout = 150');
  for (const { name, sql } of WORKS) {
    const error = await failure(client.query(sql));
    expect(error, name).toMatchObject({
      code: '57014',
      message: 'canceling statement due to statement timeout',
    });
  }
  const release = await fillSlots(system());
  expect(await failure(client.query('SELECT min(h) FROM big'))).toMatchObject({ code: '57014' });
  await release();
  await everyoneRests(system());
  expect(await unfinished()).toEqual([]);
});

test('the driver’s own cancel; a wrong key and a late request do nothing', async () => {
  const client = await system().connect();
  const work = failure(client.query('SELECT min(h) FROM big -- by the driver'));
  await running(system(), '-- by the driver');
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  await requestCancel(
    system(),
    Object.assign(Object.create(client), { processID, secretKey: secretKey ^ 1 }),
  );
  expect(await system().rows("SELECT 1 FROM skein.queries WHERE state = 'running'")).toHaveLength(1);
  await requestCancel(system(), client);
  expect((await work).message).toBe('canceling statement due to user request');
  await requestCancel(system(), client);
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('an agent that hangs does not hold up a cancel', async () => {
  const client = await system().connect();
  const work = failure(client.query('SELECT min(h) FROM big -- hangs'));
  await running(system(), '-- hangs');
  system().agent('york').pause();
  await requestCancel(system(), client);
  expect((await work).code).toBe('57014');
  system().agent('york').resume();
  await everyoneRests(system());
});
