import type { AggregateCall, Expr } from '../../plan/expr.ts';
import type { Plan } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import { columnsUsed, mapExpressions, mapInputs, mapOperands } from '../../plan/walk.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { cannotFail } from '../cannot-fail.ts';
import { FALSE, hasSubquery, isVolatile, TRUE } from '../exprs.ts';

/**
 * PostgreSQL evaluates an aggregate's arguments only for the rows that pass its FILTER, and what follows in AND and OR only
 * where the outcome is still open; DuckDB computes such operands for all rows. Where one may raise an error, CASE says when it
 * is evaluated. Not at the top of a WHERE or join condition: there DuckDB stops too. Precondition: what guards is evaluated
 * twice, so it is neither volatile nor a subquery.
 */
export function guardOperands(plan: Plan): Plan {
  const below = mapInputs(plan, guardOperands);
  const guarded =
    below.kind === 'filter' || below.kind === 'join'
      ? mapExpressions(below, atTop)
      : mapExpressions(below, anywhere);
  switch (guarded.kind) {
    case 'aggregate':
      return { ...guarded, aggregates: guarded.aggregates.map(withGuardedCall) };
    case 'window':
      return { ...guarded, items: guarded.items.map(withGuardedCall) };
    default:
      return guarded;
  }
}

function atTop(expr: Expr): Expr {
  if (expr.kind === 'and' || expr.kind === 'or') return mapOperands(expr, atTop, guardOperands);
  return anywhere(expr);
}

function anywhere(expr: Expr): Expr {
  const below = mapOperands(expr, anywhere, guardOperands);
  return below.kind === 'and' || below.kind === 'or' ? guardedJunction(below.kind, below.args) : below;
}

/** `a AND b` as `CASE WHEN NOT a THEN false ELSE a AND b END`, and OR likewise, from the last operand that may fail. */
function guardedJunction(kind: 'and' | 'or', args: readonly Expr[]): Expr {
  const [first, ...rest] = args;
  if (first === undefined || rest.every(cannotFail) || !isRepeatable(first)) return { kind, args };
  const open: Expr = { kind, args: [first, guardedJunction(kind, rest)] };
  const decided = kind === 'and' ? { when: not(first), then: FALSE } : { when: first, then: TRUE };
  return { kind: 'case', branches: [decided], otherwise: open, type: sqlType(OID.bool) };
}

function not(arg: Expr): Expr {
  return { kind: 'not', arg };
}

function withGuardedCall<Item extends { readonly call: AggregateCall }>(item: Item): Item {
  const { filter } = item.call;
  if (filter === undefined || !isRepeatable(filter)) return item;
  const guard = (expr: Expr): Expr => {
    if (cannotFail(expr) || columnsUsed(expr).size === 0) return expr;
    const type = exprType(expr);
    const otherwise: Expr = { kind: 'const', type, value: null };
    return { kind: 'case', branches: [{ when: filter, then: expr }], otherwise, type };
  };
  const orderBy = item.call.orderBy.map((key) => ({ ...key, expr: guard(key.expr) }));
  return { ...item, call: { ...item.call, args: item.call.args.map(guard), orderBy } };
}

function isRepeatable(expr: Expr): boolean {
  return !isVolatile(expr) && !hasSubquery(expr);
}
