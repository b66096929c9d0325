import { z } from 'zod';
import { Lru } from '../base/lru.ts';
import type { Plan } from '../plan/logical.ts';
import { planSchema } from './plan-schema.ts';

/** Characters of the plans that are kept, and of one. */
const MAX_KEPT = 16 << 20;
const MAX_PLAN = 256 << 10;

/**
 * Plans that were found valid, by their JSON, the least recently used first. Dashboards send the same ones again and again: they
 * are validated once, and what else follows from a plan alone can be kept by its identity.
 */
const known = new Lru<Plan>(Number.POSITIVE_INFINITY, MAX_KEPT);

/** Equal plans are the same object, for as long as it is kept. */
export const knownPlanSchema: z.ZodType<Plan> = z.unknown().transform((value, context): Plan => {
  const json = JSON.stringify(value) ?? '';
  const before = known.get(json);
  if (before !== undefined) return before;
  const { data, error } = planSchema.safeParse(value);
  if (data !== undefined) {
    if (json.length <= MAX_PLAN) known.set(json, data);
    return data;
  }
  for (const { message, path } of error.issues) context.addIssue({ code: 'custom', message, path });
  return z.NEVER;
});
