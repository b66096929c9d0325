import { type AggregateSplit, splitAggregate } from '../../dialect/split.ts';
import { findAggregate } from '../../dialect/table.ts';
import type { AggregateCall, ColumnExpr, ColumnId, Expr } from '../../plan/expr.ts';
import type { AggregateItem, AggregatePlan, Column, Plan, ProjectItem } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import { columnsUsed, expressionsOf, mapCall } from '../../plan/walk.ts';
import { type SqlType, sameType } from '../../types/sql-type.ts';
import { aggregateName, exprName, namesOf } from '../describe-expr.ts';
import { equalityOf, hasSubquery, isVolatile, isVolatilePlan, reference, TRUE } from '../exprs.ts';
import { type Distribution, ofGrouped, type Scattered } from './distribution.ts';
import {
  once,
  type PlaceContext,
  type Placed,
  relyOnGroups,
  renames,
  toSingle,
  withInput,
} from './placement.ts';
import { renumber } from './renumber.ts';

/**
 * An aggregate runs, in order of preference: whole where its rows lie, if no group spans shards; split into partials on the
 * agents and a combine; over distinct keys, if only DISTINCT stands in the way; over gathered arguments.
 */
export function placeAggregate(plan: AggregatePlan, context: PlaceContext): Placed {
  const normal = computeBelow(dropUselessDistinct(plan), context);
  const input = once(
    settle(context.place(normal.input, context), normal, context),
    expressionsOf(normal),
    context,
  );
  const at = input.distribution;
  const here = withInput(normal, input.plan) as AggregatePlan;
  if (at.kind !== 'scattered') return { plan: here, distribution: at };
  const whole = runsWhole(here, at, context);
  if (whole !== undefined) return { plan: here, distribution: whole };
  return { plan: splitOver(here, at, context), distribution: { kind: 'single' } };
}

/** The whole block on the agents: exact for every aggregate, because each group is in one shard. */
function runsWhole(plan: AggregatePlan, at: Scattered, context: PlaceContext): Distribution | undefined {
  if (context.leftOut.has('aggregate-in-shard')) return undefined;
  if (plan.groups.length === 0) {
    // One row whatever the input: from exactly one shard, and only if its absence is an error, not a missing row.
    if (at.shards.length !== 1 || context.mayMissShards) return undefined;
    context.fired('aggregate-in-shard');
    return { ...at, labels: new Map() };
  }
  const keys = plan.groups.map((item) => (item.expr.kind === 'column' ? item.expr.id : undefined));
  const sets = plan.sets?.members.map((set) => set.map((index) => keys[index])) ?? [keys];
  // Of all rows there is one row whatever the input, as without groups.
  const totals = plan.sets !== undefined && sets.some((set) => set.length === 0);
  if (totals && (at.shards.length !== 1 || context.mayMissShards)) return undefined;
  const verdicts = sets.map((set) => ofGrouped(at, set, context.snapshot));
  if (verdicts.some(({ kind }) => kind !== 'push')) return undefined;
  for (const verdict of verdicts) relyOnGroups(verdict, context);
  context.fired('aggregate-in-shard');
  const labels = [...renames(plan.groups)].flatMap(([to, from]) => {
    const label = at.labels.get(from);
    return label === undefined ? [] : [[to, label] as const];
  });
  const inEverySet = labels.filter(([id]) => sets.length === 1 || !isNulledBySet(plan, id));
  return { ...at, labels: new Map(inEverySet) };
}

/** Is the group NULL in some rows because their set lacks it? */
function isNulledBySet({ groups, sets }: AggregatePlan, id: ColumnId): boolean {
  const index = groups.findIndex((item) => item.column.id === id);
  return sets?.members.some((set) => !set.includes(index)) ?? false;
}

function splitOver(plan: AggregatePlan, at: Scattered, context: PlaceContext): Plan {
  const sets = distinctSets(plan);
  const { leftOut } = context;
  const isLeftOut = leftOut.has(sets.length === 0 ? 'split-aggregates' : 'distinct-keys-before-gather');
  if (!isLeftOut && plan.aggregates.every((item) => canPrecompute(item.call))) {
    if (sets.length === 0) return splitPartials(plan, at, undefined, context);
    if (sets.length === 1) return splitPartials(plan, at, sets[0], context);
    if (!isVolatilePlan(plan) && plan.sets === undefined) return splitBySets(plan, at, sets, context);
  }
  return gatherArguments(plan, at, context);
}

