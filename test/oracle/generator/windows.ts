import { direction } from './aggregates.ts';
import { columnsOf, type ExpressionContext, predicateContext } from './expressions.ts';
import { peerFrame, rowFrame } from './frames.ts';
import { constant } from './literals.ts';
import { featured, list, type Node, op, optional } from './node.ts';
import { predicate } from './predicates.ts';
import { NO_EXTREME, type ScopeColumn, type Type } from './scope.ts';

export interface WindowCall {
  readonly node: Node;
  readonly type: Type;
}

/** Calls over windows, of which some have a name in the WINDOW clause. */
export interface WindowCalls {
  readonly calls: readonly WindowCall[];
  readonly clause?: Node;
}

/** What a call is computed over. */
interface Window {
  readonly partition: readonly Node[];
  readonly order?: Node;
  /** Follows the order; may be empty. */
  readonly frame: string;
}

interface Computed extends Window {
  readonly feature: string;
  readonly type: Type;
  readonly fn: Node;
}

/**
 * Window calls whose values SQL determines.
 * @param key what tells the rows apart; undefined: then nothing that depends on the order of peers.
 */
export function windowCalls(
  context: ExpressionContext,
  key: readonly Node[] | undefined,
): WindowCalls | undefined {
  const { choice } = context;
  const columns = context.scope.columns.filter(({ type, stored }) => type !== 'float8' || stored);
  const [column] = columns;
  if (column === undefined) return undefined;
  const inside = { ...context, scope: { ...context.scope, columns } };
  const computed =
    key === undefined || key.length === 0 || choice.chance(40)
      ? amongPeers(inside)
      : choice.weighted<() => Computed>([
          [4, () => () => ranking(inside, key)],
          [4, () => () => ofOneRow(inside, key)],
          [5, () => () => overRows(inside, key)],
        ])();
  return choice.chance(30) ? named(inside, computed) : { calls: [call(computed, specification(computed))] };
}

function call({ feature, type, fn }: Computed, over: Node): WindowCall {
  return { type, node: featured(feature, op(type, '# OVER #', fn, over)) };
}

function specification(window: Window): Node {
  return op('part', '(#)', contents(window));
}

function contents({ partition, order, frame }: Window): Node {
  return op('part', `##${frame}`, partitioned(partition), ordered(order));
}

function partitioned(keys: readonly Node[]): Node {
  return optional('PARTITION BY # ', keys.length === 0 ? undefined : list(keys, ', '));
}

/** It decides what a call gives, so it can't be left out. */
function ordered(order: Node | undefined): Node {
  return order === undefined ? op('part', '') : op('part', 'ORDER BY #', order);
}

/** The window gets a name, or copies one that has; and often another call is computed over it. */
function named({ choice }: ExpressionContext, computed: Computed): WindowCalls {
  const { partition, order, frame } = computed;
  const [first, second] = [choice.name('win'), choice.name('win')];
  const define = (name: string, body: Node) => op('part', `${name} AS (#)`, body);
  const [over, ...definitions] = choice.pick<readonly [Node, ...Node[]]>([
    [op('part', first), define(first, contents(computed))],
    [op('part', `(${first}${frame})`), define(first, contents({ ...computed, frame: '' }))],
    [op('part', `(${first} #${frame})`, ordered(order)), define(first, partitioned(partition))],
    [
      op('part', second),
      define(first, partitioned(partition)),
      define(second, op('part', `${first} #${frame}`, ordered(order))),
    ],
  ]);
  const count = { ...computed, type: 'int8', fn: op('int8', 'count(*)') } as const;
  const calls = [call(computed, over), ...choice.times(0, 1, () => call(count, over))];
  const clause = list(definitions, ', ', definitions.length);
  return { calls, clause: featured('named window', op('part', ' WINDOW #', clause)) };
}

const partition = ({ choice, scope }: ExpressionContext): readonly Node[] =>
  choice.times(0, 2, () => choice.pick(scope.columns).node);

function totalOrder(context: ExpressionContext, key: readonly Node[]): Node {
  const { choice, scope } = context;
  const first = choice.times(0, 1, () =>
    op('part', `#${direction(context)}`, choice.pick(scope.columns).node),
  );
  const keys = [...first, ...key];
  return list(keys, ', ', keys.length);
}

function amongPeers(context: ExpressionContext): Computed {
  const { choice, scope } = context;
  if (choice.chance(20)) {
    const fn = choice.pick(['rank()', 'dense_rank()', 'percent_rank()', 'cume_dist()']);
    const type = fn.endsWith('k()') && !fn.startsWith('percent') ? 'int8' : 'float8';
    const order = op('part', `#${direction(context)}`, choice.pick(scope.columns).node);
    return { feature: 'window', type, fn: op(type, fn), partition: partition(context), order, frame: '' };
  }
  const { node: fn, type } = aggregateCall(context);
  const frame = choice.chance(90) ? peerFrame(context) : undefined;
  const made = { feature: 'window', type, fn, partition: partition(context), frame: '' };
  if (frame === undefined) return made;
  const feature = frame.text === '' ? 'window' : 'window frame by value';
  return { ...made, feature, order: frame.order, frame: frame.text };
}

function ranking(context: ExpressionContext, key: readonly Node[]): Computed {
  const fn = context.choice.pick(['row_number()', 'row_number()', 'ntile(3)', 'rank()']);
  const type = fn === 'ntile(3)' ? 'int4' : 'int8';
  const order = totalOrder(context, key);
  return { feature: 'window', type, fn: op(type, fn), partition: partition(context), order, frame: '' };
}

/** The value of another row. */
function ofOneRow(context: ExpressionContext, key: readonly Node[]): Computed {
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
  return { feature: 'window', type, fn, partition: partition(context), order, frame };
}

function overRows(context: ExpressionContext, key: readonly Node[]): Computed {
  const { node: fn, type } = aggregateCall(context);
  const frame = rowFrame(context.choice);
  const order = totalOrder(context, key);
  return { feature: 'window frame', type, fn, partition: partition(context), order, frame };
}

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
