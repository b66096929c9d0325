import { expect, test } from 'vitest';
import type { SkeinProcess } from '../../support/processes.ts';
import { everyoneRests, reading, requestCancel } from './cancels.ts';
import { pause, Stream, stores, useSystem } from './fixture.ts';

const SECONDS = Number(process.env['RUNS'] ?? 1) > 1 ? 60 : 5;
const LIMIT = 100 << 20;
const STEADY = 8 << 20;
const ROWS = {
  name: 'ten_million',
  query: "SELECT range AS i, range % 1000 AS k, 'row ' || range AS t FROM range(10000000)",
};
const system = useSystem({ agents: stores([ROWS]) });

async function memories(): Promise<ReadonlyMap<SkeinProcess, number>> {
  const { processes } = system();
  const sizes = await Promise.all(processes.map((each) => each.memory()));
  return new Map(processes.map((each, i) => [each, sizes[i] ?? 0]));
}

/** Soon after its start the proxy starts a second PostgreSQL, for catalog queries. */
async function baselineOfThese(): Promise<ReadonlyMap<SkeinProcess, number>> {
  for (let before = await memories(); ; ) {
    await pause(2000);
    const now = await memories();
    if ([...now].every(([each, size]) => size - (before.get(each) ?? 0) < STEADY)) return now;
    before = now;
  }
}

async function growth(baseline: ReadonlyMap<SkeinProcess, number>): Promise<[string, number][]> {
  return [...(await memories())].map(([each, now]) => [each.name, now - (baseline.get(each) ?? 0)]);
}

test.each([
  ['one agent', "SELECT i, k, t FROM ten_million WHERE country = 'FR'"],
  ['three agents, and a label', 'SELECT i, k, t, country FROM ten_million'],
])(
  `ten million rows of %s, unread for ${SECONDS} s: nobody buffers them`,
  { timeout: 300_000 },
  async (_, sql) => {
    await system().rows('SELECT i, k, t FROM ten_million LIMIT 1000');
    const baseline = await baselineOfThese();
    const client = await system().connect();
    const stream = new Stream(client, sql);
    await stream.reaches(1000);
    reading(client, 'pause');
    let largest: [string, number] = ['', 0];
    for (let second = 0; second < SECONDS; second++) {
      await pause(1000);
      for (const each of await growth(baseline)) if (each[1] > largest[1]) largest = each;
    }
    console.log(`${sql}: the ${largest[0]} grew most, by ${(largest[1] / 2 ** 20).toFixed(0)} MiB`);
    expect(largest[1], `growth of the ${largest[0]}`).toBeLessThan(LIMIT);
    await requestCancel(system(), client);
    reading(client, 'resume');
    await expect(stream.ended).rejects.toMatchObject({ code: '57014' });
    await everyoneRests(system());
  },
);

test('a client that reads all of them at its own pace gets every row, and leaves nothing', {
  timeout: 300_000,
}, async () => {
  await system().rows('SELECT i FROM ten_million LIMIT 1000');
  const baseline = await baselineOfThese();
  const client = await system().connect();
  const stream = new Stream(client, "SELECT k, t FROM ten_million WHERE country = 'DE' AND i < 1000000");
  while (stream.rows < 900_000) {
    await stream.reaches(stream.rows + 90_000);
    reading(client, 'pause');
    await pause(100);
    reading(client, 'resume');
  }
  await stream.ended;
  expect(stream.rows).toBe(1_000_000);
  for (const [name, bytes] of await growth(baseline)) expect(bytes, name).toBeLessThan(LIMIT);
});
