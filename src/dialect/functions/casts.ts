import type { ScalarEntry } from '../entries.ts';

export const castEntries: readonly ScalarEntry[] = [];
