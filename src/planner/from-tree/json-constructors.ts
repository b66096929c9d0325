import type { NodeReader } from '../../analysis/tree.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Conversion, Scope } from './conversion.ts';

/** JSON_ARRAYAGG and JSON_OBJECTAGG: behind them are the aggregates json_agg, jsonb_object_agg_unique_strict and the like. */
export function convertJsonConstructor(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  // Which aggregate it is follows from these.
  node.ignore('type', 'args', 'returning', 'absent_on_null', 'unique', 'location');
  const func = node.optionalNode('func');
  if (func === undefined) throw refuse('an SQL/JSON constructor');
  const made = conversion.expr(func, scope);
  const coercion = node.optionalNode('coercion');
  return coercion === undefined ? made : conversion.expr(coercion, { ...scope, test: () => made });
}

/** FORMAT JSON: the value as PostgreSQL has brought it to json. */
export function convertJsonValue(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('raw_expr', 'format');
  return conversion.expr(node.node('formatted_expr'), scope);
}
