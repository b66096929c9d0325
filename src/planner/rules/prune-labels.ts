import type { Snapshot } from '../../catalog/snapshot.ts';
import { findShard, findTable } from '../../catalog/snapshot.ts';
import type { Pruning } from '../../plan/distributed.ts';
import type { ColumnId, Expr } from '../../plan/expr.ts';
import type { JoinType, Plan, ScanPlan } from '../../plan/logical.ts';
import { columnsUsed, mapExpressions, mapInputs, visitExpr } from '../../plan/walk.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { describeExpr } from '../describe-expr.ts';
import {
  conjunction,
  conjunctsOf,
  FALSE,
  hasSubquery,
  isTrue,
  isVolatile,
  mapSubqueries,
  TRUE,
} from '../exprs.ts';

/** "Which shards may satisfy this predicate over their labels?", to be decided by the engine's own semantics. */
export interface LabelQuestion {
  /** The same predicate over the same labels has the same id. */
  readonly id: string;
  readonly predicate: Expr;
  readonly columns: readonly LabelQuestionColumn[];
  /** Asked of these, with their constants among the labels; undefined: of all shards. */
  readonly shards?: readonly LabelQuestionShard[];
}

export interface LabelQuestionColumn {
  readonly id: ColumnId;
  /** Of a constant column: its {@link constantKey}. */
  readonly label: string;
  readonly type: SqlType;
}

