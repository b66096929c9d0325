import { beforeEach, describe, expect, test } from 'vitest';
import type { AgentSpec } from '../../support/processes.ts';
import { failure, pause, running, SMALL, Stream, slowTable, useSystem } from './fixture.ts';

const ROWS = 5_000_000;
const TABLES = [SMALL, slowTable(ROWS)];
const COPIES: readonly AgentSpec[] = ['paris-a', 'paris-b'].map((id) => ({
  id,
  shard: 'paris',
  labels: { city: 'Paris' },
  tables: TABLES,
}));
const BOTH = /agent "paris-[ab]" \(city=Paris\) or agent "paris-[ab]" \(city=Paris\)/;
const BERLIN: AgentSpec = { id: 'berlin', labels: { city: 'Berlin' }, tables: [SMALL] };
const BIG = { id: 'oslo', labels: { city: 'Oslo' }, tables: [slowTable(1000)] };
const system = useSystem({ agents: [...COPIES, BERLIN, BIG] });

beforeEach(async () => {
  for (const spec of COPIES) if (!system().agent(spec.id).isRunning) await system().launchAgent(spec);
  await system().connected(['paris-a', 'paris-b', 'berlin', 'oslo']);
});

interface TaskRow {
  readonly agent: string;
  readonly state: string;
}

/** Tasks of the newest statement with the text. */
async function tasksOf(marker: string): Promise<TaskRow[]> {
  return system().rows<TaskRow>(
    `SELECT agent, state FROM skein.query_tasks
     WHERE query_id = (SELECT query_id FROM skein.queries WHERE sql LIKE $1 ORDER BY started_at DESC LIMIT 1)
     ORDER BY agent, state`,
    [`%-- ${marker}`],
  );
}

/** Waits for the statement to run, and kills the copy that works for it. @returns which. */
async function killWorking(marker: string): Promise<string> {
  await running(system(), `-- ${marker}`);
  await pause(200);
  const seconds = await Promise.all(COPIES.map(({ id }) => system().agent(id).cpuSeconds()));
  await pause(200);
  const later = await Promise.all(COPIES.map(({ id }) => system().agent(id).cpuSeconds()));
  const [a = 0, b = 0] = later.map((value, i) => value - (seconds[i] ?? 0));
  const working = a > b ? 'paris-a' : 'paris-b';
  await system().agent(working).kill();
  return working;
}

describe('two agents of one shard', () => {
  test('one is asked, in turns, and rows are never doubled', async () => {
    const asked = new Set<string>();
    for (let i = 0; i < 20 && asked.size < 2; i++) {
      const rows = await system().rows(`SELECT count(*)::int AS n FROM small -- turn ${i}`);
      expect(rows).toEqual([{ n: 20 }]);
      const tasks = await tasksOf(`turn ${i}`);
      expect(tasks).toHaveLength(2);
      expect(tasks.map(({ agent }) => agent)).toContain('berlin');
      for (const { agent } of tasks) if (agent !== 'berlin') asked.add(agent);
    }
    expect(asked).toEqual(new Set(['paris-a', 'paris-b']));
  });

  test('a statement with several fragments asks the same one for all', async () => {
    const sql = `SELECT (SELECT count(*) FROM small WHERE city = 'Paris'), (SELECT max(n) FROM small WHERE city = 'Paris'),
      n FROM small WHERE city = 'Paris' AND n > (SELECT avg(n) FROM small) -- fragments`;
    await system().rows(sql);
    const tasks = await tasksOf('fragments');
    expect(new Set(tasks.map(({ agent }) => agent)).size).toBe(2);
    expect(tasks.length).toBeGreaterThanOrEqual(3);
  });

  test('one gone: the other answers, and nobody is missing', async () => {
    const client = await system().connect();
    await system().agent('paris-a').kill();
    await system().agentsAre('absent', ['paris-a']);
    for (let i = 0; i < 4; i++) {
      expect((await client.query('SELECT count(*)::int AS n FROM small')).rows).toEqual([{ n: 20 }]);
    }
    const { rows } = await client.query('SELECT missing_agents FROM skein.last_query');
    expect(rows).toEqual([{ missing_agents: [] }]);
  });

  test('both gone: both are named, as one shard', async () => {
    for (const { id } of COPIES) await system().agent(id).kill();
    await system().agentsAre('absent', ['paris-a', 'paris-b']);
    const error = await failure(system().rows('SELECT count(*) FROM small'));
    expect(error.code).toBe('58000');
    expect(error.detail).toMatch(BOTH);
  });
});

