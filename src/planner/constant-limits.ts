import type { Expr } from '../plan/expr.ts';
import type { Plan } from '../plan/logical.ts';
import { mapExpressions, mapInputs, mapOperands, outerColumns } from '../plan/walk.ts';
import { OID, sqlType } from '../types/sql-type.ts';
import { FreshIds } from './exprs.ts';
import { numberedLimit } from './numbered-limit.ts';
import { limitBelowProject } from './rules/limit-below-project.ts';

/**
 * A LIMIT or OFFSET that is computed from constants (`$1::int4`, `2 * 5`) is a constant, as PostgreSQL's own planner makes it:
 * so that agents know how many rows to send. One that stays computed WITH TIES, or in what is evaluated for each row of an outer query,
 * where DuckDB has none, is a condition on the rows' numbers.
 */
export function constantLimits(plan: Plan): Plan {
  return inPlan(plan, false, new FreshIds(plan));
}

function inPlan(plan: Plan, perRow: boolean, ids: FreshIds): Plan {
  const change = (expr: Expr): Expr =>
    mapOperands(expr, change, (inner) => inPlan(inner, perRow || isTied(inner), ids));
  const below = mapInputs(plan, (input) => {
    const isRightSide = plan.kind === 'join' && plan.lateral && input === plan.right;
    return inPlan(input, perRow || (isRightSide && isTied(input)), ids);
  });
  const whole = mapExpressions(below, change);
  if (whole.kind !== 'limit') return whole;
  const known = { ...whole, limit: count(whole.limit), offset: count(whole.offset) };
  return (perRow || known.withTies) && (isComputed(known.limit) || isComputed(known.offset))
    ? numbered(limitBelowProject(known), ids)
    : known;
}

/** Below projections a limit meets its sort. */
function numbered(plan: Plan, ids: FreshIds): Plan {
  if (plan.kind === 'project') return { ...plan, input: numbered(plan.input, ids) };
  return plan.kind === 'limit' ? numberedLimit(plan, ids) : plan;
}

function isTied(plan: Plan): boolean {
  return outerColumns(plan).size > 0;
}

function isComputed(expr: Expr | undefined): boolean {
  return expr !== undefined && expr.kind !== 'const';
}

function count(expr: Expr | undefined): Expr | undefined {
  if (expr === undefined || expr.kind === 'const') return expr;
  const value = countOf(expr);
  return value === undefined
    ? expr
    : { kind: 'const', type: sqlType(OID.int8), value: value?.toString() ?? null };
}

type Range = readonly [bigint, bigint];

const RANGES: ReadonlyMap<number, Range> = new Map([
  [OID.int2, [-(2n ** 15n), 2n ** 15n - 1n]],
  [OID.int4, [-(2n ** 31n), 2n ** 31n - 1n]],
  [OID.int8, [-(2n ** 63n), 2n ** 63n - 1n]],
]);

/** null: NULL; undefined: not known now, or an error that the engine raises. */
function countOf(expr: Expr): bigint | null | undefined {
  const range = 'type' in expr ? RANGES.get(expr.type.oid) : undefined;
  if (range === undefined) return undefined;
  const value = computed(expr);
  return typeof value !== 'bigint' || (value >= range[0] && value <= range[1]) ? value : undefined;
}

function computed(expr: Expr): bigint | null | undefined {
  if (expr.kind === 'const') return expr.value === null ? null : BigInt(expr.value);
  if (expr.kind !== 'call') return undefined;
  const args = expr.args.map(countOf);
  const [left, right] = args;
  if (left === undefined || (args.length > 1 && right === undefined)) return undefined;
  if (/^cast int[248] -> int[248]$/.test(expr.fn)) return left;
  const sign = /^int[248] ([-+*]) int[248]$/.exec(expr.fn)?.[1];
  if (sign === undefined || right === undefined) return undefined;
  if (left === null || right === null) return null;
  if (sign === '*') return left * right;
  return sign === '+' ? left + right : left - right;
}
