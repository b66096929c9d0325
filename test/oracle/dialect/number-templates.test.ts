import { describeCases } from './harness.ts';
import { cases } from './number-templates.cases.ts';

describeCases('number templates', cases);
