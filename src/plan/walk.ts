import { assertNever } from '../base/assert.ts';
import { outputColumns } from './columns.ts';
import type { AggregateCall, ColumnId, Expr, SortKey } from './expr.ts';
import type { Plan } from './logical.ts';

/** The operators that a plan reads from. Subqueries inside expressions are not among them: {@link subqueries}. */
export function inputsOf(plan: Plan): readonly Plan[] {
  switch (plan.kind) {
    case 'scan':
    case 'unnest':
    case 'values':
    case 'cte-ref':
    case 'relation':
    case 'stored':
      return [];
    case 'filter':
    case 'project':
    case 'aggregate':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'window':
    case 'gather':
    case 'broadcast':
      return [plan.input];
    case 'join':
      return [plan.left, plan.right];
    case 'set-operation':
      return plan.inputs;
    case 'recursive':
      return [plan.base, plan.step];
    case 'with':
      return [plan.definition, plan.body];
    default:
      return assertNever(plan);
  }
}

/** The same operator over other inputs, each made by `change` from the old one. */
export function mapInputs(plan: Plan, change: (input: Plan) => Plan): Plan {
  switch (plan.kind) {
    case 'scan':
    case 'unnest':
    case 'values':
    case 'cte-ref':
    case 'relation':
    case 'stored':
      return plan;
    case 'filter':
    case 'project':
    case 'aggregate':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'window':
    case 'gather':
    case 'broadcast':
      return { ...plan, input: change(plan.input) };
    case 'join':
      return { ...plan, left: change(plan.left), right: change(plan.right) };
    case 'set-operation':
      return { ...plan, inputs: [change(plan.inputs[0]), change(plan.inputs[1])] };
    case 'recursive':
      return { ...plan, base: change(plan.base), step: change(plan.step) };
    case 'with':
      return { ...plan, definition: change(plan.definition), body: change(plan.body) };
    default:
      return assertNever(plan);
  }
}

/** Every expression that the operator itself holds, not those of its inputs. */
export function expressionsOf(plan: Plan): readonly Expr[] {
  const found: Expr[] = [];
  mapExpressions(plan, (expr) => {
    found.push(expr);
    return expr;
  });
  return found;
}

/** The same operator with each of its own expressions replaced. */
export function mapExpressions(plan: Plan, change: (expr: Expr) => Expr): Plan {
  const keys = (sortKeys: readonly SortKey[]) => sortKeys.map((key) => ({ ...key, expr: change(key.expr) }));
  switch (plan.kind) {
    case 'scan':
    case 'cte-ref':
    case 'relation':
    case 'stored':
    case 'gather':
    case 'broadcast':
    case 'distinct':
    case 'set-operation':
    case 'recursive':
    case 'with':
      return plan;
    case 'filter':
      return { ...plan, predicate: change(plan.predicate) };
    case 'project':
      return { ...plan, items: plan.items.map((item) => ({ ...item, expr: change(item.expr) })) };
    case 'aggregate':
      return {
        ...plan,
        groups: plan.groups.map((item) => ({ ...item, expr: change(item.expr) })),
        aggregates: plan.aggregates.map((item) => ({ ...item, call: mapCall(item.call, change) })),
      };
    case 'join':
      return { ...plan, condition: change(plan.condition) };
    case 'sort':
      return { ...plan, keys: keys(plan.keys) };
    case 'limit':
      return { ...plan, limit: plan.limit && change(plan.limit), offset: plan.offset && change(plan.offset) };
    case 'unnest':
      return { ...plan, items: plan.items.map((item) => ({ ...item, array: change(item.array) })) };
    case 'values':
      return { ...plan, rows: plan.rows.map((row) => row.map(change)) };
    case 'window':
      return {
        ...plan,
        partitionBy: plan.partitionBy.map(change),
        orderBy: keys(plan.orderBy),
        items: plan.items.map((item) => ({
          ...item,
          call: mapCall(item.call, change),
          frame: {
            ...item.frame,
            start:
              'offset' in item.frame.start
                ? { ...item.frame.start, offset: change(item.frame.start.offset) }
                : item.frame.start,
            end:
              'offset' in item.frame.end
                ? { ...item.frame.end, offset: change(item.frame.end.offset) }
                : item.frame.end,
          },
        })),
      };
    default:
      return assertNever(plan);
  }
}

export function mapCall(call: AggregateCall, change: (expr: Expr) => Expr): AggregateCall {
  return {
    ...call,
    args: call.args.map(change),
    orderBy: call.orderBy.map((key) => ({ ...key, expr: change(key.expr) })),
    filter: call.filter && change(call.filter),
  };
}

