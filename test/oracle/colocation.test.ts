import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type SmallAgent, type SmallFederation, startSmallFederation } from '../support/small-federation.ts';

const TIMEOUT = 120_000;
const ORDERS = 'id,customer\n';
const LINES = 'order_id,part,price\n';

const agent = (id: string, orders: string, lines: string): SmallAgent => ({
  id,
  files: { 'orders.csv': ORDERS + orders, 'lines.csv': LINES + lines },
  tables: [
    { name: 'orders', path: 'orders.csv', columns: { id: 'bigint' } },
    { name: 'lines', path: 'lines.csv', columns: { order_id: 'bigint' } },
  ],
});

const PROXY = { colocation: { orders: { orders: 'id', lines: 'order_id' } } };

let skein: SmallFederation;
afterEach(() => skein?.close(), TIMEOUT);

async function text(sql: string): Promise<string> {
  const { rows } = await skein.client.query({ text: sql, rowMode: 'array' });
  return rows.map((row: unknown[]) => row.join('|')).join('\n');
}

const state = () => skein.fleet.snapshot().colocations?.[0];

async function reaches(wanted: string): Promise<void> {
  for (let waited = 0; state()?.state !== wanted; waited += 10) {
    if (waited > 20_000) throw new Error(`the group is ${JSON.stringify(state())}`);
    await new Promise((next) => setTimeout(next, 10));
  }
}

const rewrites = async (sql: string) => (await text(`EXPLAIN ${sql}`)).match(/^Rewrites: (.*)$/m)?.[1] ?? '';

const JOIN = `SELECT o.customer, count(*), sum(l.price) FROM orders o JOIN lines l ON l.order_id = o.id
  GROUP BY o.customer ORDER BY 1`;
const BY_ORDER = 'SELECT order_id, count(DISTINCT part) FROM lines GROUP BY order_id ORDER BY order_id';
const RANKED = `SELECT order_id, part, row_number() OVER (PARTITION BY order_id ORDER BY part) AS n
  FROM lines ORDER BY 1, 2`;

const START = () =>
  startSmallFederation(
    [
      agent('a', '1,ann\n2,bob\n', '1,x,10\n1,y,20\n2,x,5\n'),
      agent('b', '3,ann\n5,cid\n', '3,x,7\n5,x,1\n5,z,2\n'),
      agent('c', '4,bob\n', '4,x,100\n'),
    ],
    PROXY,
  );

