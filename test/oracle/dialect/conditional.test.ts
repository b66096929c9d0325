import { cases } from './conditional.cases.ts';
import { describeCases } from './harness.ts';

describeCases('conditional expressions, UUIDs, random values', cases);
