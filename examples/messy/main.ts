import { runExample } from '../support/example.ts';
import { MESSY_AS_FOUND, MESSY_DECLARED } from './example.ts';

await runExample(process.argv.includes('--as-found') ? MESSY_AS_FOUND : MESSY_DECLARED);
