import type { ScalarEntry } from '../entries.ts';
import { extractEntries } from './extract.ts';

export const datetimeEntries: readonly ScalarEntry[] = [...extractEntries];
