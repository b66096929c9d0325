import type { ColumnExpr, ColumnId, Expr } from '../../plan/expr.ts';
import type { JoinType } from '../../plan/logical.ts';
import { columnsUsed, substitute } from '../../plan/walk.ts';
import { OID } from '../../types/sql-type.ts';
import { cannotFail } from '../cannot-fail.ts';
import { equatedColumns } from '../exprs.ts';
import { impliedBy } from './implied-filters.ts';

/** Types whose equal values are the same in every respect: not float8 (-0), not numeric (1.0 and 1.00 as text). */
const IDENTICAL_WHEN_EQUAL: ReadonlySet<number> = new Set([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.text,
  OID.date,
  OID.timestamp,
  OID.uuid,
]);

/**
 * What holds for one side of an equi-join holds for the other: `t.storeid = s.storeid` and `s.storeid = 1` give
 * `t.storeid = 1`, which prunes agents. So does what an OR over both sides says of one. Only onto a side whose rows the join drops when nothing matches them.
 * @returns conditions to add, over columns of the side they go to.
 */
export function mirrorFilters(
  type: JoinType,
  condition: readonly Expr[],
  left: readonly Expr[],
  right: readonly Expr[],
  {
    leftIds,
    rightIds,
  }: { readonly leftIds: ReadonlySet<ColumnId>; readonly rightIds: ReadonlySet<ColumnId> },
): { readonly left: readonly Expr[]; readonly right: readonly Expr[] } {
  const pairs = condition.flatMap((conjunct) => equatedPair(conjunct, leftIds));
  const mirror = (conjuncts: readonly Expr[], from: 0 | 1) =>
    conjuncts.flatMap((conjunct) =>
      pairs.flatMap((pair) =>
        isAbout(conjunct, pair[from]) ? [onto(conjunct, pair[from], pair[from === 0 ? 1 : 0])] : [],
      ),
    );
  const onLeft = type === 'inner' || type === 'right';
  const onRight = type === 'inner' || type === 'left' || type === 'semi' || type === 'anti';
  return {
    left: onLeft ? [...mirror(right, 1), ...impliedBy(condition, leftIds)] : [],
    right: onRight ? [...mirror(left, 0), ...impliedBy(condition, rightIds)] : [],
  };
}

export const mirrorNothing: typeof mirrorFilters = () => ({ left: [], right: [] });

/** `l.a = r.b` as [a, b]. */
function equatedPair(
  conjunct: Expr,
  leftIds: ReadonlySet<ColumnId>,
): readonly (readonly [ColumnExpr, ColumnExpr])[] {
  const equated = equatedColumns(conjunct);
  if (equated === undefined) return [];
  const [a, b] = equated;
  if (
    a.type.oid !== b.type.oid ||
    !IDENTICAL_WHEN_EQUAL.has(a.type.oid) ||
    leftIds.has(a.id) === leftIds.has(b.id)
  )
    return [];
  return [leftIds.has(a.id) ? [a, b] : [b, a]];
}

/** It must not fail: on the other side it sees values that no match ever has. */
function isAbout(conjunct: Expr, column: ColumnExpr): boolean {
  const used = columnsUsed(conjunct);
  return used.size === 1 && used.has(column.id) && cannotFail(conjunct);
}

function onto(conjunct: Expr, from: ColumnExpr, to: ColumnExpr): Expr {
  return substitute(conjunct, new Map([[from.id, to]]));
}
