import type { ColumnId, Expr } from '../../plan/expr.ts';
import { columnsUsed } from '../../plan/walk.ts';
import { conjunction, conjunctsOf, hasSubquery } from '../exprs.ts';
import { isSafeAnywhere } from '../safe-anywhere.ts';

/**
 * `a.x = 1 AND b.y = 2 OR a.x = 3 AND b.y = 4` can hold only where `a.x = 1 OR a.x = 3`. Preconditions: each branch says something
 * of this side alone, which can't fail. The condition itself stays where it is.
 */
export function impliedBy(conjuncts: readonly Expr[], side: ReadonlySet<ColumnId>): readonly Expr[] {
  const isOfSide = (expr: Expr) => {
    const used = [...columnsUsed(expr)];
    return used.length > 0 && used.every((id) => side.has(id)) && !hasSubquery(expr) && isSafeAnywhere(expr);
  };
  return conjuncts.flatMap((conjunct) => {
    if (conjunct.kind !== 'or') return [];
    const branches = conjunct.args.map((branch) => conjunctsOf(branch).filter(isOfSide));
    return branches.every((own) => own.length > 0)
      ? [{ kind: 'or' as const, args: branches.map(conjunction) }]
      : [];
  });
}
