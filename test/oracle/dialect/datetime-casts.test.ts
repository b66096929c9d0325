import { describeCases } from './harness.ts';
import { cases } from './datetime-casts.cases.ts';

describeCases('casts of dates and times', cases);
