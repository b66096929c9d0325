import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { AgentSpec } from '../../support/processes.ts';
import { failure, pause, SMALL, useSystem } from './fixture.ts';
import { Relay, type Step } from './relay.ts';

/** Tables in place, while processes die: a table has all its old rows or all its new ones. */

const relay = await Relay.open();
afterAll(() => relay.close());

const spec = (id: string, storeid: number, region: string, shard = id): AgentSpec => ({
  id,
  shard,
  labels: { storeid, region },
  tables: [SMALL],
  store: `pieces-${id}`,
  proxies: [relay.url],
});
const COPIES = [spec('paris-a', 1, 'EU', 'paris'), spec('paris-b', 1, 'EU', 'paris')];
const [FIRST = spec('', 0, ''), SECOND = FIRST] = COPIES;
const AGENTS = [FIRST, spec('berlin', 3, 'EU'), spec('york', 4, 'US')];
const IDS = ['paris-b', ...AGENTS.map(({ id }) => id)];
const system = useSystem({
  agents: AGENTS,
  proxy: { labels: { storeid: 'integer' }, pieceGraceSeconds: 1, httpPort: relay.httpPort },
});

const IN_PLACE = "SET skein.materialize = 'agents'";
const KEPT =
  'SELECT count(*)::int AS rows, count(DISTINCT storeid)::int AS stores, min(v)::int AS least, max(v)::int AS most FROM kept';

