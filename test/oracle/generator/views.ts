import { featured, op } from './node.ts';
import { type Choice, type OutputColumn, readColumns, type Type } from './scope.ts';
import type { Source } from './sources.ts';

interface View {
  readonly name: string;
  readonly sql: string;
  readonly columns: readonly (readonly [name: string, type: Type])[];
}

/** Views that both databases have: each kind of query that stands behind a name, and one view over another. */
const VIEWS: readonly View[] = [
  {
    name: 'paid_sales',
    sql: 'SELECT id, product AS p, qty * 2 AS twice, note, storeid AS shop, region AS area FROM sales WHERE paid IS NOT FALSE',
    columns: [
      ['id', 'int8'],
      ['p', 'int4'],
      ['twice', 'int4'],
      ['note', 'text'],
      ['shop', 'int4'],
      ['area', 'text'],
    ],
  },
  {
    name: 'per_product',
    sql: 'SELECT product AS p, region AS area, count(*) AS n, sum(price) AS total, max(due) AS last FROM sales GROUP BY product, region',
    columns: [
      ['p', 'int4'],
      ['area', 'text'],
      ['n', 'int8'],
      ['total', 'numeric'],
      ['last', 'date'],
    ],
  },
  {
    name: 'kinds',
    sql: "SELECT kind AS k, visit AS i FROM visits UNION ALL SELECT code, id FROM sales WHERE qty > 1 UNION ALL SELECT 'none', 0",
    columns: [
      ['k', 'text'],
      ['i', 'int8'],
    ],
  },
  {
    name: 'ranked',
    sql: 'SELECT id, qty AS q, rank() OVER (PARTITION BY storeid ORDER BY price DESC NULLS LAST, id) AS place, storeid AS shop FROM sales',
    columns: [
      ['id', 'int8'],
      ['q', 'int4'],
      ['place', 'int8'],
      ['shop', 'int4'],
    ],
  },
  {
    name: 'named_sales',
    sql: 'SELECT s.id, p.name AS product_name, s.q, v.visit FROM ranked s LEFT JOIN visits v ON v.sale = s.id LEFT JOIN products p ON p.product = s.q WHERE s.place < 9',
    columns: [
      ['id', 'int8'],
      ['product_name', 'text'],
      ['q', 'int4'],
      ['visit', 'int8'],
    ],
  },
];

export const VIEW_DEFINITIONS: readonly string[] = VIEWS.map(
  ({ name, sql }) => `CREATE VIEW ${name} AS ${sql}`,
);

export function view(choice: Choice): Source {
  const { name, columns } = choice.pick(VIEWS);
  const alias = choice.name('vw');
  const output: readonly OutputColumn[] = columns.map(([column, type]) => ({
    name: column,
    type,
    stored: type !== 'numeric',
  }));
  return {
    node: featured('view', op('part', `${name} AS ${alias}`)),
    columns: readColumns(alias, output),
    key: undefined,
    isSmall: false,
  };
}
