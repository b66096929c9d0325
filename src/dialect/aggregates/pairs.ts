import { refuse } from '../../base/errors.ts';
import type { AggregateCall, Expr } from '../../plan/expr.ts';
import { exprType } from '../../plan/type-of.ts';
import { columnsUsed } from '../../plan/walk.ts';
import { elementType, OID, type SqlType } from '../../types/sql-type.ts';
import type { AggregateContext } from '../entries.ts';

/** A list of `{a, b}`. DISTINCT pairs are in the order in which PostgreSQL's sort leaves them. */
export function pairs(
  a: string,
  b: string,
  { call, distinct, unordered, descending }: AggregateContext,
): string {
  const pair = `{a: ${a}, b: ${b}}`;
  if (!distinct) return call('list', [pair]);
  return `list_sort(${unordered('list', [pair])}, '${descending ? 'DESC' : 'ASC'}', 'NULLS LAST')`;
}

/** @throws 0A000 for DISTINCT pairs in another order than that of {@link pairs}. */
export function admitPairs({ fn, args, distinct, orderBy }: AggregateCall): void {
  if (!distinct) return;
  if (args.map(exprType).some(hasOtherOrder)) throw refuse(`${fn} of DISTINCT pairs of these types`);
  const values = args.filter(varies);
  const keys = orderBy.filter(({ expr }) => varies(expr));
  const inTurn = keys.every(
    ({ expr, descending, nullsFirst }, at) =>
      JSON.stringify(expr) === JSON.stringify(values[at]) &&
      descending === nullsFirst &&
      (values.length === 1 || !descending),
  );
  if (!inTurn) throw refuse(`${fn} of DISTINCT pairs in this order`);
}

const varies = (expr: Expr): boolean => columnsUsed(expr).size > 0;

/** DuckDB compares them otherwise within a list. */
function hasOtherOrder(type: SqlType): boolean {
  const oids: readonly number[] = [OID.interval, OID.timetz, OID.bpchar];
  return elementType(type) !== undefined || oids.includes(type.oid);
}
