import { exampleFlags, runExample } from '../support/example.ts';
import { MESSY_AS_FOUND, MESSY_DECLARED } from './example.ts';

const flags = exampleFlags(process.argv.slice(2));
await runExample(flags.asFound ? MESSY_AS_FOUND : MESSY_DECLARED, flags);
