import type { TreeNode } from '../../analysis/tree.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr, SortKey } from '../../plan/expr.ts';
import { exprType } from '../../plan/type-of.ts';
import { requireComparable } from './collation.ts';
import { type FromTreeContext, openNode } from './conversion.ts';
import { equalityKey, orderKey } from './keys.ts';
import { findOperator } from './operators.ts';

/** How one SORTGROUPCLAUSE compares, before it is known what: `reference` is the target that it names. */
export interface SortGroup {
  readonly reference: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  /** DISTINCT and GROUP BY of a type without an order have none. */
  readonly ordered: boolean;
}

export function readSortGroup(context: FromTreeContext, clause: TreeNode): SortGroup {
  const node = openNode(clause, 'SORTGROUPCLAUSE');
  // Whether the planner may hash.
  node.ignore('hashable');
  const reference = node.int('tleSortGroupRef');
  const equality = node.int('eqop');
  if (equality !== 0) requireDefault(context, equality, '=');
  const order = node.int('sortop');
  const descending = node.bool('reverse_sort');
  if (order !== 0) requireDefault(context, order, descending ? '>' : '<');
  const nullsFirst = node.bool('nulls_first');
  node.done();
  return { reference, descending, nullsFirst, ordered: order !== 0 };
}

/** The default btree operator of a type has this name and the same type on both sides. */
function requireDefault(context: FromTreeContext, oid: number, name: string): void {
  const operator = findOperator(context, oid);
  const [left, op, right] = operator.signature.split(' ');
  if (operator.name !== name || op !== name || left !== right) {
    throw refuse(`sorting or grouping by operator "${operator.signature}"`);
  }
}

/** Sort keys over what the targets stand for. */
export function sortKeys(
  context: FromTreeContext,
  clauses: readonly TreeNode[],
  target: (reference: number) => Expr,
): readonly SortKey[] {
  return clauses.map((clause) => {
    const { reference, descending, nullsFirst, ordered } = readSortGroup(context, clause);
    const expr = orderKey(context, target(reference));
    if (!ordered) throw refuse('ORDER BY of a type without an order');
    requireComparable(context, exprType(expr), 'sorting by a value');
    return { expr, descending, nullsFirst };
  });
}

/** What PARTITION BY, DISTINCT ON or DISTINCT of an aggregate compare for equality. */
export function groupKeys(
  context: FromTreeContext,
  clauses: readonly TreeNode[],
  target: (reference: number) => Expr,
): readonly Expr[] {
  return clauses.map((clause) =>
    equalityKey(context, target(readSortGroup(context, clause).reference), 'grouping by a value'),
  );
}
