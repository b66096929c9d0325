import { outputColumns } from '../../plan/columns.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Plan } from '../../plan/logical.ts';
import { columnsUsed, mapExpressions, mapInputs, mapOperands, substitute } from '../../plan/walk.ts';
import { OID } from '../../types/sql-type.ts';
import { conjunction, conjunctsOf, filtered, hasSubquery, isVolatile } from '../exprs.ts';
import { isSafeAnywhere } from '../safe-anywhere.ts';
import { untie } from '../untie.ts';

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
  return conjuncts.length < 2 || conjuncts.every(isSafeAnywhere);
}

/** EXISTS asks for one row. */
function withoutCount(plan: Plan): Plan {
  if (plan.kind !== 'limit' || plan.offset !== undefined) return plan;
  return plan.limit?.kind === 'const' && Number(plan.limit.value) > 0 ? plan.input : plan;
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
