import type { Plan } from '../../plan/logical.ts';
import { mapInputs } from '../../plan/walk.ts';

/** UNION is DISTINCT over UNION ALL: so each shard drops its own duplicates before its rows leave. Always holds. */
export function unionDistinct(plan: Plan): Plan {
  const below = mapInputs(plan, unionDistinct);
  if (below.kind !== 'set-operation' || below.op !== 'union' || below.all) return below;
  return { kind: 'distinct', input: { ...below, all: true } };
}
