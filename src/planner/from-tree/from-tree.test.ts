import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAnalysis, type TestAnalysis, testColumns, testTable } from '../../../test/support/analysis.ts';
import { showPlan } from '../../../test/support/show-plan.ts';
import type { TreeNode, TreeValue } from '../../analysis/tree.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { outputColumns } from '../../plan/columns.ts';
import { numericType, OID, sqlType } from '../../types/sql-type.ts';
import { bindParameters, constant } from './bind.ts';
import type { LogicalQuery } from './conversion.ts';
import { fromTree } from './from-tree.ts';

const [int4, int8, text] = [sqlType(OID.int4), sqlType(OID.int8), sqlType(OID.text)];

const snapshot: Snapshot = {
  version: 1,
  labels: testColumns({ region: text, store: int4 }),
  shards: [],
  tables: [
    testTable('sales', 'federated', {
      id: int4,
      amount: numericType(10, 2),
      item: text,
      day: sqlType(OID.date),
      at: sqlType(OID.timestamptz),
      qty: int8,
      Country: sqlType(OID.varchar, 24),
      flag: sqlType(OID.bool),
      px: sqlType(OID.float8),
      tags: sqlType(OID.textArray),
    }),
    testTable('items', 'replicated', { item: text, price: numericType(12, 4), parent: text }),
  ],
};

let analysis: TestAnalysis;

beforeAll(async () => {
  analysis = await startAnalysis(snapshot);
});

afterAll(async () => {
  await analysis.close();
});

async function logical(sql: string, parameterOids?: readonly number[]): Promise<LogicalQuery> {
  return fromTree(await analysis.tree(sql, parameterOids), analysis.context);
}

async function planOf(sql: string): Promise<string> {
  return showPlan((await logical(sql)).plan);
}

