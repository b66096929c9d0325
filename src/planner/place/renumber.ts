import { assertNever } from '../../base/assert.ts';
import type { ColumnId, Expr } from '../../plan/expr.ts';
import type { Column, Plan } from '../../plan/logical.ts';
import { definedBy, mapExpressions, mapInputs, mapOperands, visitPlan } from '../../plan/walk.ts';
import type { FreshIds } from '../exprs.ts';

/** A copy of a plan whose own columns and exchanges have new ids, so that both can stand in one statement. */
export function renumber(
  plan: Plan,
  ids: FreshIds,
  nextExchange: () => number,
): { readonly plan: Plan; readonly renamed: ReadonlyMap<ColumnId, ColumnId> } {
  const renamed = new Map<ColumnId, ColumnId>();
  visitPlan(plan, (operator) => {
    // Such a relation's columns are named by what made it.
    if (operator.kind === 'relation' && operator.of === undefined) return;
    for (const id of definedBy(operator)) if (!renamed.has(id)) renamed.set(id, ids.next());
  });
  return { plan: renumberPlan(plan, renamed, nextExchange), renamed };
}

function renumberPlan(
  plan: Plan,
  renamed: ReadonlyMap<ColumnId, ColumnId>,
  nextExchange: () => number,
): Plan {
  const inner = (input: Plan) => renumberPlan(input, renamed, nextExchange);
  const change = (expr: Expr): Expr => {
    if (expr.kind === 'column') return { ...expr, id: renamed.get(expr.id) ?? expr.id };
    return mapOperands(expr, change, inner);
  };
  const copy = mapExpressions(mapInputs(plan, inner), change);
  if (copy.kind === 'gather' || copy.kind === 'broadcast') return { ...copy, id: nextExchange() };
  return renumberOwn(copy, (column) => ({ ...column, id: renamed.get(column.id) ?? column.id }));
}

function renumberOwn(plan: Plan, rename: <C extends Column>(column: C) => C): Plan {
  const items = <I extends { readonly column: Column }>(list: readonly I[]): I[] =>
    list.map((item) => ({ ...item, column: rename(item.column) }));
  switch (plan.kind) {
    case 'scan':
      return { ...plan, columns: plan.columns.map(rename) };
    case 'stored':
      return { ...plan, columns: plan.columns.map(rename) };
    case 'values':
    case 'set-operation':
    case 'recursive':
    case 'relation':
      return { ...plan, columns: plan.columns.map(rename) };
    case 'cte-ref':
      return {
        ...plan,
        columns: plan.columns.map(rename),
        of: plan.of.map((id) => rename({ id, type: { oid: 0, typmod: -1 }, name: '' }).id),
      };
    case 'project':
      return { ...plan, items: items(plan.items) };
    case 'aggregate':
      return {
        ...plan,
        groups: items(plan.groups),
        aggregates: items(plan.aggregates),
        ...(plan.sets && { sets: { ...plan.sets, mask: rename(plan.sets.mask) } }),
      };
    case 'unnest':
      return {
        ...plan,
        items: items(plan.items),
        ...(plan.ordinality && { ordinality: rename(plan.ordinality) }),
      };
    case 'window':
      return { ...plan, items: items(plan.items) };
    case 'filter':
    case 'join':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'with':
    case 'gather':
    case 'broadcast':
      return plan;
    default:
      return assertNever(plan);
  }
}
