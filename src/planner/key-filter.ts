import type { Expr } from '../plan/expr.ts';
import type { Column, Plan, ProjectItem } from '../plan/logical.ts';
import { exprType } from '../plan/type-of.ts';
import { columnsUsed } from '../plan/walk.ts';
import { conjunction, conjunctsOf, type FreshIds, reference } from './exprs.ts';

/** An equality of a join: the side that keys are taken of, and the side whose rows are kept by them. */
export interface KeyPair {
  readonly key: Expr;
  readonly tested: Expr;
  /** The equality, with its key in another's place. */
  readonly over: (key: Expr) => Expr;
}

/** The distinct keys of a relation, and the filter of the other side that they make once they are there. */
export function keyFilter(
  pairs: readonly KeyPair[],
  relation: Plan,
  ids: FreshIds,
  toThere: (keys: Plan) => Plan,
): Expr {
  const named = pairs.map(({ key, over }): { item: ProjectItem; holds: Expr } => {
    const column: Column = { id: ids.next(), type: exprType(key), name: 'key' };
    return { item: { column, expr: key }, holds: over(reference(column)) };
  });
  const projected: Plan = { kind: 'project', input: relation, items: named.map(({ item }) => item) };
  const input = toThere({ kind: 'distinct', input: projected });
  const predicate = conjunction(named.map(({ holds }) => holds));
  return { kind: 'exists', plan: { kind: 'filter', input, predicate } };
}

/** What a filter made by {@link keyFilter} compares with what; undefined: it is another. */
export function keysOfFilter(
  expr: Expr,
): { readonly relation: Plan; readonly keys: readonly Expr[]; readonly tested: readonly Expr[] } | undefined {
  if (expr.kind !== 'exists' || expr.plan.kind !== 'filter') return undefined;
  const { input, predicate } = expr.plan;
  const distinct = input.kind === 'broadcast' ? input.input : input;
  if (distinct.kind !== 'distinct' || distinct.input.kind !== 'project') return undefined;
  const { items, input: relation } = distinct.input;
  const ids = new Set(items.map(({ column }) => column.id));
  const tested = conjunctsOf(predicate).flatMap((conjunct) =>
    conjunct.kind === 'call'
      ? conjunct.args.filter((arg) => [...columnsUsed(arg)].every((id) => !ids.has(id)))
      : [],
  );
  return { relation, keys: items.map(({ expr: key }) => key), tested };
}
