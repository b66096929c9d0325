import { describeCases } from './harness.ts';
import { cases } from './text.cases.ts';

describeCases('text', cases);
