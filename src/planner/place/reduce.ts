import type { Snapshot } from '../../catalog/snapshot.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { ColumnExpr, ColumnId, Expr } from '../../plan/expr.ts';
import type { JoinPlan, JoinType, Plan } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import { columnsUsed, mapExpressions, mapInputs, visitPlan } from '../../plan/walk.ts';
import { cannotFail } from '../cannot-fail.ts';
import { estimate, estimateRows } from '../estimate.ts';
import { conjunction, conjunctsOf, hasSubquery, isEquality, isVolatile, mapSubqueries } from '../exprs.ts';
import { type KeyPair, keyFilter } from '../key-filter.ts';
import { shareOfKeys, tableRows } from '../key-share.ts';
import { mirrorNothing } from '../rules/mirror-filters.ts';
import { pushFilters } from '../rules/push-filters.ts';
import { knownKeys } from './known-keys.ts';
import { type PlaceContext, type Placed, toAgents, toSingle } from './placement.ts';

/** More keys than this are not worth sending to every agent. */
const MOST_KEYS = 1_000_000;
/** Keys are sent where no more than this share of the rows would still move. */
const WORTHWHILE = 0.8;

interface Side {
  readonly placed: Placed;
  /** As it was before it was placed: what is known of its rows. */
  readonly plan: Plan;
}

/** Both sides of a join on the proxy, one of them with the rows only that have a key of the other. */
export interface Reduced {
  readonly left: Plan;
  readonly right: Plan;
}

/**
 * Semi-join reduction: where both sides of a join must come to the proxy, one comes first, and its distinct keys are sent to the
 * agents of the other, which keep back rows that match nothing. Preconditions: an equality between the sides, of expressions
 * that can't fail and aren't volatile; and that the join drops the rows of the reduced side that match nothing. NULL keys match
 * nothing, so they neither go nor keep a row. The filter goes as far down as a WHERE's condition would.
 * @returns undefined where nothing is gained or it can't be done.
 */
export function reduceJoin(
  plan: JoinPlan,
  left: Placed,
  right: Placed,
  reason: string,
  context: PlaceContext,
): Reduced | undefined {
  if (context.leftOut.has('semi-join-reduction')) return undefined;
  const sides = { left: { placed: left, plan: plan.left }, right: { placed: right, plan: plan.right } };
  const options = (['left', 'right'] as const)
    .filter((keys) => REDUCIBLE[plan.type].includes(keys))
    .map((keys) => {
      const other = keys === 'left' ? 'right' : 'left';
      const pairs = keyPairs(plan, keys);
      return {
        keys,
        other,
        pairs,
        share: shareThatMoves(pairs, sides[keys], sides[other], context),
      } as const;
    })
    .filter(({ share }) => share < WORTHWHILE)
    .toSorted((a, b) => a.share - b.share);
  for (const { keys, other, pairs } of options) {
    const reduced = reduce(sides[keys], sides[other], pairs, reason, context);
    if (reduced === undefined) continue;
    context.fired('semi-join-reduction');
    return keys === 'left'
      ? { left: reduced.first, right: reduced.rest }
      : { left: reduced.rest, right: reduced.first };
  }
  return undefined;
}

/**
 * Semi-join reduction by keys that are on the proxy anyway, since the agents of one side get them: what else goes to those agents
 * needs no rows that match none of them. Preconditions as those of {@link reduceJoin}.
 * @returns the side `reduced`, with the fewer rows; undefined where nothing is gained or it can't be done.
 */
export function reduceByKnown(
  plan: JoinPlan,
  sides: { readonly left: Placed; readonly right: Placed },
  reduced: 'left' | 'right',
  context: PlaceContext,
): Placed | undefined {
  const by = reduced === 'left' ? 'right' : 'left';
  const { distribution: there } = sides[by];
  if (context.leftOut.has('semi-join-reduction') || !REDUCIBLE[plan.type].includes(by)) return undefined;
  if (there.kind !== 'scattered' || plan.lateral) return undefined;
  const side = { placed: sides[reduced], plan: plan[reduced] };
  const options = keyPairs(plan, by)
    .flatMap((pair) => (pair.key.kind === 'column' ? byKnown(pair, pair.key, sides[by].plan) : []))
    .map((option) => ({ option, saved: savedBy(option, side, there.shards.length, context) }))
    .filter(({ saved }) => saved > 0)
    .toSorted((a, b) => b.saved - a.saved);
  for (const { option } of options) {
    const trial = onTrial(context);
    const filter = keyFilter([option.pair], option.relation, context.ids, (keys) =>
      toAgents({ plan: keys, distribution: { kind: 'single' } }, trial),
    );
    const found = filteredWhereItLies(side.placed, filter);
    if (found === undefined) continue;
    context.computed.push(...trial.computed);
    context.fired('semi-join-reduction');
    return found;
  }
  return undefined;
}

/** What is placed in it leaves no trace. */
function onTrial(context: PlaceContext): PlaceContext {
  return { ...context, computed: [], fired: () => undefined };
}

