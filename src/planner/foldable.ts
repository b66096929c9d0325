import type { Expr } from '../plan/expr.ts';
import type { Plan } from '../plan/logical.ts';
import { expressionsOf, mapOperands, visitPlan } from '../plan/walk.ts';
import { isSafeAnywhere } from './safe-anywhere.ts';

/**
 * Does it hold a call over constants alone that may fail? PostgreSQL's planner evaluates it, whether or not a row needs it.
 * Not where one of them may take long or much memory: the thread that analyses serves everyone.
 */
export function mayFailWhenFolded(plan: Plan): boolean {
  const found = new Set<Folded>();
  visitPlan(plan, (operator) => {
    for (const expr of expressionsOf(operator)) fold(expr, found);
  });
  return found.has('may-fail') && !found.has('costly');
}

type Folded = 'may-fail' | 'costly';

const COSTLY =
  /^(?:repeat|lpad|rpad|factorial|power|exp|ln|log|format|replace|array_fill|regexp\w*|\w+ (?:\^|!?~\*?) \w+)\b/;

/** @returns whether it is made of constants alone. */
function fold(expr: Expr, found: Set<Folded>): boolean {
  const operands: boolean[] = [];
  mapOperands(
    expr,
    (operand) => {
      operands.push(fold(operand, found));
      return operand;
    },
    (plan) => plan,
  );
  if (operands.length === 0) return expr.kind === 'const' || expr.kind === 'constants';
  if (operands.includes(false) || expr.kind === 'subquery-compare') return false;
  if (expr.kind === 'call' && COSTLY.test(expr.fn)) found.add('costly');
  else if (expr.kind === 'call' && !isSafeAnywhere(expr)) found.add('may-fail');
  return true;
}
