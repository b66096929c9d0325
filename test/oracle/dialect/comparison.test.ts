import { cases } from './comparison.cases.ts';
import { describeCases } from './harness.ts';

describeCases('comparison', cases);
