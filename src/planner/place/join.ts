import type { JoinPlan, JoinType, Plan } from '../../plan/logical.ts';
import { estimateRows } from '../estimate.ts';
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
import { reduceJoin } from './reduce.ts';

/** Above this many rows a relation is not worth sending to every agent. */
const BROADCAST_ROWS = 200_000;

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
  return broadcastJoin(plan, left, right, context) ?? onProxy(plan, left, right, context, verdict.reason);
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
function broadcastJoin(
  plan: JoinPlan,
  left: Placed,
  right: Placed,
  context: PlaceContext,
): Placed | undefined {
  if (context.leftOut.has('broadcast')) return undefined;
  const small = smallSide(plan.type, left, right, context);
  if (small === undefined) return undefined;
  const at = small === 'left' ? right.distribution : left.distribution;
  const l = small === 'left' ? toAgents(left, context) : left.plan;
  const r = small === 'right' ? toAgents(right, context) : right.plan;
  return host(plan, l, r, at, context);
}

const EMITS_BY_LEFT: readonly JoinType[] = ['inner', 'left', 'semi', 'anti'];
const EMITS_BY_RIGHT: readonly JoinType[] = ['inner', 'right'];

/** Which side to broadcast, so that fewer rows move than by gathering both; undefined: neither. */
function smallSide(
  type: JoinType,
  left: Placed,
  right: Placed,
  context: PlaceContext,
): 'left' | 'right' | undefined {
  const cost = (copy: Placed, stays: Placed): number => {
    if (stays.distribution.kind !== 'scattered') return Number.POSITIVE_INFINITY;
    const rows = estimateRows(copy.plan, context.snapshot);
    if (rows > BROADCAST_ROWS) return Number.POSITIVE_INFINITY;
    const up = copy.distribution.kind === 'single' ? 0 : rows;
    return up + rows * stays.distribution.shards.length;
  };
  const up = (side: Placed) =>
    side.distribution.kind === 'single' ? 0 : estimateRows(side.plan, context.snapshot);
  const both = up(left) + up(right);
  const costRight = EMITS_BY_LEFT.includes(type) ? cost(right, left) : Number.POSITIVE_INFINITY;
  const costLeft = EMITS_BY_RIGHT.includes(type) ? cost(left, right) : Number.POSITIVE_INFINITY;
  if (Math.min(costLeft, costRight) >= both) return undefined;
  return costRight <= costLeft ? 'right' : 'left';
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