interface KnownOption {
  readonly relation: Plan;
  readonly pair: KeyPair;
}

function byKnown(pair: KeyPair, key: ColumnExpr, plan: Plan): readonly KnownOption[] {
  return knownKeys(plan, key).map(({ relation, column }) => ({ relation, pair: { ...pair, key: column } }));
}

/** Bytes, roughly: of the side's rows up and down again, less the keys. */
function savedBy({ relation, pair }: KnownOption, side: Side, shards: number, context: PlaceContext): number {
  const { snapshot } = context;
  const rows = estimateRows(relation, snapshot);
  if (rows > MOST_KEYS) return 0;
  const keys = { exprs: [pair.key], plan: relation };
  const kept = shareOfKeys(rows, keys, { exprs: [pair.tested], plan: side.plan }, snapshot);
  const keyed = tableRows(keys.exprs, relation, snapshot) ?? Number.POSITIVE_INFINITY;
  const { up, copies } = wayUp(side.placed, shards, keyed, snapshot);
  const column = { id: 0, type: exprType(pair.key), name: 'key' };
  const each: Plan = { kind: 'project', input: relation, items: [{ column, expr: pair.key }] };
  const down = estimate(side.plan, snapshot).bytes * shards;
  return (1 - kept) * (up + down) - estimate(each, snapshot).bytes * copies;
}

/** What goes up of the side, and to how many agents keys would go. Groups are as many as their keys, on each shard. */
function wayUp({ plan, distribution }: Placed, shards: number, keyed: number, snapshot: Snapshot) {
  if (distribution.kind === 'scattered')
    return { up: estimate(plan, snapshot).bytes, copies: distribution.shards.length };
  let up = 0;
  visitPlan(plan, (operator) => {
    if (operator.kind !== 'gather') return;
    const { rows, bytes } = estimate(operator, snapshot);
    const { input } = operator;
    const most =
      input.kind === 'aggregate' ? Math.min(estimateRows(input.input, snapshot), keyed * shards) : 0;
    up += (bytes / Math.max(1, rows)) * Math.max(rows, most);
  });
  return { up, copies: shards };
}

/** The side, filtered where it lies, or in the gathers that it is made of; undefined: the filter reaches none. */
function filteredWhereItLies(side: Placed, filter: Expr): Placed | undefined {
  const { distribution, plan } = side;
  if (distribution.kind !== 'single' && distribution.kind !== 'scattered') return undefined;
  const pushed = pushFilters({ kind: 'filter', input: plan, predicate: filter }, mirrorNothing);
  if (distribution.kind === 'scattered') return { plan: pushed, distribution };
  const into = new IntoGathers(keysOf(filter));
  const reduced = into.plan(pushed);
  return into.changed.size === 0 ? undefined : { plan: into.everywhere(reduced), distribution };
}

/** Whose keys may reduce the other side. */
const REDUCIBLE: Readonly<Record<JoinType, readonly ('left' | 'right')[]>> = {
  inner: ['left', 'right'],
  left: ['left'],
  right: ['right'],
  full: [],
  semi: ['left', 'right'],
  anti: ['left'],
};

/** The condition's equalities, each of an expression over one side and one over the other. */
function keyPairs(plan: JoinPlan, keys: 'left' | 'right'): readonly KeyPair[] {
  const ids = idsOf(plan[keys]);
  const others = idsOf(plan[keys === 'left' ? 'right' : 'left']);
  const isOver = (expr: Expr, of: ReadonlySet<ColumnId>) => {
    const used = [...columnsUsed(expr)];
    return used.length > 0 && used.every((id) => of.has(id));
  };
  return conjunctsOf(plan.condition).flatMap((conjunct): KeyPair[] => {
    if (!isEquality(conjunct)) return [];
    const [a, b] = conjunct.args;
    if (a === undefined || b === undefined || isVolatile(conjunct) || hasSubquery(conjunct)) return [];
    if (!cannotFail(a) || !cannotFail(b)) return [];
    if (isOver(a, ids) && isOver(b, others))
      return [{ key: a, tested: b, over: (key) => ({ ...conjunct, args: [key, b] }) }];
    if (isOver(b, ids) && isOver(a, others))
      return [{ key: b, tested: a, over: (key) => ({ ...conjunct, args: [a, key] }) }];
    return [];
  });
}

function idsOf(plan: Plan): ReadonlySet<ColumnId> {
  return new Set(outputColumns(plan).map(({ id }) => id));
}

/** Of the rows of both sides: those that would still move, counting the keys for each agent; 1: not to be done. */
function shareThatMoves(
  pairs: readonly KeyPair[],
  keys: Side,
  other: Side,
  { snapshot }: PlaceContext,
): number {
  const rows = estimateRows(keys.plan, snapshot);
  if (pairs.length === 0 || rows > MOST_KEYS) return 1;
  const kept = shareOfKeys(
    rows,
    { exprs: pairs.map(({ key }) => key), plan: keys.plan },
    { exprs: pairs.map(({ tested }) => tested), plan: other.plan },
    snapshot,
  );
  const shards = other.placed.distribution.kind === 'scattered' ? other.placed.distribution.shards.length : 1;
  const otherRows = estimateRows(other.plan, snapshot);
  const keyWidth = pairs.length / Math.max(1, outputColumns(other.plan).length, pairs.length);
  return kept + (rows * shards * keyWidth) / Math.max(1, otherRows);
}

