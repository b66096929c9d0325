import { assert } from '../base/assert.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { outputColumns } from '../plan/columns.ts';
import type { DistributedPlan } from '../plan/distributed.ts';
import type { Column, Plan } from '../plan/logical.ts';
import { sameTree } from '../plan/same.ts';
import type { PgColumn } from '../types/pg-column.ts';
import { sameType } from '../types/sql-type.ts';
import { constantLimits } from './constant-limits.ts';
import { declaredGroups } from './declared-groups.ts';
import { FreshIds, reference } from './exprs.ts';
import type { LogicalQuery } from './from-tree/conversion.ts';
import { lower } from './lower.ts';
import { type LeftOut, NOTHING_LEFT_OUT, type OptionalRewrite } from './optional.ts';
import { place } from './place/place.ts';
import { type ComputedRelation, type PlaceContext, toSingle } from './place/placement.ts';
import { pruneColumns } from './prune-columns.ts';
import { decidedMembership } from './rules/decided-membership.ts';
import { groupSubqueries } from './rules/group-subqueries.ts';
import { guardOperands } from './rules/guard-operands.ts';
import { joinOrder } from './rules/join-order.ts';
import { limitBelowProject } from './rules/limit-below-project.ts';
import { mirrorNothing } from './rules/mirror-filters.ts';
import { needlessRows } from './rules/needless-rows.ts';
import { orderedDistinct } from './rules/ordered-distinct.ts';
import { type LabelAnswers, type LabelQuestion, labelQuestions, pruneLabels } from './rules/prune-labels.ts';
import { pushFilters } from './rules/push-filters.ts';
import { semiJoins } from './rules/semi-joins.ts';
import { sequencesLast } from './rules/sequences-last.ts';
import { unionAsDistinct } from './rules/union-as-distinct.ts';

interface Rule {
  readonly name:
    | OptionalRewrite
    | 'union-as-distinct'
    | 'sequences-last'
    | 'guard-operands'
    | 'ordered-distinct';
  readonly apply: (plan: Plan, leftOut: LeftOut) => Plan;
}

/** In this order: UNION is split up before filters move into it; conjuncts are made simple, and joins, before they move; filters move before LIMIT would stop them; LIMIT meets its sort before gathers are placed; guards come when filters no longer move, and within what they guard. */
const RULES: readonly Rule[] = [
  { name: 'union-as-distinct', apply: unionAsDistinct },
  { name: 'sequences-last', apply: sequencesLast },
  { name: 'decided-membership', apply: decidedMembership },
  { name: 'semi-joins', apply: semiJoins },
  { name: 'group-subqueries', apply: groupSubqueries },
  {
    name: 'push-filters',
    apply: (plan, leftOut) => pushFilters(plan, leftOut.has('mirror-filters') ? mirrorNothing : undefined),
  },
  { name: 'needless-rows', apply: needlessRows },
  { name: 'limit-below-project', apply: limitBelowProject },
  { name: 'guard-operands', apply: guardOperands },
  { name: 'ordered-distinct', apply: orderedDistinct },
];

/** A query after the rewrites that don't concern places. All parameters and session values are bound. */
export interface RewrittenQuery {
  readonly plan: Plan;
  readonly outputs: readonly Column[];
  readonly rewrites: readonly string[];
  /** To be answered by the engine over the labels of all shards, for {@link planQuery}. */
  readonly questions: readonly LabelQuestion[];
}

/** @param snapshot tells which columns are constant on some shards; without it, labels alone prune. */
export function rewriteQuery(
  query: Pick<LogicalQuery, 'plan' | 'outputs'>,
  snapshot?: Snapshot,
  leftOut: LeftOut = NOTHING_LEFT_OUT,
): RewrittenQuery {
  const rewrites: string[] = [];
  let plan = constantLimits(query.plan);
  const names: ReadonlySet<string> = leftOut;
  for (const rule of RULES.filter(({ name }) => !names.has(name))) {
    const changed = rule.apply(plan, leftOut);
    assertSameSchema(plan, changed, rule.name);
    if (!sameTree(changed, plan)) rewrites.push(rule.name);
    plan = changed;
  }
  const questions = leftOut.has('prune-labels') ? [] : labelQuestions(plan, snapshot);
  return { plan, outputs: query.outputs, rewrites, questions };
}

