import { describeCases } from './harness.ts';
import { cases } from './periods.cases.ts';

describeCases('intervals, periods and zones', cases);
