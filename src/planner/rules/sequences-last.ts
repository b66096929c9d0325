import { sequenceCalls } from '../../dialect/sequences.ts';
import type { Plan } from '../../plan/logical.ts';
import { columnsUsed, mapInputs, substitute } from '../../plan/walk.ts';
import { isVolatile } from '../exprs.ts';

/**
 * Values of sequences are given to rows that are sorted and limited, as PostgreSQL does: in their order, and to no others.
 * Preconditions: nothing sorts by a volatile value; the rows that OFFSET skips are given theirs.
 */
export function sequencesLast(plan: Plan): Plan {
  const below = mapInputs(plan, sequencesLast);
  if (below.kind !== 'sort' && below.kind !== 'limit') return below;
  const project = below.input;
  if (project.kind !== 'project') return below;
  if (!project.items.some(({ expr }) => sequenceCalls(expr).length > 0)) return below;
  if (below.kind === 'sort') return sortBelow(project, below);
  if (below.offset !== undefined || below.withTies) return below;
  return { ...project, input: sequencesLast({ ...below, input: project.input }) };
}

type ProjectPlan = Plan & { readonly kind: 'project' };
type SortPlan = Plan & { readonly kind: 'sort' };

function sortBelow(project: ProjectPlan, sort: SortPlan): Plan {
  const volatile = new Set(
    project.items.flatMap(({ column, expr }) => (isVolatile(expr) ? [column.id] : [])),
  );
  const isSortedBy = sort.keys.some(({ expr }) => [...columnsUsed(expr)].some((id) => volatile.has(id)));
  if (isSortedBy) return sort;
  const values = new Map(project.items.map(({ column, expr }) => [column.id, expr]));
  const keys = sort.keys.map((key) => ({ ...key, expr: substitute(key.expr, values) }));
  return { ...project, input: sequencesLast({ ...sort, keys, input: project.input }) };
}
