import { afterEach, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import {
  answer,
  connected,
  csv,
  sortPlan,
  startAgent,
  startProxy,
  streamPlan,
  type TestProxy,
  World,
} from './fleet-fixture.ts';

let world: World;
beforeEach(() => {
  world = new World();
  onTestFailed(() => console.error(world.journal.lines.join('\n')));
});
afterEach(() => world.end());

const EU = { region: 'EU' };
const US = { region: 'US' };

async function pair(): Promise<TestProxy> {
  const proxy = await startProxy(world);
  await startAgent(world, proxy, 'paris', { labels: EU });
  await startAgent(world, proxy, 'boston', { labels: US, files: { 't.csv': csv('boston', 2) } });
  await connected(proxy, 'paris', 'boston');
  return proxy;
}

describe('answers', () => {
  it('streams the rows of all shards, with their labels', async () => {
    const proxy = await pair();
    const { rows, execution } = await answer(proxy, streamPlan(['paris', 'boston'], ['region']));
    expect([...rows].sort()).toEqual([
      ['1', 'boston', 'US'],
      ['1', 'paris', 'EU'],
      ['2', 'boston', 'US'],
      ['2', 'paris', 'EU'],
      ['3', 'paris', 'EU'],
    ]);
    expect(execution.missing()).toEqual([]);
    expect(execution.tasks()).toMatchObject([
      { agent: 'paris', shard: 'paris', state: 'done', rows: 3, columns: ['a', 'b', 'region'], bytesIn: 0 },
      { agent: 'boston', state: 'done', rows: 2, error: undefined },
    ]);
    for (const task of execution.tasks()) {
      expect(task.sql).toContain('SELECT');
      expect(task.bytesOut).toBeGreaterThan(0);
    }
  });

  it('combines gathered rows', async () => {
    const proxy = await pair();
    const { rows, execution } = await answer(proxy, sortPlan(['paris', 'boston']));
    expect(rows).toEqual([
      ['1', 'boston'],
      ['2', 'boston'],
      ['1', 'paris'],
      ['2', 'paris'],
      ['3', 'paris'],
    ]);
    expect(execution.combineSql).toMatch(/ORDER BY/);
  });
});
