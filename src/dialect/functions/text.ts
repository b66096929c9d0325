import type { ScalarEntry } from '../entries.ts';

export const textEntries: readonly ScalarEntry[] = [];
