import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import { runSkein } from '../../support/processes.ts';
import { agentsRest } from './cancels.ts';
import { failure, pause, running, SMALL, slowTable, store, stores, useSystem } from './fixture.ts';

const OTHER = { name: 'other', query: 'SELECT 1 AS x' };
const TABLES = [SMALL, OTHER, slowTable(8_000_000)];
const system = useSystem({ agents: stores(TABLES), proxy: { labels: { storeid: 'integer' } } });

describe('what the proxy knows survives', () => {
  test('kill -9 of the proxy: who is absent since is named, the others answer', async () => {
    await system().rows('SELECT count(*) FROM small -- before the crash');
    await system().agent('berlin').kill();
    await system().proxy.kill();
    await system().startProxy();
    await system().connected(['paris', 'york']);
    const error = await failure(system().rows('SELECT count(*) FROM small'));
    expect(error).toMatchObject({ code: '58000', message: 'agent "berlin" is not connected' });
    expect(error.detail).toContain('country=DE');
    expect(await system().rows("SELECT count(*)::int AS n FROM small WHERE region = 'US'")).toEqual([
      { n: 10 },
    ]);
    const known = await system().rows("SELECT state, labels FROM skein.agents WHERE agent = 'berlin'");
    expect(known).toEqual([{ state: 'absent', labels: { storeid: '3', region: 'EU', country: 'DE' } }]);
    await system().startAgent(store('berlin', TABLES));
    expect(await system().rows('SELECT count(*)::int AS n FROM small')).toEqual([{ n: 30 }]);
  });

  test('all processes killed: nobody back yet, everybody is missed', async () => {
    for (const each of system().processes) await each.kill();
    await system().startProxy();
    const error = await failure(system().rows('SELECT count(*) FROM small'));
    expect(error.code).toBe('58000');
    for (const id of ['paris', 'berlin', 'york']) expect(error.detail).toContain(`agent "${id}"`);
    for (const spec of stores(TABLES)) await system().launchAgent(spec);
    await system().connected(['paris', 'berlin', 'york']);
    expect(await system().rows('SELECT count(*)::int AS n FROM small')).toEqual([{ n: 30 }]);
  });

  test('the history keeps what was running when the proxy was killed', async () => {
    await system().rows('SELECT count(*) FROM small -- recorded');
    await system().until('the history to be written', async () => {
      const rows = await system().rows(
        "SELECT 1 FROM skein.queries WHERE sql LIKE '%-- recorded' AND state = 'done'",
      );
      return rows.length === 1;
    });
    await system().proxy.kill();
    await system().startProxy();
    const kept = await system().rows<{ state: string }>(
      "SELECT state FROM skein.queries WHERE sql LIKE '%-- recorded'",
    );
    expect(kept).toEqual([{ state: 'done' }]);
    await system().connected(['paris', 'berlin', 'york']);
  });
});

describe('the proxy ends while a query runs', () => {
  const work = async (marker: string): Promise<{ readonly failed: Promise<pg.DatabaseError> }> => {
    const client = await system().connect();
    const result = failure(client.query(`SELECT count(DISTINCT h) FROM big -- ${marker}`));
    result.catch(() => undefined);
    await running(system(), `-- ${marker}`);
    return { failed: result };
  };
  const stateOf = async (marker: string): Promise<unknown> => {
    const [row] = await system().rows('SELECT state, error FROM skein.queries WHERE sql LIKE $1', [
      `%-- ${marker}`,
    ]);
    return row;
  };

  test('on SIGTERM: the client is told so (57P01), the agents stop working', async () => {
    const { failed } = await work('stopped');
    await system().proxy.stop();
    expect(await failed).toMatchObject({ code: '57P01', severity: 'FATAL' });
    await agentsRest(system());
    await system().startProxy();
    await system().connected(['paris', 'berlin', 'york']);
    expect(await stateOf('stopped')).toMatchObject({ state: expect.stringMatching(/cancelled|failed/) });
  });

  test('on kill -9: the agents stop working, and the history says what became of the query', async () => {
    await work('crashed');
    await pause(1000);
    await system().proxy.kill();
    await agentsRest(system());
    await system().startProxy();
    await system().connected(['paris', 'berlin', 'york']);
    expect(await stateOf('crashed')).toEqual({
      state: 'failed',
      error: 'the proxy went down while the query ran',
    });
  });
});

describe('an agent that returns with fewer tables', () => {
  test('is missed by name by queries over the table, until an operator gives it up', async () => {
    await system().agent('york').kill();
    await system().startAgent(store('york', [OTHER]));
    const error = await failure(system().rows('SELECT count(*) FROM small'));
    expect(error.code).toBe('58000');
    expect(`${error.message} ${error.detail}`).toMatch(/york.*small/s);
    expect(error.detail).toContain('country=US');
    expect(error.detail).toContain('no longer announces');
    expect(await system().rows('SELECT count(*)::int AS n FROM other')).toEqual([{ n: 3 }]);
    expect(await system().rows("SELECT count(*)::int AS n FROM small WHERE region = 'EU'")).toEqual([
      { n: 20 },
    ]);
    const [row] = await system().rows<{ reason: string }>(
      "SELECT reason FROM skein.tables WHERE table_name = 'small' AND agent = 'york'",
    );
    expect(row?.reason).toContain('skein agent remove york --table small');

    await runSkein('agent', 'remove', 'york', '--table', 'small', '--state', system().proxyState);
    expect(await system().rows('SELECT count(*)::int AS n FROM small')).toEqual([{ n: 20 }]);
  });

  test('is missed too if the proxy restarts, and its table counts again once it is back', async () => {
    await system().agent('paris').kill();
    await system().startAgent(store('paris', [OTHER]));
    await system().proxy.kill();
    await system().startProxy();
    await system().connected(['paris', 'berlin', 'york']);
    const error = await failure(system().rows('SELECT count(*) FROM small'));
    expect(`${error.code} ${error.message} ${error.detail}`).toMatch(/58000.*paris.*small/s);
    await system().agent('paris').kill();
    await system().startAgent(store('paris', TABLES));
    expect(await system().rows('SELECT count(*)::int AS n FROM small')).toEqual([{ n: 20 }]);
  });
});
