import { cases } from './arrays.cases.ts';
import { describeCases } from './harness.ts';

describeCases('arrays', cases);
