import type { ScalarEntry } from '../entries.ts';

export const numberEntries: readonly ScalarEntry[] = [
  { signature: 'int4 + int4', print: ([a, b]) => `(${a} + ${b})` },
];
