import { cases } from './datetime-casts.cases.ts';
import { describeCases } from './harness.ts';

describeCases('casts of dates and times', cases);
