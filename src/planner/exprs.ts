import { refuse } from '../base/errors.ts';
import { findScalar } from '../dialect/table.ts';
import type { CallExpr, ColumnExpr, ColumnId, Expr } from '../plan/expr.ts';
import type { Column, Plan } from '../plan/logical.ts';
import { definedBy, expressionsOf, mapOperands, visitExpr, visitPlan } from '../plan/walk.ts';
import { OID, type SqlType, sqlType } from '../types/sql-type.ts';

export const TRUE: Expr = { kind: 'const', type: sqlType(OID.bool), value: 'true' };
export const FALSE: Expr = { kind: 'const', type: sqlType(OID.bool), value: 'false' };

export function isTrue(expr: Expr): boolean {
  return expr.kind === 'const' && expr.value === 'true' && expr.type.oid === OID.bool;
}

export function reference(column: Column): ColumnExpr {
  return { kind: 'column', id: column.id, type: column.type };
}

export function conjunctsOf(expr: Expr): readonly Expr[] {
  if (isTrue(expr)) return [];
  return expr.kind === 'and' ? expr.args.flatMap(conjunctsOf) : [expr];
}

export function conjunction(conjuncts: readonly Expr[]): Expr {
  const [only, ...rest] = conjuncts;
  if (only === undefined) return TRUE;
  return rest.length === 0 ? only : { kind: 'and', args: conjuncts };
}

/** `a = b`, of values of whatever types. */
export function isEquality(expr: Expr): expr is CallExpr {
  return expr.kind === 'call' && /^\w+ = \w+$/.test(expr.fn);
}

/** `a = b` of two columns by the equality of one type. */
export function equatedColumns(expr: Expr): readonly [ColumnExpr, ColumnExpr] | undefined {
  if (expr.kind !== 'call' || !/^(\w+) = \1$/.test(expr.fn)) return undefined;
  const [a, b] = expr.args;
  return a?.kind === 'column' && b?.kind === 'column' ? [a, b] : undefined;
}

export function filtered(input: Plan, conjuncts: readonly Expr[]): Plan {
  return conjuncts.length === 0 ? input : { kind: 'filter', input, predicate: conjunction(conjuncts) };
}

/** Does evaluating it twice, or elsewhere, give another value? */
export function isVolatile(expr: Expr): boolean {
  let found = false;
  visitExpr(
    expr,
    (e) => {
      if (e.kind === 'call' && findScalar(e.fn)?.volatile === true) found = true;
    },
    (plan) => {
      found ||= isVolatilePlan(plan);
    },
  );
  return found;
}

export function isVolatilePlan(plan: Plan): boolean {
  let found = false;
  visitPlan(plan, (operator) => {
    found ||= expressionsOf(operator).some(isVolatile);
  });
  return found;
}

export function hasSubquery(expr: Expr): boolean {
  let found = false;
  visitExpr(
    expr,
    (e) => e,
    () => {
      found = true;
    },
  );
  return found;
}

/** Replaces the plans of an expression's subqueries, not those nested in them. */
export function mapSubqueries(expr: Expr, change: (plan: Plan) => Plan): Expr {
  const inner = (operand: Expr): Expr => mapOperands(operand, inner, change);
  return inner(expr);
}

/** Hands out column ids that the statement doesn't use yet. */
export class FreshIds {
  #next: ColumnId;

  constructor(plan: Plan) {
    let highest = 0;
    visitPlan(plan, (operator) => {
      for (const id of definedBy(operator)) highest = Math.max(highest, id);
    });
    this.#next = highest + 1;
  }

  next(): ColumnId {
    return this.#next++;
  }
}

const TYPE_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(OID).map(([name, oid]) => [oid, name]),
);

/** The signature of the equality by which GROUP BY tells values of the type apart. @throws 0A000 where there is none. */
export function equalityOf(type: SqlType): string {
  const name = type.oid === OID.varchar ? 'text' : TYPE_NAMES.get(type.oid);
  const signature = `${name} = ${name}`;
  if (findScalar(signature) === undefined) throw refuse(`comparing values of type ${name ?? type.oid}`);
  return signature;
}
