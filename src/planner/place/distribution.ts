import { assertNever } from '../../base/assert.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { findShard } from '../../catalog/snapshot.ts';
import type { ColumnId, Expr } from '../../plan/expr.ts';
import type { JoinType } from '../../plan/logical.ts';
import { OID, type SqlType, sameType } from '../../types/sql-type.ts';
import { equatedColumns } from '../exprs.ts';

/**
 * What is known of where a relation's rows lie.
 *
 * - `constant`: computed from nothing but constants; the same everywhere, on the proxy too
 * - `single`: on the proxy
 * - `replicated`: all rows on every agent that has the tables
 * - `scattered`: each row on exactly one of `shards`; `labels` are columns whose value tells the row's shard: its label, or a
 *   colocation group's key
 */
export type Distribution =
  | { readonly kind: 'constant' }
  | { readonly kind: 'single' }
  | { readonly kind: 'replicated'; readonly tables: readonly string[] }
  | Scattered;

export interface Scattered {
  readonly kind: 'scattered';
  readonly shards: readonly string[];
  readonly labels: ReadonlyMap<ColumnId, LabelColumn>;
}

export interface LabelColumn {
  readonly name: string;
  readonly type: SqlType;
  /** Not a label but the key of these verified colocation groups: rows with equal values lie in one shard. */
  readonly groups?: readonly string[];
}

/**
 * The distribution table, operator × distributions of its inputs: either the operator may run where its inputs lie, with the
 * distribution of its output, or the inputs named in `gather` must come to the proxy first, and why.
 * All push-down rests on these functions; test/property/distribution.test.ts compares each verdict with real relations.
 */
export type Verdict =
  | {
      readonly kind: 'push';
      readonly output: Distribution;
      /** The verdict needs a declared colocation group to hold for the rows that are read. */
      readonly relies?: true;
    }
  | { readonly kind: 'gather'; readonly reason: string };

const push = (output: Distribution): Verdict => ({ kind: 'push', output });
const pushRelying = (output: Distribution): Verdict => ({ kind: 'push', output, relies: true });
const gather = (reason: string): Verdict => ({ kind: 'gather', reason });

/** Filter, project: row by row, so where the rows lie. `keep` are the columns that survive, by their new ids. */
export function ofRowwise(input: Distribution, keep?: ReadonlyMap<ColumnId, ColumnId>): Distribution {
  if (input.kind !== 'scattered' || keep === undefined) return input;
  const labels = new Map<ColumnId, LabelColumn>();
  for (const [to, from] of keep) {
    const label = input.labels.get(from);
    if (label !== undefined) labels.set(to, label);
  }
  return { ...input, labels };
}

/**
 * Aggregate by groups, DISTINCT, a window's PARTITION BY: it may run where the rows lie if no group has rows in two places.
 * @param keys what the operator groups by; undefined elements are expressions that aren't plain columns.
 */
export function ofGrouped(
  input: Distribution,
  keys: readonly (ColumnId | undefined)[],
  snapshot: Snapshot,
): Verdict {
  switch (input.kind) {
    case 'constant':
    case 'single':
    case 'replicated':
      return push(input);
    case 'scattered': {
      if (isolatesShards(input, keys, snapshot)) return push(input);
      if (keys.some((key) => key !== undefined && input.labels.get(key)?.groups !== undefined))
        return pushRelying(input);
      return gather('groups may have rows in several shards');
    }
    default:
      return assertNever(input);
  }
}

/** Do labels among the keys tell all the shards apart? */
function isolatesShards(
  input: Scattered,
  keys: readonly (ColumnId | undefined)[],
  snapshot: Snapshot,
): boolean {
  if (input.shards.length === 1) return true;
  const labels = keys.flatMap((key) => {
    const label = key === undefined ? undefined : input.labels.get(key);
    return label === undefined ? [] : [label];
  });
  return labelsIsolate(labels, input.shards, snapshot);
}

/** Has each of the shards a different tuple of these labels, compared after typing? Unlabelled shards share NULL. */
function labelsIsolate(
  labels: readonly LabelColumn[],
  shards: readonly string[],
  snapshot: Snapshot,
): boolean {
  if (shards.length <= 1) return true;
  const comparable = labels.filter(
    ({ groups, type }) => groups === undefined && comparableText(type, '0') !== undefined,
  );
  if (comparable.length === 0) return false;
  const tuples = new Set(
    shards.map((id) => {
      const values = findShard(snapshot, id)?.labels ?? {};
      return JSON.stringify(
        comparable.map((label) => {
          const text = values[label.name];
          return text === undefined ? null : comparableText(label.type, text);
        }),
      );
    }),
  );
  return tuples.size === shards.length;
}

/** A text that is equal exactly where the typed values are; undefined for types where that isn't simple. */
function comparableText(type: SqlType, text: string): string | undefined {
  switch (type.oid) {
    case OID.text:
    case OID.varchar:
      return text;
    case OID.int2:
    case OID.int4:
    case OID.int8:
      return /^\s*[+-]?\d+\s*$/.test(text) ? BigInt(text.trim().replace(/^\+/, '')).toString() : undefined;
    default:
      return undefined;
  }
}

/** Join. `condition` decides whether two scattered sides are co-located: every match within one shard. */
export function ofJoin(
  type: JoinType,
  left: Distribution,
  right: Distribution,
  condition: Expr,
  snapshot: Snapshot,
): Verdict {
  if (left.kind === 'constant')
    return right.kind === 'scattered' ? copyWithScattered(type, 'left', right) : push(right);
  if (right.kind === 'constant')
    return left.kind === 'scattered' ? copyWithScattered(type, 'right', left) : push(left);
  if (left.kind === 'single' || right.kind === 'single') {
    return left.kind === right.kind ? push(left) : gather('one side is on the proxy');
  }
  if (left.kind === 'replicated') {
    if (right.kind === 'replicated') {
      return push({ kind: 'replicated', tables: [...new Set([...left.tables, ...right.tables])] });
    }
    return copyWithScattered(type, 'left', right);
  }
  if (right.kind === 'replicated') return copyWithScattered(type, 'right', left);
  return ofScatteredJoin(type, left, right, condition, snapshot);
}

