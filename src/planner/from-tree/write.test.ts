import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAnalysis, type TestAnalysis, testTable } from '../../../test/support/analysis.ts';
import { showPlan } from '../../../test/support/show-plan.ts';
import { defined } from '../../base/assert.ts';
import type { OwnedRelations, OwnedTable } from '../../catalog/owned.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { numericType, OID, sqlType } from '../../types/sql-type.ts';
import { bindWrite, type LogicalWrite, writeFromTree } from './write-from-tree.ts';

const [int4, text] = [sqlType(OID.int4), sqlType(OID.text)];
const columns = { id: int4, name: sqlType(OID.varchar, 9), v: numericType(10, 2), twice: int4 };
const snapshot: Snapshot = {
  version: 1,
  labels: [],
  shards: [],
  tables: [
    testTable('t', 'federated', columns),
    testTable('u', 'federated', { id: int4, name: text }),
    testTable('sales', 'federated', { id: int4, name: text }),
  ],
};

const TWICE =
  '{OPEXPR :opno 514 :opfuncid 141 :opresulttype 23 :opretset false :opcollid 0 :inputcollid 0 :args ({VAR :varno 1 :varattno 1 :vartype 23 :vartypmod -1 :varcollid 0 :varnullingrels (b) :varlevelsup 0 :varreturningtype 0 :varnosyn 1 :varattnosyn 1 :location -1} {CONST :consttype 23 :consttypmod -1 :constcollid 0 :constlen 4 :constbyval true :constisnull false :location -1 :constvalue 4 [ 2 0 0 0 ]}) :location -1}';
const X =
  '{FUNCEXPR :funcid 669 :funcresulttype 1043 :funcretset false :funcvariadic false :funcformat 2 :funccollid 100 :inputcollid 100 :args ({CONST :consttype 1043 :consttypmod -1 :constcollid 100 :constlen -1 :constbyval false :constisnull false :location -1 :constvalue 5 [ 20 0 0 0 120 ]} {CONST :consttype 23 :consttypmod -1 :constcollid 0 :constlen 4 :constbyval true :constisnull false :location -1 :constvalue 4 [ 9 0 0 0 ]} {CONST :consttype 16 :consttypmod -1 :constcollid 0 :constlen 1 :constbyval true :constisnull false :constvalue 1 [ 0 0 0 0 ] :location -1}) :location -1}';

function ownedTable(oid: number, name: string, of: Readonly<Record<string, typeof int4>>): OwnedTable {
  const own = Object.entries(of).map(([column, type]) => ({
    name: column,
    type,
    notNull: false,
    dropped: false,
    defaultTree: column === 'twice' ? TWICE : column === 'name' && name === 't' ? X : undefined,
    unbounded: false,
    generated: column === 'twice',
  }));
  const key = { kind: 'primary', name: 't_pkey', columns: [1], nullsEqual: false } as const;
  const constraints = name === 't' ? [key] : [];
  return { kind: 'table', oid, schema: 'public', name, temporary: false, columns: own, constraints };
}

let analysis: TestAnalysis;
let owned: OwnedRelations;

beforeAll(async () => {
  analysis = await startAnalysis(snapshot);
  const relations = [...analysis.context.shadow.relations.values()];
  const oidOf = (name: string) => defined(relations.find((one) => one.name === name)?.oid, name);
  owned = new Map([
    [oidOf('t'), ownedTable(oidOf('t'), 't', columns)],
    [oidOf('u'), ownedTable(oidOf('u'), 'u', { id: int4, name: text })],
  ]);
});

afterAll(async () => {
  await analysis.close();
});

async function converted(sql: string): Promise<LogicalWrite> {
  return writeFromTree(await analysis.tree(sql), { ...analysis.context, owned });
}

async function shown(sql: string): Promise<string> {
  const { write, returning } = bindWrite(
    await converted(sql),
    { parameters: [], session: new Map() },
    (staged) => staged,
  );
  const { action, rowid, fresh, others } = write.staged;
  const ids = [action, rowid, ...fresh, ...others].map((column) =>
    column === undefined ? '-' : `c${column.id}`,
  );
  const oids = new Map([...owned.values()].map(({ oid, name }) => [`t${oid}`, name]));
  return [
    `${write.command} ${ids.join(' ')}`,
    showPlan(write.changes),
    ...(returning ? [showPlan(returning)] : []),
  ]
    .join('\n')
    .replace(/\bt\d{4,}\b/g, (table) => oids.get(table) ?? table);
}

describe('changes', () => {
  const statements: readonly (readonly [name: string, sql: string])[] = [
    ['one row', `INSERT INTO t (id, name) VALUES (1, 'abc')`],
    [
      'rows, with defaults among them',
      `INSERT INTO t (id, name, v) VALUES (1, 'a', DEFAULT), (2, DEFAULT, 3)`,
    ],
    ['defaults', 'INSERT INTO t DEFAULT VALUES RETURNING id, old.name, *'],
    ['a query', 'INSERT INTO t (id, name) SELECT id, name FROM sales ORDER BY id'],
    ['a query of the table itself', 'INSERT INTO t SELECT id + 1 FROM t'],
    ['an update', `UPDATE t SET v = v * 2, name = DEFAULT WHERE id > 3`],
    [
      'an update from another table',
      'UPDATE t AS x SET name = u.name FROM u WHERE x.id = u.id RETURNING x.*, old.name, u.name',
    ],
    ['a delete', 'DELETE FROM t WHERE id IN (SELECT id FROM sales)'],
    ['a delete with another table', 'DELETE FROM t USING u WHERE t.id = u.id RETURNING t.id, u.name, new.id'],
    ['ON CONFLICT DO NOTHING', 'INSERT INTO t (id) VALUES (1) ON CONFLICT DO NOTHING'],
    [
      'ON CONFLICT DO UPDATE',
      'INSERT INTO t (id, v) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET v = excluded.v + t.v WHERE t.v > 1 RETURNING old.v, new.v',
    ],
    [
      'MERGE',
      `MERGE INTO t USING u ON t.id = u.id WHEN MATCHED AND u.name = 'x' THEN DELETE WHEN MATCHED THEN UPDATE SET name = u.name
       WHEN NOT MATCHED THEN INSERT (id, name) VALUES (u.id, u.name) WHEN NOT MATCHED BY SOURCE THEN DO NOTHING RETURNING merge_action(), t.id, u.id`,
    ],
    ['WITH', 'WITH a AS (SELECT 1 AS i) DELETE FROM t WHERE id IN (SELECT i FROM a)'],
  ];
  test.each(statements)('%s', async (_name, sql) => {
    expect(await shown(sql)).toMatchSnapshot();
  });
});

test('refused by name, or as PostgreSQL refuses it', async () => {
  const refusals = [
    'INSERT INTO sales VALUES (1)',
    'WITH d AS (DELETE FROM t RETURNING id) INSERT INTO u SELECT id FROM d',
    'INSERT INTO t (id, twice) VALUES (1, 2)',
    'UPDATE t SET twice = 2',
    'DELETE FROM t RETURNING ctid',
    'INSERT INTO t (id) VALUES (1) ON CONFLICT (name COLLATE "C") DO NOTHING',
    'INSERT INTO t (id) VALUES (1) ON CONFLICT (id int4_ops) DO NOTHING',
  ];
  const messages = await Promise.all(
    refusals.map((sql) => converted(sql).then(String, (error: unknown) => String(error))),
  );
  expect(messages).toMatchSnapshot();
});
