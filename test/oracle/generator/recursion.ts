import { small } from './literals.ts';
import { featured, type Node, op, optional } from './node.ts';
import type { Choice, OutputColumn, Type } from './scope.ts';

/** A recursive query in WITH that ends, and gives a few hundred rows at most. */
export function recursiveTable(choice: Choice): {
  readonly name: string;
  readonly node: Node;
  readonly columns: readonly OutputColumn[];
} {
  const name = choice.name('rec');
  const [columns, body] = choice.weighted<readonly [readonly [string, Type][], Node]>([
    [2, () => [[['n', 'int4']], counting(choice, name)]],
    [2, () => [[['n', 'int4']], circling(choice, name)]],
    [
      2,
      () => [
        [
          ['i', 'int8'],
          ['hops', 'int4'],
        ],
        walking(choice, name),
      ],
    ],
    [
      1,
      () => [
        [
          ['n', 'int4'],
          ['t', 'text'],
        ],
        spelling(choice, name),
      ],
    ],
  ]);
  const names = columns.map(([column]) => column).join(', ');
  return {
    name,
    node: featured('recursive cte', op('part', `${name}(${names}) AS (#)`, body)),
    columns: columns.map(([column, type]) => ({ name: column, type, stored: true })),
  };
}

function counting(choice: Choice, name: string): Node {
  const word = choice.pick(['UNION', 'UNION ALL']);
  return op(
    'part',
    `SELECT # ${word} SELECT n + 1 FROM ${name} WHERE n < #`,
    small(choice, 0, 3),
    small(choice, 0, 8),
  );
}

/** It ends because UNION drops what it has seen. */
function circling(choice: Choice, name: string): Node {
  return op(
    'part',
    `SELECT product FROM sales WHERE qty > # UNION SELECT (n * 3 + 1) % 7 FROM ${name}`,
    small(choice, 0, 5),
  );
}

/** From rows to rows of tables. */
function walking(choice: Choice, name: string): Node {
  const where = choice.chance(40) ? op('part', " AND v.region = 'EU'") : undefined;
  return op(
    'part',
    `SELECT id, 0 FROM sales WHERE id < # UNION ALL SELECT v.visit, r.hops + 1 FROM ${name} AS r JOIN visits AS v ON v.sale = r.i AND r.hops < ##`,
    small(choice, 0, 30),
    small(choice, 1, 3),
    optional('#', where),
  );
}

function spelling(choice: Choice, name: string): Node {
  return op(
    'part',
    `SELECT product, coalesce(category, 'none') FROM products WHERE product < # UNION ALL SELECT r.n + 1, r.t || p.name FROM ${name} AS r JOIN products AS p ON p.product = r.n + 1`,
    small(choice, 0, 3),
  );
}
