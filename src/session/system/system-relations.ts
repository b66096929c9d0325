import { SYSTEM_VIEWS } from '../../analysis/system-schema.ts';
import { defined } from '../../base/assert.ts';
import type { SessionRelation } from '../../execution/execution.ts';
import type { DistributedPlan } from '../../plan/distributed.ts';
import type { Plan, RelationPlan } from '../../plan/logical.ts';
import { mapExpressions, mapInputs, visitPlan } from '../../plan/walk.ts';
import { mapSubqueries } from '../../planner/exprs.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { buildBatch, type SystemColumn } from './batch-builder.ts';

/** A view's columns, by name. */
export type SystemRows = ReadonlyMap<string, SystemColumn>;

const SYSTEM_RELATION = /^s_(\w+?)(?:_n\d+)?$/;

/** The columns that a plan reads of a view, with their types. */
export type SystemColumns = ReadonlyMap<string, SqlType>;

/** The `skein.*` views and relations of PostgreSQL's catalogs that a plan reads. */
export function systemViewsIn(plan: DistributedPlan): ReadonlyMap<string, SystemColumns> {
  const views = new Map<string, Map<string, SqlType>>();
  for (const leaf of leavesOf(rootsOf(plan))) {
    const view = viewName(leaf.name);
    const columns = views.get(view) ?? new Map<string, SqlType>();
    for (const { name, type } of leaf.columns) columns.set(name, type);
    views.set(view, columns);
  }
  return views;
}

/** Whether a view is Skein's own, and not a catalog of PostgreSQL. */
export function isOwnView(view: string): boolean {
  return view in SYSTEM_VIEWS;
}

/** Gives each leaf a name of its own: two of one view have different columns. */
export function separateSystemRelations(plan: Plan): Plan {
  let count = 0;
  const change = (part: Plan): Plan => {
    if (part.kind === 'relation') {
      count += 1;
      return { ...part, name: `${part.name}_n${count}` };
    }
    return mapExpressions(mapInputs(part, change), (expr) => mapSubqueries(expr, change));
  };
  return change(plan);
}

/** @param tables the columns of each view that the plan reads. */
export function systemRelations(
  plan: DistributedPlan,
  tables: ReadonlyMap<string, SystemRows>,
): ReadonlyMap<string, SessionRelation> {
  const rowsOf = (leaf: RelationPlan) => defined(tables.get(viewName(leaf.name)), `rows of ${leaf.name}`);
  return new Map(leavesOf(rootsOf(plan)).map((leaf) => [leaf.name, relation(leaf, rowsOf(leaf))]));
}

function relation(leaf: RelationPlan, rows: SystemRows): SessionRelation {
  const columns = leaf.columns.map(({ name }) => defined(rows.get(name), `column ${name} of ${leaf.name}`));
  const [any] = rows.values();
  const rowCount = any?.values.length ?? 0;
  return {
    types: leaf.columns.map((column) => column.type),
    batches: [{ ...buildBatch(columns), rowCount }],
  };
}

/** Fragments run on agents, which have no such relations. */
function rootsOf(plan: DistributedPlan): readonly Plan[] {
  return [plan.combine, ...plan.broadcasts.map((broadcast) => broadcast.plan)];
}

function leavesOf(plans: readonly Plan[]): readonly RelationPlan[] {
  const leaves: RelationPlan[] = [];
  for (const plan of plans) {
    visitPlan(plan, (part) => {
      if (part.kind === 'relation' && SYSTEM_RELATION.test(part.name)) leaves.push(part);
    });
  }
  return leaves;
}

function viewName(relation: string): string {
  return SYSTEM_RELATION.exec(relation)?.[1] ?? relation;
}
