import type pg from 'pg';
import { beforeEach, describe, expect, test } from 'vitest';
import { failure, pause, running, SMALL, Stream, slowTable, store, stores, useSystem } from './fixture.ts';

const TABLES = [SMALL, slowTable(6_000_000)];
const system = useSystem({ agents: stores(TABLES), proxy: { labels: { storeid: 'integer' } } });

interface Last {
  readonly state: string;
  readonly missing_agents: string[];
}

async function last(client: pg.Client): Promise<Last | undefined> {
  return (await client.query<Last>('SELECT state, missing_agents FROM skein.last_query')).rows[0];
}

const everyoneBack = async (): Promise<void> => {
  for (const spec of stores(TABLES)) {
    if (!system().agent(spec.id).isRunning) await system().launchAgent(spec);
  }
  await system().connected(['paris', 'berlin', 'york']);
};

async function noticesOf(client: pg.Client, work: () => Promise<unknown>): Promise<string[]> {
  const notices: string[] = [];
  const note = (notice: { message?: string | undefined; severity?: string | undefined }): void => {
    notices.push(`${notice.severity}: ${notice.message}`);
  };
  client.on('notice', note);
  await work();
  client.off('notice', note);
  return notices;
}

beforeEach(everyoneBack);

describe('an agent that is gone before the query', () => {
  test('fails the query, named with its labels; a pruned one does not matter', async () => {
    const client = await system().connect();
    await system().agent('berlin').kill();
    await system().agentsAre('absent', ['berlin']);
    const error = await failure(client.query('SELECT count(*) FROM small'));
    expect(error).toMatchObject({ code: '58000', message: 'agent "berlin" is not connected' });
    expect(error.detail).toContain('agent "berlin"');
    for (const label of ['storeid=3', 'region=EU', 'country=DE']) expect(error.detail).toContain(label);
    expect(error.hint).toContain('skein.on_missing_agent');

    const { rows } = await client.query("SELECT count(*)::int AS n FROM small WHERE region = 'US'");
    expect(rows).toEqual([{ n: 10 }]);
    expect(await last(client)).toEqual({ state: 'done', missing_agents: [] });
  });

  test('a second one is named too', async () => {
    await system().agent('berlin').kill();
    await system().agent('york').kill();
    await system().agentsAre('absent', ['berlin', 'york']);
    const error = await failure(system().rows('SELECT n FROM small'));
    expect(error).toMatchObject({ code: '58000', message: 'agents "berlin", "york" are not connected' });
    expect(error.detail).toContain('country=DE');
    expect(error.detail).toContain('country=US');
  });

  test('all agents gone: each is named; constants and catalogs still answer', async () => {
    for (const id of ['paris', 'berlin', 'york']) await system().agent(id).kill();
    await system().agentsAre('absent', ['paris', 'berlin', 'york']);
    const error = await failure(system().rows('SELECT n FROM small'));
    expect(error.code).toBe('58000');
    for (const id of ['paris', 'berlin', 'york']) expect(error.detail).toContain(`agent "${id}"`);
    expect(await system().rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await system().rows("SELECT relname FROM pg_class WHERE relname = 'small'")).toHaveLength(1);
    expect(await system().rows('SELECT n FROM small WHERE storeid = 99')).toEqual([]);
  });
});

describe('an agent that is killed while the query runs', () => {
  test.each([
    ['aggregating', "SELECT count(DISTINCT h), 'aggregating' AS m FROM big"],
    ['grouping', "SELECT k, max(h), 'grouping' AS m FROM big GROUP BY k"],
    ['sorting', "SELECT i, 'sorting' AS m FROM big ORDER BY h DESC LIMIT 10"],
  ])('%s: the query fails and names it', async (marker, sql) => {
    const client = await system().connect();
    const result = failure(client.query(sql));
    await running(system(), marker);
    await pause(100);
    await system().agent('york').kill();
    const error = await result;
    expect(error).toMatchObject({ code: '58000' });
    expect(error.message).toContain('"york"');
    expect(error.detail).toContain('country=US');
    expect(await last(client)).toMatchObject({ state: 'failed' });
    const tasks = await client.query(
      "SELECT agent, state FROM skein.query_tasks WHERE query_id = (SELECT query_id FROM skein.last_query) AND state IN ('queued', 'running')",
    );
    expect(tasks.rows).toEqual([]);
  });

  test('streaming: the query fails in every mode, once rows were forwarded', async () => {
    for (const mode of ['fail', 'partial', 'wait']) {
      await everyoneBack();
      const client = await system().connect();
      await client.query(`SET skein.on_missing_agent = '${mode}'`);
      const stream = new Stream(client, 'SELECT i, h FROM big');
      await stream.reaches(300_000);
      await system().agent('york').kill();
      const error = await failure(stream.ended);
      expect(error, mode).toMatchObject({ code: '58000' });
      expect(`${error.message} ${error.detail}`).toContain('york');
      expect(error.detail).toContain('country=US');
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      await client.end();
    }
  });

  test('partial: a gathered agent counts wholly or not at all', async () => {
    const client = await system().connect();
    await client.query("SET skein.on_missing_agent = 'partial'");
    const work = client.query(
      'SELECT country, count(*)::int AS n, count(DISTINCT h)::int AS d FROM big WHERE i < 3000000 GROUP BY country ORDER BY country -- partial',
    );
    await running(system(), '-- partial');
    await pause(150);
    await system().agent('york').kill();
    const { rows } = await work;
    const { missing_agents: missing } = (await last(client))!;
    const n = { n: 3_000_000, d: 3_000_000 };
    const all = [
      { country: 'DE', ...n },
      { country: 'FR', ...n },
      { country: 'US', ...n },
    ];
    expect(missing).toEqual(['york']);
    expect(rows).toEqual(all.slice(0, 2));
  });
});

