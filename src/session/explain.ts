import { refuse } from '../base/errors.ts';
import { findTable, type Snapshot } from '../catalog/snapshot.ts';
import { printPlan } from '../dialect/print.ts';
import { printScan } from '../dialect/print-scan.ts';
import { quoteIdentifier } from '../dialect/quote.ts';
import { type ExplainActual, type ExplainInput, explainJson, explainText } from '../plan/explain.ts';
import type { Plan, ScanPlan } from '../plan/logical.ts';
import { classify } from '../sql/classify.ts';
import type { Statement } from '../sql/parse.ts';
import type { ExplainOptions, StatementKind } from '../sql/statement.ts';
import { type Explained, explainCreation, explainWrite } from './explain-write.ts';
import type { PlannedQuery } from './planned-query.ts';
import type { Outcome } from './portals.ts';
import { isCatalogQuery } from './prepare.ts';
import { executeParameters } from './prepared-statements.ts';
import { queryText } from './query.ts';
import { TextSource } from './row-source.ts';
import type { Run } from './run.ts';
import { checkGatherLimit, planText, planToRun } from './run-query.ts';
import { executePlan, type RunningQuery } from './running-query.ts';
import { atOffset, type Prepared, textColumn } from './statement.ts';

type ExplainCommand = Extract<StatementKind, { readonly kind: 'explain' }>;

/** EXPLAIN: a statement's path, stopped before it runs; with ANALYZE, run to its end, and the rows of a query dropped. */
export async function explain(run: Run, command: ExplainCommand): Promise<Outcome> {
  const explained = await explainedRun(run, command);
  const { statement } = explained.prepared;
  const outer = run.prepared.statement?.offset ?? 0;
  if (statement === undefined) return { kind: 'empty' };
  const lines = await atOffset(statement.offset - outer, () => explainLines(explained, statement, command));
  const columns = [textColumn('QUERY PLAN', command.options.format === 'json' ? 114 : 25)];
  return {
    kind: 'rows',
    source: new TextSource(
      columns,
      lines.map((line) => [line]),
    ),
    tag: () => 'EXPLAIN',
  };
}

/** What is explained: the statement itself, the query of a cursor, or the prepared one that it executes. */
async function explainedRun(run: Run, command: ExplainCommand): Promise<Run> {
  const inner = classify(command.inner);
  if (inner.kind === 'execute') {
    const prepared = run.client.statements.get(inner.name);
    return { ...run, prepared, parameters: await executeParameters(run, prepared, inner) };
  }
  const statement = inner.kind === 'declare' ? inner.inner : command.inner;
  const kind = inner.kind === 'declare' ? ({ kind: 'select' } as const) : inner;
  const prepared: Prepared = { ...run.prepared, statement, command: kind };
  return { ...run, prepared };
}

async function explainLines(
  run: Run,
  statement: Statement,
  command: ExplainCommand,
): Promise<readonly string[]> {
  const { prepared, client } = run;
  const { options } = command;
  switch (prepared.command.kind) {
    case 'select':
      return isCatalogQuery(client, statement)
        ? explainCatalogQuery(command)
        : explainedLines(await explainQuery(run, statement, options.analyze), options);
    case 'write':
      return explainedLines(await explainWrite(run, prepared.command.command, options.analyze), options);
    case 'define': {
      const { createAs } = prepared.command;
      if (createAs === undefined) return [NO_PLAN];
      const explained = await explainCreation(run, createAs, options.analyze);
      if (explained !== undefined) return explainedLines(explained, options);
      return options.format === 'json' ? [JSON.stringify(['CREATE TABLE AS'], undefined, 2)] : [];
    }
    default:
      return [NO_PLAN];
  }
}

/** PostgreSQL's words for what EXECUTE may name beside. */
const NO_PLAN = 'Utility statements have no plan structure';

function explainedLines(explained: Explained, { format, costs }: ExplainOptions): readonly string[] {
  const input = explainInput(explained);
  return format === 'json'
    ? [JSON.stringify(explainJson(input), undefined, 2)]
    : explainText(input, { costs });
}

async function explainQuery(run: Run, statement: Statement, analyzed: boolean): Promise<Explained> {
  const { client, reading } = run;
  const text = await queryText(run, statement);
  const planned = await (analyzed ? planToRun : planText)(client, text, reading.signal);
  return { planned, actual: analyzed ? await analyze({ client, planned, reading }) : undefined };
}

async function analyze({
  client,
  planned,
  reading,
}: Pick<Run, 'client' | 'reading'> & { readonly planned: PlannedQuery }): Promise<ExplainActual> {
  checkGatherLimit(client, planned.plan);
  const started = performance.now();
  const running: RunningQuery = await executePlan(client, planned, reading.signal);
  try {
    const rows = await running.skip(Number.POSITIVE_INFINITY, reading);
    return {
      rows,
      planningMs: planned.planningMs,
      executionMs: performance.now() - started,
      tasks: running.execution.tasks(),
      missing: running.execution.missing().flatMap((shard) => shard.agents),
    };
  } finally {
    await running.close();
  }
}

function explainInput({ planned: { plan, snapshot }, write, actual }: Explained): ExplainInput {
  const relation = quoteIdentifier;
  const noScan = ({ table }: ScanPlan): string => quoteIdentifier(table);
  return {
    plan,
    write,
    agentSql: (fragment, shard) =>
      printPlan(fragment.plan, { scan: (scan) => scanSql(scan, snapshot, shard), relation }),
    proxySql: (part: Plan) => printPlan(part, { scan: noScan, relation }),
    actual,
  };
}

/** As the agent prints it, but for the number of its view. */
function scanSql(scan: ScanPlan, snapshot: Snapshot, shard: string | undefined): string {
  const labels = snapshot.shards.find(({ id }) => id === shard)?.labels ?? {};
  return printScan(scan, { view: 't', columns: findTable(snapshot, scan.table)?.columns ?? [], labels });
}

/** What touches no table moves nothing: the embedded PostgreSQL answers it, whatever its plan. */
function explainCatalogQuery({ options }: ExplainCommand): readonly string[] {
  if (options.analyze) throw refuse('EXPLAIN ANALYZE of a query without tables');
  const node = 'Result on the embedded PostgreSQL';
  if (options.format === 'json') {
    const plan = {
      'Node Type': node,
      'Startup Cost': 0,
      'Total Cost': 0.01,
      'Plan Rows': 1,
      'Plan Width': 0,
    };
    return [JSON.stringify([{ Plan: plan }], undefined, 2)];
  }
  return [options.costs ? `${node}  (cost=0.00..0.01 rows=1 width=0)` : node];
}
