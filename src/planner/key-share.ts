import type { Snapshot } from '../catalog/snapshot.ts';
import type { ColumnId, Expr } from '../plan/expr.ts';
import type { Plan } from '../plan/logical.ts';
import { columnsUsed, visitPlan } from '../plan/walk.ts';
import { scanRows } from './scan-rows.ts';

/**
 * The share of a relation's rows whose keys are among those of another: with fewer rows than the smaller of the tables that the
 * keys come from, some keys are missing there. Rough, like all estimates.
 */
export function shareOfKeys(
  keyRows: number,
  keys: { readonly exprs: readonly Expr[]; readonly plan: Plan },
  among: { readonly exprs: readonly Expr[]; readonly plan: Plan },
  snapshot: Snapshot,
): number {
  const bases = [tableRows(keys.exprs, keys.plan, snapshot), tableRows(among.exprs, among.plan, snapshot)];
  const known = bases.filter((rows) => rows !== undefined);
  if (known.length === 0) return 1;
  return Math.min(1, keyRows / Math.max(1, Math.min(...known)));
}

/** Rows of the table that the expressions' columns come from; undefined: they are computed. */
export function tableRows(exprs: readonly Expr[], plan: Plan, snapshot: Snapshot): number | undefined {
  const origins = new Map<ColumnId, ColumnId>();
  const rows = new Map<ColumnId, number>();
  visitPlan(plan, (operator) => {
    if (operator.kind === 'scan') {
      const all = scanRows(operator, snapshot);
      for (const column of operator.columns) rows.set(column.id, all);
    }
    const items =
      operator.kind === 'project' ? operator.items : operator.kind === 'aggregate' ? operator.groups : [];
    for (const { column, expr } of items) {
      const [only, ...others] = columnsUsed(expr);
      if (only !== undefined && others.length === 0 && only !== column.id) origins.set(column.id, only);
    }
  });
  const found = exprs
    .flatMap((expr) => [...columnsUsed(expr)])
    .map((id) => {
      let origin = id;
      for (let next = origins.get(origin); next !== undefined; next = origins.get(origin)) origin = next;
      return rows.get(origin);
    });
  return found.every((count) => count !== undefined) && found.length > 0 ? Math.max(...found) : undefined;
}
