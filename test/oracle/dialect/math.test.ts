import { describeCases } from './harness.ts';
import { cases } from './math.cases.ts';

describeCases('math', cases);
