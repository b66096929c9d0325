import { assert } from '../base/assert.ts';
import { findTable, type Snapshot } from '../catalog/snapshot.ts';
import { outputColumns, plainColumn } from '../plan/columns.ts';
import type { Broadcast, DistributedPlan, Fragment, FragmentTarget } from '../plan/distributed.ts';
import type { Column, GatherPlan, Plan, ScanPlan } from '../plan/logical.ts';
import { mapExpressions, mapInputs, outerColumns, visitPlan } from '../plan/walk.ts';
import { estimate } from './estimate.ts';
import { mapSubqueries } from './exprs.ts';
import type { ComputedRelation } from './place/placement.ts';

export type Lowered = Pick<DistributedPlan, 'fragments' | 'broadcasts' | 'combine' | 'passThrough'>;

/** Cuts a placed plan at its gathers and broadcasts: what is below a gather is a fragment, what is left is the combine. */
export function lower(
  placed: Plan,
  computed: readonly ComputedRelation[],
  snapshot: Snapshot,
  relyOn: ReadonlySet<string> = new Set(),
): Lowered {
  const fragments: Fragment[] = [];
  const broadcasts: Broadcast[] = [];

  const cut = (plan: Plan): Plan => {
    if (plan.kind === 'gather') return cutFragment(plan);
    if (plan.kind === 'broadcast') return cutBroadcast(plan.id, plan.input);
    const below = mapInputs(plan, cut);
    return mapExpressions(below, (expr) => mapSubqueries(expr, cut));
  };

  const cutFragment = (gather: GatherPlan): Plan => {
    assert(outerColumns(gather.input).size === 0, 'a fragment refers to nothing outside it');
    const plan = cut(gather.input);
    const columns = outputColumns(plan).map(plainColumn);
    const known = fragments.find(({ id }) => id === gather.id);
    if (known !== undefined) return readAgain(`g${gather.id}`, known.columns, columns);
    const target = targetOf(plan, snapshot);
    fragments.push({
      id: gather.id,
      plan,
      columns,
      target,
      inputs: relationsIn(plan, 'b'),
      reason: gather.reason,
      estimate: target.shards.length > 0 ? estimate(gather.input, snapshot) : { rows: 0, bytes: 0 },
      ...relianceOf(plan, relyOn),
    });
    return { kind: 'relation', name: `g${gather.id}`, columns };
  };

  const cutBroadcast = (id: number, input: Plan): Plan => {
    assert(outerColumns(input).size === 0, 'a broadcast refers to nothing outside it');
    const plan = cut(input);
    const columns = outputColumns(plan).map(plainColumn);
    const known = broadcasts.find((broadcast) => broadcast.id === id);
    if (known !== undefined) return readAgain(`b${id}`, known.columns, columns);
    broadcasts.push({
      id,
      plan,
      columns,
      reads: relationsIn(plan, 'g'),
      estimate: estimate(input, snapshot),
    });
    return { kind: 'relation', name: `b${id}`, columns };
  };

  for (const relation of computed) cutBroadcast(relation.id, relation.plan);
  const combine = cut(placed);
  return { fragments, broadcasts, combine, passThrough: passThroughOf(combine) };
}

/** What several read is computed once: it has the columns that all of them need. */
function readAgain(name: string, known: readonly Column[], columns: readonly Column[]): Plan {
  const ids = new Set(known.map(({ id }) => id));
  assert(
    ids.size === columns.length && columns.every(({ id }) => ids.has(id)),
    `all that read ${name} need the same columns`,
  );
  return { kind: 'relation', name, columns: known };
}

function relianceOf(plan: Plan, relyOn: ReadonlySet<string>): Pick<Fragment, 'relies'> {
  const relies = [...new Set(scansIn(plan).map(({ table }) => table))].filter((table) => relyOn.has(table));
  return relies.length === 0 ? {} : { relies };
}

function relationsIn(plan: Plan, prefix: 'g' | 'b'): readonly number[] {
  const ids = new Set<number>();
  visitPlan(plan, (operator) => {
    if (operator.kind !== 'relation') return;
    const match = /^([gb])(\d+)$/.exec(operator.name);
    if (match?.[1] === prefix) ids.add(Number(match[2]));
  });
  return [...ids];
}

function passThroughOf(combine: Plan): number | undefined {
  if (combine.kind !== 'relation') return undefined;
  const match = /^g(\d+)$/.exec(combine.name);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** Every shard that a scattered scan chose; or any shard that has all the replicated tables. */
function targetOf(plan: Plan, snapshot: Snapshot): FragmentTarget {
  const scans = scansIn(plan);
  const federated = scans.filter((scan) => scan.tableKind === 'federated');
  if (federated.length > 0) return { kind: 'each', shards: shardsOf(plan) };
  const tables = new Set(scans.map((scan) => scan.table));
  const shards = snapshot.shards
    .map((shard) => shard.id)
    .filter((id) =>
      [...tables].every((name) => findTable(snapshot, name)?.pieces.some((piece) => piece.shard === id)),
    )
    .sort();
  return { kind: 'any', shards };
}

function scansIn(plan: Plan): readonly ScanPlan[] {
  const scans: ScanPlan[] = [];
  visitPlan(plan, (operator) => {
    if (operator.kind === 'scan') scans.push(operator);
  });
  return scans;
}

/** The shards on which the plan yields rows: of a join's sides as the distribution table says, of a union both. */
function shardsOf(plan: Plan): readonly string[] {
  if (plan.kind === 'scan') return plan.tableKind === 'federated' ? (plan.shards ?? []) : [];
  if (plan.kind === 'join') return joinShards(plan.type, plan.left, plan.right);
  const found = new Set<string>();
  mapInputs(plan, (input) => {
    for (const shard of shardsOf(input)) found.add(shard);
    return input;
  });
  return [...found];
}

function joinShards(type: (Plan & { kind: 'join' })['type'], left: Plan, right: Plan): readonly string[] {
  const isScattered = (side: Plan) => scansIn(side).some((scan) => scan.tableKind === 'federated');
  if (!isScattered(left)) return shardsOf(right);
  if (!isScattered(right)) return shardsOf(left);
  if (type === 'inner') return shardsOf(left).filter((shard) => shardsOf(right).includes(shard));
  if (type === 'right') return shardsOf(right);
  if (type === 'full') return [...new Set([...shardsOf(left), ...shardsOf(right)])];
  return shardsOf(left);
}
