import { expect } from 'vitest';
import type { Both } from './fixture.ts';

/** Whether each line from Skein is PostgreSQL's, but for the minor version; a difference shows with the lines around it only. */
export function expectSame({ skein, postgres }: Both): void {
  const ours = skein.map(withoutMinor);
  const theirs = postgres.map(withoutMinor);
  const at = theirs.findIndex((line, i) => line !== ours[i]);
  const around = at === -1 ? theirs.length : at;
  expect(ours.slice(around, around + 5)).toEqual(theirs.slice(around, around + 5));
  expect(ours.length).toBe(theirs.length);
  // What can't even connect fails alike everywhere.
  expect(theirs.filter((line) => !/^\{"step": ?"(?:[^"\\]|\\.)* !"/.test(line)).length).toBeGreaterThan(
    theirs.length / 2,
  );
}

function withoutMinor(line: string): string {
  return line.replace(/^(\{"step":"plain get\w+Version","value":)"?(?:18\.)?\d+"?\}$/, '$1}');
}
