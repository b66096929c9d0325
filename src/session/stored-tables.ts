import type { DistributedPlan } from '../plan/distributed.ts';
import type { Plan } from '../plan/logical.ts';
import { mapExpressions, mapInputs, visitPlan } from '../plan/walk.ts';
import { mapSubqueries } from '../planner/exprs.ts';

export function readsWarehouse(plan: DistributedPlan): boolean {
  return storedIn(plan).length > 0;
}

/** The OIDs of the warehouse's tables that it reads. */
export function storedIn({ combine, broadcasts }: DistributedPlan): readonly number[] {
  return [combine, ...broadcasts.map(({ plan }) => plan)].flatMap((plan) => [...storedTables(plan)]);
}

/** The OIDs of the warehouse's tables that a plan reads. */
function storedTables(plan: Plan): ReadonlySet<number> {
  const oids = new Set<number>();
  visitPlan(plan, (operator) => {
    if (operator.kind === 'stored') oids.add(operator.oid);
  });
  return oids;
}

/** With the rows that each of the warehouse's tables has now, where that is known. */
export function withRows(plan: Plan, rowsOf: (oid: number) => number | undefined): Plan {
  const change = (part: Plan): Plan => {
    if (part.kind !== 'stored')
      return mapExpressions(mapInputs(part, change), (expr) => mapSubqueries(expr, change));
    const rows = rowsOf(part.oid);
    return rows === undefined ? part : { ...part, rows };
  };
  return change(plan);
}
