import type { Expr } from '../plan/expr.ts';
import type { UnnestPlan } from '../plan/logical.ts';
import { carrierOf } from '../types/carrier.ts';
import { columnName } from './print-block.ts';
import { printExpr, type Scope } from './print-expr.ts';

/** A FROM item. The arrays are computed once, by a subquery, and unnested side by side. */
export function printUnnest(plan: UnnestPlan, scope: Scope): string {
  const stream = streamed(plan, scope);
  if (stream !== undefined) return stream;
  const name = scope.freshName();
  const arrays = plan.items.map(({ array }, index) => `${printExpr(array, scope)} AS a${index}`);
  const elements = plan.items.map(
    ({ column }, index) => `unnest(${name}.a${index}) AS ${columnName(column.id)}`,
  );
  const lengths = plan.items.map((_, index) => `coalesce(len(${name}.a${index}), 0)`);
  const longest = lengths.length === 1 ? lengths[0] : `greatest(${lengths.join(', ')})`;
  const numbers = plan.ordinality && `unnest(range(1, ${longest} + 1)) AS ${columnName(plan.ordinality.id)}`;
  const list = [...elements, ...(numbers === undefined ? [] : [numbers])].join(', ');
  return `(SELECT ${list} FROM (SELECT ${arrays.join(', ')}) AS ${name})`;
}

/** One series of integers between constants needn't stand in memory as a whole. */
function streamed(plan: UnnestPlan, scope: Scope): string | undefined {
  const [only, ...others] = plan.items;
  if (only === undefined || others.length > 0 || plan.ordinality !== undefined) return undefined;
  const { array, column } = only;
  if (array.kind !== 'call' || !/^skein\.series\(int[48],/.test(array.fn)) return undefined;
  const constants = array.args.map(constantInteger);
  if (constants.includes(undefined) || constants[2] === '0') return undefined;
  const [start, stop, step] = array.args.map((arg) => `${printExpr(arg, scope)}::BIGINT`);
  const values = `CAST(n AS ${carrierOf(column.type).duckdb}) AS ${columnName(column.id)}`;
  return `(SELECT ${values} FROM generate_series(${start}, ${stop}, ${step}) AS ${scope.freshName()}(n))`;
}

function constantInteger(expr: Expr): string | undefined {
  return expr.kind === 'const' && expr.value !== null ? expr.value : undefined;
}
