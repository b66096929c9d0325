import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Lineage, NOTHING_KNOWN } from '../catalog/lineage.ts';
import type { CatalogChange, OwnedRelations, OwnedTable } from '../catalog/owned.ts';
import { type Engine, openEngine } from '../engine/duckdb.ts';
import type { Batch } from '../types/batch.ts';
import { numericType, OID, type SqlType, sqlType } from '../types/sql-type.ts';
import { Warehouse } from './warehouse.ts';

const NOTHING: CatalogChange = { put: new Map(), gone: new Set() };
const SIGNAL = new AbortController().signal;
const NONE: OwnedRelations = new Map();
const adopted = async (): Promise<void> => undefined;

let directory: string;
let engine: Engine;
let warehouse: Warehouse;

async function open(): Promise<void> {
  engine = await openEngine({
    threads: 2,
    memoryLimit: '512MB',
    tempDirectory: join(directory, 'spill'),
    allowedDirectories: [],
    prelude: [],
    maxConnections: 8,
  });
  warehouse = await Warehouse.open(engine, join(directory, 'warehouse.duckdb'), (error) => {
    throw error;
  });
}

async function reopen(): Promise<void> {
  await engine.close();
  await open();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'skein-warehouse-'));
  await open();
});

afterEach(async () => {
  await engine.close();
  await rm(directory, { recursive: true });
});

