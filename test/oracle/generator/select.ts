import { aggregate, direction } from './aggregates.ts';
import { ownTables, withTables } from './common-tables.ts';
import { type ExpressionContext, expression, predicateContext, randomType } from './expressions.ts';
import { groupByClause } from './grouping.ts';
import { constant, small } from './literals.ts';
import { featured, list, type Node, nodesOf, op, optional, text } from './node.ts';
import { ordering, ordinals, TIES } from './ordering.ts';
import { predicate } from './predicates.ts';
import { type Choice, type OutputColumn, type ScopeColumn, type Type, typeNamed } from './scope.ts';
import { union } from './set-operations.ts';
import { rowsOfValue } from './set-returning.ts';
import { type Source, type SourceContext, source } from './sources.ts';
import { conditionWithSubquery, scalarSubquery } from './subqueries.ts';
import { type WindowCall, type WindowCalls, windowCalls } from './windows.ts';

export interface QueryContext {
  readonly choice: Choice;
  readonly ctes: SourceContext['ctes'];
  /** How deep queries may still stand in this one. */
  readonly depth: number;
  /** The client sees its result: names and types that only a select list can have. */
  readonly isTop: boolean;
}

export interface Query {
  readonly node: Node;
  readonly columns: readonly OutputColumn[];
}

interface Item {
  readonly node: Node;
  readonly type: Type | 'array';
  readonly stored: boolean;
  /** It can't have an alias. */
  readonly isStar?: true;
  /** It gives several rows for one. */
  readonly isSet?: true;
}

/** The parts of a SELECT. `ties` follow the sort keys, so that the order is total. */
interface Parts {
  readonly distinct?: Node;
  readonly items: readonly Item[];
  readonly from: Source;
  readonly where: Node | undefined;
  readonly groups?: readonly Node[];
  /** No grouping sets. */
  readonly isPlain?: boolean;
  readonly having?: Node | undefined;
  readonly windows?: Node | undefined;
  readonly order: Node | undefined;
}

export function inner(context: QueryContext): QueryContext {
  return { ...context, depth: context.depth - 1, isTop: false };
}

export function select(context: QueryContext, shape?: readonly Type[]): Query {
  const { choice } = context;
  if (context.isTop || !choice.chance(5)) return plainSelect(context, shape);
  const tables = ownTables(context);
  const query = plainSelect({ ...context, ctes: tables.ctes }, shape);
  return { ...query, node: featured('cte in a subquery', withTables(tables, query.node)) };
}

function plainSelect(context: QueryContext, shape: readonly Type[] | undefined): Query {
  const { choice } = context;
  return choice.weighted<() => Query>([
    [8, () => () => rows(context, shape)],
    [8, () => () => groups(context, shape)],
    [2, () => () => wholeAggregate(context, shape)],
    [2, () => () => distinctRows(context, shape)],
    [1, () => () => distinctOn(context, shape)],
  ])();
}

export function from(context: QueryContext): Source {
  const derived =
    context.depth > 0
      ? () => {
          const isUnion = context.choice.chance(12);
          const query = isUnion ? union(inner(context)) : select(inner(context));
          return { node: query.node, columns: query.columns };
        }
      : undefined;
  return source({ choice: context.choice, ctes: context.ctes, derived });
}

/** Expressions over the source; `correlate`: subqueries may refer to its columns. */
function over(context: QueryContext, columns: readonly ScopeColumn[], correlate: boolean): ExpressionContext {
  const { choice } = context;
  const scope = { columns, outer: [] };
  if (context.depth <= 0) return { choice, scope };
  return {
    choice,
    scope,
    subquery: (type) => scalarSubquery(context, type, correlate ? columns : []),
    condition: () => conditionWithSubquery(context, columns, correlate),
  };
}

function whereOf(context: QueryContext, relation: Source): Node | undefined {
  if (!context.choice.chance(60)) return relation.where;
  const made = predicate(predicateContext(over(context, relation.columns, true)), 2);
  return relation.where === undefined ? made : op('bool', '# AND #', relation.where, made);
}

