import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { pause, SMALL, stores, useSystem } from './fixture.ts';

const system = useSystem({ agents: stores([SMALL]), proxy: { labels: { storeid: 'integer' } } });

const AGENTS = ['paris', 'berlin', 'york'];

/** Makes tables, each with its line in a log, until the proxy is gone. `committed` gets the numbers of those that it was told of. */
async function makeTables(from: number, committed: number[]): Promise<void> {
  const client = await system().connect();
  client.on('error', () => undefined);
  for (let number = from; ; number++) {
    const sql = `begin; create table made.t${number} as select * from small; insert into made.log values (${number}); commit`;
    try {
      await client.query(sql);
    } catch (error) {
      if (error instanceof pg.DatabaseError) throw error;
      return;
    }
    committed.push(number);
  }
}

describe('the warehouse survives', () => {
  test('kill -9 of the proxy at any moment: what was committed is there, and the rest is not', async () => {
    await system().rows('create schema made');
    await system().rows('create table made.log (n int primary key)');
    const committed: number[] = [];
    for (const [round, delay] of [0, 50].entries()) {
      const made = makeTables(100 * round, committed);
      const before = committed.length;
      await system().until('some tables to be made', async () => committed.length >= before + 2);
      await pause(delay);
      await system().proxy.kill();
      await made;
      await system().startProxy();
      await system().connected(AGENTS);
      const logged = (await system().rows<{ n: number }>('select n from made.log order by n')).map(
        ({ n }) => n,
      );
      // The last commit may have been durable before anyone was told.
      expect(logged).toEqual(expect.arrayContaining(committed));
      expect(logged.length).toBeLessThanOrEqual(committed.length + 2);
      const tables = await system().rows<{ name: string }>(
        "select tablename as name from pg_tables where schemaname = 'made' and tablename <> 'log'",
      );
      expect(tables.map(({ name }) => Number(name.slice(1))).sort((a, b) => a - b)).toEqual(logged);
      const traced = await system().rows<{ name: string }>(
        `select table_name as name from skein.lineage where schema_name = 'made' and rows = 30
          and parents = '{public.small}' and agents = '{berlin,paris,york}' and change is null`,
      );
      expect(new Set(traced)).toEqual(new Set(tables));
      for (const { name } of tables.slice(-3))
        expect(await system().rows(`select count(*)::int as n from made.${name}`)).toEqual([{ n: 30 }]);
    }
    await system().rows('drop schema made cascade');
    expect(await system().rows("select 1 from pg_tables where schemaname = 'made'")).toEqual([]);
    expect(await system().rows('select * from skein.lineage')).toEqual([]);
  }, 120_000);
});