describe('the warehouse', () => {
  it('keeps definitions and rows together', async () => {
    const transaction = await warehouse.begin(SIGNAL);
    await transaction.define(NONE, state(table(7, [sqlType(OID.int4), numericType(10, 2)])), SIGNAL);
    const insert = 'INSERT INTO warehouse.main.t7 VALUES (1, 2.50), (2, NULL)';
    expect(await transaction.lease.use((connection) => connection.change(insert))).toBe(2);
    expect(await countOf(7)).toBeUndefined();
    const values = ["it's", null, '{}', 'a\\b "q", x'];
    await transaction.commit(put('pg_class', '7', values), adopted);
    expect(warehouse.rowsOf(7)).toBe(2);
    await reopen();
    expect(await warehouse.catalog()).toEqual([{ catalog: 'pg_class', key: '7', values }]);
    expect(await countOf(7)).toBe(2);
    const next = await warehouse.begin(SIGNAL);
    await next.define(state(table(7, [sqlType(OID.int4), numericType(10, 2)])), NONE, SIGNAL);
    await next.commit({ put: new Map(), gone: new Set(['pg_class 7']) }, adopted);
    expect([await warehouse.catalog(), await countOf(7)]).toEqual([[], undefined]);
  });

  it('forgets what is rolled back', async () => {
    const transaction = await warehouse.begin(SIGNAL);
    await transaction.define(NONE, state(table(7, [sqlType(OID.int4)])), SIGNAL);
    await transaction.rollback();
    expect(await countOf(7)).toBeUndefined();
    expect(engine.busy).toBe(0);
  });

  it('has all of a commit or nothing of it, wherever its log ends', async () => {
    const seven = table(7, [sqlType(OID.int4)]);
    const first = await warehouse.begin(SIGNAL);
    await first.define(NONE, state(seven), SIGNAL);
    await first.lease.use((connection) => connection.run('INSERT INTO warehouse.main.t7 VALUES (1)'));
    await first.commit(put('pg_class', '7', ['old']), adopted);
    await reopen();
    const second = await warehouse.begin(SIGNAL);
    await second.define(state(seven), state(seven, table(8, [sqlType(OID.int4)])), SIGNAL);
    const sql =
      'INSERT INTO warehouse.main.t8 FROM range(5000); UPDATE warehouse.main.t7 SET a1 = 2; INSERT INTO warehouse.main.t7 VALUES (2)';
    await second.lease.use((connection) => connection.run(sql));
    const lineages = new Map([[8, written('insert', 1)]]);
    await second.commit(put('pg_class', '7', ['new']), adopted, lineages);
    const file = join(directory, 'warehouse.duckdb');
    const [data, log] = await Promise.all([readFile(file), readFile(`${file}.wal`)]);
    const found = new Set<string>();
    for (const part of [0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.99, 1]) {
      await engine.close();
      await writeFile(file, data);
      await writeFile(`${file}.wal`, log.subarray(0, Math.floor(part * log.length)));
      await open();
      const reader = await warehouse.begin(SIGNAL);
      const traced = (await reader.lineages()).size;
      await reader.rollback();
      const [row] = await warehouse.catalog();
      const [values] = await engine.texts('SELECT sum(a1)::VARCHAR FROM warehouse.main.t7', 1);
      found.add(JSON.stringify([row?.values, values, await countOf(8), traced]));
    }
    expect([...found].map((text) => JSON.parse(text))).toEqual([
      [['old'], ['1'], null, 0],
      [['new'], ['4'], 5000, 1],
    ]);
  });

  it('folds the lineage of many commits, and loses what was dropped and nothing that is written meanwhile', async () => {
    const open = await warehouse.begin(SIGNAL);
    for (let n = 1; n <= 251; n++) {
      const transaction = await warehouse.begin(SIGNAL);
      if (n === 3) await transaction.define(NONE, state(table(8, [])), SIGNAL);
      const lineages = new Map([[7, written(`insert ${n}`, n % 3)]]);
      if (n < 4) lineages.set(8, written('soon dropped', 1));
      const dropped = new Set(n === 4 ? ['pg_class 8'] : []);
      await transaction.commit({ put: new Map(), gone: dropped }, adopted, lineages);
    }
    await open.commit(NOTHING, adopted, new Map([[7, written('of the older snapshot', 5)]]));
    const [row] = await engine.texts('SELECT count(*)::VARCHAR FROM warehouse.skein.lineage', 1);
    expect(Number(row?.[0])).toBeLessThan(5);
    await reopen();
    await warehouse.dropOrphans(state(table(7, [])));
    const reader = await warehouse.begin(SIGNAL);
    const found = await reader.lineages();
    await reader.rollback();
    expect([...found.keys()]).toEqual([7]);
    expect(found.get(7)).toMatchObject({ changed: { statement: 'of the older snapshot', rows: 5 } });
    expect(
      found
        .get(7)
        ?.parents.map(({ oid }) => oid)
        .sort(),
    ).toEqual([0, 1, 2, 5]);
  });

  it('refuses a file of another format', async () => {
    await engine.run('UPDATE warehouse.skein.meta SET format = 99');
    await engine.close();
    await expect(open()).rejects.toMatchObject({
      code: '57P03',
      message: expect.stringContaining('format is 99'),
    });
  });

  it('drops tables that no definition speaks of', async () => {
    const transaction = await warehouse.begin(SIGNAL);
    await transaction.define(NONE, state(table(7, [sqlType(OID.int4)]), table(8, [])), SIGNAL);
    await transaction.commit(put('pg_class', '7', []), adopted);
    await reopen();
    await warehouse.dropOrphans(state(table(7, [sqlType(OID.int4)])));
    expect([await countOf(7), await countOf(8)]).toEqual([0, undefined]);
  });

  it('takes no snapshot between a commit and what adopts it', async () => {
    const first = await warehouse.begin(SIGNAL);
    await first.define(NONE, state(table(7, [sqlType(OID.int4)])), SIGNAL);
    const seen: string[] = [];
    let second: Promise<void> | undefined;
    await first.commit(put('pg_class', '7', []), async () => {
      second = warehouse.begin(SIGNAL).then(async (transaction) => {
        seen.push('begun');
        await transaction.rollback();
      });
      await countOf(7);
      seen.push('adopted');
    });
    await second;
    expect(seen).toEqual(['adopted', 'begun']);
  });

  it('checks rows against new definitions', async () => {
    const before = table(7, [sqlType(OID.int4), sqlType(OID.text)]);
    const transaction = await warehouse.begin(SIGNAL);
    await transaction.define(NONE, state(before), SIGNAL);
    await transaction.lease.use((connection) =>
      connection.run("INSERT INTO warehouse.main.t7 VALUES (1, 'a'), (1, NULL)"),
    );
    await transaction.commit(NOTHING, adopted);
    const change = async (after: OwnedTable) => {
      const next = await warehouse.begin(SIGNAL);
      await next.define(state(before), state(after), SIGNAL).finally(() => next.rollback());
    };
    const [first, second] = before.columns;
    if (first === undefined || second === undefined) throw new Error('the table has two columns');
    await expect(change({ ...before, columns: [first, { ...second, notNull: true }] })).rejects.toMatchObject(
      {
        code: '23502',
        message: 'column "c2" of relation "t7" contains null values',
      },
    );
    const unique = { kind: 'unique', name: 't7_key', nullsEqual: false } as const;
    await expect(change({ ...before, constraints: [{ ...unique, columns: [1] }] })).rejects.toMatchObject({
      code: '23505',
      fields: { detail: 'Key (c1)=(1) is duplicated.' },
    });
    await change({ ...before, constraints: [{ ...unique, columns: [2] }] });
    await expect(
      change({ ...before, columns: [first, { ...second, type: sqlType(OID.int4) }] }),
    ).rejects.toMatchObject({ code: '0A000' });
    await change({ ...before, columns: [...before.columns, column('c3', sqlType(OID.date))] });
  });

  it('keeps the rest of a result that is read when another statement comes, and when the transaction ends', async () => {
    const transaction = await warehouse.begin(SIGNAL);
    const { lease } = transaction;
    const rows = lease.stream(
      'SELECT i FROM range(300000) t(i)',
      [{ kind: 'fixed', layout: 'int64' }],
      SIGNAL,
    );
    const first = await rows.next();
    expect(await lease.use((connection) => connection.texts("SELECT 'x'", 1))).toEqual([['x']]);
    const other = lease.stream(
      'SELECT i FROM range(5000) t(i)',
      [{ kind: 'fixed', layout: 'int64' }],
      SIGNAL,
    );
    const begun = await other.next();
    await transaction.commit(NOTHING, adopted);
    expect((await rest(rows)) + sizeOf(first)).toBe(300_000);
    expect((await rest(other)) + sizeOf(begun)).toBe(5_000);
    await expect(lease.use(async () => undefined)).rejects.toMatchObject({ code: '25P01' });
    expect(engine.busy).toBe(0);
  });

  it('tells which of two transactions was too late', async () => {
    const made = await warehouse.begin(SIGNAL);
    await made.define(NONE, state(table(7, [sqlType(OID.int4)])), SIGNAL);
    await made.lease.use((connection) => connection.run('INSERT INTO warehouse.main.t7 VALUES (1)'));
    await made.commit(NOTHING, adopted);
    const [one, two] = [await warehouse.begin(SIGNAL), await warehouse.begin(SIGNAL)];
    const update = 'UPDATE warehouse.main.t7 SET a1 = a1 + 1';
    await one.lease.use((connection) => connection.change(update));
    await expect(two.lease.use((connection) => connection.change(update))).rejects.toMatchObject({
      code: '40001',
    });
    await two.rollback();
    await one.commit(NOTHING, adopted);
    expect(await engine.texts('SELECT a1::VARCHAR FROM warehouse.main.t7', 1)).toEqual([['2']]);
  });
});

