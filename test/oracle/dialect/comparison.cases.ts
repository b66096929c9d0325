import { comparisonEntries } from '../../../src/dialect/functions/comparison.ts';
import { admits, type DialectCase } from './harness.ts';

export const cases: readonly DialectCase[] = comparisonEntries.map(({ signature }) => {
  const operator = signature.split(' ')[1] ?? '';
  return admits(signature, {
    sql: ([l, r]) => `${l} ${operator} ${r}`,
    ...(signature.startsWith('any')
      ? { types: ['_int4', '_text', '_float8'].map((type) => [type, type]) }
      : {}),
  });
});