function rows(context: QueryContext, shape?: readonly Type[]): Query {
  const { choice } = context;
  const relation = from(context);
  const scope = over(context, relation.columns, true);
  const { items, windows } = rowItems(context, scope, relation, shape);
  const parts = { items, from: relation, where: whereOf(context, relation), windows };
  const isStar = items.some((item) => item.isStar);
  const order = mayOrder(context, () => {
    const keys = choice.times(0, 2, () => rowKey(scope, relation, isStar ? 0 : items.length));
    const isSet = items.some((item) => item.isSet);
    const byKey = relation.key !== undefined && !isSet && (isStar || choice.chance(50));
    return ordering(choice, list(keys, ', ', 0), byKey ? relation.key : undefined);
  });
  return assemble(context, { ...parts, order }, true);
}

function rowItems(
  context: QueryContext,
  scope: ExpressionContext,
  relation: Source,
  shape: readonly Type[] | undefined,
): { readonly items: readonly Item[]; readonly windows?: Node | undefined } {
  const { choice } = context;
  if (context.isTop && shape === undefined && relation.key !== undefined && choice.chance(5)) {
    const star = featured('star', op('part', '*'));
    return { items: [{ node: star, type: 'array', stored: false, isStar: true }] };
  }
  const types = shape ?? choice.times(1, 4, () => randomType(choice, scope.scope));
  const items = types.map((type) => itemOf(scope, expression(scope, type, choice.int(0, 2)), type));
  if (shape !== undefined || !choice.chance(24)) return { items };
  if (choice.chance(15)) return { items: [...items, setReturning(choice, relation)] };
  return withWindows(context, items, windowCalls(scope, relation.key));
}

function withWindows({ choice }: QueryContext, items: readonly Item[], windows: WindowCalls | undefined) {
  const calls = (windows?.calls ?? []).map((call) => ({ ...aroundWindow(choice, call), stored: false }));
  return { items: [...items, ...calls], windows: windows?.clause };
}

/** A window's value within an expression. */
function aroundWindow(choice: Choice, call: WindowCall): WindowCall {
  const { node, type } = call;
  if (!choice.chance(25)) return call;
  if (type === 'int8') return { type, node: op(type, '(# * 2 - #)', node, small(choice, 0, 5)) };
  return { type, node: op(type, 'coalesce(#, #)', node, constant(choice, type)) };
}

/** One row becomes several, or none. */
function setReturning(choice: Choice, relation: Source): Item {
  const [node, type] = choice.weighted<readonly [Node, Type]>([
    [1, () => [op('part', 'generate_series(1, #)', small(choice, 0, 3)), 'int4']],
    [1, () => [op('part', "unnest(ARRAY['x', NULL, 'y'])"), 'text']],
    [6, () => rowsOfValue(choice, relation.columns) ?? [op('part', 'generate_series(1, 2)'), 'int4']],
  ]);
  return { node: featured('set-returning in SELECT', node), type, stored: false, isSet: true };
}

function rowKey(scope: ExpressionContext, relation: Source, items: number): Node {
  const { choice } = scope;
  if (items === 0 || choice.chance(75)) return sortKey(scope, relation.columns);
  return text(`${choice.int(1, items)}${direction(scope)}`);
}

function itemOf({ scope }: ExpressionContext, node: Node, type: Type): Item {
  const column = scope.columns.find((candidate) => candidate.node === node);
  return { node, type, stored: column?.stored ?? false };
}

function distinctRows(context: QueryContext, shape?: readonly Type[]): Query {
  const { choice } = context;
  const relation = from(context);
  const scope = over(context, relation.columns, true);
  const types = shape ?? choice.times(1, 3, () => randomType(choice, scope.scope));
  const items = types.map((type) => itemOf(scope, expression(scope, type, choice.int(0, 1)), type));
  const where = whereOf(context, relation);
  const order = mayOrder(context, () => ordering(choice, ordinalKeys(choice, items.length), undefined));
  const distinct = featured('distinct', text('DISTINCT '));
  return assemble(context, { distinct, items, from: relation, where, order }, false);
}

