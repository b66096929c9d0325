import { assertNever } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { findTable, type Snapshot } from '../../catalog/snapshot.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { ColumnId, Expr } from '../../plan/expr.ts';
import type { Plan } from '../../plan/logical.ts';
import {
  expressionsOf,
  inputsOf,
  mapExpressions,
  mapInputs,
  outerColumns,
  subqueries,
} from '../../plan/walk.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { type FreshIds, hasSubquery, isVolatile, mapSubqueries, TRUE } from '../exprs.ts';
import type { LeftOut, OptionalRewrite } from '../optional.ts';
import type { Distribution, Verdict } from './distribution.ts';

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
  /** Whole results of a single shard can't be told from a missing one: see aggregate.ts. */
  readonly mayMissShards: boolean;
  readonly leftOut: LeftOut;
  /** Numbers gathers and broadcasts. */
  readonly nextExchange: () => number;
  readonly computed: ComputedRelation[];
  /** CTEs in scope, by name: the name of the relation that holds each. */
  readonly ctes: ReadonlyMap<string, string>;
  /** Places what lies below an operator. */
  readonly place: (plan: Plan, context: PlaceContext) => Placed;
  /** Names what fired, for EXPLAIN and the golden plans. */
  readonly fired: (rewrite: string) => void;
  /** What is placed holds only as long as the declared groups do: lowering makes the agents check that their data are those. */
  readonly rely: () => void;
}

export const COLOCATED = 'co-located';

export function relyOnGroups(verdict: Verdict, context: PlaceContext): void {
  if (verdict.kind !== 'push' || verdict.relies !== true) return;
  context.rely();
  context.fired(COLOCATED);
}

/** The verdict, but a gather where running on the agents is left out. */
export function unlessLeftOut(
  verdict: Verdict,
  rewrite: OptionalRewrite,
  { leftOut }: PlaceContext,
): Verdict {
  const isScattered = verdict.kind === 'push' && verdict.output.kind === 'scattered';
  return isScattered && leftOut.has(rewrite) ? { kind: 'gather', reason: `${rewrite} is left out` } : verdict;
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
    return toSingle(context.place(plan, context), context, 'a correlated subquery reads it');
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
  const placed = context.place(inner, context);
  if (placed.distribution.kind === 'constant') return placed.plan;
  if (
    placed.distribution.kind === 'replicated' &&
    isEverywhere(placed.distribution.tables, at, context.snapshot)
  ) {
    return placed.plan;
  }
  return closed && !context.leftOut.has('broadcast') ? toAgents(placed, context) : undefined;
}

const HELD_BY_PROXY: ReadonlySet<Plan['kind']> = new Set(['relation', 'stored', 'cte-ref', 'gather']);

/** Does the plan read nothing but replicated tables and constants? */
export function readsOnlyCopies(plan: Plan): boolean {
  if (plan.kind === 'scan') return plan.tableKind === 'replicated';
  if (HELD_BY_PROXY.has(plan.kind)) return false;
  const nested = expressionsOf(plan).flatMap(subqueries);
  return [...nested, ...inputsOf(plan)].every(readsOnlyCopies);
}

/** Has each place where the other relation's rows lie a copy of these tables? */
export function isEverywhere(tables: readonly string[], at: Distribution, snapshot: Snapshot): boolean {
  if (at.kind !== 'scattered') return true;
  return tables.every((name) => {
    const shards = new Set(findTable(snapshot, name)?.pieces.map((piece) => piece.shard));
    return at.shards.every((shard) => shards.has(shard));
  });
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

/** A CTE that is used more than once is computed once, on the proxy. */
export function withComputed(plan: Plan & { kind: 'with' }, context: PlaceContext): PlaceContext {
  if (outerColumns(plan.definition).size > 0) throw refuse('a WITH query that refers to an outer query');
  const definition = toSingle(
    context.place(plan.definition, context),
    context,
    'a WITH query that is used more than once',
  );
  const id = context.nextExchange();
  context.computed.push({ id, plan: countable(definition, context) });
  context.fired('materialize-cte');
  return { ...context, ctes: new Map([...context.ctes, [plan.name, `b${id}`]]) };
}
