import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compatibilityCounts } from '../../scripts/compatibility-counts.ts';
import { compatibilityTables } from '../../scripts/compatibility-tables.ts';

test('docs/postgres-compatibility.md lists the dialect table as it is (npm run compatibility)', async () => {
  const document = readFileSync(new URL('../../docs/postgres-compatibility.md', import.meta.url), 'utf8');
  const generated = `${await compatibilityCounts()}\n${compatibilityTables()}`;
  expect(document.split('<!-- generated -->')[1]?.trim()).toBe(generated.trim());
}, 60_000);
