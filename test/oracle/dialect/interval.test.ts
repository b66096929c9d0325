import { describeCases } from './harness.ts';
import { cases } from './interval.cases.ts';

describeCases('interval', cases);
