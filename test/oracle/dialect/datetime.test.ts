import { cases } from './datetime.cases.ts';
import { describeCases } from './harness.ts';

describeCases('datetime', cases);
