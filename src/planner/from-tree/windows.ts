import type { NodeReader, TreeNode } from '../../analysis/tree.ts';
import { assert, defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { findAggregate, findWindow } from '../../dialect/table.ts';
import type { Expr } from '../../plan/expr.ts';
import type { FrameBound, Plan, WindowFrame } from '../../plan/logical.ts';
import { sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { findFunction } from './calls.ts';
import { requireCollation } from './collation.ts';
import { type Conversion, newColumn, openNode, type Scope, type WindowUse } from './conversion.ts';
import { requireRepeatable } from './repeatable.ts';
import { groupKeys, sortKeys } from './sorting.ts';

/** Moves the window function to the window operator below and refers to its column. */
export function convertWindowFunction(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  // What the function is; the planner's run conditions are always empty here.
  node.ignore('winstar', 'winagg', 'location').absent('runCondition', 'a window run condition');
  const signature = findFunction(conversion.context, node.int('winfnoid'));
  const what = `window function ${signature.signature}`;
  requireCollation(node.int('wincollid'), what);
  requireCollation(node.int('inputcollid'), what);
  if ((findWindow(signature.signature) ?? findAggregate(signature.signature)) === undefined)
    throw refuse(what);
  const { windows } = scope;
  assert(windows !== undefined, `${what} outside a select list`);
  const inner: Scope = { ...scope, windows: undefined };
  const filter = node.optionalNode('aggfilter');
  const type = sqlType(node.int('wintype'));
  const call = {
    fn: signature.signature,
    args: node.nodes('args').map((arg) => conversion.expr(arg, inner)),
    distinct: false,
    orderBy: [],
    filter: filter === undefined ? undefined : conversion.expr(filter, inner),
    type,
  };
  const column = newColumn(conversion, signature.name, type);
  windows.push({ reference: node.int('winref'), column, call });
  return reference(column);
}

/** One window operator for each WINDOW that is used, over the rows that grouping left. */
export function addWindows(
  conversion: Conversion,
  input: Plan,
  clauses: readonly TreeNode[],
  uses: readonly WindowUse[],
  targetExpr: (reference: number) => Expr,
  scope: Scope,
): Plan {
  const target = (reference: number) => {
    const expr = targetExpr(reference);
    requireRepeatable(expr, 'a window definition');
    return expr;
  };
  return clauses.reduce<Plan>((plan, clause) => {
    const node = openNode(clause, 'WINDOWCLAUSE');
    // A named window is already copied into those that refer to it.
    node.ignore('name', 'refname', 'copiedOrder');
    // Of RANGE with an offset, which is refused.
    node.ignore('startInRangeFunc', 'endInRangeFunc', 'inRangeColl', 'inRangeAsc', 'inRangeNullsFirst');
    const number = node.int('winref');
    const partitionBy = groupKeys(conversion.context, node.nodes('partitionClause'), target);
    const orderBy = sortKeys(conversion.context, node.nodes('orderClause'), target);
    const frame = readFrame(conversion, node, scope);
    node.done();
    const items = uses.filter((use) => use.reference === number);
    if (items.length === 0) return plan;
    return {
      kind: 'window',
      input: plan,
      partitionBy,
      orderBy,
      items: items.map(({ column, call }) => ({ column, call, frame })),
    };
  }, input);
}

/** FRAMEOPTION_* of parsenodes.h. NONDEFAULT and BETWEEN say how it was written. */
const FRAME = {
  range: 0x2,
  rows: 0x4,
  groups: 0x8,
  startUnboundedPreceding: 0x20,
  endUnboundedPreceding: 0x40,
  startUnboundedFollowing: 0x80,
  endUnboundedFollowing: 0x100,
  startCurrentRow: 0x200,
  endCurrentRow: 0x400,
  startPreceding: 0x800,
  endPreceding: 0x1000,
  startFollowing: 0x2000,
  endFollowing: 0x4000,
  excludeCurrentRow: 0x8000,
  excludeGroup: 0x10000,
  excludeTies: 0x20000,
  written: 0x1 | 0x10,
} as const;

const KNOWN_OPTIONS = Object.values(FRAME).reduce((all, option) => all | option, 0);

function readFrame(conversion: Conversion, node: NodeReader, scope: Scope): WindowFrame {
  const options = node.int('frameOptions');
  if ((options & ~KNOWN_OPTIONS) !== 0) throw refuse(`the window frame option ${options}`);
  const has = (option: number) => (options & option) !== 0;
  const offset = (name: string): Expr | undefined => {
    const value = node.optionalNode(name);
    return value === undefined ? undefined : conversion.expr(value, scope);
  };
  const start = offset('startOffset');
  const end = offset('endOffset');
  if (has(FRAME.range) && (start ?? end) !== undefined)
    throw refuse('RANGE with an offset in a window frame');
  return {
    mode: has(FRAME.rows) ? 'rows' : has(FRAME.groups) ? 'groups' : 'range',
    start: has(FRAME.startUnboundedPreceding)
      ? { kind: 'unbounded-preceding' }
      : has(FRAME.startUnboundedFollowing)
        ? { kind: 'unbounded-following' }
        : bound(has(FRAME.startCurrentRow), has(FRAME.startPreceding), start),
    end: has(FRAME.endUnboundedFollowing)
      ? { kind: 'unbounded-following' }
      : has(FRAME.endUnboundedPreceding)
        ? { kind: 'unbounded-preceding' }
        : bound(has(FRAME.endCurrentRow), has(FRAME.endPreceding), end),
    exclude: has(FRAME.excludeCurrentRow)
      ? 'current-row'
      : has(FRAME.excludeGroup)
        ? 'group'
        : has(FRAME.excludeTies)
          ? 'ties'
          : 'none',
  };
}

function bound(currentRow: boolean, preceding: boolean, offset: Expr | undefined): FrameBound {
  if (currentRow) return { kind: 'current-row' };
  return { kind: preceding ? 'preceding' : 'following', offset: defined(offset, 'offset of a window frame') };
}
