import { assertNever } from '../base/assert.ts';
import { OID, type SqlType, sqlType } from '../types/sql-type.ts';
import type { Expr } from './expr.ts';

const BOOLEAN = sqlType(OID.bool);

/** The type of an expression's value. */
export function exprType(expr: Expr): SqlType {
  switch (expr.kind) {
    case 'column':
    case 'const':
    case 'param':
    case 'session':
    case 'call':
    case 'case':
    case 'coalesce':
    case 'greatest':
    case 'least':
    case 'nullif':
    case 'array':
    case 'constants':
    case 'scalar-subquery':
      return expr.type;
    case 'and':
    case 'or':
    case 'not':
    case 'is-null':
    case 'bool-test':
    case 'is-distinct':
    case 'array-compare':
    case 'exists':
    case 'subquery-compare':
      return BOOLEAN;
    default:
      return assertNever(expr);
  }
}
