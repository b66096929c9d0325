import type { Broadcast, DeclaredGroup, DistributedPlan, Fragment, Pruning } from './distributed.ts';
import { type ExplainWrite, writeJson, writeText } from './explain-write.ts';
import type { Column, Plan } from './logical.ts';
import { wrapSql } from './wrap-sql.ts';

/** All that EXPLAIN shows. SQL is printed by whoever knows the dialect. */
export interface ExplainInput {
  readonly plan: DistributedPlan;
  /** What its rows are for, if not for the client. */
  readonly write?: ExplainWrite | undefined;
  /** The fragment's SQL as that shard's agent will run it. */
  readonly agentSql: (fragment: Fragment, shard: string | undefined) => string;
  readonly proxySql: (plan: Plan) => string;
  /** Only for EXPLAIN ANALYZE. */
  readonly actual: ExplainActual | undefined;
}

export interface ExplainActual {
  readonly rows: number;
  readonly planningMs: number;
  readonly executionMs: number;
  readonly tasks: readonly ExplainTask[];
  /** Agents that did not answer (only in partial mode). */
  readonly missing: readonly string[];
}

export interface ExplainTask {
  readonly fragment: number;
  readonly agent: string;
  readonly rows: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly queueMs: number;
  readonly runMs: number;
  readonly transferMs: number;
}

export interface ExplainOptions {
  /** `(cost=a..b rows=n width=w)`, which tools look for. */
  readonly costs: boolean;
}

/** EXPLAIN as text, a line an element. */
export function explainText(input: ExplainInput, options: ExplainOptions): readonly string[] {
  const { plan, actual, write } = input;
  const source = sourceText(input, options);
  const cost = `${costText({ ...totalOf(plan), rows: 0, width: 0 }, options)}${actualText(actual)}`;
  const lines = write === undefined ? [...source] : [...writeText(write, cost, source)];
  for (const pruning of plan.prunings) lines.push(pruningText(pruning));
  for (const group of plan.groups ?? []) lines.push(groupText(group));
  if (plan.rewrites.length > 0) lines.push(`Rewrites: ${plan.rewrites.join(', ')}`);
  if (actual !== undefined) {
    if (actual.missing.length > 0) lines.push(`Missing agents: ${actual.missing.join(', ')}`);
    lines.push(`Planning Time: ${actual.planningMs.toFixed(3)} ms`);
    lines.push(`Execution Time: ${actual.executionMs.toFixed(3)} ms`);
  }
  return lines;
}

function sourceText(input: ExplainInput, options: ExplainOptions): readonly string[] {
  const { plan, actual } = input;
  const lines = [`${rootName(plan)}${costText(totalOf(plan), options)}${actualText(actual)}`];
  const add = (depth: number, text: string) => {
    for (const line of text.split('\n')) lines.push(`${'  '.repeat(depth)}${line}`);
  };
  add(1, `Output: ${plan.output.map(({ pg }) => pg.name).join(', ')}`);
  if (plan.passThrough === undefined)
    for (const line of sqlLines('Combine SQL', input.proxySql(plan.combine))) add(1, line);
  for (const fragment of plan.fragments)
    for (const line of fragmentText(fragment, input, options)) add(1, line);
  for (const broadcast of plan.broadcasts) for (const line of broadcastText(broadcast, input)) add(1, line);
  return lines;
}

/** EXPLAIN (FORMAT JSON): PostgreSQL's frame, `[{ "Plan": … }]`, around Skein's own keys. */
export function explainJson(input: ExplainInput): unknown {
  const { plan, actual, write } = input;
  const total = totalOf(plan);
  const costs = { 'Startup Cost': 0, 'Total Cost': total.cost };
  const actually = actual === undefined ? {} : { 'Actual Rows': actual.rows };
  const source = {
    'Node Type': rootName(plan),
    ...costs,
    'Plan Rows': total.rows,
    'Plan Width': total.width,
    ...actually,
    Output: plan.output.map(({ pg }) => pg.name),
    ...(plan.passThrough === undefined ? { 'Combine SQL': input.proxySql(plan.combine) } : {}),
    Plans: [
      ...plan.fragments.map((fragment) => fragmentJson(fragment, input)),
      ...plan.broadcasts.map((b) => broadcastJson(b, input)),
    ],
  };
  const nothing = { ...costs, 'Plan Rows': 0, 'Plan Width': 0, ...actually };
  return [
    {
      Plan: write === undefined ? source : writeJson(write, nothing, source),
      Prunings: plan.prunings,
      ...(plan.groups === undefined || plan.groups.length === 0 ? {} : { Groups: plan.groups }),
      Rewrites: plan.rewrites,
      ...(actual === undefined
        ? {}
        : {
            'Missing Agents': actual.missing,
            'Planning Time': actual.planningMs,
            'Execution Time': actual.executionMs,
          }),
    },
  ];
}