function written(statement: string, parent: number): Lineage {
  const changed = { statement, user: 'ann', at: '2024-05-01T00:00:00.000Z', rows: parent };
  return { ...NOTHING_KNOWN, changed, parents: [{ oid: parent, schema: 's', name: `p${parent}` }] };
}

function column(name: string, type: SqlType) {
  return {
    name,
    type,
    notNull: false,
    unbounded: false,
    dropped: false,
    generated: false,
    defaultTree: undefined,
  };
}

function table(oid: number, types: readonly SqlType[]): OwnedTable {
  const columns = types.map((type, index) => column(`c${index + 1}`, type));
  return { kind: 'table', oid, schema: 's', name: `t${oid}`, temporary: false, columns, constraints: [] };
}

function state(...tables: readonly OwnedTable[]): OwnedRelations {
  return new Map(tables.map((each) => [each.oid, each]));
}

function put(catalog: string, key: string, values: readonly (string | null)[]): CatalogChange {
  return { put: new Map([[`${catalog} ${key}`, { catalog, key, values }]]), gone: new Set() };
}

/** Rows of a table as anyone sees it; undefined: there is none. */
async function countOf(oid: number): Promise<number | undefined> {
  const [found] = await engine.texts(
    `SELECT 'x' FROM duckdb_tables() WHERE database_name = 'warehouse' AND table_name = 't${oid}'`,
    1,
  );
  if (found === undefined) return undefined;
  const [row] = await engine.texts(`SELECT count(*)::VARCHAR FROM warehouse.main.t${oid}`, 1);
  return Number(row?.[0]);
}

function sizeOf(result: IteratorResult<Batch>): number {
  return result.done === true ? 0 : result.value.rowCount;
}

async function rest(rows: AsyncIterable<Batch>): Promise<number> {
  let count = 0;
  for await (const batch of rows) count += batch.rowCount;
  return count;
}