function reduce(
  keys: Side,
  other: Side,
  pairs: readonly KeyPair[],
  reason: string,
  context: PlaceContext,
): { readonly first: Plan; readonly rest: Plan } | undefined {
  // Tried with all keys at once, else with those that one gather has.
  for (const some of pairs.length > 1 ? [pairs, ...pairs.map((pair) => [pair])] : [pairs]) {
    const trial = onTrial(context);
    const first = readTwice(toSingle(keys.placed, trial, reason), keys.plan, trial);
    const filter = keyFilter(some, first, context.ids, (plan) =>
      toAgents({ plan, distribution: { kind: 'single' } }, trial),
    );
    const rest = filtered(other.placed, filter, reason, trial);
    if (rest === undefined) continue;
    context.computed.push(...trial.computed);
    return { first, rest };
  }
  return undefined;
}

/** Both readers of a gather share it; what the proxy computes from gathers it computes once. */
function readTwice(plan: Plan, logical: Plan, context: PlaceContext): Plan {
  if (plan.kind === 'gather' || plan.kind === 'relation' || isConstant(plan)) return plan;
  const columns = outputColumns(plan);
  if (columns.length === 0) return plan;
  const id = context.nextExchange();
  context.computed.push({ id, plan });
  const rows = estimateRows(logical, context.snapshot);
  return { kind: 'relation', name: `b${id}`, columns, of: columns.map((column) => column.id), rows };
}

function isConstant(plan: Plan): boolean {
  let constant = true;
  visitPlan(plan, ({ kind }) => {
    if (kind === 'gather' || kind === 'relation' || kind === 'scan' || kind === 'stored') constant = false;
  });
  return constant;
}

/** The side on the proxy, its gathers filtered; undefined: the filter reaches none of them. */
function filtered(side: Placed, filter: Expr, reason: string, context: PlaceContext): Plan | undefined {
  const { distribution, plan } = side;
  if (distribution.kind === 'constant') return undefined;
  if (distribution.kind !== 'single') {
    return toSingle(
      { plan: pushFilters({ kind: 'filter', input: plan, predicate: filter }, mirrorNothing), distribution },
      context,
      reason,
    );
  }
  return filteredWhereItLies(side, filter)?.plan;
}

/** What a subquery computes is known on the proxy only. */
function mayMove(filter: Expr): boolean {
  return filter.kind === 'exists' && filter.plan.kind === 'filter' && !hasSubquery(filter.plan.predicate);
}

/** The columns that its keys have tell one such filter from all others. */
function keysOf(filter: Expr): string | undefined {
  if (filter.kind !== 'exists' || filter.plan.kind !== 'filter') return undefined;
  return JSON.stringify(outputColumns(filter.plan.input));
}

/** Moves one filter, known by its keys, from above gathers into them, and drops it where it stands elsewhere. */
class IntoGathers {
  readonly #keys: string | undefined;
  readonly changed = new Map<number, Plan>();

  constructor(keys: string | undefined) {
    this.#keys = keys;
  }

  plan(plan: Plan): Plan {
    const dropped = mapExpressions(plan, (expr) => this.#without(expr));
    if (plan.kind !== 'filter' || dropped.kind !== 'filter')
      return mapInputs(dropped, (input) => this.plan(input));
    const own = conjunctsOf(plan.predicate).filter((conjunct) => this.#isMine(conjunct) && mayMove(conjunct));
    const rest = conjunctsOf(dropped.predicate);
    const below =
      own.length > 0 && plan.input.kind === 'gather' ? this.#into(plan.input, own) : this.plan(plan.input);
    return rest.length === 0 ? below : { ...plan, input: below, predicate: conjunction(rest) };
  }

  /** What else reads a changed gather reads the changed one. */
  everywhere(plan: Plan): Plan {
    const now = plan.kind === 'gather' ? (this.changed.get(plan.id) ?? plan) : plan;
    const below = mapInputs(now, (input) => this.everywhere(input));
    return mapExpressions(below, (expr) => mapSubqueries(expr, (inner) => this.everywhere(inner)));
  }

  #into(gather: Plan & { kind: 'gather' }, own: readonly Expr[]): Plan {
    const input = pushFilters(
      { kind: 'filter', input: gather.input, predicate: conjunction(own) },
      mirrorNothing,
    );
    const changed: Plan = { ...gather, input };
    this.changed.set(gather.id, changed);
    return changed;
  }

  #isMine(expr: Expr): boolean {
    return this.#keys !== undefined && keysOf(expr) === this.#keys;
  }

  #without(expr: Expr): Expr {
    return conjunction(conjunctsOf(expr).filter((conjunct) => !this.#isMine(conjunct)));
  }
}
