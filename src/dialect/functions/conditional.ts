import type { ScalarEntry } from '../entries.ts';

const counting = (name: string, test: string): ScalarEntry => ({
  signature: `${name}(any)`,
  print: (args) => `CAST(${args.map((arg) => `CAST(${arg} IS ${test} AS INTEGER)`).join(' + ')} AS INTEGER)`,
});

export const conditionalEntries: readonly ScalarEntry[] = [
  counting('num_nulls', 'NULL'),
  counting('num_nonnulls', 'NOT NULL'),
];
