import { aggregate } from './aggregates.ts';
import { columnsOf, type ExpressionContext, expression, predicateContext } from './expressions.ts';
import { constant } from './literals.ts';
import { featured, list, type Node, op, optional } from './node.ts';
import { predicate } from './predicates.ts';
import { type Choice, NO_EXTREME, type ScopeColumn, type Type } from './scope.ts';
import { from, inner, type QueryContext, select } from './select.ts';
import { type Source, table } from './sources.ts';

type Maker<T> = readonly [weight: number, make: () => T];

/** A subquery of one row and column. `outer`: columns that it may refer to. */
export function scalarSubquery(context: QueryContext, type: Type, outer: readonly ScopeColumn[]): Node {
  const { choice } = context;
  const ties = tiesTo(choice, outer);
  const first: Maker<Node> = [2, () => featured('scalar subquery', firstValue(context, type))];
  if (NO_EXTREME.includes(type) && type !== 'bool') return first[1]();
  const makers: Maker<Node>[] = [
    [5, () => featured('scalar subquery', wholeValue(context, type))],
    first,
    ...(ties === undefined
      ? []
      : ([
          [3, () => featured('correlated', tiedValue(choice, type, ties))],
          [1, () => featured('correlated', firstTied(choice, type, ties))],
        ] as const)),
  ];
  return choice.weighted(makers);
}

function plain(choice: Choice, relation: Source): ExpressionContext {
  return { choice, scope: { columns: relation.columns, outer: [] } };
}

function filter(choice: Choice, relation: Source): Node {
  const condition = choice.chance(50) ? predicate(predicateContext(plain(choice, relation)), 1) : undefined;
  const both =
    relation.where !== undefined && condition !== undefined
      ? op('bool', '# AND #', relation.where, condition)
      : (relation.where ?? condition);
  return optional(' WHERE #', both);
}

function wholeValue(context: QueryContext, type: Type): Node {
  const { choice } = context;
  const relation = from(inner(context));
  const value = valueOfType(plain(choice, relation), type);
  return op(type, '(SELECT # FROM ##)', value, relation.node, filter(choice, relation));
}

/** An aggregate of the type, if one turns up soon. */
function valueOfType(context: ExpressionContext, type: Type): Node {
  for (let i = 0; i < 6; i += 1) {
    const made = aggregate(context);
    if (made.type === type) return made.node;
  }
  const fn = type === 'bool' ? 'bool_or' : context.choice.pick(['min', 'max']);
  return op(type, `${fn}(#)`, expression(context, type, 0));
}

function firstValue(context: QueryContext, type: Type): Node {
  const { choice } = context;
  const relation = from(inner(context));
  const value = expression(plain(choice, relation), type, 1);
  const where = filter(choice, relation);
  return op(type, '(SELECT # FROM ## ORDER BY 1 LIMIT 1)', value, relation.node, where);
}

/** A table with a column that may equal one of the outer query's. */
interface Tied {
  readonly relation: Source;
  readonly condition: Node;
}

function tiesTo(choice: Choice, outer: readonly ScopeColumn[]): (() => Tied) | undefined {
  // A subquery can't refer to what is computed from columns in GROUP BY, and an aggregate would be its own.
  const plain = outer.filter(({ node }) => node.children.length === 0);
  const types = TIED.filter((type) => plain.some((column) => column.type === type));
  if (types.length === 0) return undefined;
  return () => {
    const relation = table(choice, choice.pick(['products', 'products', 'sales', 'visits', 'things']));
    const shared = types.filter((type) => relation.columns.some((column) => column.type === type));
    if (shared.length === 0) return { relation, condition: op('bool', '#', nullTest(choice, plain)) };
    const ties = choice.times(1, 2, () => tie(choice, relation.columns, plain, choice.pick(shared)));
    return { relation, condition: list(ties, ' AND ') };
  };
}

const TIED = ['int4', 'int4', 'int8', 'text', 'date'] as const;

function tie(choice: Choice, own: readonly ScopeColumn[], outer: readonly ScopeColumn[], type: Type): Node {
  const sign = choice.pick(['=', '=', '=', '=', '<', '<>', '>=', 'IS NOT DISTINCT FROM']);
  const left = choice.pick(columnsOf(own, type)).node;
  const right = choice.pick(columnsOf(outer, type)).node;
  return op('bool', `# ${sign} #`, left, right);
}

function nullTest(choice: Choice, outer: readonly ScopeColumn[]): Node {
  return op('bool', '# IS NOT NULL', choice.pick(outer).node);
}

/** A subquery within a subquery, that refers to the outermost query. */
function twiceTied(choice: Choice, outer: readonly ScopeColumn[], ties: () => Tied): Node {
  const { relation, condition } = ties();
  const inside = tiesTo(choice, [...outer, ...relation.columns]) ?? ties;
  const { relation: innermost, condition: innerTie } = inside();
  return op(
    'bool',
    `(${negation(choice)}EXISTS (SELECT 1 FROM # WHERE # AND ${negation(choice)}EXISTS (SELECT 1 FROM # WHERE #)))`,
    relation.node,
    condition,
    innermost.node,
    innerTie,
  );
}

