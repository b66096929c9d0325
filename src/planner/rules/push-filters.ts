import { assertNever } from '../../base/assert.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { ColumnId, Expr } from '../../plan/expr.ts';
import type { AggregatePlan, JoinPlan, Plan, ProjectItem } from '../../plan/logical.ts';
import {
  columnsUsed,
  expressionsOf,
  mapExpressions,
  mapInputs,
  mapOperands,
  substitute,
} from '../../plan/walk.ts';
import { conjunction, conjunctsOf, filtered, isVolatile, TRUE } from '../exprs.ts';
import { isSafeAnywhere } from '../safe-anywhere.ts';
import { mirrorFilters } from './mirror-filters.ts';

/**
 * Moves each conjunct of a filter as far down as it means the same: to the scans, where label predicates prune agents and
 * the others keep rows from leaving. Precondition for each step: the conjunct would keep the same rows there. Not through
 * LIMIT, an INTERSECT or EXCEPT where it may fail, the nullable side of an outer join, volatile expressions, or a window whose
 * PARTITION BY lacks its columns.
 */
export function pushFilters(plan: Plan, mirror: Mirror = mirrorFilters): Plan {
  return push(plan, [], mirror);
}

/** What a join's sides tell each other. */
type Mirror = typeof mirrorFilters;

/** Pushes filters inside the plan and the conjuncts from above into it. */
function push(plan: Plan, above: readonly Expr[], mirror: Mirror): Plan {
  const whole = withSubqueries(plan, mirror);
  switch (whole.kind) {
    case 'filter':
      return push(whole.input, [...above, ...conjunctsOf(whole.predicate)], mirror);
    case 'project':
      return pushThroughItems(whole, whole.items, above, mirror);
    case 'aggregate':
      return pushThroughGroups(whole, inEverySet(whole), above, mirror);
    case 'join':
      return pushIntoJoin(whole, above, mirror);
    case 'sort':
    case 'distinct':
      return pushWhere(whole, above, mirror, (conjunct) => !isVolatile(conjunct));
    case 'window': {
      const partition = new Set(
        whole.partitionBy.flatMap((expr) => (expr.kind === 'column' ? [expr.id] : [])),
      );
      return pushWhere(
        whole,
        above,
        mirror,
        (conjunct) => !isVolatile(conjunct) && isSubset(columnsUsed(conjunct), partition),
      );
    }
    case 'set-operation':
      return pushIntoSetOperation(whole, above, mirror);
    case 'with':
      return {
        ...whole,
        definition: push(whole.definition, [], mirror),
        body: push(whole.body, above, mirror),
      };
    case 'limit':
    case 'recursive':
    case 'gather':
    case 'broadcast':
    case 'scan':
    case 'values':
    case 'unnest':
    case 'cte-ref':
    case 'relation':
    case 'stored':
      return filtered(
        mapInputs(whole, (input) => push(input, [], mirror)),
        above,
      );
    default:
      return assertNever(whole);
  }
}

/** Filters inside the operator's subqueries move too. */
function withSubqueries(plan: Plan, mirror: Mirror): Plan {
  if (expressionsOf(plan).length === 0) return plan;
  const change = (expr: Expr): Expr => mapOperands(expr, change, (inner) => push(inner, [], mirror));
  return mapExpressions(plan, change);
}

/** The conjuncts that may go below the one-input operator go there unchanged; the others stay above it. */
function pushWhere(
  plan: Plan,
  above: readonly Expr[],
  mirror: Mirror,
  mayPass: (conjunct: Expr) => boolean,
): Plan {
  const below = above.filter(mayPass);
  const stay = above.filter((conjunct) => !mayPass(conjunct));
  return filtered(
    mapInputs(plan, (input) => push(input, below, mirror)),
    stay,
  );
}

function pushThroughItems(
  plan: Plan,
  items: readonly ProjectItem[],
  above: readonly Expr[],
  mirror: Mirror,
): Plan {
  const replacements = new Map(items.map((item) => [item.column.id, item.expr]));
  const volatile = new Set(items.filter((item) => isVolatile(item.expr)).map((item) => item.column.id));
  const passes = (conjunct: Expr) =>
    !isVolatile(conjunct) && [...columnsUsed(conjunct)].every((id) => !volatile.has(id));
  return pushSubstituted(plan, above, passes, replacements, mirror);
}

/** A group that some set lacks is NULL in that set's rows, whatever it is below. */
function inEverySet({ groups, sets }: AggregatePlan): readonly ProjectItem[] {
  return groups.filter((_, index) => sets?.members.every((set) => set.includes(index)) ?? true);
}

