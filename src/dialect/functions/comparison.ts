import type { ScalarEntry } from '../entries.ts';

export const comparisonEntries: readonly ScalarEntry[] = [];