/** One transaction over both kinds of tables. @returns whether it was told that it is committed. */
async function changed(): Promise<boolean> {
  const client = await system().connect();
  await client.query(IN_PLACE);
  try {
    await client.query(
      `BEGIN; CREATE TABLE passing AS SELECT storeid, region, n, v + 1 AS v FROM kept; DROP TABLE passing;
       UPDATE kept SET v = v + 1; UPDATE log SET v = v + 1; COMMIT`,
    );
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && !/^(57P|58|08)/.test(error.code ?? '')) throw error;
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What an agent is told, and tells, while a statement makes pieces: each may be the last. */
const STEPS: readonly Step[] = [
  'to task',
  'from inventory',
  'to accepted',
  'from frame',
  'from task-done',
  'to end-statement',
];

/** Pieces that the proxy knows of, by agent. */
async function pieces(): Promise<ReadonlyMap<string, readonly string[]>> {
  const directory = join(system().proxyState, 'registry');
  const found = new Map<string, readonly string[]>();
  for (const file of await readdir(directory)) {
    if (!/^agent-.*json$/.test(file)) continue;
    const { id, tables } = JSON.parse(await readFile(join(directory, file), 'utf8'));
    found.set(
      id,
      tables.flatMap((table: { name: string; missing: boolean }) =>
        table.name.startsWith('@') && !table.missing ? [table.name] : [],
      ),
    );
  }
  return found;
}

/** Old pieces are gone, and so are those that nobody came to name. */
async function swept(kept: number): Promise<void> {
  await system().until('unused pieces to be forgotten', async () =>
    [...(await pieces()).values()].every((own) => own.length <= kept),
  );
}

/** All that were killed are there again. */
async function restored(): Promise<void> {
  if (!system().proxy.isRunning) await system().startProxy();
  for (const agent of [SECOND, ...AGENTS])
    if (!system().isRunning(agent.id)) await system().launchAgent(agent);
  await system().connected(IDS);
}

beforeEach(async () => {
  await restored();
  const client = await system().connect();
  await client.query('DROP TABLE IF EXISTS kept, fresh, alike, unlike, log');
  await client.query(IN_PLACE);
  await client.query('CREATE TABLE kept AS SELECT storeid, region, n, 0 AS v FROM small');
  await client.query("CREATE TABLE log WITH (materialize = 'warehouse') AS SELECT 0 AS v");
  await client.end();
});

describe('a table in place', () => {
  test.each(STEPS)(
    'is whole, and of one moment, after kill -9 of the proxy or an agent at "%s"',
    async (step) => {
      for (const victim of ['proxy', 'york']) {
        const [before] = await system().rows<{ most: number }>(KEPT);
        const reached = relay.stopAt('york', step);
        const work = changed();
        await reached;
        await (victim === 'proxy' ? system().proxy : system().agent(victim)).kill();
        const told = await work;
        if (victim !== 'proxy') await system().agentsAre('absent', [victim]);
        await restored();
        const [row] = await system().rows<{ most: number; least: number }>(KEPT);
        const most = row?.most ?? -1;
        expect(row).toMatchObject({ rows: 30, stores: 3, least: most });
        expect(await system().rows('SELECT v FROM log')).toEqual([{ v: most }]);
        const next = (before?.most ?? 0) + 1;
        if (told) expect(most).toBe(next);
        else expect([before?.most, next]).toContain(most);
        expect(await system().rows("SELECT 1 FROM pg_class WHERE relname = 'passing'")).toEqual([]);
      }
      expect(await changed()).toBe(true);
      await swept(1);
    },
  );

  test('of a shard with two agents: both keep equal rows, or one is not asked', async () => {
    const client = await system().connect();
    await client.query(IN_PLACE);
    await system().agent('paris-a').kill();
    await system().agentsAre('absent', ['paris-a']);
    expect((await client.query(KEPT)).rows).toMatchObject([{ rows: 30, stores: 3 }]);
    await client.query('DELETE FROM kept WHERE n > 4');
    await client.query('CREATE TABLE fresh AS SELECT storeid, n FROM small');
    const half = { rows: 15, stores: 3 };
    expect((await client.query(KEPT)).rows).toMatchObject([half]);
    // It was away, so it has the old rows only: nobody asks it, and the table says so.
    await system().startAgent(FIRST);
    const places = `SELECT agent, row_estimate::int AS rows, reason FROM skein.tables
      WHERE table_name = 'kept' AND agent LIKE 'paris%' ORDER BY agent`;
    expect((await client.query(places)).rows).toEqual([
      { agent: 'paris-a', rows: null, reason: expect.stringContaining('was away') },
      { agent: 'paris-b', rows: 5, reason: null },
    ]);
    for (let turn = 0; turn < 4; turn++)
      expect((await client.query(`${KEPT} -- ${turn}`)).rows).toMatchObject([half]);
    await system().agent('paris-b').kill();
    await system().agentsAre('absent', ['paris-b']);
    const error = await failure(client.query(KEPT));
    expect(error).toMatchObject({ code: '58000', detail: expect.stringContaining('paris') });
    const write = await failure(client.query('UPDATE kept SET v = 0'));
    expect(write.code).toBe('58000');
    expect((await client.query('SELECT count(*)::int AS n FROM small')).rows).toEqual([{ n: 30 }]);
    await system().startAgent(SECOND);
    expect((await client.query(KEPT)).rows).toMatchObject([half]);
    // Made anew by both of what both have, it is both's again.
    await client.query('CREATE TABLE alike AS SELECT storeid, n, random() > 2 AS never FROM small');
    await client.query('CREATE TABLE unlike AS SELECT storeid, n, random() AS r FROM small');
    await system().agent('paris-a').kill();
    await system().agentsAre('absent', ['paris-a']);
    expect((await client.query('SELECT count(*)::int AS n FROM alike')).rows).toEqual([{ n: 30 }]);
    expect((await failure(client.query('SELECT sum(r) FROM unlike'))).code).toBe('58000');
    await system().startAgent(FIRST);
    await client.query('DROP TABLE kept, fresh, alike, unlike');
    await swept(0);
  }, 60_000);

  test('two sessions: the second waits for the first, and loses nothing', async () => {
    const [one, two] = [await system().connect(), await system().connect()];
    await one.query(IN_PLACE);
    await one.query('BEGIN');
    await one.query('UPDATE kept SET v = v + 1');
    const waiting = two.query('UPDATE kept SET v = v + 10');
    await pause(100);
    expect(await system().rows(KEPT)).toMatchObject([{ most: 0 }]);
    await one.query('COMMIT');
    await waiting;
    expect((await one.query(KEPT)).rows).toMatchObject([{ rows: 30, least: 11, most: 11 }]);
    await Promise.all(
      [one, two].map(async (client) => {
        for (let i = 0; i < 3; i++) await client.query('UPDATE kept SET v = v + 1');
      }),
    );
    expect((await one.query(KEPT)).rows).toMatchObject([{ rows: 30, least: 17, most: 17 }]);
    await one.query('CREATE TEMP TABLE passing AS SELECT storeid FROM kept');
    await one.end();
    await two.query('DROP TABLE kept');
    await swept(0);
  }, 60_000);
});
