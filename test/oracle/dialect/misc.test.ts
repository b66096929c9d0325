import { describeCases } from './harness.ts';
import { cases } from './misc.cases.ts';

describeCases(
  'misc',
  cases.map((dialectCase) => ({ ...dialectCase, messages: true as const })),
);