/** Partials on the agents, grouped also by the DISTINCT argument if there is one; the combine groups by the groups alone. */
function splitPartials(
  plan: AggregatePlan,
  at: Scattered,
  distinct: DistinctSet | undefined,
  context: PlaceContext,
): Plan {
  context.fired(distinct === undefined ? 'split-aggregates' : 'distinct-keys-before-gather');
  const fresh = (type: SqlType, name: string): Column => ({ id: context.ids.next(), type, name });
  const names = namesOf(plan.input);
  const named = (expr: Expr, type = exprType(expr)): ProjectItem => ({
    column: fresh(type, exprName(expr, names)),
    expr,
  });
  const groups = plan.groups.map(({ expr, column }) => named(expr, column.type));
  const keys = distinct?.args.map((expr) => named(expr)) ?? [];
  const partials: AggregateItem[] = [];
  const combined: AggregateItem[] = [];
  const finals = plan.aggregates.map((item): ProjectItem => {
    const split = item.call.distinct ? undefined : splitAggregate(item.call);
    if (split === undefined) {
      const column = fresh(item.call.type, item.column.name);
      const args = keys.map((key) => reference(key.column));
      combined.push({ column, call: { ...item.call, args, filter: undefined } });
      return { column: item.column, expr: reference(column) };
    }
    return { column: item.column, expr: addSplit(item, split, names, partials, combined, fresh) };
  });
  const partial: Plan = {
    kind: 'aggregate',
    input: plan.input,
    groups: [...groups, ...keys],
    aggregates: partials,
  };
  const reason = 'partials of each shard are combined';
  const gathered = toSingle({ plan: partial, distribution: { ...at, labels: new Map() } }, context, reason);
  const outer = groups.map((item) => ({
    column: fresh(item.column.type, item.column.name),
    expr: reference(item.column),
  }));
  const mask = plan.sets && fresh(plan.sets.mask.type, plan.sets.mask.name);
  const sets = plan.sets && mask && { members: plan.sets.members, mask };
  const combine: Plan = {
    kind: 'aggregate',
    input: gathered,
    groups: outer,
    aggregates: combined,
    ...(sets && { sets }),
  };
  const maskItems = plan.sets && mask ? [{ column: plan.sets.mask, expr: reference(mask) }] : [];
  const groupItems = plan.groups.map((item, i) => ({ column: item.column, expr: refAt(outer, i) }));
  return { kind: 'project', input: combine, items: [...groupItems, ...finals, ...maskItems] };
}

function refAt(items: readonly ProjectItem[], index: number): Expr {
  const item = items[index];
  if (item === undefined) throw new Error('groups of partial and combine differ');
  return reference(item.column);
}

function addSplit(
  item: AggregateItem,
  split: AggregateSplit,
  names: ReadonlyMap<ColumnId, string>,
  partials: AggregateItem[],
  combined: AggregateItem[],
  fresh: (type: SqlType, name: string) => Column,
): Expr {
  const columns = split.partials.map((call) => {
    const column = fresh(call.type, aggregateName(call, names));
    partials.push({ column, call });
    return reference(column);
  });
  const results = split.combine(columns).map((call): ColumnExpr => {
    const column = fresh(call.type, item.column.name);
    combined.push({ column, call });
    return reference(column);
  });
  return split.final(results);
}

/** Can it be computed from partials, or (DISTINCT) from its distinct arguments? */
function canPrecompute(call: AggregateCall): boolean {
  if (call.orderBy.length > 0) return false;
  return call.distinct ? ignoresNulls(call) : splitAggregate(call) !== undefined;
}

