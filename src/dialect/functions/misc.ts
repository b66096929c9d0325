import type { ScalarEntry } from '../entries.ts';

export const miscEntries: readonly ScalarEntry[] = [];
