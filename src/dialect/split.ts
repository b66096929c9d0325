import { assert, defined } from '../base/assert.ts';
import type { AggregateCall, ColumnExpr, Expr } from '../plan/expr.ts';
import { exprType } from '../plan/type-of.ts';
import { OID, type SqlType, sqlType } from '../types/sql-type.ts';
import { squaresType, sumType } from './aggregates/exact.ts';

/** How an aggregate over all agents' rows is computed from aggregates over each agent's. */
export interface AggregateSplit {
  /** On each agent; FILTER included. */
  readonly partials: readonly AggregateCall[];
  /** Over the gathered rows of partials. */
  readonly combine: (partials: readonly ColumnExpr[]) => readonly AggregateCall[];
  /** The aggregate's value, of its own type. */
  readonly final: (combined: readonly ColumnExpr[]) => Expr;
}

/**
 * The split table. undefined: the value depends on more than partials can carry (DISTINCT, ORDER BY, arrays, percentiles).
 * No partial of an agent without rows changes the result.
 */
export function splitAggregate(call: AggregateCall): AggregateSplit | undefined {
  if (call.distinct || call.orderBy.length > 0) return undefined;
  const match = /^(\w+)\((\S*)\)$/.exec(call.fn);
  const [name = '', argument = ''] = match?.slice(1) ?? [];
  if (SAME.has(name)) return sameAgain(call);
  if (name === 'count') return oneStep(call, call.fn, INT8, 'skein.sum_count(int8)');
  if (name === 'sum') return splitSum(call, argument);
  if (name === 'avg') return splitAverage(call, argument);
  const deviation = DEVIATIONS[name];
  if (deviation === undefined) return undefined;
  return argument.startsWith('float')
    ? floatVariance(call, argument, deviation)
    : exactVariance(call, argument, deviation);
}

const INT8 = sqlType(OID.int8);
const FLOAT8 = sqlType(OID.float8);

/** Aggregates of aggregates are the aggregate. */
const SAME: ReadonlySet<string> = new Set([
  'min',
  'max',
  'bool_and',
  'bool_or',
  'every',
  'bit_and',
  'bit_or',
  'bit_xor',
  'any_value',
]);

interface Deviation {
  readonly population: boolean;
  readonly root: boolean;
}

const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  var_pop: { population: true, root: false },
  var_samp: { population: false, root: false },
  variance: { population: false, root: false },
  stddev_pop: { population: true, root: true },
  stddev_samp: { population: false, root: true },
  stddev: { population: false, root: true },
};

const aggregate = (fn: string, args: readonly Expr[], type: SqlType): AggregateCall => ({
  fn,
  args,
  distinct: false,
  orderBy: [],
  filter: undefined,
  type,
});

const scalar = (fn: string, args: readonly Expr[], type: SqlType): Expr => ({ kind: 'call', fn, args, type });

const at = (columns: readonly ColumnExpr[], index: number): ColumnExpr =>
  defined(columns[index], 'combined column');

/** The partial keeps the call's FILTER. */
const partialOf = (call: AggregateCall, fn: string, type: SqlType): AggregateCall => ({ ...call, fn, type });

function oneStep(call: AggregateCall, partial: string, type: SqlType, combine: string): AggregateSplit {
  return {
    partials: [partialOf(call, partial, type)],
    combine: (columns) => [aggregate(combine, [at(columns, 0)], call.type)],
    final: (columns) => at(columns, 0),
  };
}

function sameAgain(call: AggregateCall): AggregateSplit {
  return oneStep(call, call.fn, call.type, call.fn);
}

function splitSum(call: AggregateCall, argument: string): AggregateSplit | undefined {
  switch (argument) {
    case 'int2':
    case 'int4':
      return oneStep(call, call.fn, INT8, 'skein.sum_int8(int8)');
    case 'int8':
    case 'numeric':
      return oneStep(call, call.fn, call.type, 'skein.sum(numeric)');
    case 'float8':
    case 'interval':
      return sameAgain(call);
    case 'float4':
      return {
        partials: [partialOf(call, 'skein.sum_double(float4)', FLOAT8)],
        combine: (columns) => [aggregate('sum(float8)', [at(columns, 0)], FLOAT8)],
        final: (columns) => scalar('skein.narrow(float8)', [at(columns, 0)], call.type),
      };
    default:
      return undefined;
  }
}

