import { refuse } from '../base/errors.ts';
import type { ArrayExpr, Expr } from '../plan/expr.ts';
import { exprType } from '../plan/type-of.ts';
import { mapOperands } from '../plan/walk.ts';
import type { SqlType } from '../types/sql-type.ts';

/*
 * An array of several dimensions is one that is written out, or bound: it has one shape in all rows; or an aggregate made it of
 * arrays of one. It is shown, sorted, grouped and tested for NULL; what else PostgreSQL does with such arrays is refused.
 */

const SEVERAL = 'an array of more than one dimension';

function isNested(type: SqlType): boolean {
  return (type.dimensions ?? 1) > 1;
}

/** @param what where they are. @throws 0A000 where one is an array of several dimensions. */
export function requireFlat(types: readonly SqlType[], what: string): void {
  if (types.some(isNested)) throw refuse(`${SEVERAL} in ${what}`);
}

/** How many elements each dimension has. @throws 0A000 for what is no rectangle of written arrays. */
function shapeOf(expr: Expr, oid: number): readonly number[] {
  if (expr.kind !== 'array' || expr.type.oid !== oid) throw refuse(`${SEVERAL} that is made of arrays`);
  const [first, ...others] = expr.elements;
  if (first === undefined || exprType(first).oid !== oid) return [expr.elements.length];
  const inner = shapeOf(first, oid);
  for (const other of others) {
    if (shapeOf(other, oid).join() !== inner.join()) throw refuse('an array of arrays of different lengths');
  }
  if (inner.includes(0)) throw refuse('an array of arrays without elements');
  return [expr.elements.length, ...inner];
}

/** The array's type, with as many dimensions as its elements make. */
export function withDimensions(array: ArrayExpr): ArrayExpr {
  const { oid } = array.type;
  if (!array.elements.some((element) => exprType(element).oid === oid)) return array;
  return { ...array, type: { ...array.type, dimensions: shapeOf(array, oid).length } };
}

/** Its elements in one dimension, as `= ANY` and unnest see them. */
export function flattened(expr: Expr): Expr {
  if (expr.kind !== 'array' || !isNested(expr.type)) return expr;
  const { dimensions: _, ...type } = expr.type;
  const elements = expr.elements.flatMap((element) => {
    const inner = flattened(element);
    return inner.kind === 'array' && inner.type.oid === type.oid ? inner.elements : [inner];
  });
  return { ...expr, elements, type };
}

/** @throws 0A000 where an operand is an array of several dimensions and the expression isn't about whether it is NULL. */
export function requireFlatOperands(expr: Expr): void {
  if (expr.kind === 'array' || expr.kind === 'is-null') return;
  mapOperands(
    expr,
    (operand) => {
      requireFlat([exprType(operand)], 'this expression');
      return operand;
    },
    (plan) => plan,
  );
}