/** FILTER may be folded into the argument (`CASE WHEN filter THEN arg END`) if NULL arguments don't count. */
function ignoresNulls(call: AggregateCall): boolean {
  return (
    call.args.length === 1 &&
    /^(count|sum|avg|stddev|stddev_samp|stddev_pop|variance|var_samp|var_pop)\(/.test(call.fn)
  );
}

interface DistinctSet {
  readonly args: readonly Expr[];
  readonly items: readonly AggregateItem[];
}

/** The DISTINCT aggregates by what they are distinct over, FILTER folded in. */
function distinctSets(plan: AggregatePlan): readonly DistinctSet[] {
  const sets = new Map<string, { args: readonly Expr[]; items: AggregateItem[] }>();
  for (const item of plan.aggregates.filter(({ call }) => call.distinct)) {
    const args = foldFilter(item.call);
    const key = JSON.stringify(args);
    const set = sets.get(key) ?? { args, items: [] };
    set.items.push(item);
    sets.set(key, set);
  }
  return [...sets.values()];
}

function foldFilter(call: AggregateCall): readonly Expr[] {
  const { filter } = call;
  if (filter === undefined) return call.args;
  return call.args.map((arg): Expr => {
    const type = exprType(arg);
    const otherwise: Expr = { kind: 'const', type, value: null };
    return { kind: 'case', branches: [{ when: filter, then: arg }], otherwise, type };
  });
}

/**
 * Several DISTINCT aggregates over different arguments: each ships its own distinct keys as a relation of its own (together
 * they would be a cross product), and the results meet on the groups. Precondition: nothing in it is volatile.
 */
function splitBySets(
  plan: AggregatePlan,
  at: Scattered,
  sets: readonly DistinctSet[],
  context: PlaceContext,
): Plan {
  const plain: AggregatePlan = { ...plan, aggregates: plan.aggregates.filter(({ call }) => !call.distinct) };
  const branches = [
    ...(plain.aggregates.length > 0 || plan.groups.length > 0 ? [{ part: plain, set: undefined }] : []),
    ...sets.map((set) => ({ part: { ...plan, aggregates: set.items }, set })),
  ].map(({ part, set }) => {
    const copy = renumber(part, context.ids, context.nextExchange);
    const args =
      set === undefined ? undefined : { args: foldFilter(firstCall(copy.plan as AggregatePlan)), items: [] };
    return { ...copy, part, placed: splitPartials(copy.plan as AggregatePlan, at, args, context) };
  });
  const [first, ...rest] = branches;
  if (first === undefined) throw new Error('an aggregate without groups and aggregates');
  const renamed = new Map(
    branches.flatMap((branch) =>
      branch.part.aggregates.map((item) => [item.column.id, branch.renamed.get(item.column.id)]),
    ),
  );
  const joined = rest.reduce<Plan>((left, branch) => {
    const keys = plan.groups.map((item) => sameGroup(item, first.renamed, branch.renamed));
    const condition: Expr = keys.length === 0 ? TRUE : { kind: 'and', args: keys };
    return { kind: 'join', type: 'inner', left, right: branch.placed, condition, lateral: false };
  }, first.placed);
  const items = [...plan.groups, ...plan.aggregates].map(({ column }): ProjectItem => {
    const id = renamed.get(column.id) ?? first.renamed.get(column.id);
    if (id === undefined) throw new Error('a column was lost between the branches of an aggregate');
    return { column, expr: { kind: 'column', id, type: column.type } };
  });
  return { kind: 'project', input: joined, items };
}

function firstCall(plan: AggregatePlan): AggregateCall {
  const call = plan.aggregates[0]?.call;
  if (call === undefined) throw new Error('a DISTINCT set without aggregates');
  return call;
}

/** Groups meet as GROUP BY tells them apart: NULL is equal to NULL. */
function sameGroup(
  item: ProjectItem,
  left: ReadonlyMap<number, number>,
  right: ReadonlyMap<number, number>,
): Expr {
  const side = (renamed: ReadonlyMap<number, number>): Expr => {
    const id = renamed.get(item.column.id);
    if (id === undefined) throw new Error('a group was lost between the branches of an aggregate');
    return { kind: 'column', id, type: item.column.type };
  };
  return {
    kind: 'is-distinct',
    op: equalityOf(item.column.type),
    left: side(left),
    right: side(right),
    negated: true,
  };
}

/** No split: the arguments of every row travel, computed, and nothing else of it. */
function gatherArguments(plan: AggregatePlan, at: Scattered, context: PlaceContext): Plan {
  const named = nameArguments(plan, context);
  const names = plan.aggregates.filter(({ call }) => !canPrecompute(call)).map(({ call }) => call.fn);
  const reason = `${names.join(', ').replaceAll('skein.', '') || 'the aggregate'} has no split`;
  const rows = { plan: named.input, distribution: { ...at, labels: new Map() } };
  return { ...named, input: toSingle(rows, context, reason) };
}

/** Groups and arguments are computed by a projection below; constants stay. */
function nameArguments(plan: AggregatePlan, context: PlaceContext): AggregatePlan {
  const names = namesOf(plan.input);
  const items: ProjectItem[] = [];
  const name = (expr: Expr): Expr => {
    if (isConstant(expr)) return expr;
    const known = items.find(
      (item) =>
        !isVolatile(expr) &&
        sameType(item.column.type, exprType(expr)) &&
        JSON.stringify(item.expr) === JSON.stringify(expr),
    );
    if (known !== undefined) return reference(known.column);
    const column = { id: context.ids.next(), type: exprType(expr), name: exprName(expr, names) };
    items.push({ column, expr });
    return reference(column);
  };
  // Of grouping sets each group has a column of its own: one set may have one of two that are alike.
  const own = (expr: Expr): Expr => {
    const column = { id: context.ids.next(), type: exprType(expr), name: exprName(expr, names) };
    items.push({ column, expr });
    return reference(column);
  };
  const nameGroup = plan.sets === undefined ? name : own;
  const groups = plan.groups.map((item) => ({ ...item, expr: nameGroup(item.expr) }));
  const aggregates = plan.aggregates.map((item) => ({ ...item, call: mapCall(item.call, name) }));
  return { ...plan, input: { kind: 'project', input: plan.input, items }, groups, aggregates };
}

/** The same everywhere: it needn't travel, and some arguments (a percentile's fraction) must stay constants. */
function isConstant(expr: Expr): boolean {
  return columnsUsed(expr).size === 0 && !isVolatile(expr) && !hasSubquery(expr);
}

/** min, max, bool_and and the like don't care for duplicates. */
function dropUselessDistinct(plan: AggregatePlan): AggregatePlan {
  const aggregates = plan.aggregates.map((item) =>
    item.call.distinct && findAggregate(item.call.fn)?.duplicateInsensitive === true
      ? { ...item, call: { ...item.call, distinct: false, orderBy: [] } }
      : item,
  );
  return { ...plan, aggregates };
}

/**
 * Subqueries in groups and arguments are computed by a projection below, which knows how to host them; and so is what is
 * distinct in an order, since DuckDB must see that both are the same.
 */
function computeBelow(plan: AggregatePlan, context: PlaceContext): AggregatePlan {
  const isComputed = (expr: Expr) => expr.kind !== 'column' && expr.kind !== 'const';
  const isNamed = ({ distinct, orderBy, args }: AggregateCall) =>
    distinct && orderBy.length > 0 && args.some(isComputed);
  const aggregates = plan.aggregates.map(({ column, call }) => ({ column, call: withoutIdleKeys(call) }));
  const needed =
    plan.sets !== undefined ||
    expressionsOf(plan).some(hasSubquery) ||
    aggregates.some(({ call }) => isNamed(call));
  return needed ? nameArguments({ ...plan, aggregates }, context) : { ...plan, aggregates };
}

/** Constants put nothing in an order. An ordered-set aggregate takes what it computes from there, but never DISTINCT. */
function withoutIdleKeys(call: AggregateCall): AggregateCall {
  return call.distinct ? { ...call, orderBy: call.orderBy.filter(({ expr }) => !isConstant(expr)) } : call;
}

/** Over a copy, an aggregate whose result depends on the order of rows could differ from agent to agent. */
function settle(input: Placed, plan: AggregatePlan, context: PlaceContext): Placed {
  if (input.distribution.kind !== 'replicated' || plan.aggregates.every(({ call }) => isOrderFree(call)))
    return input;
  const reason = 'the order of rows may show in the result';
  return { plan: toSingle(input, context, reason), distribution: { kind: 'single' } };
}

function isOrderFree(call: AggregateCall): boolean {
  return /^(count|min|max|bool_and|bool_or|every|bit_and|bit_or|bit_xor)\(|^(sum|avg)\((int[248]|numeric)\)/.test(
    call.fn,
  );
}
