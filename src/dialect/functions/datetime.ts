import type { ScalarEntry } from '../entries.ts';

export const datetimeEntries: readonly ScalarEntry[] = [];