function rootName(plan: DistributedPlan): string {
  if (plan.passThrough !== undefined) return 'Stream';
  return plan.fragments.length === 0 ? 'Result' : 'Combine';
}

interface Total {
  readonly cost: number;
  readonly rows: number;
  readonly width: number;
}

/** Cost is what moves, in units of a row of 100 bytes: the thing that Skein saves. */
function totalOf(plan: DistributedPlan): Total {
  const rows = plan.fragments.reduce((sum, fragment) => sum + fragment.estimate.rows, 0);
  const bytes = plan.fragments.reduce((sum, fragment) => sum + fragment.estimate.bytes, 0);
  return {
    cost: bytes / 100 + rows / 100,
    rows: Math.max(1, rows),
    width: rows === 0 ? 0 : Math.round(bytes / rows),
  };
}

function costText(total: Total, options: ExplainOptions): string {
  if (!options.costs) return '';
  return `  (cost=0.00..${total.cost.toFixed(2)} rows=${total.rows} width=${total.width})`;
}

function actualText(actual: ExplainActual | undefined): string {
  return actual === undefined ? '' : ` (actual rows=${actual.rows})`;
}

function fragmentText(fragment: Fragment, input: ExplainInput, options: ExplainOptions): readonly string[] {
  const { estimate } = fragment;
  const total = {
    cost: estimate.bytes / 100,
    rows: estimate.rows,
    width: Math.round(estimate.bytes / Math.max(1, estimate.rows)),
  };
  const tasks = input.actual?.tasks.filter((task) => task.fragment === fragment.id) ?? [];
  return [
    `->  Gather g${fragment.id}${costText(total, options)}`,
    `      Reason: ${fragment.reason}`,
    `      Target: ${targetText(fragment)}`,
    ...(fragment.target.shards.length > 0
      ? [`      Leaves each agent: ${columnsText(fragment.columns)}`]
      : []),
    `      Moves about: ${estimate.rows} rows, ${bytesText(estimate.bytes)}`,
    ...(fragment.keep === undefined
      ? []
      : [`      Stays there: the rows of its SQL, as ${fragment.keep.name}`]),
    ...(fragment.inputs.length > 0
      ? [`      Needs: ${fragment.inputs.map((id) => `b${id}`).join(', ')}`]
      : []),
    ...agentSqlText(fragment, input),
    ...tasks.map(
      (task) =>
        `      Agent ${task.agent}: rows=${task.rows} bytes_out=${task.bytesOut} bytes_in=${task.bytesIn}` +
        ` queue=${task.queueMs.toFixed(3)} run=${task.runMs.toFixed(3)} transfer=${task.transferMs.toFixed(3)} ms`,
    ),
  ];
}

function agentSqlText(fragment: Fragment, input: ExplainInput): readonly string[] {
  const { shards } = fragment.target;
  if (shards.length === 0) return [];
  const where =
    fragment.target.kind === 'each' && shards.length > 1 ? ` (on ${shards[0]}, the others alike)` : '';
  return sqlLines(`Agent SQL${where}`, input.agentSql(fragment, shards[0])).map((line) => `      ${line}`);
}

/** On the same line where it fits, else below. */
function sqlLines(name: string, sql: string): readonly string[] {
  const lines = wrapSql(sql).split('\n');
  const [only] = lines;
  return lines.length === 1 ? [`${name}: ${only}`] : [`${name}:`, ...lines.map((line) => `  ${line}`)];
}

