import { cases } from './binary.cases.ts';
import { describeCases } from './harness.ts';

describeCases('binary', cases);