describe('the one that was asked is killed', () => {
  test('in the middle of an aggregate: the other takes over, rows count once', async () => {
    const client = await system().connect();
    const work = client.query(
      'SELECT city, count(DISTINCT h)::int AS d, count(*)::int AS n FROM big GROUP BY city ORDER BY city -- takeover',
    );
    const killed = await killWorking('takeover');
    const { rows } = await work;
    expect(rows).toEqual([
      { city: 'Oslo', d: 1000, n: 1000 },
      { city: 'Paris', d: ROWS, n: ROWS },
    ]);
    const other = killed === 'paris-a' ? 'paris-b' : 'paris-a';
    expect(await tasksOf('takeover')).toEqual(
      [
        { agent: 'oslo', state: 'done' },
        { agent: killed, state: 'failed' },
        { agent: other, state: 'done' },
      ].sort((a, b) => (a.agent < b.agent ? -1 : 1)),
    );
    const last = await client.query('SELECT state, missing_agents FROM skein.last_query');
    expect(last.rows).toEqual([{ state: 'done', missing_agents: [] }]);
  });

  test('in the middle of a gather of rows: the other sends all of them', async () => {
    const work = system().rows(
      'SELECT count(*)::int AS n, sum(r)::text AS s FROM (SELECT i, row_number() OVER (ORDER BY h) AS r FROM big WHERE i < 300000) w -- gathered',
    );
    await killWorking('gathered').catch(() => undefined);
    const n = 300_000 + 1000;
    expect(await work).toEqual([{ n, s: String((n * (n + 1)) / 2) }]);
  });

  test('after its rows went to the client: the statement fails, no row twice', async () => {
    const client = await system().connect();
    const stream = new Stream(client, 'SELECT i, h FROM big -- streamed');
    await stream.reaches(50_000);
    await killWorking('streamed');
    const error = await failure(stream.ended);
    expect(error.code).toBe('58000');
    expect(`${error.message} ${error.detail}`).toMatch(/paris-[ab]/);
    expect((await client.query('SELECT count(*)::int AS n FROM big')).rows).toEqual([{ n: ROWS + 1000 }]);
  });

  test.each([
    ['fail', 'failed'],
    ['partial', 'done'],
  ])('and then the other, too, with on_missing_agent = %s: the statement has %s', async (mode, state) => {
    const client = await system().connect();
    await client.query(`SET skein.on_missing_agent = '${mode}'`);
    const work = client.query(`SELECT count(DISTINCT h)::int AS d FROM big -- both ${mode}`);
    work.catch(() => undefined);
    await running(system(), `-- both ${mode}`);
    await pause(200);
    for (const { id } of COPIES) await system().agent(id).kill();
    if (mode === 'partial') expect((await work).rows).toEqual([{ d: 1000 }]);
    else {
      const error = await failure(work);
      expect(error).toMatchObject({ code: '58000' });
      expect(error.detail).toMatch(BOTH);
    }
    const { rows } = await client.query('SELECT state, missing_agents FROM skein.last_query');
    expect(rows[0].state).toBe(state);
    expect(rows[0].missing_agents.sort()).toEqual(mode === 'partial' ? ['paris-a', 'paris-b'] : []);
  });
});