/**
 * One side has all its rows at each agent (`copy`), the other is scattered. An unmatched row of the copy would be emitted on
 * every agent, and a matched one wherever it matches: so only joins that emit by the scattered side's rows.
 */
function copyWithScattered(type: JoinType, copy: 'left' | 'right', scattered: Scattered): Verdict {
  const emitsByScattered: readonly JoinType[] =
    copy === 'right' ? ['inner', 'left', 'semi', 'anti'] : ['inner', 'right'];
  if (emitsByScattered.includes(type)) return push(scattered);
  return gather(`a ${type} join emits rows of the side that every agent has`);
}

function ofScatteredJoin(
  type: JoinType,
  left: Scattered,
  right: Scattered,
  condition: Expr,
  snapshot: Snapshot,
): Verdict {
  const equated = equatedLabels(condition, left, right);
  const shards = [...new Set([...left.shards, ...right.shards])];
  const relies = !labelsIsolate(equated, shards, snapshot);
  if (relies && !equated.some(({ groups }) => groups !== undefined))
    return gather('matching rows may lie in different shards');
  if (!ownersCover(type, left, right)) return gather('one side is not on every shard of the other');
  const pushed = relies ? pushRelying : push;
  switch (type) {
    case 'inner':
      return pushed({
        kind: 'scattered',
        shards: left.shards.filter((shard) => right.shards.includes(shard)),
        labels: new Map([...left.labels, ...right.labels]),
      });
    case 'left':
    case 'semi':
    case 'anti':
      return pushed(left);
    case 'right':
      return pushed(right);
    case 'full':
      // A merged label column is null on one side, so neither side's labels tell the shard any more.
      return pushed({ kind: 'scattered', shards, labels: new Map() });
    default:
      return assertNever(type);
  }
}

/** Does every shard that must emit rows own the other side too? */
function ownersCover(type: JoinType, left: Scattered, right: Scattered): boolean {
  const covers = (outer: Scattered, inner: Scattered) =>
    outer.shards.every((shard) => inner.shards.includes(shard));
  switch (type) {
    case 'inner':
      return true;
    case 'left':
    case 'semi':
    case 'anti':
      return covers(left, right);
    case 'right':
      return covers(right, left);
    case 'full':
      return covers(left, right) && covers(right, left);
    default:
      return assertNever(type);
  }
}

/** Labels, or keys of one group, that the condition equates between the two sides. */
function equatedLabels(condition: Expr, left: Scattered, right: Scattered): readonly LabelColumn[] {
  const conjuncts = condition.kind === 'and' ? condition.args : [condition];
  return conjuncts.flatMap((conjunct) => {
    const equated = equatedColumns(conjunct);
    if (equated === undefined) return [];
    const [a, b] = equated;
    const l = left.labels.get(a.id) ?? left.labels.get(b.id);
    const r = right.labels.get(b.id) ?? right.labels.get(a.id);
    return l !== undefined && r !== undefined && isSamePlace(l, r) ? [l] : [];
  });
}

function isSamePlace(left: LabelColumn, right: LabelColumn): boolean {
  if (left.groups === undefined || right.groups === undefined)
    return left.groups === right.groups && left.name === right.name;
  return left.groups.some((group) => right.groups?.includes(group));
}

/** A column of a set operation and those of its inputs that it is made of. */
export interface UnitedColumn {
  readonly id: ColumnId;
  readonly left: ColumnId;
  readonly right: ColumnId;
}

/** UNION ALL: a copy that every agent has would be counted once an agent. INTERSECT and EXCEPT compare all rows. */
export function ofSetOperation(
  op: 'union' | 'intersect' | 'except',
  left: Distribution,
  right: Distribution,
  columns: readonly UnitedColumn[],
): Verdict {
  if (left.kind === 'scattered' && right.kind === 'scattered') {
    if (op !== 'union') return gather(`${op} compares rows of several shards`);
    const same =
      left.shards.length === right.shards.length && left.shards.every((s) => right.shards.includes(s));
    const labels = new Map(columns.flatMap((column) => unitedLabel(column, left, right)));
    return same ? push({ ...left, labels }) : gather('the two sides lie in different shards');
  }
  if (left.kind === 'constant')
    return right.kind === 'scattered' ? gather('one side lies nowhere in particular') : push(right);
  if (right.kind === 'constant')
    return left.kind === 'scattered' ? gather('one side lies nowhere in particular') : push(left);
  if (left.kind === 'single' && right.kind === 'single') return push(left);
  if (left.kind === 'replicated' && right.kind === 'replicated') {
    return push({ kind: 'replicated', tables: [...new Set([...left.tables, ...right.tables])] });
  }
  return gather('the two sides lie in different places');
}

/** What tells the shard of both inputs' rows in the same way tells it of all. */
function unitedLabel(
  { id, left: leftId, right: rightId }: UnitedColumn,
  left: Scattered,
  right: Scattered,
): readonly (readonly [ColumnId, LabelColumn])[] {
  const [l, r] = [left.labels.get(leftId), right.labels.get(rightId)];
  if (l === undefined || r === undefined || !sameType(l.type, r.type) || !isSamePlace(l, r)) return [];
  if (l.groups === undefined) return [[id, l]];
  return [[id, { ...l, groups: l.groups.filter((group) => r.groups?.includes(group)) }]];
}
