import { assertNever } from '../../base/assert.ts';
import { verifiedKeys } from '../../catalog/colocation.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { ColumnId } from '../../plan/expr.ts';
import type { Plan, ScanPlan } from '../../plan/logical.ts';
import { expressionsOf } from '../../plan/walk.ts';
import { hasSubquery, isVolatile } from '../exprs.ts';
import { placeAggregate } from './aggregate.ts';
import { type LabelColumn, ofGrouped, ofRowwise, ofSetOperation, type UnitedColumn } from './distribution.ts';
import { placeJoin } from './join.ts';
import { placeLimit } from './limit.ts';
import {
  COLOCATED,
  hostSubqueries,
  once,
  type PlaceContext,
  type Placed,
  relyOnGroups,
  renames,
  toSingle,
  unlessLeftOut,
  withComputed,
  withInput,
} from './placement.ts';
import { placeRecursive } from './recursive.ts';
import { placeSequences, requireRowwise } from './sequences.ts';

/** Places gathers and broadcasts in a plan, bottom up, by the distribution table. */
export function place(plan: Plan, context: PlaceContext): Placed {
  requireRowwise(plan);
  switch (plan.kind) {
    case 'scan':
      return context.leftOut.has('push-down') ? gatheredScan(plan, context) : placeScan(plan, context);
    case 'relation':
    case 'stored':
    case 'gather':
      return { plan, distribution: { kind: 'single' } };
    case 'values':
    case 'unnest':
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
    case 'recursive':
      return placeRecursive(plan, context);
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

function gatheredScan(plan: ScanPlan, context: PlaceContext): Placed {
  const gathered = toSingle(placeScan(plan, context), context, 'push-down is left out');
  return { plan: gathered, distribution: { kind: 'single' } };
}

function placeScan(plan: ScanPlan, { snapshot, leftOut }: PlaceContext): Placed {
  if (plan.tableKind === 'replicated')
    return { plan, distribution: { kind: 'replicated', tables: [plan.table] } };
  const labels = new Map<ColumnId, LabelColumn>();
  const keys = leftOut.has(COLOCATED) ? new Map() : verifiedKeys(snapshot, plan.table);
  for (const { id, type, source } of plan.columns) {
    const groups = source.kind === 'physical' ? keys.get(source.name) : undefined;
    if (source.kind === 'label') labels.set(id, { name: source.name, type });
    else if (groups !== undefined) labels.set(id, { name: source.name, type, groups });
  }
  return { plan, distribution: { kind: 'scattered', shards: plan.shards ?? [], labels } };
}

/** What is computed from nothing but constants. */
function placeValues(plan: Plan & { kind: 'values' | 'unnest' }, context: PlaceContext): Placed {
  const exprs = expressionsOf(plan);
  if (!exprs.some(hasSubquery) && !exprs.some(isVolatile))
    return { plan, distribution: { kind: 'constant' } };
  const hosted = hostSubqueries(plan, { kind: 'single' }, context);
  return { plan: hosted ?? plan, distribution: { kind: 'single' } };
}

function placeRowwise(plan: Plan & { kind: 'filter' | 'project' }, context: PlaceContext): Placed {
  const input = once(place(plan.input, context), expressionsOf(plan), context);
  const keep = plan.kind === 'project' ? renames(plan.items) : undefined;
  const numbered = plan.kind === 'project' ? placeSequences(plan, input, context) : undefined;
  if (numbered !== undefined) {
    const hosted = hostSubqueries(numbered.plan, numbered.distribution, context);
    return { ...numbered, plan: hosted ?? numbered.plan };
  }
  const hosted = hostSubqueries(plan, input.distribution, context);
  if (hosted !== undefined) {
    return { plan: withInput(hosted, input.plan), distribution: ofRowwise(input.distribution, keep) };
  }
  const single = toSingle(input, context, 'a subquery ties its rows to rows elsewhere');
  const onProxy = hostSubqueries(plan, { kind: 'single' }, context) ?? plan;
  return { plan: withInput(onProxy, single), distribution: { kind: 'single' } };
}

function placeDistinct(plan: Plan & { kind: 'distinct' }, context: PlaceContext): Placed {
  const input = place(plan.input, context);
  const keys = outputColumns(plan.input).map((column) => column.id);
  const grouped = ofGrouped(input.distribution, keys, context.snapshot);
  const verdict = unlessLeftOut(grouped, 'distinct-in-shard', context);
  if (verdict.kind === 'push') {
    relyOnGroups(verdict, context);
    return { plan: withInput(plan, input.plan), distribution: verdict.output };
  }
  if (context.leftOut.has('distinct-before-gather')) {
    const gathered = toSingle(input, context, verdict.reason);
    return { plan: withInput(plan, gathered), distribution: { kind: 'single' } };
  }
  context.fired('distinct-before-gather');
  const each: Placed = { plan: withInput(plan, input.plan), distribution: input.distribution };
  return { plan: withInput(plan, toSingle(each, context, verdict.reason)), distribution: { kind: 'single' } };
}

function placeSetOperation(plan: Plan & { kind: 'set-operation' }, context: PlaceContext): Placed {
  const left = place(plan.inputs[0], context);
  const right = place(plan.inputs[1], context);
  const verdict = unlessLeftOut(
    ofSetOperation(
      plan.op,
      left.distribution,
      right.distribution,
      unitedColumns(plan, left.plan, right.plan),
    ),
    'union-in-shard',
    context,
  );
  if (verdict.kind === 'push') {
    return { plan: { ...plan, inputs: [left.plan, right.plan] }, distribution: verdict.output };
  }
  const inputs = [toSingle(left, context, verdict.reason), toSingle(right, context, verdict.reason)] as const;
  return { plan: { ...plan, inputs }, distribution: { kind: 'single' } };
}

function unitedColumns(
  { columns }: Plan & { kind: 'set-operation' },
  left: Plan,
  right: Plan,
): readonly UnitedColumn[] {
  const [ls, rs] = [outputColumns(left), outputColumns(right)];
  return columns.flatMap(({ id }, i) => {
    const [l, r] = [ls[i], rs[i]];
    return l === undefined || r === undefined ? [] : [{ id, left: l.id, right: r.id }];
  });
}

function placeWindow(plan: Plan & { kind: 'window' }, context: PlaceContext): Placed {
  const input = place(plan.input, context);
  const keys = plan.partitionBy.map((expr) => (expr.kind === 'column' ? expr.id : undefined));
  const grouped = ofGrouped(input.distribution, keys, context.snapshot);
  const verdict = unlessLeftOut(grouped, 'window-in-shard', context);
  const plain = !expressionsOf(plan).some(hasSubquery);
  // Ties in the order may fall differently on each agent: a copy's windows are computed once.
  if (verdict.kind === 'push' && plain && verdict.output.kind !== 'replicated') {
    relyOnGroups(verdict, context);
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

function placeCteRef(plan: Plan & { kind: 'cte-ref' }, context: PlaceContext): Placed {
  const relation = context.ctes.get(plan.name);
  if (relation === undefined) throw new Error(`no WITH query ${plan.name} in scope`);
  return {
    plan: { kind: 'relation', name: relation, columns: plan.columns, of: plan.of },
    distribution: { kind: 'single' },
  };
}
