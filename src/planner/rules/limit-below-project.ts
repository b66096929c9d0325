import type { Plan } from '../../plan/logical.ts';
import { mapInputs } from '../../plan/walk.ts';
import { isVolatile } from '../exprs.ts';

/**
 * LIMIT over a projection is the projection over LIMIT, so that LIMIT meets the sort below it (top-k).
 * Precondition: the projection is row by row and not volatile.
 */
export function limitBelowProject(plan: Plan): Plan {
  const below = mapInputs(plan, limitBelowProject);
  if (below.kind !== 'limit' || below.input.kind !== 'project') return below;
  const project = below.input;
  if (project.items.some((item) => isVolatile(item.expr))) return below;
  return { ...project, input: limitBelowProject({ ...below, input: project.input }) };
}
