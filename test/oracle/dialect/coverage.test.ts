import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AGGREGATES, SCALARS, WINDOWS } from '../../../src/dialect/table.ts';

/** Every `*.cases.ts` of this folder exports `cases`, the entries that it compares with PostgreSQL. */
async function testedSignatures(): Promise<ReadonlySet<string>> {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.cases.ts'));
  const modules: readonly { cases: readonly { signature: string }[] }[] = await Promise.all(
    files.map((file) => import(/* @vite-ignore */ `./${file}`)),
  );
  return new Set(modules.flatMap((module) => module.cases.map((dialectCase) => dialectCase.signature)));
}

test('every entry of the dialect table is compared with PostgreSQL, and nothing else is', async () => {
  const tested = await testedSignatures();
  const entries = [...SCALARS.keys(), ...AGGREGATES.keys(), ...WINDOWS.keys()];
  expect(entries.filter((signature) => !tested.has(signature) && !signature.startsWith('skein.'))).toEqual(
    [],
  );
  expect([...tested].filter((signature) => !entries.includes(signature))).toEqual([]);
});
