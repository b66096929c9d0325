import { assertNever } from '../base/assert.ts';
import { refuse } from '../base/errors.ts';
import { findTable, type Snapshot } from '../catalog/snapshot.ts';
import { outputColumns } from '../plan/columns.ts';
import type { ColumnId, Expr } from '../plan/expr.ts';
import type { Plan, ScanPlan } from '../plan/logical.ts';
import { expressionsOf, mapExpressions, mapInputs, outerColumns, subqueries } from '../plan/walk.ts';
import { OID, sqlType } from '../types/sql-type.ts';
import { type Distribution, type LabelColumn, ofGrouped, ofRowwise, ofSetOperation } from './distribution.ts';
import { type FreshIds, hasSubquery, isVolatile, mapSubqueries, TRUE } from './exprs.ts';
import { placeAggregate } from './place-aggregate.ts';
import { placeJoin } from './place-join.ts';
import { placeLimit } from './place-limit.ts';

/** A plan with its gathers and broadcasts in place, and where its output lies. */
export interface Placed {
  readonly plan: Plan;
  readonly distribution: Distribution;
}

/** A relation that the proxy computes once and others read as `b<id>`: a CTE that is used more than once. */
export interface ComputedRelation {
  readonly id: number;
  readonly plan: Plan;
}

/** State of one placement. */
export interface PlaceContext {
  readonly snapshot: Snapshot;
  readonly ids: FreshIds;
  /** Whole results of a single shard can't be told from a missing one: see {@link placeAggregate}. */
  readonly mayMissShards: boolean;
  /** Numbers gathers and broadcasts. */
  readonly nextExchange: () => number;
  readonly computed: ComputedRelation[];
  /** CTEs in scope, by name: the name of the relation that holds each. */
  readonly ctes: ReadonlyMap<string, string>;
  /** Names what fired, for EXPLAIN and the golden plans. */
  readonly fired: (rewrite: string) => void;
}

/** Places gathers and broadcasts in a plan, bottom up, by the distribution table. */
export function place(plan: Plan, context: PlaceContext): Placed {
  switch (plan.kind) {
    case 'scan':
      return placeScan(plan);
    case 'relation':
    case 'gather':
      return { plan, distribution: { kind: 'single' } };
    case 'values':
      return placeValues(plan, context);
    case 'filter':
    case 'project':
      return placeRowwise(plan, context);
    case 'aggregate':
      return placeAggregate(plan, context);
    case 'distinct':
      return placeDistinct(plan, context);
    case 'join':
      return placeJoin(plan, context);
    case 'sort':
    case 'limit':
      return placeLimit(plan, context);
    case 'set-operation':
      return placeSetOperation(plan, context);
    case 'window':
      return placeWindow(plan, context);
    case 'with':
      return placeWith(plan, context);
    case 'cte-ref':
      return placeCteRef(plan, context);
    case 'broadcast':
      throw new Error('a broadcast is placed with its fragment');
    default:
      return assertNever(plan);
  }
}

/** The plan's rows on the proxy. */
export function toSingle(placed: Placed, context: PlaceContext, reason: string): Plan {
  switch (placed.distribution.kind) {
    case 'constant':
    case 'single':
      return placed.plan;
    case 'replicated':
    case 'scattered':
      return { kind: 'gather', input: countable(placed.plan, context), id: context.nextExchange(), reason };
    default:
      return assertNever(placed.distribution);
  }
}

/** The plan's rows on every agent of the fragment that will hold it. The plan must not refer to outer columns. */
export function toAgents(placed: Placed, context: PlaceContext): Plan {
  if (placed.distribution.kind === 'constant') return placed.plan;
  context.fired('broadcast');
  const single = toSingle(placed, context, 'every agent needs all of these rows');
  return { kind: 'broadcast', input: countable(single, context), id: context.nextExchange() };
}

/** Rows without columns can't travel: they get one that says that they are there. */
function countable(plan: Plan, context: PlaceContext): Plan {
  if (outputColumns(plan).length > 0) return plan;
  const column = { id: context.ids.next(), type: sqlType(OID.bool), name: 'row' };
  return { kind: 'project', input: plan, items: [{ column, expr: TRUE }] };
}

/**
 * A correlated plan can't be cut below the columns that tie it to its outer query: its largest closed parts are gathered, and
 * what ties them runs on the proxy.
 */
