import { describeCases } from './harness.ts';
import { cases } from './templates.cases.ts';

describeCases('date and time templates', cases);
