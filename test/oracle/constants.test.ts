import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SmallFederation, startSmallFederation } from '../support/small-federation.ts';

const TIMEOUT = 120_000;

/** Three stores without labels that tell them apart; a fourth whose declaration is wrong. */
const store = (id: string, rows: string, constants: Readonly<Record<string, string | number>>) => ({
  id,
  files: { 'sales.csv': `storeid,country,amount\n${rows}` },
  tables: [{ name: 'sales', path: 'sales.csv', constants }],
});

let skein: SmallFederation;

async function text(sql: string): Promise<string> {
  const { rows } = await skein.client.query({ text: sql, rowMode: 'array' });
  return rows.map((row: unknown[]) => row.join('|')).join('\n');
}

const shardsOf = async (sql: string) => (await text(`EXPLAIN ${sql}`)).match(/^Shards: .*$/m)?.[0];

describe('columns that are declared constant', () => {
  beforeAll(async () => {
    skein = await startSmallFederation([
      store('one', '1,FR,10\n1,FR,20\n', { storeid: 1, country: 'FR' }),
      store('two', '2,FR,30\n', { storeid: 2 }),
      store('three', '3,DE,40\n', { storeid: 3, country: 'DE' }),
      store('liar', '4,DE,50\n5,DE,60\n', { storeid: 4 }),
    ]);
  }, TIMEOUT);

  afterAll(() => skein?.close(), TIMEOUT);

  it('prune like labels, and only where they are declared and true', async () => {
    expect(await shardsOf('SELECT * FROM sales WHERE storeid = 1')).toBe(
      'Shards: 2 of 4 shards of sales (liar, one); pruned three, two by storeid = 1',
    );
    expect(await text('SELECT sum(amount) FROM sales WHERE storeid = 1')).toBe('30');
    expect(await text('SELECT sum(amount) FROM sales WHERE storeid = 5')).toBe('60');
    expect(await shardsOf(`SELECT * FROM sales WHERE country = 'FR'`)).toBe(
      `Shards: 3 of 4 shards of sales (liar, one, two); pruned three by country = 'FR'`,
    );
    expect(await text(`SELECT sum(amount) FROM sales WHERE country = 'FR'`)).toBe('60');
  });

  it('prune by NULL logic, IN, OR, ranges, functions and parameters', async () => {
    expect(await shardsOf('SELECT * FROM sales WHERE storeid IN (2, 3)')).toContain('(liar, three, two)');
    expect(await shardsOf('SELECT * FROM sales WHERE storeid > 2 AND amount > 0')).toContain('(liar, three)');
    expect(await shardsOf('SELECT * FROM sales WHERE storeid IS NULL')).toContain('(liar)');
    expect(await shardsOf(`SELECT * FROM sales WHERE storeid = 1 OR country = 'DE'`)).toContain(
      '(liar, one, three, two)',
    );
    expect(await shardsOf('SELECT * FROM sales WHERE abs(storeid) = 3')).toContain('(liar, three)');
    const parameter = { text: 'SELECT count(*)::int AS n FROM sales WHERE storeid = $1', values: [3] };
    expect((await skein.client.query(parameter)).rows).toEqual([{ n: 1 }]);
    expect(await text('SELECT missing_agents FROM skein.last_query')).toBe('');
  });

  it('are demoted, with the reason, where data contradict them', async () => {
    expect(await text(`SELECT agent, reason FROM skein.tables WHERE reason IS NOT NULL`)).toBe(
      `liar|column "storeid" is declared constant '4', but a row holds '5'`,
    );
    await skein.write('two', 'sales.csv', 'storeid,country,amount\n2,FR,30\n7,FR,70\n');
    expect(await text('SELECT sum(amount) FROM sales WHERE storeid = 7')).toBe('70');
    expect(await text(`SELECT reason FROM skein.tables WHERE agent = 'two'`)).toBe(
      `column "storeid" is declared constant '2', but a row holds '7'`,
    );
    await skein.write('two', 'sales.csv', 'storeid,country,amount\n2,FR,30\n');
    expect(await shardsOf('SELECT * FROM sales WHERE storeid = 7')).toContain('(liar)');
  });

  it('hold of an empty file', async () => {
    await skein.write('two', 'sales.csv', 'storeid,country,amount\n');
    expect(await text('SELECT count(*) FROM sales WHERE storeid = 2')).toBe('0');
    await skein.write('two', 'sales.csv', 'storeid,country,amount\n2,FR,30\n');
    expect(await text('SELECT count(*) FROM sales WHERE storeid = 2')).toBe('1');
  });
});

describe('a column with the name of a label', () => {
  it(
    'is the label where it is constant with its value, and out of service where a row differs',
    async () => {
      const agent = (id: string, region: string, rows: string, constants = {}) => ({
        id,
        labels: { region },
        files: { 'sales.csv': `region,amount\n${rows}` },
        tables: [{ name: 'sales', path: 'sales.csv', constants }],
      });
      skein = await startSmallFederation([
        agent('eu', 'EU', 'EU,1\nEU,2\n', { region: 'EU' }),
        agent('us', 'US', 'US,4\n', { region: 'US' }),
      ]);
      try {
        expect(await text('SELECT region, sum(amount) FROM sales GROUP BY region ORDER BY region')).toBe(
          'EU|3\nUS|4',
        );
        await skein.write('us', 'sales.csv', 'region,amount\nUS,4\nCA,8\n', false);
        await expect(text('SELECT sum(amount) FROM sales')).rejects.toMatchObject({ code: '58000' });
        await skein.write('us', 'sales.csv', 'region,amount\nUS,4\nCA,8\n');
        expect(await text(`SELECT reason FROM skein.tables WHERE agent = 'us'`)).toContain(
          `declared constant 'US', but a row holds 'CA'`,
        );
        expect(await text(`SELECT sum(amount) FROM sales WHERE region = 'EU'`)).toBe('3');
      } finally {
        await skein.close();
      }
    },
    TIMEOUT,
  );
});
