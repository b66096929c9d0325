import { describeCases } from './harness.ts';
import { cases } from './json.cases.ts';

describeCases('json', cases);
