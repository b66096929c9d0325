import { small } from './literals.ts';
import { featured, list, type Node, op, optional, text } from './node.ts';
import type { Choice } from './scope.ts';

/** Stands where {@link ordinals} of the result go. */
export const TIES = '{ties}';

/** ORDER BY the keys and then what tells the rows apart (their key, or all columns of the result), and often LIMIT. */
export function ordering(choice: Choice, keys: Node, unique: readonly Node[] | undefined): Node {
  const limit = choice.chance(50) ? featured('limit', limitClause(choice)) : undefined;
  const ties = unique === undefined ? text(TIES) : list(unique, ', ', unique.length);
  return {
    tag: 'part',
    feature: 'order by',
    children: [keys, ties, optional('#', limit)],
    render: ([by, then, rest]) => ` ORDER BY ${by === '' ? '' : `${by}, `}${then}${rest}`,
  };
}

function limitClause(choice: Choice): Node {
  if (choice.chance(85)) return op('part', ' LIMIT ##', rowLimit(choice), offset(choice));
  return op('part', '# FETCH FIRST (#) ROWS ONLY', offset(choice), small(choice, 0, 12, 'bare'));
}

/** A number, a parameter, an expression of them, or none. */
function rowLimit(choice: Choice): Node {
  return choice.weighted<Node>([
    [12, () => small(choice, 0, 12, choice.pick(['bare', 'cast'] as const))],
    [2, () => op('int4', '(# + #)', small(choice, 0, 5), small(choice, 0, 5))],
    [1, () => op('int4', '(SELECT count(*) FROM products WHERE product < #)', small(choice, 0, 4))],
    [1, () => text(choice.pick(['ALL', 'NULL']))],
  ]);
}

function offset(choice: Choice): Node {
  return optional(' OFFSET #', choice.chance(30) ? small(choice, 0, 4, 'bare') : undefined);
}

export function ordinals(items: Node | undefined): string {
  return (items?.children ?? []).map((_, i) => i + 1).join(', ');
}
