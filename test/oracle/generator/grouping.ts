import { featured, list, type Node, op, print, text } from './node.ts';
import type { Choice } from './scope.ts';

function groupingSets(choice: Choice, keys: Node): Node {
  const form = choice.weighted<string | undefined>([
    [16, () => undefined],
    [1, () => 'ROLLUP (#)'],
    [1, () => 'CUBE (#)'],
    [1, () => 'GROUPING SETS (#, ())'],
    [1, () => 'GROUPING SETS ((#), ())'],
    [1, () => 'GROUPING SETS (ROLLUP (#), (#))'],
    [1, () => 'DISTINCT ROLLUP (#), CUBE (#)'],
    [1, () => 'GROUPING SETS (CUBE (#)), ()'],
  ]);
  // PostgreSQL 18 folds expressions to constants that a set should make NULL (HAVING over ROLLUP (coalesce('x', a))).
  const plain = keys.children.every((key) => key.children.length === 0);
  return form === undefined || !plain
    ? keys
    : featured(
        'grouping sets',
        op(
          'part',
          form,
          ...form
            .split('#')
            .slice(1)
            .map(() => keys),
        ),
      );
}

/** By expression, number or alias. */
export function groupByClause(
  choice: Choice,
  keys: readonly Node[],
  items: readonly { readonly node: Node; readonly name: string | undefined }[],
  isPlain: boolean,
): Node {
  if (keys.length === 0) return text('');
  const ways = keys.map((key) => {
    const at = items.findIndex(({ node }) => node === key);
    const name = items[at]?.name;
    if (at >= 0 && choice.chance(30)) return featured('group by number', text(String(at + 1)));
    if (name !== undefined && choice.chance(30)) return featured('group by alias', text(name));
    return key.children.length > 0 ? featured('group by expression', op('part', '#', key)) : key;
  });
  // By equal groups of grouping sets PostgreSQL 18 sorts wrongly, and DISTINCT loses rows of them.
  const areApart = new Set(keys.map((key) => print(key, () => false).sql)).size === keys.length;
  const listed = list(ways, ', ');
  return featured(
    'group by',
    op('part', ' GROUP BY #', isPlain || !areApart ? listed : groupingSets(choice, listed)),
  );
}