/** The value of the first row that belongs to the outer one. */
function firstTied(choice: Choice, type: Type, ties: () => Tied): Node {
  const { relation, condition } = ties();
  const value = expression(plain(choice, relation), type, 0);
  const [key] = relation.key ?? [];
  const order = choice.pick(['', ' DESC']);
  return op(
    type,
    `(SELECT # FROM # WHERE # ORDER BY #${order}, 1 LIMIT 1)`,
    value,
    relation.node,
    condition,
    key ?? value,
  );
}

function tiedValue(choice: Choice, type: Type, ties: () => Tied): Node {
  const { relation, condition } = ties();
  const value = valueOfType(plain(choice, relation), type);
  const { alias } = relation;
  if (alias === undefined || !choice.chance(12))
    return op(type, '(SELECT # FROM # WHERE #)', value, relation.node, condition);
  const template = `(WITH own AS (SELECT ${alias}.* FROM # WHERE #) SELECT # FROM own AS ${alias})`;
  return featured('correlated cte', op(type, template, relation.node, condition, value));
}

/** IN, EXISTS, ANY, ALL. */
export function conditionWithSubquery(
  context: QueryContext,
  columns: readonly ScopeColumn[],
  correlate: boolean,
): Node {
  const { choice } = context;
  const ties = correlate ? tiesTo(choice, columns) : undefined;
  const makers: Maker<Node>[] = [
    [4, () => featured('in subquery', membership(context, columns))],
    [3, () => featured('exists', op('bool', `(${negation(choice)}EXISTS (#))`, select(inner(context)).node))],
    [2, () => featured('any all subquery', quantified(context, columns))],
    [1, () => featured('row comparison', rowMembership(context, columns))],
    ...(ties === undefined
      ? []
      : ([
          [7, () => tiedExistence(choice, ties)],
          [2, () => tiedMembership(choice, columns, ties)],
          [1, () => featured('correlated', twiceTied(choice, columns, ties))],
        ] as const)),
  ];
  return choice.weighted(makers);
}

const negation = (choice: Choice): string => choice.pick(['', '', 'NOT ']);

function operandFor(choice: Choice, columns: readonly ScopeColumn[], type: Type): Node {
  const own = columnsOf(columns, type);
  return own.length > 0 ? choice.pick(own).node : constant(choice, type);
}

const LISTED = ['int4', 'int4', 'text', 'int8', 'date'] as const;

function membership(context: QueryContext, columns: readonly ScopeColumn[]): Node {
  const { choice } = context;
  const type = choice.pick(LISTED);
  const { node } = select(inner(context), [type]);
  return op('bool', `(# ${negation(choice)}IN (#))`, operandFor(choice, columns, type), node);
}

function quantified(context: QueryContext, columns: readonly ScopeColumn[]): Node {
  const { choice } = context;
  const type = choice.pick(LISTED);
  const { node } = select(inner(context), [type]);
  const sign = `${choice.pick(['=', '<>', '<', '>='])} ${choice.pick(['ANY', 'ALL'])}`;
  return op('bool', `(# ${sign} (#))`, operandFor(choice, columns, type), node);
}

/** `(a, b) IN (SELECT …)`. */
function rowMembership(context: QueryContext, columns: readonly ScopeColumn[]): Node {
  const { choice } = context;
  const shape = [choice.pick(LISTED), choice.pick(LISTED)];
  const { node } = select(inner(context), shape);
  const operands = shape.map((type) => operandFor(choice, columns, type));
  const sign = choice.pick(['IN', 'IN', 'NOT IN', '= ANY', '<> ALL']);
  return op('bool', `((#, #) ${sign} (#))`, ...operands, node);
}

/** IN, ANY and ALL over the rows that belong to the outer one. */
function tiedMembership(choice: Choice, columns: readonly ScopeColumn[], ties: () => Tied): Node {
  const { relation, condition } = ties();
  const type = choice.pick(['int4', 'int4', 'text'] as const);
  const value = operandFor(choice, relation.columns, type);
  const sign = choice.pick(['IN', 'NOT IN', '< ANY', '>= ALL', '<> ALL']);
  const test = op(
    'bool',
    `(# ${sign} (SELECT # FROM # WHERE #))`,
    operandFor(choice, columns, type),
    value,
    relation.node,
    condition,
  );
  return featured('correlated', test);
}

function tiedExistence(choice: Choice, ties: () => Tied): Node {
  const { relation, condition } = ties();
  const more = choice.chance(50) ? predicate(predicateContext(plain(choice, relation)), 0) : undefined;
  const node = op(
    'bool',
    `(${negation(choice)}EXISTS (SELECT 1 FROM # WHERE ##))`,
    relation.node,
    condition,
    optional(' AND #', more),
  );
  return featured('semi and anti join', node);
}
