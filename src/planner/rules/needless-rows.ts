import type { Expr } from '../../plan/expr.ts';
import type { Plan } from '../../plan/logical.ts';
import { mapExpressions, mapInputs, mapOperands, outerColumns } from '../../plan/walk.ts';
import { OID, sqlType } from '../../types/sql-type.ts';

const ONE: Expr = { kind: 'const', type: sqlType(OID.int8), value: '1' };

/**
 * EXISTS asks for one row, and IN, ANY and ALL for each value once: LIMIT 1 and DISTINCT in the subquery keep the other rows on
 * their agents. Precondition: the subquery refers to nothing outside itself, so that it is evaluated once.
 */
export function needlessRows(plan: Plan): Plan {
  return mapExpressions(mapInputs(plan, needlessRows), inExpression);
}

function inExpression(expr: Expr): Expr {
  const below = mapOperands(expr, inExpression, needlessRows);
  switch (below.kind) {
    case 'exists':
      return isClosed(below.plan) ? { ...below, plan: firstRow(below.plan) } : below;
    case 'subquery-compare':
      return isClosed(below.plan) ? { ...below, plan: once(below.plan) } : below;
    default:
      return below;
  }
}

function isClosed(plan: Plan): boolean {
  return outerColumns(plan).size === 0;
}

function firstRow(input: Plan): Plan {
  if (input.kind === 'limit') return input;
  return { kind: 'limit', input, limit: ONE, offset: undefined, withTies: false };
}

function once(input: Plan): Plan {
  return input.kind === 'distinct' ? input : { kind: 'distinct', input };
}
