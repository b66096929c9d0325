import type { AggregateEntry } from './entries.ts';

export const aggregateEntries: readonly AggregateEntry[] = [];
