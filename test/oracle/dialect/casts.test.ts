import { cases } from './casts.cases.ts';
import { describeCases } from './harness.ts';

describeCases('casts', cases);
