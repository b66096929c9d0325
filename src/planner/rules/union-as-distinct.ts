import type { Plan } from '../../plan/logical.ts';
import { mapInputs } from '../../plan/walk.ts';

/** UNION is DISTINCT over UNION ALL: so each shard drops its own duplicates before its rows leave. Always holds. */
export function unionAsDistinct(plan: Plan): Plan {
  const below = mapInputs(plan, unionAsDistinct);
  if (below.kind !== 'set-operation' || below.op !== 'union' || below.all) return below;
  return { kind: 'distinct', input: { ...below, all: true } };
}