describe('a declared colocation group', () => {
  it(
    'is verified before it is used: then joins, groups, DISTINCT and windows on its key stay in the shards',
    async () => {
      skein = await START();
      await reaches('verified');
      for (const sql of [JOIN, BY_ORDER, RANKED]) expect(await rewrites(sql)).toContain('co-located');
      expect(await rewrites('SELECT DISTINCT order_id FROM lines')).toContain('co-located');
      const left = 'SELECT o.id, l.part FROM orders o LEFT JOIN lines l ON l.order_id = o.id AND l.price > 5';
      expect(await rewrites(left)).toContain('co-located');
      expect(await text(JOIN)).toBe('ann|3|37\nbob|2|105\ncid|2|3');
      expect(await text(BY_ORDER)).toBe('1|2\n2|1\n3|1\n4|1\n5|2');
      expect(await text(RANKED)).toBe('1|x|1\n1|y|2\n2|x|1\n3|x|1\n4|x|1\n5|x|1\n5|z|2');
      expect(await text('SELECT count(*) FROM (SELECT DISTINCT order_id FROM lines) d')).toBe('5');
      await text('CREATE VIEW keys AS SELECT id AS k FROM orders UNION ALL SELECT order_id FROM lines');
      const byKey =
        'SELECT k.k, max(o.customer), count(*) FROM keys k JOIN orders o ON o.id = k.k GROUP BY k.k';
      expect(await rewrites(byKey)).toBe('co-located, aggregate-in-shard');
      expect(await text(`${byKey} ORDER BY 1`)).toBe('1|ann|3\n2|bob|2\n3|ann|2\n4|bob|2\n5|cid|3');
      expect(await rewrites('SELECT part, count(*) FROM lines GROUP BY part')).not.toContain('co-located');
      expect(await rewrites('SELECT 1 FROM orders o JOIN lines l ON l.price = o.id')).not.toContain(
        'co-located',
      );
    },
    TIMEOUT,
  );

  it(
    'is not used where keys lie in two shards, and says which',
    async () => {
      skein = await startSmallFederation(
        [agent('a', '1,ann\n9,zoe\n', '1,x,10\n'), agent('b', '3,ann\n', '1,x,7\n3,x,1\n')],
        PROXY,
      );
      await reaches('violated');
      expect(state()?.reason).toBe('key 1 lies in shards "a" and "b"');
      expect(await rewrites(JOIN)).not.toContain('co-located');
      expect(await text(JOIN)).toBe('ann|3|18');
      expect(await text(BY_ORDER)).toBe('1|1\n3|1');
      expect(await skein.core.check()).toEqual([
        {
          kind: 'colocation',
          subject: 'orders',
          agent: undefined,
          state: 'failed',
          detail: 'orders.id, lines.order_id: key 1 lies in shards "a" and "b"',
        },
      ]);
    },
    TIMEOUT,
  );

  it(
    'NULL equals NULL: two shards with NULL keys are no group',
    async () => {
      skein = await startSmallFederation(
        [agent('a', '1,ann\n', '1,x,10\n,n,1\n'), agent('b', '3,bob\n', '3,x,7\n,n,2\n')],
        PROXY,
      );
      await reaches('violated');
      expect(state()?.reason).toBe('key NULL lies in shards "a" and "b"');
      expect(await text(BY_ORDER)).toBe('1|1\n3|1\n|1');
    },
    TIMEOUT,
  );

  it(
    'is demoted when data change, never wrong in between, and verified anew',
    async () => {
      skein = await START();
      await reaches('verified');
      expect(await text(BY_ORDER)).toContain('5|2');
      // The agent has not looked yet, so the proxy still plans with the group.
      await skein.write('c', 'lines.csv', `${LINES}4,x,100\n5,q,1\n`, false);
      await expect(text(BY_ORDER)).rejects.toMatchObject({ code: '40001' });
      await reaches('violated');
      expect(await rewrites(BY_ORDER)).not.toContain('co-located');
      expect(await text(BY_ORDER)).toBe('1|2\n2|1\n3|1\n4|1\n5|3');
      await skein.write('c', 'lines.csv', `${LINES}4,x,100\n`);
      await reaches('verified');
      expect(await rewrites(BY_ORDER)).toContain('co-located');
      expect(await text(BY_ORDER)).toBe('1|2\n2|1\n3|1\n4|1\n5|2');
      const recorded = await text(`SELECT count(*) > 0 FROM skein.queries WHERE user_name = 'skein'`);
      expect(recorded).toBe('true');
    },
    TIMEOUT,
  );

  it(
    'says why it can’t be verified',
    async () => {
      skein = await startSmallFederation([agent('a', '1,ann\n', '1,x,10\n')], {
        colocation: { gone: { orders: 'id', nothing: 'id' }, text: { orders: 'id', lines: 'part' } },
      });
      expect(await skein.core.check()).toMatchObject([
        { subject: 'gone', state: 'failed', detail: 'orders.id, nothing.id: there is no table "nothing"' },
        { subject: 'text', state: 'failed', detail: 'orders.id, lines.part: its keys have different types' },
      ]);
    },
    TIMEOUT,
  );
});

describe('EXPLAIN', () => {
  it(
    'shows the SQL that the agent’s own record has, and the record names columns by the agent’s plan',
    async () => {
      skein = await START();
      await reaches('verified');
      for (const [sql, columns] of [
        [
          'SELECT part, sum(price) AS harmless FROM lines WHERE price > 1 GROUP BY part',
          ['part', 'sum(price)'],
        ],
        ['SELECT price * 2 AS nothing, part AS secret FROM lines', ['from price', 'part']],
        [JOIN, ['customer', 'count(*)', 'sum(price)']],
      ] as const) {
        const { rows } = await skein.client.query(`EXPLAIN (FORMAT JSON) ${sql}`);
        const shown: string = rows[0]['QUERY PLAN'][0].Plan.Plans[0]['Agent SQL'];
        await text(sql);
        const last = () => JSON.parse(readFileSync(skein.audit('c'), 'utf8').trim().split('\n').at(-1) ?? '');
        await expect.poll(() => last().sql.replaceAll(/ t\d+_\d+ /g, ' t ')).toBe(shown);
        expect(last().columns).toEqual(columns);
      }
    },
    TIMEOUT,
  );
});