/** The same expression over other operands. Plans of subqueries go through `changePlan`. */
export function mapOperands(
  expr: Expr,
  change: (operand: Expr) => Expr,
  changePlan: (plan: Plan) => Plan,
): Expr {
  switch (expr.kind) {
    case 'column':
    case 'const':
    case 'constants':
    case 'param':
    case 'session':
      return expr;
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
    case 'greatest':
    case 'least':
      return { ...expr, args: expr.args.map(change) };
    case 'not':
    case 'is-null':
    case 'bool-test':
      return { ...expr, arg: change(expr.arg) };
    case 'is-distinct':
    case 'nullif':
      return { ...expr, left: change(expr.left), right: change(expr.right) };
    case 'case':
      return {
        ...expr,
        branches: expr.branches.map(({ when, then }) => ({ when: change(when), then: change(then) })),
        otherwise: change(expr.otherwise),
      };
    case 'array':
      return { ...expr, elements: expr.elements.map(change) };
    case 'array-compare':
      return { ...expr, left: change(expr.left), array: change(expr.array) };
    case 'scalar-subquery':
    case 'exists':
      return { ...expr, plan: changePlan(expr.plan) };
    case 'subquery-compare':
      return { ...expr, left: change(expr.left), plan: changePlan(expr.plan) };
    default:
      return assertNever(expr);
  }
}

/** Visits an expression and its operands, outermost first; `visitSubquery` gets the plans of its subqueries. */
export function visitExpr(
  expr: Expr,
  visit: (expr: Expr) => void,
  visitSubquery?: (plan: Plan) => void,
): void {
  visit(expr);
  mapOperands(
    expr,
    (operand) => {
      visitExpr(operand, visit, visitSubquery);
      return operand;
    },
    (plan) => {
      visitSubquery?.(plan);
      return plan;
    },
  );
}

/** The plans of the subqueries in an expression, not those nested in them. */
export function subqueries(expr: Expr): readonly Plan[] {
  const plans: Plan[] = [];
  visitExpr(
    expr,
    (operand) => operand,
    (plan) => plans.push(plan),
  );
  return plans;
}

/** Visits every operator of a plan, inputs after their operator, and the plans of subqueries. */
export function visitPlan(plan: Plan, visit: (plan: Plan) => void): void {
  visit(plan);
  for (const expr of expressionsOf(plan)) for (const inner of subqueries(expr)) visitPlan(inner, visit);
  for (const input of inputsOf(plan)) visitPlan(input, visit);
}

/** The ids of the columns that an expression needs from outside itself: its references less what its subqueries define. */
export function columnsUsed(expr: Expr): ReadonlySet<ColumnId> {
  const used = new Set<ColumnId>();
  visitExpr(
    expr,
    (e) => {
      if (e.kind === 'column') used.add(e.id);
    },
    (plan) => {
      for (const id of outerColumns(plan)) used.add(id);
    },
  );
  return used;
}

/** The ids that a plan refers to and no operator of it defines: the columns of enclosing queries (correlation). */
export function outerColumns(plan: Plan): ReadonlySet<ColumnId> {
  const used = new Set<ColumnId>();
  const defined = new Set<ColumnId>();
  visitPlan(plan, (operator) => {
    for (const id of definedBy(operator)) defined.add(id);
    for (const expr of expressionsOf(operator)) {
      visitExpr(expr, (e) => {
        if (e.kind === 'column') used.add(e.id);
      });
    }
  });
  for (const id of defined) used.delete(id);
  return used;
}

/** The ids that the operator itself introduces. */
export function definedBy(plan: Plan): readonly ColumnId[] {
  switch (plan.kind) {
    case 'scan':
    case 'values':
    case 'cte-ref':
    case 'relation':
    case 'stored':
    case 'recursive':
    case 'set-operation':
      return plan.columns.map((column) => column.id);
    case 'project':
      return plan.items.map((item) => item.column.id);
    case 'aggregate':
      return [
        ...[...plan.groups, ...plan.aggregates].map((item) => item.column.id),
        ...(plan.sets === undefined ? [] : [plan.sets.mask.id]),
      ];
    case 'unnest':
      return outputColumns(plan).map((column) => column.id);
    case 'window':
      return plan.items.map((item) => item.column.id);
    case 'filter':
    case 'join':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'with':
    case 'gather':
    case 'broadcast':
      return [];
    default:
      return assertNever(plan);
  }
}

/** Replaces column references, also inside subqueries. */
export function substitute(expr: Expr, replacements: ReadonlyMap<ColumnId, Expr>): Expr {
  if (expr.kind === 'column') return replacements.get(expr.id) ?? expr;
  const inner = (operand: Expr) => substitute(operand, replacements);
  return mapOperands(expr, inner, (plan) => substituteInPlan(plan, replacements));
}

function substituteInPlan(plan: Plan, replacements: ReadonlyMap<ColumnId, Expr>): Plan {
  const below = mapInputs(plan, (input) => substituteInPlan(input, replacements));
  return mapExpressions(below, (expr) => substitute(expr, replacements));
}