test('an agent that stalls is given up after some heartbeats, by name, and comes back by itself', async () => {
  const client = await system().connect();
  const result = failure(client.query('SELECT count(DISTINCT h) FROM big -- stalled'));
  await running(system(), '-- stalled');
  system().agent('york').pause();
  const error = await result;
  system().agent('york').resume();
  expect(error).toMatchObject({ code: '58000', message: 'agent "york" is not connected' });
  expect(error.detail).toMatch(/country=US.*nothing was heard from it for \d+ s/);
  await system().connected(['york']);
  expect((await client.query('SELECT count(*)::int AS n FROM small')).rows).toEqual([{ n: 30 }]);
});

test('a shard that one fragment counted and another lost fails the statement in every mode', async () => {
  const client = await system().connect();
  await client.query("SET skein.on_missing_agent = 'partial'");
  const sql = 'SELECT (SELECT count(*) FROM small) AS s, (SELECT count(DISTINCT h) FROM big) AS d -- twice';
  const result = failure(client.query(sql));
  await running(system(), '-- twice');
  await pause(300);
  await system().agent('york').kill();
  const error = await result;
  expect(error).toMatchObject({ code: '58000' });
  expect(error.message).toContain('york');
});

describe('partial', () => {
  test('answers without the rows of the absent, warns, and says so in skein.last_query', async () => {
    const client = await system().connect();
    await client.query("SET skein.on_missing_agent = 'partial'");
    await system().agent('berlin').kill();
    await system().agentsAre('absent', ['berlin']);
    let rows: unknown[] = [];
    const sql = 'SELECT country, count(*)::int AS n FROM small GROUP BY country ORDER BY country';
    const notices = await noticesOf(client, async () => {
      rows = (await client.query(sql)).rows;
    });
    expect(rows).toEqual([
      { country: 'FR', n: 10 },
      { country: 'US', n: 10 },
    ]);
    expect(notices).toEqual([expect.stringMatching(/^WARNING: .*partial.*berlin/)]);
    expect(await last(client)).toEqual({ state: 'done', missing_agents: ['berlin'] });
    const history = await client.query('SELECT missing_agents FROM skein.queries WHERE sql = $1', [sql]);
    expect(history.rows).toEqual([{ missing_agents: ['berlin'] }]);

    const whole = await noticesOf(client, () => client.query("SELECT n FROM small WHERE country = 'FR'"));
    expect(whole).toEqual([]);
    expect(await last(client)).toEqual({ state: 'done', missing_agents: [] });
  });

  test('nobody that was selected is there: aggregates over nothing, as PostgreSQL has them', async () => {
    const client = await system().connect();
    await client.query("SET skein.on_missing_agent = 'partial'");
    await system().agent('york').kill();
    await system().agentsAre('absent', ['york']);
    const one = async (items: string, more = ''): Promise<unknown[]> => {
      const { rows } = await client.query({
        text: `SELECT ${items} FROM small WHERE country = 'US' ${more}`,
        rowMode: 'array',
      });
      expect(await last(client)).toEqual({ state: 'done', missing_agents: ['york'] });
      return rows;
    };
    expect(await one('count(*)')).toEqual([['0']]);
    expect(await one('count(DISTINCT n)')).toEqual([['0']]);
    expect(await one('count(DISTINCT n), count(*), sum(n), max(parity)')).toEqual([['0', '0', null, null]]);
    expect(await one("avg(n), min(n), string_agg(n::text, ',')")).toEqual([[null, null, null]]);
    expect(await one("'x', 1 + count(n)")).toEqual([['x', '1']]);
    expect(await one('parity, count(*)', 'GROUP BY parity')).toEqual([]);
    expect(await one('count(*)', 'HAVING count(*) > 0')).toEqual([]);
    expect(await one('n', 'ORDER BY n LIMIT 3')).toEqual([]);
    expect(await one('DISTINCT parity')).toEqual([]);
  });
});

describe('wait', () => {
  test('waits for the agent, then answers wholly', async () => {
    const client = await system().connect();
    await client.query("SET skein.on_missing_agent = 'wait'");
    await system().agent('berlin').kill();
    await system().agentsAre('absent', ['berlin']);
    const work = client.query('SELECT count(*)::int AS n FROM small -- waiting');
    await running(system(), '-- waiting');
    await system().launchAgent(store('berlin', TABLES));
    expect((await work).rows).toEqual([{ n: 30 }]);
    expect(await last(client)).toEqual({ state: 'done', missing_agents: [] });
  });

  test('gives up after skein.missing_agent_timeout and names the agent', async () => {
    const client = await system().connect();
    await client.query("SET skein.on_missing_agent = 'wait'; SET skein.missing_agent_timeout = '300ms'");
    await system().agent('berlin').kill();
    await system().agentsAre('absent', ['berlin']);
    const error = await failure(client.query('SELECT count(*) FROM small'));
    expect(error).toMatchObject({ code: '58000', message: 'agent "berlin" is not connected' });
    expect(error.detail).toContain('country=DE');
  });

  test('can be cancelled', async () => {
    const client = await system().connect();
    await client.query("SET skein.on_missing_agent = 'wait'; SET statement_timeout = 200");
    await system().agent('berlin').kill();
    await system().agentsAre('absent', ['berlin']);
    expect(await failure(client.query('SELECT count(*) FROM small'))).toMatchObject({ code: '57014' });
  });
});
