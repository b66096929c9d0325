import type { TreeNode } from '../../analysis/tree.ts';
import { defined } from '../../base/assert.ts';
import { refuse, SkeinError } from '../../base/errors.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { Expr } from '../../plan/expr.ts';
import type { JoinType, Plan } from '../../plan/logical.ts';
import { columnsUsed, outerColumns } from '../../plan/walk.ts';
import { conjunctsOf, isEquality, TRUE } from '../exprs.ts';
import { type Conversion, openNode, type Range, type Scope } from './conversion.ts';

interface Item {
  readonly plan: Plan;
  /** Some range in it may refer to what is on its left. */
  readonly lateral: boolean;
}

/** JoinType of nodes.h; the others are made by PostgreSQL's planner only. */
const JOIN_TYPES: readonly JoinType[] = ['inner', 'left', 'full', 'right'];

/** `SELECT 1` has one row and no columns to read. */
const ONE_ROW: Plan = { kind: 'values', columns: [], rows: [[]] };

/** FROM, with the joins that it names and the cross joins that its commas are. */
export function convertFrom(conversion: Conversion, items: readonly TreeNode[], scope: Scope): Plan {
  const [first, ...rest] = items.map((item) => convertItem(conversion, item, scope));
  if (first === undefined) return ONE_ROW;
  return rest.reduce((left, right) => join('inner', left, right, undefined, conversion, scope), first).plan;
}

function convertItem(conversion: Conversion, item: TreeNode, scope: Scope): Item {
  const node = openNode(item, 'RANGETBLREF', 'JOINEXPR');
  if (item.tag === 'RANGETBLREF') {
    const range = rangeAt(scope, node.int('rtindex'));
    node.done();
    return { plan: planOf(range), lateral: range.lateral };
  }
  // USING and NATURAL are in the condition already; names were resolved.
  node.ignore('isNatural', 'usingClause', 'join_using_alias', 'alias', 'rtindex');
  const type = JOIN_TYPES[node.int('jointype')];
  if (type === undefined) throw refuse(`a join of type ${node.int('jointype')}`);
  const left = convertItem(conversion, node.node('larg'), scope);
  const right = convertItem(conversion, node.node('rarg'), scope);
  const joined = join(type, left, right, node.optionalNode('quals'), conversion, scope);
  node.done();
  return joined;
}

export function rangeAt(scope: Scope, index: number): Range {
  return defined(scope.ranges[index - 1], 'range table entry');
}

export function planOf(range: Range): Plan {
  return defined(range.plan, `rows of ${range.name}`)();
}

function join(
  type: JoinType,
  left: Item,
  right: Item,
  quals: TreeNode | undefined,
  conversion: Conversion,
  scope: Scope,
): Item {
  const condition = quals === undefined ? TRUE : conversion.expr(quals, scope);
  if (type === 'full') requireHashable(condition, left.plan, right.plan);
  const lateral = right.lateral && refersTo(right.plan, left.plan);
  return {
    plan: { kind: 'join', type, left: left.plan, right: right.plan, condition, lateral },
    lateral: left.lateral || right.lateral,
  };
}

/** As PostgreSQL's planner: a FULL JOIN needs an equality of its sides, or nothing but constants. */
function requireHashable(condition: Expr, left: Plan, right: Plan): void {
  const conjuncts = conjunctsOf(condition).filter((conjunct) => columnsUsed(conjunct).size > 0);
  const [ofLeft, ofRight] = [left, right].map((side) => new Set(outputColumns(side).map(({ id }) => id)));
  const isOf = (expr: Expr | undefined, ids: ReadonlySet<number> | undefined) => {
    const used = expr === undefined ? [] : [...columnsUsed(expr)];
    return used.length > 0 && used.every((id) => ids?.has(id));
  };
  const hashable = conjuncts.some((conjunct) => {
    if (!isEquality(conjunct)) return false;
    const [a, b] = conjunct.args;
    return (isOf(a, ofLeft) && isOf(b, ofRight)) || (isOf(a, ofRight) && isOf(b, ofLeft));
  });
  if (conjuncts.length > 0 && !hashable) {
    const message = 'FULL JOIN is only supported with merge-joinable or hash-joinable join conditions';
    throw new SkeinError('notSupported', message);
  }
}

function refersTo(plan: Plan, other: Plan): boolean {
  const outer = outerColumns(plan);
  return outputColumns(other).some((column) => outer.has(column.id));
}
