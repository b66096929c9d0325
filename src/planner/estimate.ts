import { assertNever } from '../base/assert.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { outputColumns } from '../plan/columns.ts';
import type { Estimate } from '../plan/distributed.ts';
import type { Expr } from '../plan/expr.ts';
import type { Plan } from '../plan/logical.ts';
import { columnsUsed, visitPlan } from '../plan/walk.ts';
import { LAYOUT_WIDTH } from '../types/batch.ts';
import { type CarrierLayout, carrierOf } from '../types/carrier.ts';
import { conjunctsOf } from './exprs.ts';
import { keysOfFilter } from './key-filter.ts';
import { shareOfKeys } from './key-share.ts';
import { scanRows } from './scan-rows.ts';

const TEXT_BYTES = 24;
/** Of what the proxy holds, where nothing is known. */
const HELD_ROWS = 1_000;
/** Of an array, or a series. */
const UNNESTED_ROWS = 100;

/** Rough: it chooses between exact ways of doing a query, and is shown in EXPLAIN. It never decides a result. */
export function estimate(plan: Plan, snapshot: Snapshot): Estimate {
  const rows = estimateRows(plan, snapshot);
  const width = outputColumns(plan).reduce((sum, column) => sum + widthOf(carrierOf(column.type).layout), 0);
  return { rows: Math.ceil(rows), bytes: Math.ceil(rows * width) };
}

/** Rows that the plan yields over all its shards together. */
export function estimateRows(plan: Plan, snapshot: Snapshot): number {
  const of = (input: Plan) => estimateRows(input, snapshot);
  switch (plan.kind) {
    case 'scan':
      return scanRows(plan, snapshot);
    case 'filter':
      return Math.max(1, of(plan.input) * selectivity(plan, snapshot));
    case 'project':
    case 'sort':
    case 'window':
    case 'gather':
    case 'broadcast':
      return of(plan.input);
    case 'aggregate':
      return plan.groups.length === 0 ? 1 : groupRows(of(plan.input), plan.groups.length);
    case 'distinct':
      return groupRows(of(plan.input), outputColumns(plan).length);
    case 'limit':
      return Math.min(of(plan.input), limitRows(plan.limit));
    case 'join':
      return joinRows(plan, of(plan.left), of(plan.right), snapshot);
    case 'set-operation':
      return plan.op === 'union' ? of(plan.inputs[0]) + of(plan.inputs[1]) : of(plan.inputs[0]);
    case 'unnest':
      return UNNESTED_ROWS;
    case 'values':
      return plan.rows.length;
    case 'with':
      return of(plan.body);
    case 'relation':
    case 'stored':
      return plan.rows ?? HELD_ROWS;
    case 'cte-ref':
    case 'recursive':
      return HELD_ROWS;
    default:
      return assertNever(plan);
  }
}

function selectivity({ predicate, input }: Plan & { kind: 'filter' }, snapshot: Snapshot): number {
  const kept = (conjunct: Expr): number => {
    const found = keysOfFilter(conjunct);
    if (found === undefined) return isEquality(conjunct) ? 0.1 : 0.33;
    const { relation, keys, tested } = found;
    const [of, among] = [
      { exprs: keys, plan: relation },
      { exprs: tested, plan: input },
    ];
    return shareOfKeys(estimateRows(relation, snapshot), of, among, snapshot);
  };
  return conjunctsOf(predicate).reduce((all, conjunct) => all * kept(conjunct), 1);
}

function isEquality(expr: Expr): boolean {
  return expr.kind === 'call' && / = /.test(expr.fn);
}

function groupRows(input: number, keys: number): number {
  return Math.min(input, 20 ** keys + Math.sqrt(input));
}

function limitRows(limit: Expr | undefined): number {
  return limit?.kind === 'const' && limit.value !== null ? Number(limit.value) : Number.POSITIVE_INFINITY;
}

function joinRows(
  { type, condition, left, right }: Plan & { kind: 'join' },
  leftRows: number,
  rightRows: number,
  snapshot: Snapshot,
): number {
  const equalities = conjunctsOf(condition).filter(isEquality);
  if (type === 'anti') return Math.max(1, leftRows * 0.33);
  if (equalities.length === 0) return type === 'semi' ? Math.max(1, leftRows * 0.33) : leftRows * rightRows;
  const most = Math.max(leftRows, rightRows);
  if (type !== 'inner' && type !== 'semi') return most;
  const of = (plan: Plan) => {
    const ids = new Set(outputColumns(plan).map(({ id }) => id));
    const isOf = (expr: Expr) => [...columnsUsed(expr)].every((id) => ids.has(id));
    const exprs = equalities.flatMap((equality) =>
      equality.kind === 'call' ? equality.args.filter(isOf) : [],
    );
    return { plan, exprs };
  };
  if (type === 'semi') {
    const asked = right.kind === 'distinct' ? estimateRows(right.input, snapshot) : rightRows;
    const share = isGrouped(right) ? 1 : shareOfKeys(asked, of(right), of(left), snapshot);
    return Math.max(1, leftRows * (share < 1 ? share : 0.33));
  }
  return Math.max(1, most * shareOfKeys(Math.min(leftRows, rightRows), of(left), of(right), snapshot));
}

/** How many groups there are is hardly known. */
function isGrouped(plan: Plan): boolean {
  let found = false;
  visitPlan(plan, ({ kind }) => {
    found ||= kind === 'aggregate';
  });
  return found;
}

function widthOf(layout: CarrierLayout): number {
  switch (layout.kind) {
    case 'fixed':
      return LAYOUT_WIDTH[layout.layout];
    case 'bytes':
      return TEXT_BYTES;
    case 'list':
      return 4 * widthOf(layout.element);
    default:
      return assertNever(layout);
  }
}
