import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sameTree } from './same.ts';

it('is equality of what JSON would say', () => {
  const [tree] = [
    fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<unknown>(undefined, null, 0, 1, 'a', true),
        fc.array(fc.constantFrom(1, 2), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom('a', 'b'), tie('tree'), { maxKeys: 2 }),
      ),
    })).tree,
  ];
  const text = (value: unknown) => JSON.stringify(value, sorted);
  fc.assert(
    fc.property(tree, tree, (a, b) => {
      expect(sameTree(a, b)).toBe(text(a) === text(b));
      expect(sameTree(a, structuredClone(a))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
