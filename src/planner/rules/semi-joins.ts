import { outputColumns } from '../../plan/columns.ts';
import type { ColumnId, Expr } from '../../plan/expr.ts';
import type { JoinPlan, Plan } from '../../plan/logical.ts';
import {
  columnsUsed,
  mapExpressions,
  mapInputs,
  mapOperands,
  outerColumns,
  substitute,
} from '../../plan/walk.ts';
import { OID } from '../../types/sql-type.ts';
import { cannotFail } from '../cannot-fail.ts';
import { conjunction, conjunctsOf, hasSubquery, isVolatile, isVolatilePlan } from '../exprs.ts';

/**
 * A WHERE with EXISTS or IN is a semi-join, and one with NOT EXISTS, or a NOT IN that is tied to its query, an anti-join: their
 * sides may then lie together, or one of them be sent to the other. Preconditions: a conjunct of a filter; nothing volatile; what
 * ties the subquery to its query are conditions of its own WHERE or inner joins, above which stand only projections, DISTINCT and
 * ORDER BY, for which it doesn't matter whether there is a row. NOT IN stays where it is tied by nothing: its NULLs concern all rows.
 */
export function semiJoins(plan: Plan): Plan {
  const below = mapExpressions(mapInputs(plan, semiJoins), inSubqueries);
  if (below.kind !== 'filter') return below;
  const conjuncts = conjunctsOf(below.predicate).map((expr) => {
    const existence = existenceOf(expr);
    return { expr, existence: existence && isBetween(existence, below.input) ? existence : undefined };
  });
  if (conjuncts.every(({ existence }) => existence === undefined)) return below;
  const others = conjuncts.flatMap(({ expr, existence }) => (existence === undefined ? [expr] : []));
  const joined = conjuncts.reduce(
    (input, { existence }) => (existence === undefined ? input : sink(input, existence)),
    filtered(
      below.input,
      others.filter((expr) => !hasSubquery(expr)),
    ),
  );
  return filtered(joined, others.filter(hasSubquery));
}

function inSubqueries(expr: Expr): Expr {
  return mapOperands(expr, inSubqueries, semiJoins);
}

function filtered(input: Plan, conjuncts: readonly Expr[]): Plan {
  return conjuncts.length === 0 ? input : { kind: 'filter', input, predicate: conjunction(conjuncts) };
}

/** Which rows stay: those with a row of `right` that meets the condition, or those without. */
interface Existence {
  readonly type: 'semi' | 'anti';
  readonly right: Plan;
  readonly condition: readonly Expr[];
}

/** A condition about a query further out stays in an expression. */
function isBetween({ right, condition }: Existence, left: Plan): boolean {
  const ids = new Set([...outputColumns(left), ...outputColumns(right)].map(({ id }) => id));
  return condition.every((conjunct) => [...columnsUsed(conjunct)].every((id) => ids.has(id)));
}

function existenceOf(expr: Expr): Existence | undefined {
  const negated = expr.kind === 'not';
  const test = negated ? expr.arg : expr;
  if (test.kind === 'exists') {
    const tied = untie(withoutCount(test.plan));
    if (tied === undefined || tied.ties.length === 0 || !isSafe(tied.ties)) return undefined;
    return { type: negated ? 'anti' : 'semi', right: tied.plan, condition: tied.ties };
  }
  if (test.kind !== 'subquery-compare' || hasSubquery(test.left) || isVolatile(test.left)) return undefined;
  const tied = untie(test.plan);
  const [column] = outputColumns(test.plan);
  if (tied === undefined || column === undefined) return undefined;
  const value = substitute({ kind: 'column', id: column.id, type: column.type }, tied.defined);
  if (hasSubquery(value)) return undefined;
  const holds: Expr = { kind: 'call', fn: test.op, args: [test.left, value], type: BOOLEAN };
  if (!isSafe([...tied.ties, holds])) return undefined;
  if (test.quantifier === 'any' && !negated && (tied.ties.length > 0 || / = /.test(test.op)))
    return { type: 'semi', right: tied.plan, condition: [...tied.ties, holds] };
  if (tied.ties.length === 0 || negated !== (test.quantifier === 'any')) return undefined;
  const unless = test.quantifier === 'any' ? 'false' : 'true';
  const mayHold: Expr = { kind: 'bool-test', arg: holds, test: unless, negated: true };
  return { type: 'anti', right: tied.plan, condition: [...tied.ties, mayHold] };
}

const BOOLEAN = { oid: OID.bool, typmod: -1 };