export function gatherLeaves(plan: Plan, context: PlaceContext): Plan {
  if (outerColumns(plan).size === 0)
    return toSingle(place(plan, context), context, 'a correlated subquery reads it');
  if (plan.kind === 'with') return gatherLeaves(plan.body, withComputed(plan, context));
  const below = mapInputs(plan, (input) => gatherLeaves(input, context));
  return mapExpressions(below, (expr) => mapSubqueries(expr, (inner) => gatherLeaves(inner, context)));
}

/** Puts the operator's subqueries where the operator runs; undefined: they can't be evaluated there. */
export function hostSubqueries(plan: Plan, at: Distribution, context: PlaceContext): Plan | undefined {
  if (!expressionsOf(plan).some(hasSubquery)) return plan;
  if (at.kind === 'single') {
    return mapExpressions(plan, (expr) => mapSubqueries(expr, (inner) => gatherLeaves(inner, context)));
  }
  if (at.kind === 'constant') return undefined;
  const places = new Map<Plan, Plan>();
  for (const inner of expressionsOf(plan).flatMap(subqueries)) {
    const hosted = hostOnAgents(inner, at, context);
    if (hosted === undefined) return undefined;
    places.set(inner, hosted);
  }
  return mapExpressions(plan, (expr) => mapSubqueries(expr, (inner) => places.get(inner) ?? inner));
}

function hostOnAgents(inner: Plan, at: Distribution, context: PlaceContext): Plan | undefined {
  const closed = outerColumns(inner).size === 0;
  if (!closed && !readsOnlyCopies(inner)) return undefined;
  const placed = place(inner, context);
  if (placed.distribution.kind === 'constant') return placed.plan;
  if (
    placed.distribution.kind === 'replicated' &&
    isEverywhere(placed.distribution.tables, at, context.snapshot)
  ) {
    return placed.plan;
  }
  return closed ? toAgents(placed, context) : undefined;
}

/** Does the plan read nothing but replicated tables and constants? */
function readsOnlyCopies(plan: Plan): boolean {
  if (plan.kind === 'scan') return plan.tableKind === 'replicated';
  if (plan.kind === 'relation' || plan.kind === 'cte-ref' || plan.kind === 'gather') return false;
  const nested = expressionsOf(plan).flatMap(subqueries);
  return [...nested, ...inputsOfPlan(plan)].every(readsOnlyCopies);
}

function inputsOfPlan(plan: Plan): readonly Plan[] {
  const inputs: Plan[] = [];
  mapInputs(plan, (input) => {
    inputs.push(input);
    return input;
  });
  return inputs;
}

/** Has each place where the other relation's rows lie a copy of these tables? */
export function isEverywhere(tables: readonly string[], at: Distribution, snapshot: Snapshot): boolean {
  if (at.kind !== 'scattered') return true;
  return tables.every((name) => {
    const shards = new Set(findTable(snapshot, name)?.pieces.map((piece) => piece.shard));
    return at.shards.every((shard) => shards.has(shard));
  });
}

function placeScan(plan: ScanPlan): Placed {
  if (plan.tableKind === 'replicated')
    return { plan, distribution: { kind: 'replicated', tables: [plan.table] } };
  const labels = new Map<ColumnId, LabelColumn>();
  for (const column of plan.columns) {
    if (column.source.kind === 'label')
      labels.set(column.id, { name: column.source.name, type: column.type });
  }
  return { plan, distribution: { kind: 'scattered', shards: plan.shards ?? [], labels } };
}

function placeValues(plan: Plan & { kind: 'values' }, context: PlaceContext): Placed {
  const exprs = expressionsOf(plan);
  if (!exprs.some(hasSubquery) && !exprs.some(isVolatile))
    return { plan, distribution: { kind: 'constant' } };
  const hosted = hostSubqueries(plan, { kind: 'single' }, context);
  return { plan: hosted ?? plan, distribution: { kind: 'single' } };
}

function placeRowwise(plan: Plan & { kind: 'filter' | 'project' }, context: PlaceContext): Placed {
  const input = once(place(plan.input, context), expressionsOf(plan), context);
  const keep = plan.kind === 'project' ? renames(plan.items) : undefined;
  const hosted = hostSubqueries(plan, input.distribution, context);
  if (hosted !== undefined) {
    return { plan: withInput(hosted, input.plan), distribution: ofRowwise(input.distribution, keep) };
  }
  const single = toSingle(input, context, 'a subquery ties its rows to rows elsewhere');
  const onProxy = hostSubqueries(plan, { kind: 'single' }, context) ?? plan;
  return { plan: withInput(onProxy, single), distribution: { kind: 'single' } };
}

