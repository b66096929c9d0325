import type { NodeReader } from '../../analysis/tree.ts';
import { type ArrayDatum, decodeDatum } from '../../analysis/tree-datum.ts';
import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { isCarried } from '../../types/carrier.ts';
import { elementOid, type SqlType, sqlType } from '../../types/sql-type.ts';
import { constant, nestedArray } from '../types.ts';
import { requireCollation } from './collation.ts';
import { type Conversion, typeName } from './conversion.ts';

export function convertConst(conversion: Conversion, node: NodeReader): Expr {
  node.ignore('constbyval', 'location');
  requireCollation(node.int('constcollid'), 'a constant');
  const type = sqlType(node.int('consttype'), node.int('consttypmod'));
  const length = node.int('constlen');
  const isNull = node.bool('constisnull');
  const bytes = node.bytes('constvalue');
  if (isNull) return constant(type, null);
  if (!isCarried(type.oid)) throw refuse(`a constant of the type ${typeName(conversion.context, type.oid)}`);
  const value = decodeDatum(type.oid, length, defined(bytes, 'datum'));
  return typeof value === 'string' ? constant(type, value) : array(conversion, type, value);
}

function array(conversion: Conversion, type: SqlType, { elements, lowerBounds }: ArrayDatum): Expr {
  if (lowerBounds.some((bound) => bound !== 1))
    throw refuse('an array whose subscripts start elsewhere than at 1');
  const element = sqlType(
    defined(elementOid(type.oid), `element of ${typeName(conversion.context, type.oid)}`),
  );
  return nestedArray(type, element, elements);
}
