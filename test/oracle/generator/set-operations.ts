import { constant, nothing } from './literals.ts';
import { featured, list, type Node, op, optional, text } from './node.ts';
import { ordering, ordinals, TIES } from './ordering.ts';
import { type Choice, TYPES, type Type } from './scope.ts';
import { inner, type Query, type QueryContext, select } from './select.ts';

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

/** Queries of the same columns; a side may be such an operation itself, with its own order and limit. */
export function setOperation(context: QueryContext): Node {
  const { choice } = context;
  const shape: readonly Type[] = choice.times(1, 3, () => choice.pick(TYPES));
  return operation(context, shape, 2);
}

function operation(context: QueryContext, shape: readonly Type[], depth: number): Node {
  const { choice } = context;
  const sides = choice.times(2, 3, (i) => side(context, shape, i === 0, depth - 1));
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
    render: ([query, tail]) => `${query}${tail?.replace(TIES, columns)}`,
  };
  return featured(`set operation ${words.slice(1).join(' ').includes('ALL') ? 'ALL' : ''}`.trim(), node);
}

/** The first names the columns. */
function side(context: QueryContext, shape: readonly Type[], isFirst: boolean, depth: number): Node {
  const { choice } = context;
  if (depth > 0 && choice.chance(15))
    return featured('set operation nested', operation(context, shape, depth));
  if (isFirst) return select(inner(context), shape).node;
  return choice.chance(6)
    ? featured('values', rowsOf(choice, shape))
    : select(
        inner(context),
        shape.map((type) => choice.pick(LIKE[type] ?? [type])),
      ).node;
}

/** Types that stand beside one in a set operation. */
const LIKE: Readonly<Partial<Record<Type, readonly Type[]>>> = {
  int4: ['int4', 'int4', 'int4', 'int4', 'int4', 'int4', 'int8', 'numeric', 'float8'],
  int8: ['int8', 'int8', 'int8', 'int8', 'int4', 'numeric'],
  date: ['date', 'date', 'date', 'date', 'timestamp'],
};

/** Rows of constants. */
export function rowsOf(choice: Choice, shape: readonly Type[]): Node {
  const value = (type: Type) => (choice.chance(10) ? nothing(type) : constant(choice, type));
  const row = () => op('part', '(#)', list(shape.map(value), ', ', shape.length));
  return op('query', 'VALUES #', list(choice.times(1, 3, row), ', '));
}

/** A set operation whose columns others read. */
export function union(context: QueryContext): Query {
  const { choice } = context;
  const shape: readonly Type[] = choice.times(1, 2, () =>
    choice.pick(['int4', 'int8', 'text', 'date'] as const),
  );
  const first = select(context, shape);
  const second = choice.chance(10) ? rowsOf(choice, shape) : select(context, shape).node;
  const word = choice.pick(['UNION', 'UNION ALL', 'UNION ALL', 'EXCEPT', 'INTERSECT']);
  const node = op('part', `(#) ${word} (#)`, first.node, second);
  const columns = first.columns.map((column) => ({ ...column, stored: false }));
  return { node: featured('set operation in FROM', node), columns };
}