const COUNT = 'count(any)';
const SUM_COUNT = 'skein.sum_count(int8)';

function splitAverage(call: AggregateCall, argument: string): AggregateSplit | undefined {
  if (argument === 'interval') return intervalAverage(call);
  return argument.startsWith('float') ? floatAverage(call, argument) : exactAverage(call, argument);
}

function exactAverage(call: AggregateCall, argument: string): AggregateSplit | undefined {
  if (!isExact(argument)) return undefined;
  const sum = sumType(argumentType(call));
  return {
    partials: [partialOf(call, `skein.sum(${argument})`, sum), partialOf(call, COUNT, INT8)],
    combine: (columns) => [
      aggregate('skein.sum(numeric)', [at(columns, 0)], sum),
      aggregate(SUM_COUNT, [at(columns, 1)], INT8),
    ],
    final: (columns) => scalar('skein.average(numeric,int8)', [at(columns, 0), at(columns, 1)], call.type),
  };
}

function exactVariance(
  call: AggregateCall,
  argument: string,
  { population, root }: Deviation,
): AggregateSplit | undefined {
  if (!isExact(argument)) return undefined;
  const of = argumentType(call);
  const [sum, squares] = [sumType(of), squaresType(of)];
  return {
    partials: [
      partialOf(call, `skein.sum(${argument})`, sum),
      partialOf(call, `skein.sum_squares(${argument})`, squares),
      partialOf(call, COUNT, INT8),
    ],
    combine: (columns) => [
      aggregate('skein.sum(numeric)', [at(columns, 0)], sum),
      aggregate('skein.sum(numeric)', [at(columns, 1)], squares),
      aggregate(SUM_COUNT, [at(columns, 2)], INT8),
    ],
    final: (columns) => {
      const fn = `skein.${root ? 'stddev' : 'var'}_${population ? 'pop' : 'samp'}(numeric,numeric,int8)`;
      return scalar(fn, [at(columns, 0), at(columns, 1), at(columns, 2)], call.type);
    },
  };
}

function floatAverage(call: AggregateCall, argument: string): AggregateSplit {
  return {
    partials: [partialOf(call, `skein.sum_double(${argument})`, FLOAT8), partialOf(call, COUNT, INT8)],
    combine: (columns) => [
      aggregate('sum(float8)', [at(columns, 0)], FLOAT8),
      aggregate(SUM_COUNT, [at(columns, 1)], INT8),
    ],
    final: (columns) => scalar('skein.float_avg(float8,int8)', [at(columns, 0), at(columns, 1)], call.type),
  };
}

function intervalAverage(call: AggregateCall): AggregateSplit {
  return {
    partials: [partialOf(call, 'sum(interval)', call.type), partialOf(call, COUNT, INT8)],
    combine: (columns) => [
      aggregate('sum(interval)', [at(columns, 0)], call.type),
      aggregate(SUM_COUNT, [at(columns, 1)], INT8),
    ],
    final: (columns) =>
      scalar('skein.interval_avg(interval,int8)', [at(columns, 0), at(columns, 1)], call.type),
  };
}

/** Count, mean and M2, merged: sums of squares of floats would cancel. */
function floatVariance(
  call: AggregateCall,
  argument: string,
  { population, root }: Deviation,
): AggregateSplit {
  return {
    partials: [
      partialOf(call, COUNT, INT8),
      partialOf(call, `avg(${argument})`, FLOAT8),
      partialOf(call, `skein.m2(${argument})`, FLOAT8),
    ],
    combine: (columns) => [
      aggregate('skein.merge_m2(int8,float8,float8)', columns, FLOAT8),
      aggregate(SUM_COUNT, [at(columns, 0)], INT8),
    ],
    final: (columns) => {
      const fn = population ? 'skein.float_var_pop(float8,int8)' : 'skein.float_var_samp(float8,int8)';
      const value = scalar(fn, [at(columns, 0), at(columns, 1)], FLOAT8);
      return root ? scalar('skein.float_root(float8)', [value], FLOAT8) : value;
    },
  };
}

function isExact(argument: string): boolean {
  return ['int2', 'int4', 'int8', 'numeric'].includes(argument);
}

function argumentType(call: AggregateCall): SqlType {
  const [arg] = call.args;
  assert(arg !== undefined, `${call.fn} has an argument`);
  return exprType(arg);
}
