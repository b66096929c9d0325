import { columnsOf, type ExpressionContext, expression, predicateContext } from './expressions.ts';
import { featured, type Node, op, optional } from './node.ts';
import { predicate } from './predicates.ts';
import { NO_EXTREME, type ScopeColumn, type Type } from './scope.ts';

/** An aggregate and what it gives; `shown`: a type that only the select list can hold. */
export interface Aggregate {
  readonly node: Node;
  readonly type: Type | 'array';
}

/** An aggregate whose value doesn't depend on the order of its rows. */
export function aggregate(context: ExpressionContext): Aggregate {
  const { choice } = context;
  // As text: PostgreSQL orders no json.
  if (choice.chance(3)) return documents(context);
  const made = choice.weighted<Aggregate>([
    [6, () => count(context)],
    [6, () => sum(context)],
    [5, () => average(context)],
    [6, () => extreme(context)],
    [3, () => countDistinct(context)],
    [2, () => distinctSum(context)],
    [2, () => boolean(context)],
    [2, () => bits(context)],
    [3, () => deviation(context)],
    [3, () => joinedText(context)],
    [2, () => array(context)],
    [3, () => orderedSet(context)],
    [1, () => regression(context)],
    [2, () => ofSpans(context)],
    [1, () => keyedArray(context)],
  ]);
  return choice.chance(15) ? filtered(context, made) : made;
}

const arg = (context: ExpressionContext, type: Type): Node =>
  expression(context, type, context.choice.chance(60) ? 0 : 1);

function make(feature: string, type: Type, template: string, ...children: readonly Node[]): Aggregate {
  return { node: featured(feature, op(type, template, ...children)), type };
}

/** FILTER comes after the call, which `node` ends with. */
function filtered(context: ExpressionContext, { node, type }: Aggregate): Aggregate {
  const condition = predicate(predicateContext({ ...context, condition: undefined }), 1);
  return {
    node: featured('filter', op(node.tag, '##', node, optional(' FILTER (WHERE #)', condition))),
    type,
  };
}

function count(context: ExpressionContext): Aggregate {
  if (context.choice.chance(50)) return make('count', 'int8', 'count(*)');
  return make('count', 'int8', 'count(#)', arg(context, anyType(context)));
}

function countDistinct(context: ExpressionContext): Aggregate {
  return make('count distinct', 'int8', 'count(DISTINCT #)', arg(context, anyType(context)));
}

function anyType({ choice, scope }: ExpressionContext): Type {
  return scope.columns.length === 0 ? 'int4' : choice.pick(scope.columns).type;
}

function sum(context: ExpressionContext): Aggregate {
  const { choice } = context;
  const float = storedFloat(context);
  if (float !== undefined && choice.chance(20)) return make('sum', 'float8', 'sum(#)', float.node);
  const type = choice.pick(['int4', 'int8', 'numeric', 'numeric'] as const);
  return make('sum', type === 'int4' ? 'int8' : 'numeric', 'sum(#)', arg(context, type));
}

/** Durations and times of day. */
function ofSpans(context: ExpressionContext): Aggregate {
  const { choice } = context;
  const type = choice.pick(['interval', 'interval', 'time'] as const);
  const fn = choice.pick(['sum', 'avg']);
  if (type === 'time') return make('sum', 'interval', `${fn}(#)`, arg(context, type));
  const of = choice.pick(['sum', 'avg', 'sum', 'min', 'max']);
  return make('sum', 'interval', `${of}(#)`, arg(context, 'interval'));
}

function average(context: ExpressionContext): Aggregate {
  const { choice } = context;
  const float = storedFloat(context);
  if (float !== undefined && choice.chance(20)) return make('avg', 'float8', 'avg(#)', float.node);
  return make('avg', 'numeric', 'avg(#)', arg(context, choice.pick(['int4', 'int8', 'numeric'])));
}

/** Sums of other floats may cancel out, and then depend on their order. */
function storedFloat({ choice, scope }: ExpressionContext): ScopeColumn | undefined {
  const floats = columnsOf(scope.columns, 'float8').filter(({ stored }) => stored);
  return floats.length === 0 ? undefined : choice.pick(floats);
}

function distinctSum(context: ExpressionContext): Aggregate {
  const { choice } = context;
  const type = choice.pick(['int4', 'int8', 'numeric'] as const);
  const fn = choice.pick(['sum', 'avg']);
  const result = fn === 'sum' && type === 'int4' ? 'int8' : 'numeric';
  return make('count distinct', result, `${fn}(DISTINCT #)`, arg(context, type));
}

const EXTREME: readonly Type[] = ['int4', 'int8', 'numeric', 'float8', 'text', 'date', 'timestamp'];

function extreme(context: ExpressionContext): Aggregate {
  const { choice } = context;
  const here = anyType(context);
  const type = choice.chance(50) && !NO_EXTREME.includes(here) ? here : choice.pick(EXTREME);
  return make('min max', type, `${choice.pick(['min', 'max'])}(#)`, arg(context, type));
}

function boolean(context: ExpressionContext): Aggregate {
  return make(
    'bool aggregates',
    'bool',
    `${context.choice.pick(['bool_and', 'bool_or', 'every'])}(#)`,
    arg(context, 'bool'),
  );
}

function bits(context: ExpressionContext): Aggregate {
  return make(
    'bit aggregates',
    'int4',
    `${context.choice.pick(['bit_and', 'bit_or', 'bit_xor'])}(#)`,
    arg(context, 'int4'),
  );
}

const DEVIATIONS = ['stddev', 'stddev_pop', 'stddev_samp', 'variance', 'var_pop', 'var_samp'] as const;