export interface LabelQuestionShard {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** By question id: the shards that may satisfy it. */
export type LabelAnswers = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The questions whose answers {@link pruneLabels} needs: for each scan under a filter that label values alone may refute; and,
 * where the snapshot tells of columns that are constant on some shards, those values.
 */
export function labelQuestions(plan: Plan, snapshot?: Snapshot): readonly LabelQuestion[] {
  const questions = new Map<string, LabelQuestion>();
  visitScans(plan, (scan, conjuncts) => {
    for (const question of questionsOf(scan, conjuncts, snapshot)) questions.set(question.id, question);
    return scan;
  });
  return [...questions.values()];
}

/**
 * Gives every federated scan its shards: those that own a piece of the table and whose labels may satisfy what is above it.
 * The filters themselves stay: pruning only leaves out shards that they would empty.
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
    const questions = questionsOf(scan, conjuncts, snapshot);
    const chosen = owners.filter((shard) => questions.every((question) => mayHold(question, shard, answers)));
    const told = new Set(questions.map(describe));
    prunings.push({
      table: scan.pieceOf ?? scan.table,
      chosen,
      pruned: owners.filter((shard) => !chosen.includes(shard)),
      predicate: told.size === 0 ? undefined : [...told].join('; '),
    });
    return { ...scan, shards: chosen };
  });
  return { plan: pruned, prunings };
}

function mayHold(question: LabelQuestion, shard: string, answers: LabelAnswers): boolean {
  if (question.shards?.some(({ id }) => id === shard) === false) return true;
  return answers.get(question.id)?.has(shard) ?? true;
}

function describe({ predicate, columns }: LabelQuestion): string {
  const name = (label: string) => (label.startsWith(CONSTANT) ? label.slice(CONSTANT.length) : label);
  return describeExpr(predicate, new Map(columns.map(({ id, label }) => [id, name(label)])));
}

/** No label's name has it. */
const CONSTANT = '\0constant ';

/** What decides a scan's shards: one question over labels, and one for the shards that hold the same columns constant. */
function questionsOf(
  scan: ScanPlan,
  conjuncts: readonly Expr[],
  snapshot: Snapshot | undefined,
): readonly LabelQuestion[] {
  if (scan.tableKind !== 'federated') return [];
  const labels = scan.columns.flatMap((column) =>
    column.source.kind === 'label' ? [{ id: column.id, label: column.source.name, type: column.type }] : [],
  );
  const byLabels = questionOver(labels, conjuncts);
  const byConstants = [...constantGroups(scan, snapshot).values()].flatMap(({ columns, shards }) => {
    const question = questionOver([...labels, ...columns], conjuncts);
    if (question === undefined || question.id === byLabels?.id) return [];
    return [{ ...question, id: JSON.stringify([question.id, shards]), shards }];
  });
  return byLabels === undefined ? byConstants : [byLabels, ...byConstants];
}

interface ConstantGroup {
  readonly columns: readonly LabelQuestionColumn[];
  readonly shards: LabelQuestionShard[];
}

/** The shards on which scanned columns are constant, by which columns these are. */
function constantGroups(scan: ScanPlan, snapshot: Snapshot | undefined): ReadonlyMap<string, ConstantGroup> {
  const groups = new Map<string, ConstantGroup>();
  if (snapshot === undefined) return groups;
  for (const { shard, constants = {} } of findTable(snapshot, scan.table)?.pieces ?? []) {
    const columns = scan.columns.flatMap(({ id, type, source }) =>
      source.kind === 'physical' && Object.hasOwn(constants, source.name)
        ? [{ id, label: CONSTANT + source.name, type }]
        : [],
    );
    if (columns.length === 0) continue;
    const key = JSON.stringify(columns.map(({ id }) => id));
    const group = groups.get(key) ?? { columns, shards: [] };
    const values = Object.entries(constants).map(([name, value]) => [CONSTANT + name, value] as const);
    const labels = { ...findShard(snapshot, shard)?.labels, ...Object.fromEntries(values) };
    group.shards.push({ id: shard, labels });
    groups.set(key, group);
  }
  return groups;
}

/** The predicate over these columns alone that decides a scan's shards; undefined: they say nothing. */
function questionOver(
  columns: readonly LabelQuestionColumn[],
  conjuncts: readonly Expr[],
): LabelQuestion | undefined {
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

/**
 * Changes each scan, given what must hold for its rows to matter: the conjuncts of the filters right above it, and from
 * anywhere above it those without columns, such as `WHERE 1 = 0` around a query, or FALSE for LIMIT 0.
 */
function visitScans(plan: Plan, change: (scan: ScanPlan, conjuncts: readonly Expr[]) => ScanPlan): Plan {
  const inner = (operator: Plan, above: readonly Expr[]): Plan => {
    const conjuncts = [...above, ...demandsOf(operator)];
    const closed = conjuncts.filter((conjunct) => isDecidable(conjunct, NO_LABELS));
    const whole = mapExpressions(operator, (expr) => mapSubqueries(expr, (sub) => inner(sub, closed)));
    switch (whole.kind) {
      case 'scan':
        return change(whole, conjuncts);
      case 'filter':
        return { ...whole, input: inner(whole.input, conjuncts) };
      case 'join': {
        const needed = [...closed, ...closedOf(whole.condition)];
        const [left, right] = NEEDS_MATCH[whole.type];
        return {
          ...whole,
          left: inner(whole.left, left ? needed : closed),
          right: inner(whole.right, right ? needed : closed),
        };
      }
      default:
        return mapInputs(whole, (input) => inner(input, closed));
    }
  };
  return inner(plan, []);
}

const NO_LABELS: ReadonlySet<ColumnId> = new Set();

function closedOf(predicate: Expr): readonly Expr[] {
  return conjunctsOf(predicate).filter((conjunct) => isDecidable(conjunct, NO_LABELS));
}

/** What must hold for the operator to give any of its input's rows. */
function demandsOf(operator: Plan): readonly Expr[] {
  if (operator.kind === 'filter') return conjunctsOf(operator.predicate);
  const isEmpty =
    operator.kind === 'limit' && operator.limit?.kind === 'const' && operator.limit.value === '0';
  return isEmpty ? [FALSE] : [];
}

/** Whether a row of the left and one of the right side matters only where the join's condition holds. */
const NEEDS_MATCH: Readonly<Record<JoinType, readonly [left: boolean, right: boolean]>> = {
  inner: [true, true],
  left: [false, true],
  right: [true, false],
  full: [false, false],
  semi: [true, true],
  anti: [false, true],
};
