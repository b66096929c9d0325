import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AnalysisSession, CatalogEngine, Overlay } from '../../src/analysis/engine.ts';
import { createCatalogEngine } from '../../src/analysis/pglite-engine.ts';
import type { CatalogChange, CatalogRow, RowId } from '../../src/catalog/owned.ts';
import type { Snapshot } from '../../src/catalog/snapshot.ts';
import { OID, sqlType } from '../../src/types/sql-type.ts';
import { testTable } from '../support/analysis.ts';

const SALES = testTable('sales', 'federated', { id: sqlType(OID.int4), item: sqlType(OID.text) });
const OTHER = testTable('a_new_one', 'federated', { id: sqlType(OID.int4) });

const SESSION: AnalysisSession = {
  searchPath: '"$user", public',
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  user: 'alice',
};

let stateDirectory: string;
let engine: CatalogEngine;
let overlay: Overlay | undefined;
let overlays = 0;
const committed = new Map<RowId, CatalogRow>();

function snapshot(tables: Snapshot['tables']): Snapshot {
  return { version: 1, labels: [], shards: [], tables };
}

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'skein-definitions-'));
  engine = await open();
  await engine.sync(snapshot([SALES]));
});

afterAll(async () => {
  await engine.close();
  await rm(stateDirectory, { recursive: true, force: true });
});

/** @returns the tag, and what PostgreSQL noted. */
async function define(sql: string): Promise<readonly string[]> {
  const defined = await engine.define(sql, { ...SESSION, overlay });
  overlays += 1;
  overlay = { id: overlays, change: defined.overlay };
  return [defined.tag, ...defined.notices.map(({ severity, error }) => `${severity}: ${error.message}`)];
}

async function ask(sql: string, session: AnalysisSession = { ...SESSION, overlay }): Promise<unknown> {
  const answer = await engine.query(sql, [], [], [0], session, new AbortController().signal);
  return answer.rows.map((row) => row.fields().map((field) => field && new TextDecoder().decode(field)));
}

async function commit(): Promise<void> {
  if (overlay === undefined) return;
  const { change } = overlay;
  overlay = undefined;
  await persist(change);
  await engine.adopt(change);
}

async function persist(change: CatalogChange): Promise<void> {
  for (const id of change.gone) committed.delete(id);
  for (const [id, row] of change.put) committed.set(id, row);
}

function open(): Promise<CatalogEngine> {
  return createCatalogEngine({ stateDirectory, database: 'skein', rows: [...committed.values()], persist });
}

function relations(): readonly string[] {
  return [...engine.ownedRelations(overlay).values()].map(
    ({ kind, schema, name }) => `${kind} ${schema}.${name}`,
  );
}

