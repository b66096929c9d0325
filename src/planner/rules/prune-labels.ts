import type { Snapshot } from '../../catalog/snapshot.ts';
import { findTable } from '../../catalog/snapshot.ts';
import type { Pruning } from '../../plan/distributed.ts';
import type { ColumnId, Expr } from '../../plan/expr.ts';
import type { Plan, ScanPlan } from '../../plan/logical.ts';
import { columnsUsed, mapExpressions, mapInputs, visitExpr } from '../../plan/walk.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { describePredicate } from '../describe-predicate.ts';
import { conjunction, conjunctsOf, hasSubquery, isTrue, isVolatile, mapSubqueries, TRUE } from '../exprs.ts';

/** "Which shards may satisfy this predicate over their labels?", to be decided by the engine's own semantics. */
export interface LabelQuestion {
  /** The same predicate over the same labels has the same id. */
  readonly id: string;
  readonly predicate: Expr;
  readonly columns: readonly LabelQuestionColumn[];
}

export interface LabelQuestionColumn {
  readonly id: ColumnId;
  readonly label: string;
  readonly type: SqlType;
}

/** By question id: the shards that may satisfy it. */
export type LabelAnswers = ReadonlyMap<string, ReadonlySet<string>>;

/** The questions whose answers {@link pruneLabels} needs: one for each scan under a filter that label values alone may refute. */
export function labelQuestions(plan: Plan): readonly LabelQuestion[] {
  const questions = new Map<string, LabelQuestion>();
  visitScans(plan, (scan, conjuncts) => {
    const question = questionOf(scan, conjuncts);
    if (question !== undefined) questions.set(question.id, question);
    return scan;
  });
  return [...questions.values()];
}

/**
 * Gives every federated scan its shards: those that own a piece of the table and whose labels may satisfy the filter right
 * above the scan. The filter itself stays: pruning only leaves out shards that it would empty.
 */
export function pruneLabels(
  plan: Plan,
  answers: LabelAnswers,
  snapshot: Snapshot,
): { readonly plan: Plan; readonly prunings: readonly Pruning[] } {
  const prunings: Pruning[] = [];
  const pruned = visitScans(plan, (scan, conjuncts) => {
    if (scan.tableKind !== 'federated') return scan;
    const owners = (findTable(snapshot, scan.table)?.pieces ?? []).map((piece) => piece.shard).sort();
    const question = questionOf(scan, conjuncts);
    const may = question && answers.get(question.id);
    const chosen = may === undefined ? owners : owners.filter((shard) => may.has(shard));
    prunings.push({
      table: scan.table,
      chosen,
      pruned: owners.filter((shard) => !chosen.includes(shard)),
      predicate: question && describe(question),
    });
    return { ...scan, shards: chosen };
  });
  return { plan: pruned, prunings };
}

function describe({ predicate, columns }: LabelQuestion): string {
  return describePredicate(predicate, new Map(columns.map(({ id, label }) => [id, label])));
}

/** The label predicate that decides a scan's shards; undefined: labels say nothing. */
function questionOf(scan: ScanPlan, conjuncts: readonly Expr[]): LabelQuestion | undefined {
  const columns = scan.columns.flatMap((column) =>
    column.source.kind === 'label' ? [{ id: column.id, label: column.source.name, type: column.type }] : [],
  );
  const labelIds = new Set(columns.map((column) => column.id));
  const implied = conjuncts
    .map((conjunct) => impliedByLabels(conjunct, labelIds))
    .filter((expr) => !isTrue(expr));
  if (implied.length === 0) return undefined;
  const predicate = conjunction(implied);
  const used = columnsUsed(predicate);
  const needed = columns.filter((column) => used.has(column.id));
  return { id: JSON.stringify([predicate, needed]), predicate, columns: needed };
}

/**
 * The strongest condition over labels alone that a row must meet if it meets `expr`: TRUE where labels say nothing. Only
 * AND and OR are looked through: a weaker condition under NOT would be a stronger one outside.
 */
function impliedByLabels(expr: Expr, labels: ReadonlySet<ColumnId>): Expr {
  if (isDecidable(expr, labels)) return expr;
  if (expr.kind === 'and')
    return conjunction(expr.args.map((arg) => impliedByLabels(arg, labels)).filter((e) => !isTrue(e)));
  if (expr.kind === 'or') {
    const args = expr.args.map((arg) => impliedByLabels(arg, labels));
    return args.some(isTrue) ? TRUE : { kind: 'or', args };
  }
  return TRUE;
}

/** Can the labels' values alone decide it, now? */
function isDecidable(expr: Expr, labels: ReadonlySet<ColumnId>): boolean {
  if (hasSubquery(expr) || isVolatile(expr)) return false;
  let bound = true;
  visitExpr(expr, (e) => {
    if (e.kind === 'param' || e.kind === 'session') bound = false;
  });
  return bound && [...columnsUsed(expr)].every((id) => labels.has(id));
}

/** Changes each scan, given the conjuncts of the filters right above it. */
function visitScans(plan: Plan, change: (scan: ScanPlan, conjuncts: readonly Expr[]) => ScanPlan): Plan {
  const inner = (operator: Plan, conjuncts: readonly Expr[]): Plan => {
    const withSubplans = mapExpressions(operator, (expr) => mapSubqueries(expr, (sub) => inner(sub, [])));
    if (withSubplans.kind === 'scan') return change(withSubplans, conjuncts);
    if (withSubplans.kind === 'filter') {
      const all = [...conjuncts, ...conjunctsOf(withSubplans.predicate)];
      return { ...withSubplans, input: inner(withSubplans.input, all) };
    }
    return mapInputs(withSubplans, (input) => inner(input, []));
  };
  return inner(plan, []);
}
