import { direction } from './aggregates.ts';
import { columnsOf, type ExpressionContext } from './expressions.ts';
import { featured, list, type Node, op } from './node.ts';
import type { Type } from './scope.ts';

/** A window call; in an order only where something tells the rows apart. */
export function windowCall(
  context: ExpressionContext,
  key: readonly Node[] | undefined,
): { readonly node: Node; readonly type: Type } | undefined {
  const { choice, scope } = context;
  const counted = columnsOf(scope.columns, 'int4');
  if (counted.length === 0) return undefined;
  const partition = () => choice.pick(scope.columns).node;
  const value = () => choice.pick(counted).node;
  const whole = () => op('int8', 'sum(#) OVER (PARTITION BY #)', value(), partition());
  if (key === undefined) return { node: featured('window', whole()), type: 'int8' };
  const order = list(key, ', ', key.length);
  const frame = `ROWS BETWEEN ${choice.int(0, 3)} PRECEDING AND CURRENT ROW`;
  const node = choice.weighted<Node>([
    [2, whole],
    [3, () => op('int8', 'row_number() OVER (PARTITION BY # ORDER BY #)', partition(), order)],
    [
      2,
      () => op('int8', `rank() OVER (PARTITION BY # ORDER BY #${direction(context)})`, partition(), value()),
    ],
    [2, () => op('int8', 'sum(#) OVER (PARTITION BY # ORDER BY #)', value(), partition(), order)],
    [1, () => op('int8', `sum(#) OVER (ORDER BY # ${frame})`, value(), order)],
    [1, () => op('int8', 'count(*) OVER ()')],
    [1, () => op('int8', 'lag(#) OVER (PARTITION BY # ORDER BY #)', value(), partition(), order)],
  ]);
  return { node: featured('window', node), type: 'int8' };
}
