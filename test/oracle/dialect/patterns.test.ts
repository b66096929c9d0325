import { describeCases } from './harness.ts';
import { cases } from './patterns.cases.ts';

describeCases('patterns', cases);
