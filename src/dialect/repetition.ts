import type { Expr } from '../plan/expr.ts';
import { exprType } from '../plan/type-of.ts';
import { mapOperands } from '../plan/walk.ts';
import type { SqlType } from '../types/sql-type.ts';
import { findScalar } from './table.ts';

/** Operands up to this weight are cheaper to evaluate again (DuckDB finds common subexpressions) than to bind. */
const CHEAP = 12;

const REPEATED_BY_MACRO = 3;

/** Whether an operand may be said several times: small, not volatile, without a subquery. */
export function isCheapToRepeat(expr: Expr): boolean {
  return weight(expr) <= CHEAP;
}

/** Whether the entry's SQL says an argument more than once: visibly, or inside a macro of the prelude. */
export function repeatsArguments(fn: string, args: readonly Expr[], type: SqlType): boolean {
  const entry = findScalar(fn);
  if (entry === undefined || args.length === 0) return false;
  const probes = args.map((_, index) => `probe_${index}_`);
  const sql = entry.print(probes, args.map(exprType), type, args);
  return sql.includes('skein_') || probes.some((probe) => sql.split(probe).length > 2);
}

const weights = new WeakMap<Expr, number>();

/** Nodes of the expression as DuckDB will bind it; infinite where repeating it would change its meaning. */
function weight(expr: Expr): number {
  const known = weights.get(expr);
  if (known !== undefined) return known;
  const computed = computeWeight(expr);
  weights.set(expr, computed);
  return computed;
}

function computeWeight(expr: Expr): number {
  if (expr.kind === 'call') {
    if (findScalar(expr.fn)?.volatile === true) return Number.POSITIVE_INFINITY;
    if (repeatsArguments(expr.fn, expr.args, expr.type)) {
      return 1 + sum(expr.args.map((arg) => repeatedWeight(weight(arg))));
    }
  }
  let total = expr.kind === 'constants' ? expr.values.length : 1;
  mapOperands(
    expr,
    (operand) => {
      total += weight(operand);
      return operand;
    },
    (plan) => {
      total = Number.POSITIVE_INFINITY;
      return plan;
    },
  );
  return total;
}

/** A costly operand is bound, so it counts once. */
function repeatedWeight(operand: number): number {
  return operand <= CHEAP ? operand * REPEATED_BY_MACRO : operand;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
