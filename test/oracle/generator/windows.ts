import { direction } from './aggregates.ts';
import { columnsOf, type ExpressionContext, predicateContext } from './expressions.ts';
import { peerFrame, rowFrame } from './frames.ts';
import { constant } from './literals.ts';
import { featured, list, type Node, op, optional } from './node.ts';
import { predicate } from './predicates.ts';
import type { ScopeColumn, Type } from './scope.ts';

export interface WindowCall {
  readonly node: Node;
  readonly type: Type;
}

/**
 * A window call whose value SQL determines.
 * @param key what tells the rows apart; undefined: then nothing that depends on the order of peers.
 */
export function windowCall(
  context: ExpressionContext,
  key: readonly Node[] | undefined,
): WindowCall | undefined {
  const { choice } = context;
  const columns = context.scope.columns.filter(({ type, stored }) => type !== 'float8' || stored);
  const [column] = columns;
  if (column === undefined) return undefined;
  const inside = { ...context, scope: { ...context.scope, columns } };
  if (key === undefined || key.length === 0 || choice.chance(40)) return amongPeers(inside);
  return choice.weighted<() => WindowCall>([
    [4, () => () => ranking(inside, key)],
    [4, () => () => ofOneRow(inside, key)],
    [5, () => () => overRows(inside, key)],
  ])();
}

function partition({ choice, scope }: ExpressionContext): Node {
  const by = choice.times(0, 2, () => choice.pick(scope.columns).node);
  return optional('PARTITION BY # ', by.length === 0 ? undefined : list(by, ', '));
}

function totalOrder(context: ExpressionContext, key: readonly Node[]): Node {
  const { choice, scope } = context;
  const first = choice.times(0, 1, () =>
    op('part', `#${direction(context)}`, choice.pick(scope.columns).node),
  );
  const keys = [...first, ...key];
  return list(keys, ', ', keys.length);
}

function amongPeers(context: ExpressionContext): WindowCall {
  const { choice, scope } = context;
  if (choice.chance(20)) {
    const fn = choice.pick(['rank()', 'dense_rank()', 'percent_rank()', 'cume_dist()']);
    const type = fn.endsWith('k()') && !fn.startsWith('percent') ? 'int8' : 'float8';
    const order = op('part', `#${direction(context)}`, choice.pick(scope.columns).node);
    return call('window', type, op(type, `${fn} OVER (#ORDER BY #)`, partition(context), order));
  }
  const { node, type } = aggregateCall(context);
  const frame = choice.chance(90) ? peerFrame(context) : undefined;
  if (frame === undefined) return call('window', type, op(type, '# OVER (#)', node, partition(context)));
  const over = op(type, `# OVER (#ORDER BY #${frame.text})`, node, partition(context), frame.order);
  return call(frame.text === '' ? 'window' : 'window frame by value', type, over);
}

function call(feature: string, type: Type, node: Node): WindowCall {
  return { node: featured(feature, node), type };
}

function ranking(context: ExpressionContext, key: readonly Node[]): WindowCall {
  const fn = context.choice.pick(['row_number()', 'row_number()', 'ntile(3)', 'rank()']);
  const type = fn === 'ntile(3)' ? 'int4' : 'int8';
  const order = totalOrder(context, key);
  return call('window', type, op(type, `${fn} OVER (#ORDER BY #)`, partition(context), order));
}

/** The value of another row. */
function ofOneRow(context: ExpressionContext, key: readonly Node[]): WindowCall {
  const { choice, scope } = context;
  const { node: value, type } = choice.pick(scope.columns);
  const fn = choice.weighted<Node>([
    [2, () => op(type, `${choice.pick(['lag', 'lead'])}(#)`, value)],
    [1, () => op(type, `lag(#, ${choice.int(0, 3)}, #)`, value, constant(choice, type))],
    [2, () => op(type, `${choice.pick(['first_value', 'last_value'])}(#)`, value)],
    [1, () => op(type, `nth_value(#, ${choice.int(1, 3)})`, value)],
  ]);
  const order = totalOrder(context, key);
  const frame = choice.chance(60) ? rowFrame(choice) : '';
  return call('window', type, op(type, `# OVER (#ORDER BY #${frame})`, fn, partition(context), order));
}

function overRows(context: ExpressionContext, key: readonly Node[]): WindowCall {
  const { node, type } = aggregateCall(context);
  const frame = rowFrame(context.choice);
  const over = op(type, `# OVER (#ORDER BY #${frame})`, node, partition(context), totalOrder(context, key));
  return call('window frame', type, over);
}

const NO_EXTREME: readonly Type[] = ['bool', 'uuid', 'bytea'];

function aggregateCall(context: ExpressionContext): WindowCall {
  const { choice, scope } = context;
  const ints = columnsOf(scope.columns, 'int4');
  const bools = columnsOf(scope.columns, 'bool');
  const numerics = columnsOf(scope.columns, 'numeric').filter(({ stored }) => stored);
  const ordered = scope.columns.filter(({ type }) => !NO_EXTREME.includes(type));
  const over = (columns: readonly ScopeColumn[], fn: string, type: Type): WindowCall => ({
    node: op(type, `${fn}(#)`, choice.pick(columns).node),
    type,
  });
  const { type: extreme } = ordered.length === 0 ? { type: 'int4' as const } : choice.pick(ordered);
  const made = choice.weighted<WindowCall>([
    [2, () => ({ node: op('int8', 'count(*)'), type: 'int8' })],
    [2, () => over(scope.columns, 'count', 'int8')],
    ...(bools.length > 0
      ? ([[2, () => over(bools, choice.pick(['bool_and', 'bool_or']), 'bool')]] as const)
      : []),
    ...(ints.length > 0
      ? ([
          [4, () => over(ints, 'sum', 'int8')],
          [2, () => over(ints, 'avg', 'numeric')],
          [1, () => over(ints, choice.pick(['var_pop', 'stddev_samp']), 'numeric')],
          [1, () => over(ints, choice.pick(['bit_and', 'bit_or']), 'int4')],
        ] as const)
      : []),
    ...(numerics.length > 0 ? ([[3, () => over(numerics, 'sum', 'numeric')]] as const) : []),
    ...(ordered.length > 0
      ? ([[3, () => over(columnsOf(ordered, extreme), choice.pick(['min', 'max']), extreme)]] as const)
      : []),
  ]);
  // Of groups only what is grouped by may stand in FILTER.
  const columns = scope.columns.filter(({ node }) => node.children.length === 0);
  if (columns.length === 0 || !choice.chance(15)) return made;
  const plain = { choice, scope: { ...scope, columns } };
  const condition = predicate(predicateContext(plain), 0);
  return { ...made, node: op(made.type, '# FILTER (WHERE #)', made.node, condition) };
}
