import { assert } from '../base/assert.ts';
import { SkeinError } from '../base/errors.ts';
import type { Snapshot, TableColumn } from '../catalog/snapshot.ts';
import { outputColumns } from '../plan/columns.ts';
import type { DistributedPlan, Fragment } from '../plan/distributed.ts';
import type { ColumnId } from '../plan/expr.ts';
import type { Column, Plan, ProjectItem } from '../plan/logical.ts';
import { OID, sqlType } from '../types/sql-type.ts';

/** A table that is made in place (decision 010). */
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
 * @param piece what they are kept as. @param withData whether there are rows to keep. @throws 0A000 with the reason where a row needs those of another shard.
 */
export function keepInPlace(
  plan: DistributedPlan,
  snapshot: Snapshot,
  piece: string,
  withData = true,
): InPlace {
  const fragment = shardFragment(plan, refusedInPlace);
  const { shards } = fragment.target;
  if (shards.length === 0) throw refusedInPlace('no agent’s labels satisfy its conditions');
  assert(fragment.columns.length === plan.output.length, 'a plan that only gathers gives what it gathers');
  const labels = labelsOf(fragment, plan, snapshot);
  const columns = fragment.columns.map(({ type }, index) => ({ name: `@${index + 1}`, type }));
  const kept: Fragment = {
    ...fragment,
    plan: withData ? fragment.plan : { ...NO_ROWS, input: fragment.plan },
    keep: { name: piece, columns },
  };
  const others = plan.fragments.filter((other) => other !== fragment);
  return { plan: countedPlan({ ...plan, fragments: others }, [kept]), columns, labels, shards };
}

const NO_ROWS = {
  kind: 'limit',
  limit: { kind: 'const', type: sqlType(OID.int8), value: '0' },
  offset: undefined,
  withTies: false,
} as const;
const COUNTS = { rows: 1, bytes: 8 };
const INT8 = sqlType(OID.int8);

/**
 * The fragment that computes each shard's rows in that shard. What agents may be sent for it is the proxy's, is replicated, or
 * is one row of aggregates over all shards.
 */
export function shardFragment(plan: DistributedPlan, refused: (detail: string) => SkeinError): Fragment {
  const fragment = plan.fragments.find(({ id }) => id === plan.passThrough);
  const others = plan.fragments.filter((other) => other !== fragment);
  const leaving = others.filter(({ target, plan: of }) => target.kind === 'each' && !isOneRow(of));
  if (fragment === undefined && others.length === 0) throw refused('no agent holds its rows');
  if (fragment === undefined || leaving.length > 0) {
    const reasons = [...new Set((leaving.length > 0 ? leaving : others).map(({ reason }) => reason))];
    throw refused(`rows would be gathered: ${reasons.join('; ')}`);
  }
  if (fragment.target.kind === 'any')
    throw refused('it reads replicated tables only, which lie on all agents');
  return fragment;
}

function isOneRow(plan: Plan): boolean {
  if (plan.kind === 'project' || plan.kind === 'filter') return isOneRow(plan.input);
  return plan.kind === 'aggregate' && plan.groups.length === 0;
}

/** The sum of what the fragments count, one column of one row each. @param plan with the fragments that they need. */
export function countedPlan(plan: DistributedPlan, kept: readonly Fragment[]): DistributedPlan {
  const pg = plan.output.slice(0, 1).map((output) => ({ ...output.pg, name: 'rows' }));
  const count = (id: number): Column => ({ id, name: 'rows', type: INT8 });
  const fragments = kept.map((fragment, index) => ({
    ...fragment,
    columns: [count(index)],
    estimate: COUNTS,
  }));
  const relations = fragments.map(({ id, columns }): Plan => ({ kind: 'relation', name: `g${id}`, columns }));
  let next = fragments.length;
  const combine = relations.reduce((all, one): Plan => {
    const columns = [count(next++)];
    return { kind: 'set-operation', op: 'union', all: true, inputs: [all, one], columns };
  });
  const [column] = outputColumns(combine);
  return {
    ...plan,
    fragments: [...plan.fragments, ...fragments],
    combine,
    passThrough: fragments.length === 1 ? fragments[0]?.id : undefined,
    output: pg.flatMap((one) => (column === undefined ? [] : [{ column, pg: one }])),
  };
}

function refusedInPlace(detail: string): SkeinError {
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
      throw refusedInPlace(`its column "${name}" has the name of a label, and is not that label`);
    }
  }
  return labels;
}

/** The label that a column of the plan is in every row. */
export function labelOf(plan: Plan, id: ColumnId): string | undefined {
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
