import { describeCases } from './harness.ts';
import { cases } from './strings.cases.ts';

describeCases('strings', cases);