function deviation(context: ExpressionContext): Aggregate {
  const fn = context.choice.pick(DEVIATIONS);
  const { choice, scope } = context;
  const prices = columnsOf(scope.columns, 'numeric').filter(({ stored }) => stored);
  // The squares of quotients have more digits than a DECIMAL.
  const value =
    prices.length > 0 && choice.chance(40)
      ? choice.pick(prices).node
      : arg(context, choice.pick(['int4', 'int8']));
  return make('stddev', 'numeric', `${fn}(#)`, value);
}

/** Ordered by the values themselves: equal ones may change places. */
function joinedText(context: ExpressionContext): Aggregate {
  const { choice } = context;
  const value = arg(context, 'text');
  const order = direction(context);
  if (choice.chance(30)) return joinedByKey(context, value);
  const word = choice.chance(30) ? 'DISTINCT ' : '';
  const node: Node = {
    tag: 'text',
    children: [value],
    render: ([sql]) => `string_agg(${word}${sql}, ',' ORDER BY ${sql}${word === '' ? order : ''})`,
  };
  return { node: featured('string_agg', node), type: 'text' };
}

/** By another key first. */
function joinedByKey(context: ExpressionContext, value: Node): Aggregate {
  const key = arg(context, anyType(context));
  const order = direction(context);
  const node: Node = {
    tag: 'text',
    children: [value, key],
    render: ([sql, by]) => `string_agg(${sql}, '; ' ORDER BY ${by}${order}, ${sql})`,
  };
  return { node: featured('string_agg', node), type: 'text' };
}

function array(context: ExpressionContext): Aggregate {
  const type = context.choice.pick(['int4', 'int8', 'text', 'date'] as const);
  const order = direction(context);
  const word = context.choice.chance(30) ? 'DISTINCT ' : '';
  const node: Node = {
    tag: 'part',
    children: [arg(context, type)],
    render: ([sql]) => `array_agg(${word}${sql} ORDER BY ${sql}${order})`,
  };
  return { node: featured('array_agg', node), type: 'array' };
}

/** In the order of another key, by which ties are broken by the values. */
function keyedArray(context: ExpressionContext): Aggregate {
  const value = arg(context, context.choice.pick(['int4', 'text', 'bool', 'timestamp'] as const));
  const key = arg(context, anyType(context));
  const order = direction(context);
  const node: Node = {
    tag: 'part',
    children: [value, key],
    render: ([sql, by]) => `array_agg(${sql} ORDER BY ${by}${order}, ${sql})`,
  };
  return { node: featured('array_agg', node), type: 'array' };
}

const FRACTIONS = ["'0.5'::float8", "'0'::float8", "'0.9'::float8", "'1'::float8"] as const;

function orderedSet(context: ExpressionContext): Aggregate {
  const { choice } = context;
  const type = choice.pick(['int4', 'text', 'date', 'numeric', 'bool'] as const);
  const value = arg(context, type);
  const order = choice.pick(['', '', ' DESC']);
  return choice.weighted<Aggregate>([
    [3, () => percentile(context)],
    [2, () => make('mode', type, `mode() WITHIN GROUP (ORDER BY #${order})`, value)],
    [2, () => continuous(context, choice.pick(FRACTIONS), order)],
    [1, () => severalPercentiles(context)],
    [1, () => ofDurations(context)],
  ]);
}

function continuous(context: ExpressionContext, at: string, order: string): Aggregate {
  const template = `percentile_cont(${at}) WITHIN GROUP (ORDER BY #${order})`;
  const node = op('part', template, arg(context, 'int4'));
  return { node: featured('percentile', node), type: 'array' };
}

function ofDurations(context: ExpressionContext): Aggregate {
  const fn = context.choice.pick(['percentile_cont', 'percentile_disc']);
  const at = context.choice.pick(FRACTIONS);
  const node = op('part', `${fn}(${at}) WITHIN GROUP (ORDER BY #)`, arg(context, 'interval'));
  return { node: featured('percentile', node), type: 'array' };
}

function severalPercentiles(context: ExpressionContext): Aggregate {
  const fn = context.choice.pick(['percentile_disc', 'percentile_cont']);
  const template = `${fn}(ARRAY[0, 0.25, 1]) WITHIN GROUP (ORDER BY #)`;
  return { node: featured('percentile', op('part', template, arg(context, 'int4'))), type: 'array' };
}

function documents(context: ExpressionContext): Aggregate {
  const value = arg(context, context.choice.pick(['int4', 'text', 'bool']));
  const fn = context.choice.pick(['json_agg', 'jsonb_agg']);
  const node: Node = {
    tag: 'part',
    children: [value],
    render: ([sql]) => `${fn}(${sql} ORDER BY ${sql})::text`,
  };
  return { node: featured('json', node), type: 'array' };
}

/** Of which no sum cancels out. */
const OF_PAIRS = ['regr_count', 'regr_avgx', 'regr_avgy', 'regr_sxx', 'regr_syy'];

function regression(context: ExpressionContext): Aggregate {
  const fn = context.choice.pick(OF_PAIRS);
  const node = op('part', `${fn}(#, #)`, arg(context, 'int4'), arg(context, 'int4'));
  return { node: featured('regression', node), type: 'array' };
}

function percentile(context: ExpressionContext): Aggregate {
  const type = context.choice.pick(['int4', 'date', 'numeric'] as const);
  const at = context.choice.pick(FRACTIONS);
  return make('percentile', type, `percentile_disc(${at}) WITHIN GROUP (ORDER BY #)`, arg(context, type));
}

export function direction({ choice }: Pick<ExpressionContext, 'choice'>): string {
  return `${choice.pick(['', '', ' DESC'])}${choice.pick(['', '', ' NULLS FIRST', ' NULLS LAST'])}`;
}
