import { direction } from './aggregates.ts';
import { commonTables, withTables } from './common-tables.ts';
import { constant, small } from './literals.ts';
import { featured, list, type Node, op, optional, text } from './node.ts';
import { type Choice, RARE_TYPES, TYPES } from './scope.ts';
import { from, inner, type QueryContext, select } from './select.ts';
import { rowsOf, setOperation } from './set-operations.ts';

/** A whole statement whose answer SQL determines. */
export function statement(choice: Choice): Node {
  const context: QueryContext = { choice, ctes: [], depth: 2, isTop: true };
  return choice.weighted<() => Node>([
    [98, () => () => afterWith(context)],
    [1, () => () => values(choice)],
  ])();
}

function afterWith(context: QueryContext): Node {
  const tables = commonTables(context);
  return withTables(tables, body({ ...context, ctes: tables.ctes }));
}

function body(context: QueryContext): Node {
  return context.choice.weighted<() => Node>([
    [80, () => () => select(context).node],
    [15, () => () => setOperation(context)],
    [3, () => () => countOfSome(context)],
    [2, () => () => withTies(context)],
    [2, () => () => tiesOf(context)],
  ])();
}

function values(choice: Choice): Node {
  const shape = choice.times(1, 4, () => choice.pick([...TYPES, ...RARE_TYPES]));
  const order = optional(
    ' ORDER BY #',
    choice.chance(40) ? text(shape.map((_, i) => i + 1).join(', ')) : undefined,
  );
  return featured('values', op('query', '##', rowsOf(choice, shape), order));
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
