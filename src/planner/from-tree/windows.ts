import type { NodeReader, TreeNode } from '../../analysis/tree.ts';
import { assert, defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { findAggregate, findWindow } from '../../dialect/table.ts';
import type { Expr } from '../../plan/expr.ts';
import type { FrameBound, Plan, WindowFrame } from '../../plan/logical.ts';
import { sqlType } from '../../types/sql-type.ts';
import { isVolatile, reference } from '../exprs.ts';
import { admitAggregate, zonedAsJson } from './aggregates.ts';
import { findAggregateFunction } from './calls.ts';
import { requireCollation } from './collation.ts';
import { type Conversion, newColumn, openNode, type Scope, type WindowUse } from './conversion.ts';
import { measuredFrame } from './range-offsets.ts';
import { requireRepeatable } from './repeatable.ts';
import { groupKeys, sortKeys } from './sorting.ts';

/** Moves the window function to the window operator below and refers to its column. */
export function convertWindowFunction(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  // What the function is; the planner's run conditions are always empty here.
  node.ignore('winagg', 'location').absent('runCondition', 'a window run condition');
  const signature = findAggregateFunction(conversion.context, node.int('winfnoid'), node.bool('winstar'));
  const what = `window function ${signature.signature}`;
  requireCollation(node.int('wincollid'), what);
  requireCollation(node.int('inputcollid'), what);
  if ((findWindow(signature.signature) ?? findAggregate(signature.signature)) === undefined)
    throw refuse(what);
  const { windows } = scope;
  assert(windows !== undefined, `${what} outside a select list`);
  const inner: Scope = { ...scope, windows: undefined, sets: undefined };
  const filter = node.optionalNode('aggfilter');
  const type = sqlType(node.int('wintype'));
  const args = node.nodes('args').map((arg) => conversion.expr(arg, inner));
  const call = {
    fn: signature.signature,
    args: zonedAsJson(signature.name, args),
    distinct: false,
    orderBy: [],
    filter: filter === undefined ? undefined : conversion.expr(filter, inner),
    type,
  };
  admitAggregate(call);
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
    // How PostgreSQL compares in RANGE with an offset follows from the types.
    node.ignore('startInRangeFunc', 'endInRangeFunc', 'inRangeColl', 'inRangeAsc', 'inRangeNullsFirst');
    const number = node.int('winref');
    const partitionBy = groupKeys(conversion.context, node.nodes('partitionClause'), target);
    const orderBy = sortKeys(conversion.context, node.nodes('orderClause'), target);
    const frame = readFrame(conversion, node, scope);
    node.done();
    const items = uses.filter((use) => use.reference === number);
    if (items.length === 0) return plan;
    const { frame: measured, ...over } = measuredFrame(conversion, {
      input: plan,
      partitionBy,
      orderBy,
      frame,
    });
    return {
      kind: 'window',
      ...over,
      items: items.map(({ column, call }) => ({ column, call, frame: measured })),
    };
  }, input);
}

/** FRAMEOPTION_* of parsenodes.h. */
const MODES = [
  [0x2, 'range'],
  [0x4, 'rows'],
  [0x8, 'groups'],
] as const;
const EXCLUSIONS = [
  [0x8000, 'current-row'],
  [0x10000, 'group'],
  [0x20000, 'ties'],
] as const;
/** Of the frame's start; those of its end are the next higher bits. */
const BOUNDS = [
  [0x20, 'unbounded-preceding'],
  [0x80, 'unbounded-following'],
  [0x200, 'current-row'],
  [0x800, 'preceding'],
  [0x2000, 'following'],
] as const;
/** NONDEFAULT and BETWEEN: how it was written. */
const WRITTEN = 0x1 | 0x10;
const KNOWN_OPTIONS = [
  ...MODES,
  ...EXCLUSIONS,
  ...BOUNDS,
  ...BOUNDS.map(([bit]) => [bit << 1] as const),
].reduce((all, [bit]) => all | bit, WRITTEN);

function readFrame(conversion: Conversion, node: NodeReader, scope: Scope): WindowFrame {
  const options = node.int('frameOptions');
  if ((options & ~KNOWN_OPTIONS) !== 0) throw refuse(`the window frame option ${options}`);
  const offset = (name: string): Expr | undefined => {
    const value = node.optionalNode(name);
    if (value === undefined) return undefined;
    const expr = conversion.expr(value, scope);
    if (isVolatile(expr)) throw refuse('a volatile function as offset of a window frame');
    return expr;
  };
  const mode = defined(named(MODES, options), 'mode of a window frame');
  const [start, end] = [offset('startOffset'), offset('endOffset')];
  return {
    mode,
    start: bound(options, start),
    end: bound(options >> 1, end),
    exclude: named(EXCLUSIONS, options) ?? 'none',
  };
}

function named<N extends string>(names: readonly (readonly [number, N])[], bits: number): N | undefined {
  return names.find(([bit]) => (bits & bit) !== 0)?.[1];
}

function bound(bits: number, offset: Expr | undefined): FrameBound {
  const kind = defined(named(BOUNDS, bits), 'bound of a window frame');
  if (kind !== 'preceding' && kind !== 'following') return { kind };
  return { kind, offset: defined(offset, 'offset of a window frame') };
}