it('keeps what a session defined to itself until it is adopted', async () => {
  expect(await define('CREATE SCHEMA s')).toEqual(['CREATE SCHEMA']);
  expect(await define('CREATE SCHEMA IF NOT EXISTS s')).toEqual([
    'CREATE SCHEMA',
    'NOTICE: schema "s" already exists, skipping',
  ]);
  await define(
    "CREATE TABLE s.t (a int PRIMARY KEY, b text DEFAULT 'x' NOT NULL, c int CHECK (c > 0), CHECK (a > c) NOT ENFORCED)",
  );
  await define('CREATE UNIQUE INDEX pair ON s.t (c, b) INCLUDE (a)');
  await define('CREATE VIEW s.v AS SELECT a, item FROM s.t JOIN sales ON id = a');
  await define('CREATE TEMP TABLE scratch AS SELECT 1 AS a WITH NO DATA');
  const views = "SELECT viewname, viewowner FROM pg_views WHERE schemaname = 's'";
  expect(await ask(views)).toEqual([['v', 'alice']]);
  expect(await ask(views, SESSION)).toEqual([]);
  expect(relations()).toEqual(['table s.t', 'view s.v', 'table pg_temp.scratch']);
  await commit();
  expect(await ask(views, { ...SESSION, user: 'bob' })).toEqual([['v', 'alice']]);
  expect([...engine.ownedRelations(undefined).values()]).toMatchObject([
    {
      columns: [{ name: 'a', notNull: true }, { name: 'b', defaultTree: /^\{CONST/ }, { name: 'c' }],
      constraints: [
        { kind: 'check', name: 't_c_check' },
        { kind: 'primary', columns: [1] },
        { kind: 'unique', name: 'pair', columns: [3, 2], nullsEqual: false },
      ],
    },
    { kind: 'view', tree: /^\(\{QUERY/, columns: [{ name: 'a' }, { name: 'item' }] },
    { temporary: true },
  ]);
});

it("takes nothing that was adopted meanwhile for a statement's own", async () => {
  const other = await engine.define('CREATE VIEW s.others AS SELECT 1 AS one', SESSION);
  const mine = engine.define('CREATE VIEW s.mine AS SELECT 2 AS two', SESSION);
  await setImmediate();
  await engine.adopt(other.overlay);
  const { touches, overlay } = await mine;
  expect([...touches.keys()].filter((name) => name.startsWith('name'))).toEqual([
    expect.stringMatching(/^name \d+ mine$/),
  ]);
  expect([...overlay.put.keys()].filter((id) => other.overlay.put.has(id))).toEqual([]);
  expect([...overlay.gone]).toEqual([]);
  const dropped = await engine.define('DROP VIEW s.others', SESSION);
  await engine.adopt(dropped.overlay);
});

it('changes and drops as PostgreSQL does', async () => {
  await define('ALTER TABLE s.t RENAME COLUMN b TO bb');
  await define('ALTER VIEW s.v RENAME TO w');
  await expect(define('DROP TABLE s.t')).rejects.toMatchObject({
    code: '2BP01',
    fields: { detail: 'view s.w depends on table s.t' },
  });
  await define('CREATE TABLE s.u (LIKE s.t INCLUDING ALL)');
  expect(await define('DROP TABLE s.t CASCADE')).toEqual(['DROP TABLE', 'NOTICE: drop cascades to view s.w']);
  const names =
    "SELECT relname FROM pg_class WHERE relnamespace = 's'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1";
  expect(await ask(names)).toEqual([['u']]);
  expect(await ask(names, SESSION)).toEqual([['t'], ['v']]);
  await commit();
  expect(await ask(names, SESSION)).toEqual([['u']]);
  await define('CREATE VIEW s.kept AS SELECT id FROM sales');
  await commit();
});

it('refuses what is not a user’s to change, and what is not kept', async () => {
  const refusals = [
    ['DROP SCHEMA public', '42501'],
    ['DROP TABLE sales', '42501'],
    ['CREATE INDEX ON sales (id)', '42501'],
    ['COMMENT ON TABLE sales IS NULL', '42501'],
    ['CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$', '0A000'],
    ['CREATE TABLE x (a nosuch)', '42704'],
  ];
  for (const [sql = '', code] of refusals) await expect(define(sql), sql).rejects.toMatchObject({ code });
  await expect(define('CREATE TABLE x (a nosuch)')).rejects.toMatchObject({ fields: { position: 19 } });
});

it('makes views of tables that change anew, or says why it can’t', async () => {
  await define('CREATE VIEW s.items (what) AS SELECT item FROM sales WHERE id > 1');
  await define('CREATE VIEW s.above AS SELECT upper(what) AS what FROM s.items');
  await commit();
  const texts =
    "SELECT viewname, pg_get_viewdef((schemaname || '.' || viewname)::regclass, true) FROM pg_views WHERE schemaname = 's' ORDER BY 1";
  const before = await ask(texts);
  const { id, item } = { id: sqlType(OID.int4), item: sqlType(OID.text) };
  const versions: readonly Snapshot['tables'][] = [
    [testTable('sales', 'federated', { more: item, item, id })],
    [testTable('sales', 'federated', { id })],
    [testTable('sales', 'federated', { id, item: sqlType(OID.int4) })],
    [],
  ];
  const broken = () =>
    [...engine.ownedRelations(undefined).values()].map((view) => view.kind === 'view' && view.broken);
  for (const [index, tables] of versions.entries()) {
    await engine.sync({ ...snapshot(tables), version: 2 + index });
    expect(broken().filter((reason) => typeof reason === 'string')).toEqual(
      [
        [],
        ['column "item" does not exist'],
        ['cannot change data type of view column "what" from text to integer'],
        ['relation "public.sales" does not exist', 'relation "public.sales" does not exist'],
      ][index],
    );
    await ask(texts);
  }
  await engine.sync({ ...snapshot([SALES]), version: 9 });
  expect(broken()).not.toContainEqual(expect.any(String));
  expect(await ask(texts)).toEqual(before);
});

it('leaves what a user made its name', async () => {
  await define('CREATE VIEW clash AS SELECT 1 AS a');
  await commit();
  await engine.sync({
    ...snapshot([SALES, testTable('clash', 'federated', { id: sqlType(OID.int4) })]),
    version: 10,
  });
  expect(await ask("SELECT relkind FROM pg_class WHERE relname = 'clash'")).toEqual([['v']]);
});

it('has the same after a restart, with the same OIDs', async () => {
  const oids = "SELECT oid, relname FROM pg_class WHERE relname IN ('sales', 'u', 'kept') ORDER BY 2";
  const before = await ask(oids);
  await engine.close();
  engine = await open();
  await engine.sync(snapshot([OTHER, SALES, testTable('clash', 'federated', { id: sqlType(OID.int4) })]));
  expect(await ask(oids)).toEqual(before);
  await engine.close();
  engine = await open();
  await engine.sync(
    snapshot([testTable('sales', 'federated', { more: sqlType(OID.text), id: sqlType(OID.int4) })]),
  );
  expect(await ask("SELECT pg_get_viewdef('s.kept'::regclass)")).toEqual([[' SELECT id\n   FROM sales;']]);
  const given = new Set(engine.ownedRelations(undefined).keys());
  await define('CREATE TABLE y ()');
  const [made] = [...engine.ownedRelations(overlay).keys()].filter((oid) => !given.has(oid));
  expect(made).toBeGreaterThan(Math.max(...given));
});
