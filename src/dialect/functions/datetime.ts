import type { ScalarEntry } from '../entries.ts';
import { arithmeticEntries } from './arithmetic.ts';
import { datetimeCastEntries } from './datetime-casts.ts';
import { extractEntries } from './extract.ts';
import { truncateEntries } from './truncate.ts';

export const datetimeEntries: readonly ScalarEntry[] = [
  ...extractEntries,
  ...truncateEntries,
  ...arithmeticEntries,
  ...datetimeCastEntries,
];