export interface PlanContext {
  readonly snapshot: Snapshot;
  readonly answers: LabelAnswers;
  /** What the client was told of the result, column by column. */
  readonly output: readonly PgColumn[];
  /** Shards may be missing from the answer (`skein.on_missing_agent = 'partial'`). */
  readonly mayMissShards: boolean;
  readonly leftOut?: LeftOut;
}

/** What a session plans by. */
export interface Planner {
  /** Plans are kept by it: a planner that begins to plan otherwise calls itself otherwise. */
  readonly name: string;
  readonly rewriteQuery: (
    query: Pick<LogicalQuery, 'plan' | 'outputs'>,
    snapshot?: Snapshot,
  ) => RewrittenQuery;
  readonly planQuery: (query: RewrittenQuery, context: PlanContext) => DistributedPlan;
}

export const PLANNER: Planner = { name: 'all rewrites', rewriteQuery, planQuery };

/** Prunes agents, places gathers and broadcasts, and lowers to fragments and combine. Pure. */
export function planQuery(query: RewrittenQuery, context: PlanContext): DistributedPlan {
  const { snapshot } = context;
  const answers = context.leftOut?.has('prune-labels') ? new Map() : context.answers;
  const { plan: pruned, prunings } = pruneLabels(query.plan, answers, snapshot);
  const isPruned = prunings.some((pruning) => pruning.pruned.length > 0);
  const rewrites = [...query.rewrites, ...(isPruned ? ['prune-labels'] : [])];
  const computed: ComputedRelation[] = [];
  const ordered = context.leftOut?.has('join-order') ? pruned : joinOrder(pruned, snapshot);
  if (!sameTree(ordered, pruned)) rewrites.push('join-order');
  let relies = false;
  const placement = newPlacement(ordered, context, {
    computed,
    fired: (name) => {
      if (!rewrites.includes(name)) rewrites.push(name);
    },
    rely: () => {
      relies = true;
    },
  });
  const { plan: placed, distribution } = place(pruneColumns(ordered, query.outputs), placement);
  const told = inOrder(placed, query.outputs);
  const root = toSingle({ plan: told, distribution }, placement, 'the answer');
  assertSameSchema(pruned, root, 'place');
  const narrow = pruneColumns(root, query.outputs);
  const lowered = lower(
    narrow,
    computed.map(({ id, plan }) => ({ id, plan: pruneColumns(plan, outputColumns(plan)) })),
    snapshot,
    relies ? groupedTables(snapshot) : new Set(),
  );
  return {
    ...lowered,
    output: context.output.map((pg, i) => ({ column: columnAt(query.outputs, i), pg })),
    prunings,
    groups: declaredGroups(pruned, snapshot),
    rewrites,
  };
}

function groupedTables({ colocations = [] }: Snapshot): ReadonlySet<string> {
  const verified = colocations.filter(({ state }) => state === 'verified');
  return new Set(verified.flatMap(({ members }) => members.map(({ table }) => table)));
}

function newPlacement(
  plan: Plan,
  context: PlanContext,
  told: Pick<PlaceContext, 'computed' | 'fired' | 'rely'>,
): PlaceContext {
  let exchange = 0;
  return {
    snapshot: context.snapshot,
    ids: new FreshIds(plan),
    mayMissShards: context.mayMissShards,
    leftOut: context.leftOut ?? NOTHING_LEFT_OUT,
    nextExchange: () => ++exchange,
    ctes: new Map(),
    place,
    ...told,
  };
}

/** The client gets the columns in the order of the target list. */
function inOrder(plan: Plan, outputs: readonly Column[]): Plan {
  const columns = outputColumns(plan);
  if (columns.length === outputs.length && columns.every((column, i) => column.id === outputs[i]?.id))
    return plan;
  return {
    kind: 'project',
    input: plan,
    items: outputs.map((column) => ({ column, expr: reference(column) })),
  };
}

function columnAt(columns: readonly Column[], index: number): Column {
  const column = columns[index];
  assert(column !== undefined, 'PostgreSQL describes as many columns as the plan has');
  return column;
}

/** Every rewrite keeps the columns and their types; the guilty one is named. */
function assertSameSchema(before: Plan, after: Plan, rule: string): void {
  const now = new Map(outputColumns(after).map((column) => [column.id, column.type]));
  for (const column of outputColumns(before)) {
    const type = now.get(column.id);
    assert(
      type === undefined || sameType(type, column.type),
      `rewrite ${rule} changed the type of c${column.id}`,
    );
  }
  assert(now.size <= outputColumns(before).length || rule !== 'place', `rewrite ${rule} added columns`);
}
