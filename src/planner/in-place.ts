import { assert } from '../base/assert.ts';
import { SkeinError } from '../base/errors.ts';
import { findShard, type Snapshot, type TableColumn } from '../catalog/snapshot.ts';
import type { DistributedPlan, Fragment } from '../plan/distributed.ts';
import type { ColumnId } from '../plan/expr.ts';
import type { Plan, ProjectItem } from '../plan/logical.ts';
import { OID, sqlType } from '../types/sql-type.ts';

/** A table that is made in place (DESIGN §10). */
export interface InPlace {
  /** Has each shard keep its rows; gives one row a shard, their number. */
  readonly plan: DistributedPlan;
  /** What a shard keeps, by the attnums of the table's columns. */
  readonly columns: readonly TableColumn[];
  /** The labels among the table's columns: position from 0 -> label. */
  readonly labels: ReadonlyMap<number, string>;
  readonly shards: readonly string[];
}

/**
 * The same plan, but that each shard keeps the rows that it computes.
 * @param piece what they are kept as. @throws 0A000 with the reason where a row needs those of another shard.
 */
export function keepInPlace(plan: DistributedPlan, snapshot: Snapshot, piece: string): InPlace {
  const fragment = theFragment(plan);
  const { shards } = fragment.target;
  const replicas = shards.find((shard) => (findShard(snapshot, shard)?.agents.length ?? 0) > 1);
  if (replicas !== undefined) {
    throw refused(`the shard "${replicas}" has several agents, whose pieces could differ`);
  }
  assert(fragment.columns.length === plan.output.length, 'a plan that only gathers gives what it gathers');
  const labels = labelsOf(fragment, plan, snapshot);
  const columns = fragment.columns.map(({ type }, index) => ({ name: `@${index + 1}`, type }));
  const count = { id: FIRST_ID, name: 'rows', type: sqlType(OID.int8) };
  const kept: Fragment = { ...fragment, columns: [count], keep: { name: piece, columns }, estimate: COUNTS };
  const output = plan.output.slice(0, 1).map(({ pg }) => ({ column: count, pg }));
  const combine: Plan = { kind: 'relation', name: `g${fragment.id}`, columns: [count] };
  return { plan: { ...plan, fragments: [kept], combine, output }, columns, labels, shards };
}

/** No other column is in the plan that counts. */
const FIRST_ID = 0;
const COUNTS = { rows: 1, bytes: 8 };

function theFragment({ fragments, broadcasts, passThrough }: DistributedPlan): Fragment {
  const [fragment, another] = fragments;
  if (broadcasts.length > 0) throw refused('rows would be sent from the proxy to the agents');
  if (passThrough === undefined || fragment === undefined || another !== undefined) {
    const reasons = [...new Set(fragments.map(({ reason }) => reason))];
    throw refused(
      reasons.length === 0 ? 'no agent holds its rows' : `rows would be gathered: ${reasons.join('; ')}`,
    );
  }
  if (fragment.target.kind === 'any')
    throw refused('it reads replicated tables only, which lie on all agents');
  if (fragment.target.shards.length === 0) throw refused('no agent’s labels satisfy its conditions');
  return fragment;
}

function refused(detail: string): SkeinError {
  return new SkeinError('notSupported', 'the table can not be made in place', {
    detail: `Each shard would have to compute its own rows, but ${detail}.`,
    hint: "Group and join by label columns, or SET skein.materialize = 'warehouse'.",
  });
}

/** @throws 0A000 for a column that has the name of a label and is none. */
function labelsOf(
  fragment: Fragment,
  plan: DistributedPlan,
  snapshot: Snapshot,
): ReadonlyMap<number, string> {
  const names = new Set(snapshot.labels.map(({ name }) => name));
  const labels = new Map<number, string>();
  for (const [index, { id }] of fragment.columns.entries()) {
    const label = labelOf(fragment.plan, id);
    const name = plan.output[index]?.pg.name ?? '';
    if (label !== undefined) labels.set(index, label);
    if (names.has(name) && label !== name) {
      throw refused(`its column "${name}" has the name of a label, and is not that label`);
    }
  }
  return labels;
}

/** The label that a column of the plan is in every row. */
function labelOf(plan: Plan, id: ColumnId): string | undefined {
  switch (plan.kind) {
    case 'scan': {
      const source = plan.columns.find((column) => column.id === id)?.source;
      return source?.kind === 'label' ? source.name : undefined;
    }
    case 'project':
      return labelOfItem(plan.items, plan.input, id);
    case 'aggregate':
      return plan.sets === undefined ? labelOfItem(plan.groups, plan.input, id) : undefined;
    case 'filter':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'window':
      return labelOf(plan.input, id);
    case 'join': {
      const isWhole = (side: 'left' | 'right') => ['inner', 'semi', 'anti', side].includes(plan.type);
      return (
        (isWhole('left') ? labelOf(plan.left, id) : undefined) ??
        (isWhole('right') ? labelOf(plan.right, id) : undefined)
      );
    }
    default:
      return undefined;
  }
}

function labelOfItem(items: readonly ProjectItem[], input: Plan, id: ColumnId): string | undefined {
  const expr = items.find(({ column }) => column.id === id)?.expr;
  return expr?.kind === 'column' ? labelOf(input, expr.id) : undefined;
}