function targetText(fragment: Fragment): string {
  const { kind, shards } = fragment.target;
  if (kind === 'any') return `any one of ${shards.join(', ') || 'no agent'}`;
  if (shards.length === 0) return 'no agent';
  return `${shards.length} ${shards.length === 1 ? 'shard' : 'shards'}: ${shards.join(', ')}`;
}

function broadcastText(broadcast: Broadcast, input: ExplainInput): readonly string[] {
  const { columns, estimate } = broadcast;
  const receivers = receiversOf(broadcast, input.plan);
  const crossing = [
    `      Goes to: every agent of ${receivers.map((id) => `g${id}`).join(', ')}`,
    `      Reaches each agent: ${columnsText(columns)}`,
    `      Moves about: ${estimate.rows} rows, ${bytesText(estimate.bytes)}, to each`,
  ];
  return [
    `->  ${receivers.length === 0 ? 'Computed' : 'Broadcast'} b${broadcast.id}`,
    ...(receivers.length === 0 ? [`      Stays on the proxy: ${columnsText(columns)}`] : crossing),
    ...sqlLines('Proxy SQL', input.proxySql(broadcast.plan)).map((line) => `      ${line}`),
  ];
}

/** Fragments that it is sent with. */
function receiversOf({ id }: Broadcast, { fragments }: DistributedPlan): readonly number[] {
  return fragments.filter(({ inputs }) => inputs.includes(id)).map((fragment) => fragment.id);
}

function columnsText(columns: readonly Column[]): string {
  return columns.map((column) => `c${column.id} (${column.name})`).join(', ');
}

function columnsJson(columns: readonly Column[]): unknown {
  return columns.map((column) => ({ column: `c${column.id}`, name: column.name }));
}

function pruningText(pruning: Pruning): string {
  const chosen = `${pruning.chosen.length} of ${pruning.chosen.length + pruning.pruned.length} shards of ${pruning.table}`;
  const names = pruning.chosen.length === 0 ? '' : ` (${pruning.chosen.join(', ')})`;
  if (pruning.predicate === undefined) return `Shards: ${chosen}${names}; no label predicate`;
  const left = pruning.pruned.length === 0 ? 'nothing pruned' : `pruned ${pruning.pruned.join(', ')}`;
  return `Shards: ${chosen}${names}; ${left} by ${pruning.predicate}`;
}

function groupText({ name, keys, unusable, verification: { rows, bytes } }: DeclaredGroup): string {
  const group = `Group: ${name} (${keys.join(', ')})`;
  if (unusable !== undefined) return `${group} is not used: ${unusable}`;
  return `${group} is verified; when data change, comparing its keys moves up to ${rows} rows, ${bytesText(bytes)}`;
}

function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function fragmentJson(fragment: Fragment, input: ExplainInput): unknown {
  const tasks = input.actual?.tasks.filter((task) => task.fragment === fragment.id);
  return {
    'Node Type': 'Gather',
    Name: `g${fragment.id}`,
    Reason: fragment.reason,
    Target: fragment.target,
    Columns: columnsJson(fragment.columns),
    'Plan Rows': fragment.estimate.rows,
    'Plan Bytes': fragment.estimate.bytes,
    ...(fragment.keep === undefined ? {} : { Keeps: fragment.keep.name }),
    Needs: fragment.inputs.map((id) => `b${id}`),
    'Agent SQL':
      fragment.target.kind === 'each' && fragment.target.shards.length === 0
        ? null
        : input.agentSql(fragment, fragment.target.shards[0]),
    ...(tasks === undefined ? {} : { Tasks: tasks }),
  };
}

function broadcastJson(broadcast: Broadcast, input: ExplainInput): unknown {
  const receivers = receiversOf(broadcast, input.plan);
  return {
    'Node Type': receivers.length === 0 ? 'Computed' : 'Broadcast',
    Name: `b${broadcast.id}`,
    'Goes To': receivers.map((id) => `g${id}`),
    Columns: columnsJson(broadcast.columns),
    'Plan Rows': broadcast.estimate.rows,
    'Plan Bytes': broadcast.estimate.bytes,
    'Proxy SQL': input.proxySql(broadcast.plan),
  };
}
