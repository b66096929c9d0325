import { assertNever } from '../base/assert.ts';
import { outputColumns, plainColumn } from '../plan/columns.ts';
import type { ColumnId, Expr } from '../plan/expr.ts';
import type { Column, Plan, SetOperationPlan, WindowPlan } from '../plan/logical.ts';
import { inputsOf, mapExpressions, mapInputs, mapOperands } from '../plan/walk.ts';

type ProjectPlan = Extract<Plan, { kind: 'project' }>;

/** Columns that cross, by the number of the gather or broadcast. */
type Crossing = Map<number, Set<ColumnId>>;

/**
 * Drops every column that nothing reads, down to the scans. Ids are unique over the statement and consumers are visited before
 * what they consume, so one set of needed ids serves all scopes. But a gather may be read in two places: only after the first
 * visit is it known what both of them need.
 */
export function pruneColumns(plan: Plan, outputs: readonly Column[]): Plan {
  const crossing: Crossing = new Map();
  new Pruning(outputs, crossing).plan(plan);
  return new Pruning(outputs, crossing).plan(plan);
}

class Pruning {
  readonly #needed: Set<ColumnId>;
  readonly #crossing: Crossing;

  constructor(outputs: readonly Column[], crossing: Crossing) {
    this.#needed = new Set(outputs.map((column) => column.id));
    this.#crossing = crossing;
  }

  plan(plan: Plan): Plan {
    switch (plan.kind) {
      case 'with': {
        const body = this.plan(plan.body);
        return { ...plan, body, definition: this.plan(plan.definition) };
      }
      case 'join': {
        const condition = this.#expr(plan.condition);
        const right = this.plan(plan.right);
        return { ...plan, condition, right, left: this.plan(plan.left) };
      }
      case 'set-operation':
        return isPrunable(plan) ? this.#unionAll(plan) : this.#whole(plan);
      case 'distinct':
      case 'recursive':
        return this.#whole(plan);
      case 'project':
        return this.#unlessEmpty({ ...plan, items: plan.items.filter(this.#isNeeded) });
      case 'window':
        return this.#unlessEmpty({ ...plan, items: plan.items.filter(this.#isNeeded) });
      case 'aggregate': {
        const kept = plan.aggregates.filter(this.#isNeeded);
        const empty = kept.length === 0 && plan.groups.length === 0;
        return this.#below({ ...plan, aggregates: empty ? plan.aggregates.slice(0, 1) : kept });
      }
      case 'scan':
        return { ...plan, columns: plan.columns.filter((column) => this.#needed.has(column.id)) };
      case 'stored':
        return { ...plan, columns: plan.columns.filter((column) => this.#needed.has(column.id)) };
      case 'relation':
        return this.#relation(plan);
      case 'cte-ref':
        return this.#reference(plan);
      case 'values':
        return this.#values(plan);
      case 'unnest':
      case 'filter':
      case 'sort':
      case 'limit':
        return this.#below(plan);
      case 'gather':
      case 'broadcast':
        return this.#exchange(plan);
      default:
        return assertNever(plan);
    }
  }

  readonly #isNeeded = (item: { readonly column: Column }) => this.#needed.has(item.column.id);

  #unlessEmpty(plan: ProjectPlan | WindowPlan): Plan {
    return plan.items.length === 0 ? this.plan(plan.input) : this.#below(plan);
  }

  #below(plan: Plan): Plan {
    const own = mapExpressions(plan, (expr) => this.#expr(expr));
    return mapInputs(own, (input) => this.plan(input));
  }

  /** Every input column counts in what the operator does. */
  #whole(plan: Plan): Plan {
    for (const input of inputsOf(plan)) this.#need(outputColumns(input));
    return this.#below(plan);
  }

  /** Keeps one column at least: rows without columns can't be told apart by position. */
  #unionAll(plan: SetOperationPlan): Plan {
    const needed = plan.columns.map((column) => this.#needed.has(column.id));
    const keep = needed.some(Boolean) ? needed : needed.map((_, index) => index === 0);
    const kept = (columns: readonly Column[]) => columns.filter((_, index) => keep[index]);
    const columns = kept(plan.columns);
    this.#need(columns);
    for (const input of plan.inputs) this.#need(kept(outputColumns(input)));
    return this.#below({ ...plan, columns });
  }

  #reference(plan: Extract<Plan, { kind: 'cte-ref' }>): Plan {
    const kept = plan.columns.flatMap((column, index) => {
      const of = plan.of[index];
      return of !== undefined && this.#needed.has(column.id) ? [{ column, of }] : [];
    });
    for (const { of } of kept) this.#needed.add(of);
    return { ...plan, columns: kept.map(({ column }) => column), of: kept.map(({ of }) => of) };
  }

  #relation(plan: Extract<Plan, { kind: 'relation' }>): Plan {
    const isNeeded = plan.columns.map((column) => this.#needed.has(column.id));
    const columns = plan.columns.filter((_, i) => isNeeded[i]);
    return plan.of === undefined
      ? { ...plan, columns }
      : { ...plan, columns, of: plan.of.filter((_, i) => isNeeded[i]) };
  }

  /** What isn't read above must not cross: one column at least, so that rows can be counted. */
  #exchange(plan: Extract<Plan, { kind: 'gather' | 'broadcast' }>): Plan {
    const crossing = this.#crossing.get(plan.id) ?? new Set();
    const isRead = ({ id }: Column) => this.#needed.has(id) || crossing.has(id);
    const read = outputColumns(plan.input).filter(isRead);
    const keep = read.length > 0 ? read : outputColumns(plan.input).slice(0, 1);
    this.#crossing.set(plan.id, new Set(keep.map(({ id }) => id)));
    // What is needed only below must not cross because it has the same id above.
    const input = new Pruning(keep, this.#crossing).plan(plan.input);
    if (outputColumns(input).length === keep.length) return { ...plan, input };
    const items = keep.map(plainColumn).map((column) => ({
      column,
      expr: { kind: 'column', id: column.id, type: column.type } as const,
    }));
    return { ...plan, input: { kind: 'project', input, items } };
  }

  #values(plan: Extract<Plan, { kind: 'values' }>): Plan {
    const needed = plan.columns.map((column) => this.#needed.has(column.id));
    const keep = needed.some(Boolean) ? needed : needed.map((_, index) => index === 0);
    return this.#below({
      ...plan,
      columns: plan.columns.filter((_, index) => keep[index]),
      rows: plan.rows.map((row) => row.filter((_, index) => keep[index])),
    });
  }

  #expr(expr: Expr): Expr {
    if (expr.kind === 'column') this.#needed.add(expr.id);
    if (expr.kind === 'scalar-subquery' || expr.kind === 'subquery-compare') {
      this.#need(outputColumns(expr.plan));
    }
    return mapOperands(
      expr,
      (operand) => this.#expr(operand),
      (plan) => this.plan(plan),
    );
  }

  #need(columns: readonly Column[]): void {
    for (const column of columns) this.#needed.add(column.id);
  }
}

/** The outputs of a projection, or of a UNION ALL of such, are read by nothing but the operator above. */
function isPrunable(plan: Plan): boolean {
  if (plan.kind === 'project') return true;
  return plan.kind === 'set-operation' && plan.op === 'union' && plan.all && plan.inputs.every(isPrunable);
}
