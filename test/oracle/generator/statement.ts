import { direction } from './aggregates.ts';
import { constant, small } from './literals.ts';
import { featured, list, type Node, op, optional, text } from './node.ts';
import { ordering, ordinals } from './ordering.ts';
import { recursiveTable } from './recursion.ts';
import { type Choice, TYPES, type Type } from './scope.ts';
import { from, inner, type Query, type QueryContext, select, union } from './select.ts';

/** A whole statement whose answer SQL determines. */
export function statement(choice: Choice): Node {
  const ctes: { name: string; columns: Query['columns'] }[] = [];
  const definitions: Node[] = [];
  const isRecursive = choice.chance(5);
  if (isRecursive) {
    const { name, columns, node } = recursiveTable(choice);
    ctes.push({ name, columns });
    definitions.push(node);
  }
  if (choice.chance(18)) {
    for (let i = choice.int(1, 2); i > 0; i -= 1) {
      const { name, columns, node } = commonTable(choice, ctes);
      ctes.push({ name, columns });
      definitions.push(node);
    }
  }
  const context: QueryContext = { choice, ctes: [...ctes], depth: 2, isTop: true };
  const body = choice.weighted<() => Node>([
    [80, () => () => select(context).node],
    [15, () => () => setOperation(context)],
    [3, () => () => countOfSome(context)],
    [2, () => () => withTies(context)],
    [2, () => () => tiesOf(context)],
  ])();
  if (definitions.length === 0) return body;
  return {
    tag: 'query',
    children: [list(definitions, ', ', 0), body],
    render: ([withs, query]) =>
      withs === '' ? (query ?? '') : `WITH ${isRecursive ? 'RECURSIVE ' : ''}${withs} ${query}`,
  };
}

function commonTable(choice: Choice, ctes: QueryContext['ctes']): Query & { readonly name: string } {
  const context = { choice, ctes: [...ctes], depth: 1, isTop: false };
  const { node, columns } = choice.chance(15) ? union(context) : select(context);
  const name = choice.name('cte');
  const how = choice.pick(['', '', 'MATERIALIZED ', 'NOT MATERIALIZED ']);
  return { name, columns, node: featured('cte', op('part', `${name} AS ${how}(#)`, node)) };
}

const WORDS = [
  'UNION',
  'UNION',
  'UNION ALL',
  'UNION ALL',
  'INTERSECT',
  'EXCEPT',
  'INTERSECT ALL',
  'EXCEPT ALL',
];

function setOperation(context: QueryContext): Node {
  const { choice } = context;
  const shape: readonly Type[] = choice.times(1, 3, () => choice.pick(TYPES));
  const side = () => select(inner(context), shape).node;
  const sides = choice.times(2, 3, side);
  const words = sides.map(() => choice.pick(WORDS));
  const order = choice.chance(50) ? ordering(choice, list([], ', ', 0), undefined) : undefined;
  const all: Node = {
    tag: 'part',
    children: sides,
    render: (texts) => texts.map((sql, i) => `${i === 0 ? '' : ` ${words[i]} `}(${sql})`).join(''),
    atLeast: 1,
  };
  const columns = ordinals(
    list(
      shape.map(() => text('')),
      '',
    ),
  );
  const node: Node = {
    tag: 'query',
    children: [all, optional('#', order)],
    render: ([query, tail]) => `${query}${tail?.replace('{ties}', columns)}`,
  };
  return featured(`set operation ${words.slice(1).join(' ').includes('ALL') ? 'ALL' : ''}`.trim(), node);
}

/** Which rows LIMIT takes isn't determined without an order; how many is. */
function countOfSome(context: QueryContext): Node {
  const { choice } = context;
  const { node } = select(inner(context));
  return featured(
    'limit',
    op('query', 'SELECT count(*) FROM (SELECT 1 FROM (#) AS x LIMIT #) AS y', node, small(choice, 0, 9)),
  );
}

/** Of any source, by any of its columns. */
function tiesOf(context: QueryContext): Node {
  const { choice } = context;
  const relation = from(inner(context));
  const shown = choice.times(1, 3, () => choice.pick(relation.columns).node);
  const keys = choice.times(1, 2, () =>
    op('part', `#${direction(context)}`, choice.pick(relation.columns).node),
  );
  const names = shown.map((_, i) => `c${i}`);
  const items = shown.map((node, i) => op('part', `# AS c${i}`, node));
  const inside = op(
    'query',
    'SELECT # FROM ## ORDER BY # FETCH FIRST (#) ROWS WITH TIES',
    list(items, ', ', items.length),
    relation.node,
    optional(' WHERE #', relation.where),
    list(keys, ', '),
    small(choice, 0, 9),
  );
  const outside = choice.pick([
    'SELECT * FROM (#) AS x',
    `SELECT ${names.join(', ')}, count(*) FROM (#) AS x GROUP BY ${names.join(', ')}`,
  ]);
  return featured('with ties', op('query', outside, inside));
}

function withTies(context: QueryContext): Node {
  const { choice } = context;
  const column = choice.pick(['product', 'qty', 'note', 'storeid', 'due']);
  const where = choice.chance(50) ? op('bool', `qty > #`, constant(choice, 'int4', 'bare')) : undefined;
  const order = choice.pick(['', ' DESC', ' NULLS FIRST']);
  return featured(
    'with ties',
    op(
      'query',
      `SELECT ${column} FROM sales# ORDER BY ${column}${order}# FETCH FIRST (#) ROWS WITH TIES`,
      optional(' WHERE #', where),
      optional(' OFFSET #', choice.chance(20) ? small(choice, 0, 3) : undefined),
      small(choice, 0, 6),
    ),
  );
}
