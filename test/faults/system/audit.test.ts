import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AuditLine } from '../../support/processes.ts';
import { failure, stores, useSystem } from './fixture.ts';

const TABLES = [
  {
    name: 'sales',
    query: `SELECT range AS id, (range % 7)::INTEGER AS kind, (range * 3)::DECIMAL(12,2) AS amount, 'note ' || range AS note
      FROM range(5000)`,
  },
  { name: 'visits', query: 'SELECT range AS visit, range * 11 AS sale FROM range(200)' },
  {
    name: 'kinds',
    query: "SELECT range::INTEGER AS kind, 'kind ' || range AS title FROM range(7)",
    replicated: true,
  },
];
const AGENTS = ['berlin', 'paris', 'york'];
const system = useSystem({ agents: stores(TABLES), proxy: { labels: { storeid: 'integer' } } });

let client: pg.Client;
beforeAll(async () => {
  client = await system().connect();
});

interface Told {
  readonly agent: string;
  readonly sql: string;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

const inOrder = (told: readonly Told[]): Told[] =>
  [...told].sort((a, b) => (`${a.agent} ${a.sql}` < `${b.agent} ${b.sql}` ? -1 : 1));

/** What skein.query_tasks says of this connection's last statement. */
async function fromProxy(): Promise<Told[]> {
  const { rows } = await client.query(
    `SELECT agent, sql, columns, rows::int AS rows, bytes_in::int AS "bytesIn", bytes_out::int AS "bytesOut"
     FROM skein.query_tasks WHERE query_id = (SELECT query_id FROM skein.last_query)`,
  );
  return inOrder(rows);
}

async function lastQuery(): Promise<{ query_id: string; bytes: number; rows: number }> {
  const { rows } = await client.query(
    'SELECT query_id, bytes::int AS bytes, rows::int AS rows FROM skein.last_query',
  );
  return rows[0];
}

/** What the agents themselves wrote of it. */
async function fromAgents(queryId: string, tasks: number): Promise<Told[]> {
  let lines: (AuditLine & { readonly agent: string })[] = [];
  await system().until('the audit records to be written', async () => {
    const own = await Promise.all(
      AGENTS.map(async (agent) => (await system().audit(agent)).map((line) => ({ ...line, agent }))),
    );
    lines = own.flat().filter((line) => line.queryId === queryId);
    return lines.length >= tasks;
  });
  return inOrder(
    lines.map(({ agent, sql, columns, rows, bytesIn, bytesOut }) => ({
      agent,
      sql,
      columns,
      rows,
      bytesIn,
      bytesOut,
    })),
  );
}

interface Announced {
  readonly 'Node Type': string;
  readonly Name: string;
  readonly Target?: { readonly kind: string; readonly shards: readonly string[] };
  readonly 'Goes To'?: readonly string[];
  readonly Columns: readonly { readonly name: string }[];
}

async function announced(sql: string): Promise<readonly Announced[]> {
  const { rows } = await client.query(`EXPLAIN (FORMAT json) ${sql}`);
  return rows[0]['QUERY PLAN'][0].Plan.Plans;
}

/** The proxy tells columns by what they are for, the agent by what of its tables they tell. */
function apart({ columns, ...rest }: Told): unknown {
  return { ...rest, columns: columns.length };
}

/** Of each agent, the columns that leave it by the plan. */
function leaving(plan: readonly Announced[]): string[] {
  return plan
    .filter((node) => node['Node Type'] === 'Gather' && node.Target?.kind === 'each')
    .flatMap(({ Target, Columns }) =>
      (Target?.shards ?? []).map((shard) => `${shard}: ${Columns.map(({ name }) => name).join(', ')}`),
    )
    .sort();
}

const QUERIES: readonly (readonly [string, string])[] = [
  ['rows of all', "SELECT id, note FROM sales WHERE kind = 3 AND note LIKE '%1%'"],
  ['rows of one', "SELECT note FROM sales WHERE country = 'FR' AND id < 10"],
  ['rows of some', "SELECT id, storeid FROM sales WHERE region = 'EU' AND storeid > 1"],
  ['an aggregate', 'SELECT kind, avg(amount), count(*) FROM sales GROUP BY kind'],
  ['an aggregate without a column', 'SELECT count(*) FROM sales'],
  ['distinct keys', 'SELECT count(DISTINCT note), sum(DISTINCT kind) FROM sales'],
  ['a top', 'SELECT note FROM sales ORDER BY amount DESC, id LIMIT 3'],
  ['a replicated table', 'SELECT title, count(*) FROM sales JOIN kinds USING (kind) GROUP BY title'],
  [
    'a broadcast',
    'SELECT s.id, v.visit FROM sales AS s JOIN visits AS v ON v.sale = s.id WHERE v.visit < 30',
  ],
  ['nobody', "SELECT id FROM sales WHERE country = 'IT'"],
  [
    'two uses of a table',
    'SELECT (SELECT max(id) FROM sales), (SELECT count(*) FROM visits WHERE storeid = 4)',
  ],
  ['a window', 'SELECT id, rank() OVER (ORDER BY amount) FROM sales WHERE id < 20'],
];

describe('what moves is announced, and recorded on both sides', () => {
  test.each(QUERIES)('%s', async (_, sql) => {
    const plan = await announced(sql);
    await client.query(sql);
    const { query_id: id, bytes } = await lastQuery();
    const proxy = await fromProxy();
    expect((await fromAgents(id, proxy.length)).map(apart)).toEqual(proxy.map(apart));
    expect(proxy.map(({ agent, columns }) => `${agent}: ${columns.join(', ')}`).sort()).toEqual(
      leaving(plan),
    );
    expect(proxy.reduce((sum, { bytesIn, bytesOut }) => sum + bytesIn + bytesOut, 0)).toBe(bytes);
    for (const { rows, bytesOut } of proxy) expect(bytesOut > 0).toBe(rows > 0);
    const received = proxy.filter(({ bytesIn }) => bytesIn > 0);
    expect(received.length > 0).toBe(plan.some((node) => node['Node Type'] === 'Broadcast'));
  });

  test.each([
    [
      'SELECT kind, avg(amount), count(*) FROM sales GROUP BY kind',
      'kind, sum(amount), count(amount), count(*)',
    ],
    ['SELECT note AS harmless FROM sales ORDER BY amount DESC, id LIMIT 3', 'note, amount, id'],
    ['SELECT max(length(note)) FROM sales', 'max(note)'],
  ])('the agent says what of its tables left: %s', async (sql, columns) => {
    await client.query(sql);
    const told = await fromAgents((await lastQuery()).query_id, AGENTS.length);
    expect(told.map((line) => line.columns.join(', '))).toEqual(AGENTS.map(() => columns));
  });

  test('a replicated table alone is read on one agent', async () => {
    await client.query('SELECT title FROM kinds WHERE kind > 2');
    const { query_id: id } = await lastQuery();
    const proxy = await fromProxy();
    expect(proxy).toHaveLength(1);
    expect(await fromAgents(id, 1)).toEqual(proxy);
    expect(proxy[0]).toMatchObject({ rows: 4, columns: ['title'] });
  });

  test('what is broadcast is told by its columns: in EXPLAIN, and by the agent that received it', async () => {
    const sql = 'SELECT s.note FROM sales AS s JOIN visits AS v ON v.sale = s.id WHERE v.visit < 3';
    const broadcast = (await announced(sql)).find((node) => node['Node Type'] === 'Broadcast');
    const { rows } = await client.query(sql);
    expect(rows).toHaveLength(27);
    const { query_id: id } = await lastQuery();
    await fromAgents(id, 6);
    const inputs = (await system().audit('york'))
      .filter((line) => line.queryId === id)
      .map((line) => line.inputs);
    const names = broadcast?.Columns.map(({ name }) => name);
    expect(names).toEqual(['sale']);
    expect(inputs).toContainEqual({ [broadcast?.Name ?? '']: names });
  });

  test('a query that fails is recorded, too', async () => {
    const error = await failure(client.query('SELECT 10 / (id - id) FROM sales'));
    expect(error.code).toBe('22012');
    const { query_id: id } = await lastQuery();
    const { rows } = await client.query(
      'SELECT DISTINCT state FROM skein.query_tasks WHERE query_id = (SELECT query_id FROM skein.last_query) ORDER BY 1',
    );
    expect(rows.map(({ state }) => state)).toContain('failed');
    await fromAgents(id, 1);
    const lines = (await Promise.all(AGENTS.map((agent) => system().audit(agent)))).flat();
    const errors = lines.filter((line) => line.queryId === id).map((line) => line.error);
    expect(errors).toContain('22012 division by zero');
  });

  test('neither EXPLAIN nor a catalog query asks any agent', async () => {
    const asked = async () => {
      const lines = (await Promise.all(AGENTS.map((agent) => system().audit(agent)))).flat();
      return new Set(lines.map(({ queryId }) => queryId));
    };
    const before = await asked();
    await client.query('EXPLAIN SELECT * FROM sales');
    await client.query("SELECT count(*) FROM pg_class WHERE relname = 'sales'");
    await client.query('SELECT * FROM skein.agents');
    await client.query('SELECT 1');
    expect(await asked()).toEqual(before);
  });

  test('EXPLAIN ANALYZE runs it, and says what skein.query_tasks says', async () => {
    const { rows } = await client.query(
      'EXPLAIN (ANALYZE, FORMAT json) SELECT note FROM sales WHERE kind = 1',
    );
    const [gather] = rows[0]['QUERY PLAN'][0].Plan.Plans;
    const told = (gather.Tasks as Told[]).map(({ agent, rows: count, bytesIn, bytesOut }) => ({
      agent,
      rows: count,
      bytesIn,
      bytesOut,
    }));
    const proxy = (await fromProxy()).map(({ agent, rows: count, bytesIn, bytesOut }) => ({
      agent,
      rows: count,
      bytesIn,
      bytesOut,
    }));
    expect(told.sort((a, b) => (a.agent < b.agent ? -1 : 1))).toEqual(proxy);
  });
});
