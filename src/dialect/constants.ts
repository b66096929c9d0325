import type { Expr } from '../plan/expr.ts';

/** The text of a constant argument: null for NULL, undefined where the argument is no constant (yet). */
export function constantText(expr: Expr | undefined): string | null | undefined {
  return expr?.kind === 'const' ? expr.value : undefined;
}

/** The value of a constant integer argument; undefined for NULL and for anything else. */
export function constantInteger(expr: Expr | undefined): number | undefined {
  const text = constantText(expr);
  return text === undefined || text === null ? undefined : Number(text);
}
