import { readFileSync, writeFileSync } from 'node:fs';
import { compatibilityCounts } from './compatibility-counts.ts';
import { compatibilityTables } from './compatibility-tables.ts';

/** Rewrites the generated part of docs/postgres-compatibility.md; `npm run check` fails where it is not current. */
const file = new URL('../docs/postgres-compatibility.md', import.meta.url);
const [head = ''] = readFileSync(file, 'utf8').split('<!-- generated -->');
const counts = await compatibilityCounts();
writeFileSync(file, `${head}<!-- generated -->\n\n${counts}\n${compatibilityTables()}`);
process.stdout.write(`${counts.slice(0, counts.indexOf('Refused by name'))}`);
