import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { hasSubquery, isVolatile } from '../exprs.ts';

/** An expression that is to stand in more than one place: it must mean the same in each, and define no columns. */
export function requireRepeatable(expr: Expr, what: string): void {
  if (hasSubquery(expr)) {
    throw refuse(`a subquery in ${what}`, {
      hint: 'Compute it in a subquery in FROM and refer to its column.',
    });
  }
  if (isVolatile(expr)) throw refuse(`a volatile function in ${what}`);
}
