import { scannedName } from '../dialect/print-scan.ts';
import { outputColumns } from '../plan/columns.ts';
import type { AggregateCall, ColumnId, Expr } from '../plan/expr.ts';
import type { Column, Plan } from '../plan/logical.ts';
import { columnsUsed, definedBy, expressionsOf, inputsOf, subqueries } from '../plan/walk.ts';

type Origins = Map<ColumnId, readonly string[]>;

const MOST_NAMES = 8;

/**
 * What each output column of a plan tells of the agent's tables, for its own record: `price`, `sum(price)`, `from price, qty`.
 * It comes from the plan that runs, not from what the proxy calls the columns.
 */
export function describeOutputs(plan: Plan): readonly string[] {
  const before = described.get(plan);
  if (before !== undefined) return before;
  const origins: Origins = new Map();
  describe(plan, origins);
  const outputs = outputColumns(plan).map(({ id }) => shown(origins.get(id) ?? []));
  described.set(plan, outputs);
  return outputs;
}

const described = new WeakMap<Plan, readonly string[]>();

/** Inputs first, so that an operator finds what it reads. */
function describe(plan: Plan, origins: Origins): void {
  for (const inner of expressionsOf(plan).flatMap(subqueries)) describe(inner, origins);
  for (const input of inputsOf(plan)) describe(input, origins);
  const set = ({ id }: Column, names: readonly string[]) => origins.set(id, names);
  switch (plan.kind) {
    case 'scan':
      for (const column of plan.columns) set(column, [scannedName(column)]);
      return;
    case 'relation':
      for (const column of plan.columns) set(column, [`${plan.name}.c${column.id}`]);
      return;
    case 'project':
      for (const { column, expr } of plan.items) set(column, ofExpr(expr, origins));
      return;
    case 'aggregate':
      for (const { column, expr } of plan.groups) set(column, ofExpr(expr, origins));
      for (const { column, call } of plan.aggregates) set(column, ofCall(call, origins));
      return;
    case 'window':
      for (const { column, call } of plan.items) set(column, ofCall(call, origins));
      return;
    case 'set-operation': {
      const [left, right] = plan.inputs.map((input) => outputColumns(input));
      plan.columns.forEach((column, index) => {
        const sides = [left?.[index], right?.[index]].flatMap((side) =>
          side ? (origins.get(side.id) ?? []) : [],
        );
        set(column, [...new Set(sides)]);
      });
      return;
    }
    default: {
      const used = namesOf(expressionsOf(plan), origins);
      for (const id of definedBy(plan)) origins.set(id, used);
    }
  }
}

function ofExpr(expr: Expr, origins: Origins): readonly string[] {
  if (expr.kind === 'column') return origins.get(expr.id) ?? [];
  const names = namesOf([expr], origins);
  return names.length === 0 ? [] : [`from ${listed(names)}`];
}

function ofCall({ fn, args, distinct, orderBy, filter }: AggregateCall, origins: Origins): readonly string[] {
  const inputs = [...args, ...orderBy.map(({ expr }) => expr), ...(filter === undefined ? [] : [filter])];
  const name = (/^(?:skein\.)?([^(]*)/.exec(fn) ?? [])[1] ?? fn;
  const of = args.length === 0 ? ['*', ...namesOf(inputs, origins)] : namesOf(inputs, origins);
  return [`${name}(${distinct ? 'DISTINCT ' : ''}${listed(of)})`];
}

function namesOf(exprs: readonly Expr[], origins: Origins): readonly string[] {
  const names = exprs.flatMap((expr) => [...columnsUsed(expr)].flatMap((id) => origins.get(id) ?? []));
  const inner = exprs
    .flatMap(subqueries)
    .flatMap((plan) => outputColumns(plan).flatMap(({ id }) => origins.get(id) ?? []));
  return [...new Set([...names, ...inner])];
}

function shown(names: readonly string[]): string {
  return names.length === 0 ? 'constant' : listed(names);
}

function listed(names: readonly string[]): string {
  const rest = names.length - MOST_NAMES;
  return rest > 0 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${rest} more` : names.join(', ');
}
