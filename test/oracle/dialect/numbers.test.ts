import { describeCases } from './harness.ts';
import { cases } from './numbers.cases.ts';

describeCases(
  'numbers',
  cases.map((dialectCase) => ({ ...dialectCase, messages: true as const })),
);
