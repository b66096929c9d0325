import type { Expr } from '../plan/expr.ts';
import { mapOperands } from '../plan/walk.ts';
import { cannotFail } from './cannot-fail.ts';

const WIDENING =
  /^cast (int2 -> int4|int[24] -> int8|int[248] -> numeric|int[24] -> float8|float4 -> float8)$/;

/** May the expression be evaluated for rows for which PostgreSQL would not evaluate it? */
export function isSafeAnywhere(expr: Expr): boolean {
  return cannotFail(withoutWidening(expr));
}

function withoutWidening(expr: Expr): Expr {
  const [arg] = expr.kind === 'call' && WIDENING.test(expr.fn) ? expr.args : [];
  return arg === undefined ? mapOperands(expr, withoutWidening, (plan) => plan) : withoutWidening(arg);
}
