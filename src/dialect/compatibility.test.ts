import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compatibilityTables } from '../../scripts/compatibility-tables.ts';

test('docs/postgres-compatibility.md lists the dialect table as it is (npm run compatibility)', () => {
  const document = readFileSync(new URL('../../docs/postgres-compatibility.md', import.meta.url), 'utf8');
  expect(document.split('<!-- generated -->')[1]?.trim()).toBe(compatibilityTables().trim());
});
