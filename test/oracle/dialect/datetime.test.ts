import { describeCases } from './harness.ts';
import { cases } from './datetime.cases.ts';

describeCases('datetime', cases);
