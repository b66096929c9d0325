import { describeCases } from './harness.ts';
import { cases } from './text.cases.ts';

describeCases(
  'text',
  cases.map((dialectCase) => ({ ...dialectCase, messages: true as const })),
);
