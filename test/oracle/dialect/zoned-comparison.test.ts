import { describeCases } from './harness.ts';
import { cases } from './zoned-comparison.cases.ts';

describeCases('comparisons of wall clocks with instants', cases);