function distinctOn(context: QueryContext, shape?: readonly Type[]): Query {
  const { choice } = context;
  const relation = from(context);
  const scope = over(context, relation.columns, true);
  const types = shape ?? choice.times(1, 3, () => randomType(choice, scope.scope));
  const items = types.map((type) => itemOf(scope, expression(scope, type, choice.int(0, 1)), type));
  const keys = choice.times(1, 2, () => groupKey(scope));
  const distinct = featured('distinct on', op('part', 'DISTINCT ON (#) ', list(keys, ', ', keys.length)));
  const sorted = keys.map((key) => op('part', `#${direction(scope)}`, key));
  // It decides which rows are kept, so it can't be left out.
  const order = essential(ordering(choice, list(sorted, ', ', keys.length), undefined));
  return assemble(
    context,
    { distinct, items, from: relation, where: whereOf(context, relation), order },
    false,
  );
}

function essential(order: Node): Node {
  return { ...order, atLeast: order.children.length };
}

function wholeAggregate(context: QueryContext, shape?: readonly Type[]): Query {
  return grouped(context, () => [], shape);
}

function groups(context: QueryContext, shape?: readonly Type[]): Query {
  return grouped(context, (scope) => context.choice.times(1, 3, () => groupKey(scope)), shape);
}

/** Never constant: a number would be taken for a column's. */
function groupKey(scope: ExpressionContext): Node {
  const { choice } = scope;
  const { columns } = scope.scope;
  const column = choice.pick(columns);
  if (choice.chance(65)) return column.node;
  const made = expression({ choice, scope: scope.scope }, randomType(choice, scope.scope), 1);
  return readsAny(made, columns) ? made : column.node;
}

function readsAny(node: Node, columns: readonly ScopeColumn[]): boolean {
  const read = new Set(nodesOf(node));
  return columns.some((column) => read.has(column.node));
}

function grouped(
  context: QueryContext,
  makeKeys: (scope: ExpressionContext) => readonly Node[],
  shape: readonly Type[] | undefined,
): Query {
  const { choice } = context;
  const relation = from(context);
  const scope = over(context, relation.columns, true);
  const keys = makeKeys(scope);
  const aggregates = choice.times(1, 3, () => aggregate({ choice, scope: scope.scope }));
  const after = over(context, groupedColumns(relation, keys, aggregates), true);
  const items =
    shape === undefined
      ? groupedItems(context, after, relation, keys, aggregates)
      : shape.map((type) => ({ node: expression(after, type, 1), type, stored: false }));
  const having = choice.chance(25) ? featured('having', predicate(predicateContext(after), 1)) : undefined;
  const order = mayOrder(context, () => {
    const sortKeys = choice.times(0, 2, () => sortKey(after, after.scope.columns));
    return ordering(choice, list(sortKeys, ', ', 0), undefined);
  });
  const where = whereOf(context, relation);
  const calls =
    context.isTop && shape === undefined && choice.chance(8) ? windowCalls(after, keys) : undefined;
  // Of grouping sets the groups don't tell all rows apart.
  const isPlain = calls !== undefined;
  const shown = withWindows(context, items, calls);
  return assemble(context, { ...shown, from: relation, where, groups: keys, isPlain, having, order }, false);
}

function groupedColumns(
  relation: Source,
  keys: readonly Node[],
  aggregates: readonly { readonly node: Node; readonly type: Type | 'array' }[],
): readonly ScopeColumn[] {
  const ofKeys = keys.map((node): ScopeColumn => {
    const column = relation.columns.find((candidate) => candidate.node === node);
    return { node, type: typeNamed(node.tag), stored: isStored(column), label: column?.label ?? false };
  });
  const ofAggregates = aggregates.flatMap(({ node, type }) =>
    type === 'array' ? [] : [{ node, type, stored: false, label: false }],
  );
  return [...ofKeys, ...ofAggregates];
}

/** 0 and -0 are one group. */
function isStored(column: ScopeColumn | undefined): boolean {
  return column?.stored === true && column.type !== 'float8';
}