async function refusalOf(sql: string): Promise<string> {
  const tree = await analysis.tree(sql);
  try {
    fromTree(tree, analysis.context);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '0A000') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('plans', () => {
  const statements: readonly (readonly [name: string, sql: string])[] = [
    ['a constant', 'SELECT 1'],
    ['only the columns that are read', 'SELECT id, region FROM sales WHERE qty > 3'],
    ['a label with a type', 'SELECT id FROM sales WHERE store = 7'],
    [
      'a dashboard',
      `SELECT * FROM (SELECT item, qty FROM sales) AS "source" WHERE qty > 1 ORDER BY 2 DESC LIMIT 10`,
    ],
    [
      'groups and HAVING',
      'SELECT item, count(*) FROM sales GROUP BY 1 HAVING count(*) > 1 ORDER BY 2 DESC NULLS LAST',
    ],
    ['a grouped expression', `SELECT item || 'x', max(day) FROM sales GROUP BY item || 'x'`],
    ['an aggregate only in ORDER BY', 'SELECT item FROM sales GROUP BY item ORDER BY max(day)'],
    ['the same aggregate twice', 'SELECT count(*), count(*) FROM sales'],
    [
      'aggregate clauses',
      `SELECT count(DISTINCT item), max(qty) FILTER (WHERE flag), string_agg(item, ',' ORDER BY day DESC) FROM sales`,
    ],
    ['an ordered-set aggregate', 'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY px) FROM sales'],
    ['HAVING alone', 'SELECT 1 FROM sales HAVING true'],
    ['DISTINCT and ORDER BY', 'SELECT DISTINCT item, region FROM sales ORDER BY region'],
    ['DISTINCT ON', 'SELECT DISTINCT ON (item) id FROM sales ORDER BY item, day DESC LIMIT 3'],
    ['ORDER BY of what is not selected', 'SELECT id FROM sales ORDER BY qty'],
    ['LIMIT ALL', 'SELECT id FROM sales LIMIT ALL OFFSET 2'],
    ['WITH TIES', 'SELECT id FROM sales ORDER BY id FETCH FIRST 2 ROWS WITH TIES'],
    [
      'a left join',
      'SELECT s.id, i.parent FROM sales s LEFT JOIN items i ON s.item = i.item AND i.parent IS NOT NULL',
    ],
    ['USING', 'SELECT item, id FROM sales JOIN items USING (item)'],
    ['a full join USING', 'SELECT item FROM sales FULL JOIN items USING (item) WHERE item IS NOT NULL'],
    ['NATURAL', 'SELECT count(*) FROM sales NATURAL RIGHT JOIN items'],
    ['commas', 'SELECT a.id FROM sales a, sales b, items c WHERE a.id = b.id'],
    [
      'lateral',
      'SELECT s.id, l.m FROM sales s LEFT JOIN LATERAL (SELECT max(parent) m FROM items WHERE item = s.item) l ON true',
    ],
    ['a scalar subquery', 'SELECT (SELECT max(parent) FROM items i WHERE i.item = s.item) FROM sales s'],
    [
      'EXISTS, IN, NOT IN',
      `SELECT id FROM sales s WHERE EXISTS (SELECT 1 FROM items i WHERE i.item = s.item)
      AND item IN (SELECT parent FROM items) AND qty NOT IN (SELECT id FROM sales)`,
    ],
    ['a cast inside IN', 'SELECT id FROM sales WHERE qty = ANY (SELECT id::int2 FROM sales)'],
    [
      'a correlation through two levels',
      `SELECT id FROM sales s WHERE EXISTS (
      SELECT 1 FROM items i WHERE EXISTS (SELECT 1 FROM items j WHERE j.item = i.parent AND j.parent = s.item))`,
    ],
    [
      'a correlation with a group',
      'SELECT item, (SELECT max(parent) FROM items i WHERE i.item = s.item) FROM sales s GROUP BY item',
    ],
    ['UNION ALL with a cast', 'SELECT 1 AS n UNION ALL SELECT qty FROM sales ORDER BY 1 LIMIT 3'],
    [
      'set operations',
      'SELECT item FROM sales EXCEPT (SELECT item FROM items INTERSECT ALL SELECT parent FROM items)',
    ],
    [
      'pruned UNION ALL',
      'SELECT item FROM (SELECT item, id FROM sales UNION ALL SELECT item, 1 FROM items) u',
    ],
    [
      'UNION that needs all columns',
      'SELECT item FROM (SELECT item, id FROM sales UNION SELECT item, 1 FROM items) u',
    ],
    ['VALUES', `SELECT b FROM (VALUES (1, 'x'), (2, NULL)) AS v(a, b)`],
    ['a CTE used once', 'WITH w AS (SELECT item, id FROM sales) SELECT item FROM w'],
    [
      'a CTE used twice',
      'WITH w AS (SELECT item, id FROM sales) SELECT a.item FROM w a JOIN w b ON a.id = b.id',
    ],
    ['a materialized CTE', 'WITH w AS MATERIALIZED (SELECT item FROM sales) SELECT item FROM w'],
    [
      'a CTE in a subquery',
      'WITH w AS (SELECT item FROM items) SELECT id FROM sales WHERE item IN (SELECT item FROM w)',
    ],
    [
      'a CTE over a CTE',
      'WITH a AS (SELECT item FROM items), b AS (SELECT item FROM a) SELECT x.item FROM b x, b y',
    ],
    ['an unused CTE', 'WITH w AS (SELECT item FROM sales) SELECT 1'],
    [
      'windows',
      `SELECT id, rank() OVER w, count(*) OVER (PARTITION BY item ORDER BY day ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
      FROM sales WINDOW w AS (ORDER BY id DESC)`,
    ],
    ['a window over groups', 'SELECT item, rank() OVER (ORDER BY count(*)) FROM sales GROUP BY item'],
    ['CASE with an operand', `SELECT CASE item WHEN 'a' THEN 1 WHEN 'b' THEN 2 END FROM sales`],
    ['CASE', `SELECT CASE WHEN qty > 1 THEN 'x' ELSE item END FROM sales`],
    [
      'boolean tests',
      'SELECT id FROM sales WHERE flag IS NOT TRUE AND NOT flag AND id IS DISTINCT FROM 3 AND qty IS NOT DISTINCT FROM qty',
    ],
    ['an IN list', `SELECT id FROM sales WHERE item IN ('a', 'b') AND qty <> ALL ('{1,2}')`],
    [
      'COALESCE and friends',
      `SELECT coalesce(item, 'x'), greatest(qty, 1), least(id, 2), nullif(item, '') FROM sales`,
    ],
    ['session values', 'SELECT current_date, now(), current_user, current_schema'],
    ['casts', 'SELECT id::int8, "Country"::text, qty::int4 FROM sales'],
    ['a system relation', 'SELECT agent FROM skein.agents ORDER BY last_seen'],
    ['EXISTS of anything', 'SELECT 1 WHERE EXISTS (SELECT * FROM sales)'],
  ];

  test.each(statements)('%s', async (_name, sql) => {
    expect(await planOf(sql)).toMatchSnapshot();
  });

  test('column ids are unique and the plan outputs exactly the visible targets', async () => {
    for (const [, sql] of statements) {
      const { plan, outputs } = await logical(sql);
      expect(outputColumns(plan)).toEqual(outputs);
    }
  });

  test('names of the outputs are the statement’s', async () => {
    const { outputs } = await logical('SELECT id, id, qty AS "Qty" FROM sales');
    expect(outputs.map((column) => column.name)).toEqual(['id', 'id', 'Qty']);
  });
});

describe('refusals by name', () => {
  test.each([
    ['SELECT ctid FROM sales', 'the system column sales.ctid is not supported'],
    ['SELECT array_agg(s) FROM sales s', 'the whole-row reference "s" is not supported'],
    ['SELECT id FROM ONLY sales', 'ONLY is not supported'],
    ['SELECT id FROM sales TABLESAMPLE system (1)', 'TABLESAMPLE is not supported'],
    ['SELECT id FROM sales FOR UPDATE', 'FOR UPDATE or FOR SHARE is not supported'],
    ['SELECT array_agg(ROW(1, 2))', 'a row constructor is not supported'],
    [
      'SELECT item COLLATE "unicode" FROM sales',
      'a collation other than C.UTF-8 in COLLATE is not supported',
    ],
    [`SELECT pg_sleep('1')`, 'function pg_sleep(float8) is not supported'],
    ['SELECT point(px, px) FROM sales', 'function point(float8,float8) is not supported'],
    ['SELECT id FROM sales ORDER BY item USING ~<~', /^sorting or grouping by operator "text ~<~ text"/],
    ['SELECT to_jsonb(item) FROM sales INTERSECT SELECT to_jsonb(item) FROM sales', /is not supported$/],
    ['SELECT ARRAY[[1, 2], [3]]', 'an array of arrays of different lengths is not supported'],
    [
      'SELECT cardinality(ARRAY[[1, 2]])',
      'an array of more than one dimension in this expression is not supported',
    ],
  ])('%s', async (sql, message) => {
    const refusal = await refusalOf(sql);
    if (typeof message === 'string') expect(refusal).toBe(message);
    else expect(refusal).toMatch(message);
  });
});

describe('numerics', () => {
  test('constants have the digits that they are written with', async () => {
    const { outputs } = await logical('SELECT 1.50, -0.0025, 12345678901234567890.5, 0.00, 1e-10');
    expect(outputs.map((column) => column.type)).toEqual([
      numericType(3, 2),
      numericType(4, 4),
      numericType(21, 1),
      numericType(2, 2),
      numericType(10, 10),
    ]);
  });

  test('an integer constant as numeric has its own digits, not those of its type', async () => {
    const { outputs } = await logical('SELECT coalesce(amount, 0) FROM sales');
    expect(outputs[0]?.type).toMatchObject(numericType(10, 2));
  });

  test('alternatives share the digits before and after the point', async () => {
    const { outputs } = await logical(
      'SELECT CASE WHEN flag THEN amount ELSE 0.125 END, greatest(amount, 1.5), nullif(amount, 0) FROM sales',
    );
    expect(outputs.map((column) => column.type)).toMatchObject([
      numericType(11, 3),
      numericType(10, 2),
      numericType(10, 2),
    ]);
  });

  test('NULL takes the digits of the others', async () => {
    const { outputs } = await logical(
      'SELECT amount FROM sales UNION ALL SELECT NULL UNION ALL SELECT 0.5555',
    );
    expect(outputs[0]?.type).toMatchObject(numericType(12, 4));
  });

  test('more than 38 digits meet in 38, and overflow only where a value needs them', async () => {
    expect(await refusalOf(`SELECT 1e30 UNION SELECT 1e-20`)).toBe('accepted');
  });
});

describe('parameters', () => {
  test('a numeric parameter has a scale when it is bound, and so has what is computed from it', async () => {
    const query = await logical(
      'SELECT coalesce($1, amount), x FROM (SELECT greatest($1, 0.5) AS x) s, sales',
      [OID.numeric],
    );
    expect(query.outputs.map((column) => column.type)).toEqual([sqlType(OID.numeric), sqlType(OID.numeric)]);
    const bound = bindParameters(query, {
      parameters: [constant(sqlType(OID.numeric), '1.2345')],
      session: new Map(),
    });
    expect(bound.outputs.map((column) => column.type)).toMatchObject([numericType(12, 4), numericType(5, 4)]);
  });

  test('session values and parameters become constants', async () => {
    const query = await logical(
      'SELECT id FROM sales WHERE day < current_date AND item = $1 AND id = ANY ($2)',
    );
    expect(query.usesSession).toEqual(['current_date']);
    const bound = bindParameters(query, {
      parameters: [
        constant(text, 'a'),
        {
          kind: 'array',
          elements: [constant(int4, '1'), constant(int4, null)],
          type: sqlType(OID.int4Array),
        },
      ],
      session: new Map([['current_date', '2024-02-29']]),
    });
    expect(showPlan(bound.plan)).toMatchSnapshot();
    expect(bound.usesSession).toEqual([]);
  });

  test('a parameter without a value is an error', async () => {
    const query = await logical('SELECT $1::int4');
    expect(() => bindParameters(query, { parameters: [], session: new Map() })).toThrow(
      'there is no parameter $1',
    );
  });
});

describe('nothing is passed over', () => {
  const statement = `
    WITH w AS MATERIALIZED (SELECT item FROM items)
    SELECT CASE item WHEN 'a' THEN 1 END AS a, count(*) FILTER (WHERE qty > $1) AS n, rank() OVER (ORDER BY item)
    FROM sales s FULL JOIN (VALUES ('x', 1)) AS v(item, k) USING (item)
    WHERE EXISTS (SELECT 1 FROM w WHERE w.item = s.item) AND id IN (SELECT 1 UNION SELECT 2)
      AND coalesce(item, 'y') = nullif(item, 'z') AND flag IS TRUE AND item IS NOT NULL AND id = ANY ('{1,2}')
      AND greatest(id, 1) > 0 AND id IS DISTINCT FROM 2 AND day < current_date AND "Country" = 'c'
    GROUP BY item HAVING count(*) > 1 ORDER BY item LIMIT 10`;

  /** What a plan doesn't depend on: permissions, names that were resolved, the columns of a join that nothing reads. */
  const UNREAD = new Set(['rteperminfos', 'alias', 'joinaliasvars']);

  interface Mutant<T> {
    readonly tag: string;
    readonly tree: T;
  }

  /** The tree once for each node in it, with that node changed. */
  function* mutants(node: TreeNode, change: (node: TreeNode) => TreeNode): Generator<Mutant<TreeNode>> {
    yield { tag: node.tag, tree: change(node) };
    for (const [name, value] of node.fields) {
      if (UNREAD.has(name)) continue;
      for (const { tag, tree } of mutantValues(value, change)) {
        yield { tag, tree: { tag: node.tag, fields: new Map(node.fields).set(name, tree) } };
      }
    }
  }

  function* mutantValues(
    value: TreeValue,
    change: (node: TreeNode) => TreeNode,
  ): Generator<Mutant<TreeValue>> {
    if (value.kind === 'node') {
      for (const { tag, tree } of mutants(value.node, change))
        yield { tag, tree: { kind: 'node', node: tree } };
    }
    if (value.kind === 'list') {
      for (const [index, item] of value.items.entries()) {
        for (const { tag, tree } of mutantValues(item, change)) {
          yield { tag, tree: { kind: 'list', items: value.items.with(index, tree) } };
        }
      }
    }
  }

  test('a field that PostgreSQL may add to any node is refused', async () => {
    const tree = await analysis.tree(statement);
    const added: TreeValue = { kind: 'token', text: '1' };
    const change = (node: TreeNode) => ({ ...node, fields: new Map(node.fields).set('futurefield', added) });
    const tags = new Set<string>();
    for (const mutant of mutants(tree, change)) {
      expect(() => fromTree(mutant.tree, analysis.context), mutant.tag).toThrow('futurefield');
      tags.add(mutant.tag);
    }
    expect(tags.size).toBeGreaterThan(30);
  });

  test('a node that PostgreSQL may add is refused', async () => {
    const tree = await analysis.tree(statement);
    for (const mutant of mutants(tree, (node) => ({ ...node, tag: 'FUTURENODE' }))) {
      expect(() => fromTree(mutant.tree, analysis.context), mutant.tag).toThrow(
        'FUTURENODE is not supported',
      );
    }
  });
});
