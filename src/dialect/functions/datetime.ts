import type { ScalarEntry } from '../entries.ts';
import { arithmeticEntries } from './arithmetic.ts';
import { datetimeCastEntries } from './datetime-casts.ts';
import { extractEntries } from './extract.ts';
import { fromTemplateEntries } from './from-template.ts';
import { toCharEntries } from './to-char.ts';
import { truncateEntries } from './truncate.ts';
import { zonedComparisonEntries } from './zoned-comparison.ts';

export const datetimeEntries: readonly ScalarEntry[] = [
  ...extractEntries,
  ...truncateEntries,
  ...arithmeticEntries,
  ...datetimeCastEntries,
  ...toCharEntries,
  ...fromTemplateEntries,
  ...zonedComparisonEntries,
];
