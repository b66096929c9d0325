import { exampleFlags, runExample } from '../support/example.ts';
import { FLIGHTS_EXAMPLE } from './example.ts';

await runExample(FLIGHTS_EXAMPLE, exampleFlags(process.argv.slice(2)));
