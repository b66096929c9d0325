import { outputColumns } from '../../plan/columns.ts';
import type { Estimate } from '../../plan/distributed.ts';
import type { JoinPlan, JoinType, Plan } from '../../plan/logical.ts';
import { columnsUsed } from '../../plan/walk.ts';
import { estimate, estimateRows } from '../estimate.ts';
import { reference } from '../exprs.ts';
import { type Distribution, ofJoin } from './distribution.ts';
import { isTied, placeLateral } from './lateral.ts';
import {
  hostSubqueries,
  isEverywhere,
  once,
  type PlaceContext,
  type Placed,
  relyOnGroups,
  toAgents,
  toSingle,
  unlessLeftOut,
} from './placement.ts';
import { reduceByKnown, reduceJoin } from './reduce.ts';

/** Above this many rows a relation is not worth sending to every agent. */
const BROADCAST_ROWS = 200_000;

interface Sides {
  readonly left: Placed;
  readonly right: Placed;
}

/** Joins run on the agents where the distribution table allows it; else the smaller side is broadcast; else both are gathered, reduced where keys tell what can match. */
export function placeJoin(plan: JoinPlan, context: PlaceContext): Placed {
  if (plan.lateral && isTied(plan)) return placeLateral(plan, context);
  const left = once(context.place(plan.left, context), [plan.condition], context);
  const right = once(context.place(plan.right, context), [plan.condition], context);
  const verdict = judge(plan, left.distribution, right.distribution, context);
  if (verdict.kind === 'push') {
    const pushed = host(plan, left.plan, right.plan, verdict.output, context);
    if (pushed !== undefined) {
      relyOnGroups(verdict, context);
      return pushed;
    }
    return onProxy(plan, left, right, context, 'a subquery ties its rows to rows elsewhere');
  }
  const asked = plan.type === 'semi' || plan.type === 'anti' ? askedOnce(plan, right) : right;
  const sides = {
    left: onceMatched(plan, { left, right: asked }, 'left', context),
    right: onceMatched(plan, { left, right: asked }, 'right', context),
  };
  return (
    broadcastJoin(plan, sides, context) ?? onProxy(plan, sides.left, sides.right, context, verdict.reason)
  );
}

/** What the proxy makes of gathers has those rows only that may match what the other side's agents get. */
function onceMatched(plan: JoinPlan, sides: Sides, side: 'left' | 'right', context: PlaceContext): Placed {
  if (sides[side].distribution.kind !== 'single') return sides[side];
  return reduceByKnown(plan, sides, side, context) ?? sides[side];
}

/** Of a semi- or anti-join's other side only what the condition reads moves, and each value once. */
function askedOnce({ condition }: JoinPlan, side: Placed): Placed {
  const used = columnsUsed(condition);
  const items = outputColumns(side.plan)
    .filter(({ id }) => used.has(id))
    .map((column) => ({ column, expr: reference(column) }));
  if (items.length === 0 || side.distribution.kind !== 'scattered') return side;
  const input: Plan = { kind: 'project', input: side.plan, items };
  return { ...side, plan: { kind: 'distinct', input } };
}

function judge(plan: JoinPlan, left: Distribution, right: Distribution, context: PlaceContext) {
  const joined = ofJoin(plan.type, left, right, plan.condition, context.snapshot);
  const verdict = unlessLeftOut(joined, 'join-in-shard', context);
  const copies = [left, right].flatMap((side) => (side.kind === 'replicated' ? side.tables : []));
  if (verdict.kind === 'push' && !isEverywhere(copies, verdict.output, context.snapshot)) {
    return { kind: 'gather', reason: 'a replicated table is not on every agent' } as const;
  }
  return verdict;
}

function host(
  plan: JoinPlan,
  left: Plan,
  right: Plan,
  at: Distribution,
  context: PlaceContext,
): Placed | undefined {
  const joined = hostSubqueries({ ...plan, left, right }, at, context);
  return joined === undefined ? undefined : { plan: joined, distribution: at };
}

/** Sends the small side to the agents of the scattered one, where the join emits by the scattered side's rows. */
function broadcastJoin(plan: JoinPlan, sides: Sides, context: PlaceContext): Placed | undefined {
  if (context.leftOut.has('broadcast')) return undefined;
  const { left, right } = sides;
  const small = smallSide(plan.type, left, right, context);
  if (small === undefined) return undefined;
  const at = small === 'left' ? right.distribution : left.distribution;
  const copy =
    sides[small].distribution.kind === 'scattered' ? reduceByKnown(plan, sides, small, context) : undefined;
  const l = small === 'left' ? toAgents(copy ?? left, context) : left.plan;
  const r = small === 'right' ? toAgents(eachOnce(copy ?? right, context), context) : right.plan;
  return host(plan, l, r, at, context);
}

/** What each agent sent once, several may have sent. */
function eachOnce(side: Placed, context: PlaceContext): Placed {
  if (side.plan.kind !== 'distinct' || side.distribution.kind !== 'scattered') return side;
  const gathered = toSingle(side, context, 'every agent needs all of these rows');
  return { plan: { kind: 'distinct', input: gathered }, distribution: { kind: 'single' } };
}

const EMITS_BY_LEFT: readonly JoinType[] = ['inner', 'left', 'semi', 'anti'];
const EMITS_BY_RIGHT: readonly JoinType[] = ['inner', 'right'];

/** Which side to broadcast, so that less moves than by gathering both; undefined: neither. */
function smallSide(
  type: JoinType,
  left: Placed,
  right: Placed,
  context: PlaceContext,
): 'left' | 'right' | undefined {
  const cost = (copy: Placed, stays: Placed): number => {
    if (stays.distribution.kind !== 'scattered') return Number.POSITIVE_INFINITY;
    const { rows, bytes } = movedBy(copy.plan, context);
    if (rows > BROADCAST_ROWS) return Number.POSITIVE_INFINITY;
    const up = copy.distribution.kind === 'single' ? 0 : bytes;
    return up + bytes * stays.distribution.shards.length;
  };
  const up = (side: Placed) => (side.distribution.kind === 'single' ? 0 : movedBy(side.plan, context).bytes);
  const both = up(left) + up(right);
  const costRight = EMITS_BY_LEFT.includes(type) ? cost(right, left) : Number.POSITIVE_INFINITY;
  const costLeft = EMITS_BY_RIGHT.includes(type) ? cost(left, right) : Number.POSITIVE_INFINITY;
  if (Math.min(costLeft, costRight) >= both) return undefined;
  return costRight <= costLeft ? 'right' : 'left';
}

/** Nothing is known of how many values are distinct: a category or a key. */
function movedBy(plan: Plan, { snapshot }: PlaceContext): Estimate {
  const { rows, bytes } = estimate(plan, snapshot);
  if (plan.kind !== 'distinct') return { rows, bytes };
  const most = Math.max(rows, estimateRows(plan.input, snapshot) ** 0.75);
  return { rows: most, bytes: (bytes / Math.max(1, rows)) * most };
}

function onProxy(plan: JoinPlan, left: Placed, right: Placed, context: PlaceContext, reason: string): Placed {
  const sides = reduceJoin(plan, left, right, reason, context) ?? {
    left: toSingle(left, context, reason),
    right: toSingle(right, context, reason),
  };
  const joined = { ...plan, ...sides };
  return {
    plan: hostSubqueries(joined, { kind: 'single' }, context) ?? joined,
    distribution: { kind: 'single' },
  };
}