/** Only conjuncts over grouping columns: others see aggregates. With no groups there is one row whatever the input. */
function pushThroughGroups(
  plan: Plan,
  groups: readonly ProjectItem[],
  above: readonly Expr[],
  mirror: Mirror,
): Plan {
  const replacements = new Map(groups.map((item) => [item.column.id, item.expr]));
  const passes = (conjunct: Expr) =>
    groups.length > 0 &&
    !isVolatile(conjunct) &&
    groups.every((item) => !isVolatile(item.expr)) &&
    columnsUsed(conjunct).size > 0 &&
    isSubset(columnsUsed(conjunct), new Set(replacements.keys()));
  return pushSubstituted(plan, above, passes, replacements, mirror);
}

function pushSubstituted(
  plan: Plan,
  above: readonly Expr[],
  passes: (conjunct: Expr) => boolean,
  replacements: ReadonlyMap<ColumnId, Expr>,
  mirror: Mirror,
): Plan {
  const below = above.filter(passes).map((conjunct) => substitute(conjunct, replacements));
  const stay = above.filter((conjunct) => !passes(conjunct));
  return filtered(
    mapInputs(plan, (input) => push(input, below, mirror)),
    stay,
  );
}

function pushIntoSetOperation(
  plan: Plan & { kind: 'set-operation' },
  above: readonly Expr[],
  mirror: Mirror,
): Plan {
  // Below INTERSECT and EXCEPT it would meet rows that the operation drops.
  const dropsRows = plan.op !== 'union';
  const passes = (conjunct: Expr) => !isVolatile(conjunct) && (!dropsRows || isSafeAnywhere(conjunct));
  const below = above.filter(passes);
  const stay = above.filter((conjunct) => !passes(conjunct));
  const side = (input: Plan) => {
    const columns = outputColumns(input);
    const replacements = new Map<ColumnId, Expr>();
    for (const [i, column] of plan.columns.entries()) {
      const from = columns[i];
      if (from !== undefined) replacements.set(column.id, { kind: 'column', id: from.id, type: from.type });
    }
    return push(
      input,
      below.map((conjunct) => substitute(conjunct, replacements)),
      mirror,
    );
  };
  return filtered({ ...plan, inputs: [side(plan.inputs[0]), side(plan.inputs[1])] }, stay);
}

function pushIntoJoin(plan: JoinPlan, above: readonly Expr[], mirror: Mirror): Plan {
  const leftIds = new Set(outputColumns(plan.left).map((column) => column.id));
  const rightIds = new Set(outputColumns(plan.right).map((column) => column.id));
  const sideOf = (conjunct: Expr): 'left' | 'right' | undefined => {
    const used = columnsUsed(conjunct);
    if (isVolatile(conjunct) || used.size === 0) return undefined;
    if (![...used].some((id) => rightIds.has(id)))
      return [...used].some((id) => leftIds.has(id)) ? 'left' : undefined;
    return [...used].some((id) => leftIds.has(id)) ? undefined : 'right';
  };
  const where = partition(above, (conjunct) => {
    const side = sideOf(conjunct);
    if (side === 'left') return preserves(plan, 'left') ? 'left' : 'stay';
    if (side === 'right') return preserves(plan, 'right') ? 'right' : 'stay';
    return plan.type === 'inner' && !isVolatile(conjunct) ? 'condition' : 'stay';
  });
  const on = partition([...conjunctsOf(plan.condition), ...where.condition], (conjunct) => {
    const side = sideOf(conjunct);
    if (side === 'left' && ['inner', 'right', 'semi'].includes(plan.type)) return 'left';
    if (side === 'right' && ['inner', 'left', 'semi', 'anti'].includes(plan.type)) return 'right';
    return 'condition';
  });
  const toLeft = [...where.left, ...on.left];
  const toRight = [...where.right, ...on.right];
  const mirrored = mirror(plan.type, on.condition, toLeft, toRight, { leftIds, rightIds });
  const joined: JoinPlan = {
    ...plan,
    left: push(plan.left, [...toLeft, ...mirrored.left], mirror),
    right: push(plan.right, [...toRight, ...mirrored.right], mirror),
    condition: on.condition.length === 0 ? TRUE : conjunction(on.condition),
  };
  return filtered(joined, where.stay);
}

/** May a WHERE condition over this side's columns be applied before the join? Not on a side that the join fills with NULLs. */
function preserves(plan: JoinPlan, side: 'left' | 'right'): boolean {
  switch (plan.type) {
    case 'inner':
      return true;
    case 'left':
    case 'semi':
    case 'anti':
      return side === 'left';
    case 'right':
      return side === 'right';
    case 'full':
      return false;
    default:
      return assertNever(plan.type);
  }
}

type Place = 'left' | 'right' | 'condition' | 'stay';

function partition(
  conjuncts: readonly Expr[],
  place: (conjunct: Expr) => Place,
): Readonly<Record<Place, Expr[]>> {
  const places: Record<Place, Expr[]> = { left: [], right: [], condition: [], stay: [] };
  for (const conjunct of conjuncts) places[place(conjunct)].push(conjunct);
  return places;
}

function isSubset(ids: ReadonlySet<ColumnId>, of: ReadonlySet<ColumnId>): boolean {
  return [...ids].every((id) => of.has(id));
}
