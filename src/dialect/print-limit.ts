import { refuse, SkeinError } from '../base/errors.ts';
import type { Expr } from '../plan/expr.ts';
import { printExpr, type Scope } from './print-expr.ts';

type Clause = 'LIMIT' | 'OFFSET';

const NEGATIVE = {
  LIMIT: ['2201W', 'LIMIT must not be negative'],
  OFFSET: ['2201X', 'OFFSET must not be negative'],
} as const;

/** What stands after LIMIT or OFFSET; undefined: NULL, no such clause. @throws 2201W, 2201X for a negative constant. */
export function rowCount(expr: Expr, clause: Clause, scope: Scope): string | undefined {
  if (expr.kind === 'const') {
    const count = constantCount(expr, clause);
    return count === undefined ? undefined : String(count);
  }
  const [code, message] = NEGATIVE[clause];
  const count = clause === 'LIMIT' ? 'n' : 'coalesce(n, 0)';
  return (
    `(SELECT CASE WHEN n < 0 THEN error('SKEIN:${code}:${message}') ELSE ${count} END ` +
    `FROM (SELECT ${printExpr(expr, scope)} AS n))`
  );
}

/** undefined: NULL, no limit. @throws 2201W, 2201X for a negative count. */
export function constantCount(expr: Expr, clause: Clause): bigint | undefined {
  if (expr.kind !== 'const') throw refuse(`a computed ${clause} of WITH TIES`);
  if (expr.value === null) return undefined;
  const count = BigInt(expr.value);
  const [sqlstate, message] = NEGATIVE[clause];
  if (count < 0n) throw new SkeinError({ sqlstate }, message);
  return count;
}
