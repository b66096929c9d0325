import { describeCases } from './harness.ts';
import { cases } from './zoned-comparison.cases.ts';

describeCases('wall clocks and instants', cases);
