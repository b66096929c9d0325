import { columnsOf, type ExpressionContext } from './expressions.ts';
import { type Node, op } from './node.ts';
import type { Choice, Type } from './scope.ts';

/** What a window's calls see: its order, and the frame of each row. */
export interface Frame {
  readonly order: Node;
  /** Follows the order; may be empty. */
  readonly text: string;
}

const EXCLUSIONS = [
  '',
  '',
  '',
  ' EXCLUDE CURRENT ROW',
  ' EXCLUDE GROUP',
  ' EXCLUDE TIES',
  ' EXCLUDE NO OTHERS',
];

/** Offsets that a RANGE frame may count by, for the type of its order. */
const OFFSETS: Readonly<Partial<Record<Type, readonly string[]>>> = {
  int4: ['0', '1', '2', '3'],
  int8: ['1', '5', '20'],
  numeric: ['0.5', '10', '25.25'],
  date: ["INTERVAL '3 days'", "INTERVAL '1 day'", "INTERVAL '20 days'"],
  timestamp: ["INTERVAL '36 hours'", "INTERVAL '10 days'"],
};

/** Frames of which every row of a peer group has the same: what is computed over them doesn't depend on the order of peers. */
export function peerFrame(context: ExpressionContext): Frame | undefined {
  const { choice, scope } = context;
  const type = choice.pick(['int4', 'int8', 'numeric', 'date', 'timestamp'] as const);
  const keys = columnsOf(scope.columns, type).filter(({ stored }) => stored);
  if (keys.length === 0) return undefined;
  const direction = choice.pick(['', '', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST']);
  const order = op('part', `#${direction}`, choice.pick(keys).node);
  const offsets = OFFSETS[type] ?? [];
  const text = choice.weighted([
    [4, () => bounds(choice, 'RANGE', () => choice.pick(offsets))],
    [3, () => bounds(choice, 'GROUPS', () => String(choice.int(0, 2)))],
    [2, () => ''],
  ]);
  return { order, text };
}

export function rowFrame(choice: Choice): string {
  return bounds(choice, choice.pick(['ROWS', 'ROWS', 'GROUPS']), () => String(choice.int(0, 3)));
}

/** `BETWEEN start AND end`, of which the end is not before the start by its kind. */
function bounds(choice: Choice, mode: string, offset: () => string): string {
  const places = [
    () => 'UNBOUNDED PRECEDING',
    () => `${offset()} PRECEDING`,
    () => 'CURRENT ROW',
    () => `${offset()} FOLLOWING`,
    () => 'UNBOUNDED FOLLOWING',
  ];
  const from = choice.int(0, 3);
  const to = choice.int(Math.max(1, from), 4);
  if (to === from && from === 2 && choice.chance(50)) return ` ${mode} CURRENT ROW${choice.pick(EXCLUSIONS)}`;
  return ` ${mode} BETWEEN ${places[from]?.()} AND ${places[to]?.()}${choice.pick(EXCLUSIONS)}`;
}
