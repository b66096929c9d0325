import { zonedComparisonEntries } from '../../../src/dialect/functions/zoned-comparison.ts';
import { admits } from './harness.ts';

export const cases = zonedComparisonEntries.map(({ signature }) =>
  admits(signature, {
    sql: ([l, r]) => `${l} ${signature.split(' ')[1]} ${r}`,
    timeZones: ['UTC', 'America/New_York', 'Asia/Kolkata', 'Europe/Berlin'],
  }),
);