function groupedItems(
  context: QueryContext,
  after: ExpressionContext,
  relation: Source,
  keys: readonly Node[],
  aggregates: readonly { readonly node: Node; readonly type: Type | 'array' }[],
): readonly Item[] {
  const { choice } = context;
  const shownKeys = keys
    .filter(() => choice.chance(80))
    .map((node) => {
      const column = relation.columns.find((candidate) => candidate.node === node);
      return { node, type: typeNamed(node.tag), stored: isStored(column) };
    });
  const calls = aggregates
    .filter(({ type }) => context.isTop || type !== 'array')
    .map(({ node, type }) => ({ node, type, stored: false }));
  const computed = choice.chance(30)
    ? choice.times(1, 1, () => {
        const type = randomType(choice, after.scope);
        return { node: expression(after, type, 1), type, stored: false };
      })
    : [];
  const groupings = keys
    .filter(() => choice.chance(4))
    .map((key): Item => {
      const also = choice.chance(50) ? keys : [key];
      const node = op('int4', 'GROUPING(#)', list(also, ', ', also.length));
      return { node, type: 'int4', stored: false };
    });
  const items = [...shownKeys, ...calls, ...computed, ...groupings];
  return items.length > 0 ? items : [{ node: op('int8', 'count(*)'), type: 'int8', stored: false }];
}

function sortKey(scope: ExpressionContext, columns: readonly ScopeColumn[]): Node {
  const { choice } = scope;
  const made = choice.chance(30)
    ? expression({ choice, scope: scope.scope }, randomType(choice, scope.scope), 1)
    : undefined;
  const isUsable = made !== undefined && readsAny(made, columns);
  if (!isUsable && columns.length === 0) return op('part', 'count(*)');
  const node = isUsable ? made : choice.pick(columns).node;
  return op('part', `#${direction(scope)}`, node);
}

function ordinalKeys(choice: Choice, columns: number): Node {
  return list(
    choice.times(0, 2, () => text(`${choice.int(1, columns)}${direction({ choice })}`)),
    ', ',
    0,
  );
}

/** At the top often; below only where LIMIT gives it a meaning. */
function mayOrder(context: QueryContext, make: () => Node): Node | undefined {
  return context.choice.chance(context.isTop ? 50 : 12) ? make() : undefined;
}

/** @param copies does each row of the source give one of the result, with its values as they are? */
function assemble(context: QueryContext, parts: Parts, copies: boolean): Query {
  const { choice } = context;
  const named = parts.items.map((item) => ({ ...item, name: item.isStar ? undefined : nameFor(context) }));
  const shown = named.map(({ node, name }) => (name === undefined ? node : op('part', `# AS ${name}`, node)));
  const groupBy = groupByClause(choice, parts.groups ?? [], named, parts.isPlain ?? false);
  const children = [
    optional('#', parts.distinct),
    list(shown, ', '),
    parts.from.node,
    optional(' WHERE #', parts.where),
    groupBy,
    optional(' HAVING #', parts.having),
    parts.windows ?? text(''),
    parts.order?.atLeast === undefined ? optional('#', parts.order) : parts.order,
  ];
  const node: Node = {
    tag: 'query',
    children,
    render: ([distinct, items, relation, where, group, having, windows, order], [, list_]) =>
      `SELECT ${distinct}${items} FROM ${relation}${where}${group}${having}${windows}${order?.replace(TIES, ordinals(list_))}`,
  };
  const columns = named.flatMap(({ name, type, stored }): readonly OutputColumn[] =>
    name === undefined || type === 'array'
      ? []
      : [{ name, type, stored: stored && (copies || type !== 'float8') }],
  );
  return { node, columns };
}

function nameFor({ choice, isTop }: QueryContext): string | undefined {
  if (!isTop) return choice.name('c');
  return choice.weighted<string | undefined>([
    [6, () => choice.name('c')],
    [1, () => `"${choice.name('My Col ')}"`],
    [5, () => undefined],
  ]);
}