/** PostgreSQL may evaluate one condition only where another holds; a join evaluates both. */
function isSafe(conjuncts: readonly Expr[]): boolean {
  return conjuncts.length < 2 || conjuncts.every((conjunct) => cannotFail(withoutWidening(conjunct)));
}

const WIDENING =
  /^cast (int2 -> int4|int[24] -> int8|int[248] -> numeric|int[24] -> float8|float4 -> float8)$/;

function withoutWidening(expr: Expr): Expr {
  const [arg] = expr.kind === 'call' && WIDENING.test(expr.fn) ? expr.args : [];
  return arg === undefined ? mapOperands(expr, withoutWidening, (plan) => plan) : withoutWidening(arg);
}

/** EXISTS asks for one row. */
function withoutCount(plan: Plan): Plan {
  if (plan.kind !== 'limit' || plan.offset !== undefined) return plan;
  return plan.limit?.kind === 'const' && Number(plan.limit.value) > 0 ? plan.input : plan;
}

/** A subquery without what ties it to its query. */
interface Untied {
  readonly plan: Plan;
  readonly ties: readonly Expr[];
  /** What projections that are gone called their columns. */
  readonly defined: ReadonlyMap<ColumnId, Expr>;
}

/** @returns undefined where something else than a condition ties it, or evaluating it elsewhere may differ. */
function untie(plan: Plan): Untied | undefined {
  if (isVolatilePlan(plan)) return undefined;
  const outer = outerColumns(plan);
  const untied = outer.size === 0 ? closed(plan) : untiedFrom(plan, outer);
  if (untied === undefined || outerColumns(untied.plan).size > 0) return undefined;
  return untied.ties.some(hasSubquery) ? undefined : untied;
}

const closed = (plan: Plan): Untied => ({ plan, ties: [], defined: new Map() });

function untiedFrom(plan: Plan, outer: ReadonlySet<ColumnId>): Untied | undefined {
  if (![...outerColumns(plan)].some((id) => outer.has(id))) return closed(plan);
  switch (plan.kind) {
    case 'distinct':
    case 'sort':
      return untiedFrom(plan.input, outer);
    case 'project': {
      const below = untiedFrom(plan.input, outer);
      if (below === undefined) return undefined;
      const items = plan.items.map(
        ({ column, expr }) => [column.id, substitute(expr, below.defined)] as const,
      );
      return { ...below, defined: new Map([...below.defined, ...items]) };
    }
    case 'filter': {
      const below = untiedFrom(plan.input, outer);
      return below && withConditions(below, conjunctsOf(plan.predicate), outer);
    }
    case 'join':
      return untiedJoin(plan, outer);
    default:
      return undefined;
  }
}

function untiedJoin(plan: JoinPlan, outer: ReadonlySet<ColumnId>): Untied | undefined {
  if (plan.type !== 'inner' || plan.lateral) return undefined;
  const left = untiedFrom(plan.left, outer);
  const right = untiedFrom(plan.right, outer);
  if (left === undefined || right === undefined) return undefined;
  const both: Untied = {
    plan: { ...plan, left: left.plan, right: right.plan, condition: conjunction([]) },
    ties: [...left.ties, ...right.ties],
    defined: new Map([...left.defined, ...right.defined]),
  };
  return withConditions(both, conjunctsOf(plan.condition), outer);
}

function withConditions(below: Untied, conjuncts: readonly Expr[], outer: ReadonlySet<ColumnId>): Untied {
  const conditions = conjuncts.map((conjunct) => substitute(conjunct, below.defined));
  const ties = (conjunct: Expr) => [...columnsUsed(conjunct)].some((id) => outer.has(id));
  return {
    ...below,
    plan: filtered(
      below.plan,
      conditions.filter((conjunct) => !ties(conjunct)),
    ),
    ties: [...below.ties, ...conditions.filter(ties)],
  };
}

/** The join goes to the side whose columns it is about. */
function sink(input: Plan, existence: Existence): Plan {
  const used = new Set(existence.condition.flatMap((conjunct) => [...columnsUsed(conjunct)]));
  const isAbout = (side: Plan) => outputColumns(side).some(({ id }) => used.has(id));
  if (input.kind === 'filter') return { ...input, input: sink(input.input, existence) };
  if (input.kind === 'join' && !input.lateral) {
    const { left, right, type } = input;
    if (['inner', 'left', 'semi', 'anti'].includes(type) && !isAbout(right))
      return { ...input, left: sink(left, existence) };
    if (['inner', 'right'].includes(type) && !isAbout(left))
      return { ...input, right: sink(right, existence) };
  }
  const condition = conjunction(existence.condition);
  return {
    kind: 'join',
    type: existence.type,
    left: input,
    right: existence.right,
    condition,
    lateral: false,
  };
}
