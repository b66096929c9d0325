import type { ScalarEntry } from '../entries.ts';

export const jsonEntries: readonly ScalarEntry[] = [];
