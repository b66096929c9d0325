import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SmallFederation, startSmallFederation } from '../support/small-federation.ts';

const TIMEOUT = 240_000;
const ROWS = 150_000;

const numbers = (from: number) =>
  `id,payload\n${Array.from({ length: ROWS }, (_, i) => `${from + i},${String((i * 7919) % ROWS).padStart(60, 'x')}`).join('\n')}\n`;

let skein: SmallFederation;

/** A combine over 300,000 rows of some 70 bytes that can't hold them in memory. */
const startWith = (maxSpill: string) => {
  const agent = (id: string, from: number) => ({
    id,
    files: { 'numbers.csv': numbers(from) },
    tables: [{ name: 'numbers', path: 'numbers.csv' }],
  });
  return startSmallFederation([agent('a', 0), agent('b', ROWS)], {
    memory: '24MB',
    maxSpill,
    threads: 1,
    userSettings: { frugal: { 'skein.gather_limit': '1MB' }, counted: { 'skein.gather_row_limit': 1000 } },
  });
};

beforeAll(async () => {
  skein = await startWith('1GB');
}, TIMEOUT);

afterAll(() => skein?.close(), TIMEOUT);

const SORTED = 'SELECT id, payload FROM numbers ORDER BY payload DESC, id';

async function failure(client: pg.Client, sql: string): Promise<pg.DatabaseError> {
  return client.query(sql).then(
    () => {
      throw new Error('it did not fail');
    },
    (error: pg.DatabaseError) => error,
  );
}

async function as(user: string): Promise<pg.Client> {
  const { host, port, database = '' } = skein.client;
  const client = new pg.Client({ host, port, user, database });
  await client.connect();
  return client;
}

describe('what a query may gather', () => {
  it(
    'is more than memory: the combine spills, and the answer is right',
    async () => {
      const { rows } = await skein.client.query({ text: SORTED, rowMode: 'array' });
      expect(rows.length).toBe(2 * ROWS);
      const keys = rows.map(([id, payload]: unknown[]) => `${payload} ${9e8 - Number(id)}`);
      expect(keys).toEqual([...keys].sort().reverse());
      const count = 'SELECT count(*) FROM (SELECT DISTINCT payload, id FROM numbers) d';
      expect((await skein.client.query({ text: count, rowMode: 'array' })).rows).toEqual([
        [String(2 * ROWS)],
      ]);
    },
    TIMEOUT,
  );

  it(
    'needs that disk: without it the query fails, and nothing else does',
    async () => {
      const tight = await startWith('1MB');
      try {
        expect((await failure(tight.client, SORTED)).code).toMatch(/^53/);
        expect((await tight.client.query('SELECT count(*)::int AS n FROM numbers')).rows).toEqual([
          { n: 2 * ROWS },
        ]);
      } finally {
        await tight.close();
      }
    },
    TIMEOUT,
  );

  it('is settable by bytes and by rows, whichever comes first', async () => {
    const { client } = skein;
    await client.query('SET skein.gather_row_limit = 1000');
    const rows = await failure(client, SORTED);
    expect(rows).toMatchObject({
      code: '54000',
      message: 'the query would gather more than skein.gather_row_limit allows',
    });
    expect(rows.hint).toContain('Give ORDER BY a LIMIT');
    await client.query(`RESET ALL; SET skein.gather_limit = '1MB'`);
    expect(await failure(client, SORTED)).toMatchObject({
      message: 'the query would gather more than skein.gather_limit allows',
    });
    const joined = 'SELECT count(*) FROM numbers a JOIN numbers b ON a.payload = b.payload';
    expect((await failure(client, joined)).hint).toContain('colocation group');
    await client.query('RESET ALL');
    expect((await client.query('SHOW skein.gather_row_limit')).rows).toEqual([
      { 'skein.gather_row_limit': '50000000' },
    ]);
  });

  it('is another for each user whose config says so, until they say otherwise', async () => {
    const frugal = await as('frugal');
    expect(await failure(frugal, SORTED)).toMatchObject({ code: '54000' });
    await frugal.query(`SET skein.gather_limit = '1GB'`);
    expect((await frugal.query(`${SORTED} LIMIT 1`)).rowCount).toBe(1);
    await frugal.end();
    const counted = await as('counted');
    expect(await failure(counted, SORTED)).toMatchObject({
      message: 'the query would gather more than skein.gather_row_limit allows',
    });
    await counted.end();
  });

  it('is enforced while rows come, whatever was estimated', async () => {
    const { client } = skein;
    await client.query('SET skein.gather_row_limit = 100000');
    // Equality is estimated to keep few rows.
    const error = await failure(client, `SELECT id FROM numbers WHERE (payload = '') = false ORDER BY id`);
    await client.query('RESET ALL');
    expect(error).toMatchObject({
      code: '54000',
      message:
        'the statement gathers more than skein.gather_limit and skein.gather_row_limit allow (1073741824 bytes, 100000 rows)',
    });
  });
});
