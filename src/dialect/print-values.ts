import { defined } from '../base/assert.ts';
import type { Expr } from '../plan/expr.ts';
import type { Plan } from '../plan/logical.ts';
import { exprType } from '../plan/type-of.ts';
import { carrierOf } from '../types/carrier.ts';
import { type Block, blockOver, columnName, idsOf } from './print-block.ts';
import { printExpr, type Scope } from './print-expr.ts';

/** One row is no more than what its columns are; each cell is in its column's carrier. */
export function printValues(
  plan: Extract<Plan, { kind: 'values' }>,
  scope: Scope,
  freshName: () => string,
): Block {
  const cell = (expr: Expr, index: number): string => {
    const wanted = carrierOf(defined(plan.columns[index], 'column').type).duckdb;
    const sql = printExpr(expr, scope);
    return carrierOf(exprType(expr)).duckdb === wanted ? sql : `CAST(${sql} AS ${wanted})`;
  };
  const ids = idsOf(plan);
  const [first, ...rest] = plan.rows;
  if (first !== undefined && rest.length === 0) {
    const definitions = first.map((expr, index) => [defined(ids[index], 'id'), cell(expr, index)] as const);
    return { ...blockOver(undefined, ids), defined: new Map(definitions) };
  }
  if (ids.length === 0) return blockOver(`range(${plan.rows.length})`, []);
  if (first === undefined) {
    const nulls = plan.columns.map(({ id, type }) => `NULL::${carrierOf(type).duckdb} AS ${columnName(id)}`);
    return blockOver(`(SELECT ${nulls.join(', ')} WHERE false)`, ids);
  }
  const rows = plan.rows.map((row) => `(${row.map(cell).join(', ')})`);
  const alias = `${freshName()}(${ids.map(columnName).join(', ')})`;
  return blockOver(`(VALUES ${rows.join(', ')}) AS ${alias}`, ids);
}
