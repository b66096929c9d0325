import type { ScalarEntry } from '../entries.ts';

export const patternEntries: readonly ScalarEntry[] = [];
