import type { ScalarEntry } from '../entries.ts';

export const intervalEntries: readonly ScalarEntry[] = [];
