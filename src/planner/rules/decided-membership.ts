import type { Expr } from '../../plan/expr.ts';
import type { Plan } from '../../plan/logical.ts';
import { mapExpressions, mapInputs, mapOperands } from '../../plan/walk.ts';
import { conjunction, conjunctsOf } from '../exprs.ts';

/**
 * A WHERE keeps the rows for which it is true: whether `(a, b) IN (SELECT …)` is false or NULL needn't be known there, so that
 * of the two EXISTS that say it often one is left. Precondition: a conjunct of a filter, a CASE (perhaps negated) whose
 * conditions are EXISTS, which are never NULL, and whose results are constants.
 */
export function decidedMembership(plan: Plan): Plan {
  const below = mapExpressions(mapInputs(plan, decidedMembership), inSubqueries);
  if (below.kind !== 'filter') return below;
  return { ...below, predicate: conjunction(conjunctsOf(below.predicate).flatMap(decided)) };
}

function inSubqueries(expr: Expr): Expr {
  return mapOperands(expr, inSubqueries, decidedMembership);
}

function decided(conjunct: Expr): readonly Expr[] {
  const negated = conjunct.kind === 'not';
  const chosen = negated ? conjunct.arg : conjunct;
  if (chosen.kind !== 'case' || !chosen.branches.every(({ when }) => when.kind === 'exists'))
    return [conjunct];
  const holds = negated ? 'false' : 'true';
  const results = [...chosen.branches.map(({ then }) => then), chosen.otherwise];
  if (!results.every((result) => result.kind === 'const')) return [conjunct];
  const [first, ...others] = results.map((result) => result.value === holds);
  const [firstBranch] = chosen.branches;
  if (first === true && !others.includes(true) && firstBranch !== undefined) return [firstBranch.when];
  if (others.at(-1) === true && first !== true && !others.slice(0, -1).includes(true)) {
    return chosen.branches.map(({ when }): Expr => ({ kind: 'not', arg: when }));
  }
  return [conjunct];
}