/** A volatile expression over a copy would differ from agent to agent: such a copy is read once. */
export function once(input: Placed, exprs: readonly Expr[], context: PlaceContext): Placed {
  const { kind } = input.distribution;
  if ((kind !== 'replicated' && kind !== 'constant') || !exprs.some(isVolatile)) return input;
  return {
    plan: toSingle(input, context, 'a volatile function must see each row once'),
    distribution: { kind: 'single' },
  };
}

export function withInput(plan: Plan, input: Plan): Plan {
  return mapInputs(plan, () => input);
}

/** New id -> old id of the columns that a projection or grouping passes on unchanged. */
export function renames(
  items: readonly { readonly column: { readonly id: ColumnId }; readonly expr: Expr }[],
): ReadonlyMap<ColumnId, ColumnId> {
  return new Map(
    items.flatMap((item) => (item.expr.kind === 'column' ? [[item.column.id, item.expr.id] as const] : [])),
  );
}

function placeDistinct(plan: Plan & { kind: 'distinct' }, context: PlaceContext): Placed {
  const input = place(plan.input, context);
  const keys = outputColumns(plan.input).map((column) => column.id);
  const verdict = ofGrouped(input.distribution, keys, context.snapshot);
  if (verdict.kind === 'push') return { plan: withInput(plan, input.plan), distribution: verdict.output };
  context.fired('distinct-before-gather');
  const each: Placed = { plan: withInput(plan, input.plan), distribution: input.distribution };
  return { plan: withInput(plan, toSingle(each, context, verdict.reason)), distribution: { kind: 'single' } };
}

function placeSetOperation(plan: Plan & { kind: 'set-operation' }, context: PlaceContext): Placed {
  const left = place(plan.inputs[0], context);
  const right = place(plan.inputs[1], context);
  const verdict = ofSetOperation(plan.op, left.distribution, right.distribution);
  if (verdict.kind === 'push') {
    return { plan: { ...plan, inputs: [left.plan, right.plan] }, distribution: verdict.output };
  }
  const inputs = [toSingle(left, context, verdict.reason), toSingle(right, context, verdict.reason)] as const;
  return { plan: { ...plan, inputs }, distribution: { kind: 'single' } };
}

function placeWindow(plan: Plan & { kind: 'window' }, context: PlaceContext): Placed {
  const input = place(plan.input, context);
  const keys = plan.partitionBy.map((expr) => (expr.kind === 'column' ? expr.id : undefined));
  const verdict = ofGrouped(input.distribution, keys, context.snapshot);
  const plain = !expressionsOf(plan).some(hasSubquery);
  // Ties in the order may fall differently on each agent: a copy's windows are computed once.
  if (verdict.kind === 'push' && plain && verdict.output.kind !== 'replicated') {
    return { plan: withInput(plan, input.plan), distribution: verdict.output };
  }
  const reason =
    verdict.kind === 'gather'
      ? 'window partitions may have rows in several shards'
      : 'a window is computed once';
  const hosted = hostSubqueries(plan, { kind: 'single' }, context) ?? plan;
  return { plan: withInput(hosted, toSingle(input, context, reason)), distribution: { kind: 'single' } };
}

function placeWith(plan: Plan & { kind: 'with' }, context: PlaceContext): Placed {
  return place(plan.body, withComputed(plan, context));
}

/** A CTE that is used more than once is computed once, on the proxy. */
function withComputed(plan: Plan & { kind: 'with' }, context: PlaceContext): PlaceContext {
  if (outerColumns(plan.definition).size > 0) throw refuse('a WITH query that refers to an outer query');
  const definition = toSingle(
    place(plan.definition, context),
    context,
    'a WITH query that is used more than once',
  );
  const id = context.nextExchange();
  context.computed.push({ id, plan: definition });
  context.fired('materialize-cte');
  return { ...context, ctes: new Map([...context.ctes, [plan.name, `b${id}`]]) };
}

function placeCteRef(plan: Plan & { kind: 'cte-ref' }, context: PlaceContext): Placed {
  const relation = context.ctes.get(plan.name);
  if (relation === undefined) throw new Error(`no WITH query ${plan.name} in scope`);
  return {
    plan: { kind: 'relation', name: relation, columns: plan.columns, of: plan.of },
    distribution: { kind: 'single' },
  };
}
