import { SkeinError } from '../base/errors.ts';
import type { TableColumn } from '../catalog/snapshot.ts';
import type { ConstExpr, Expr } from '../plan/expr.ts';
import type { Column, Plan, RelationPlan, ScanPlan } from '../plan/logical.ts';
import { expressionsOf, visitExpr, visitPlan } from '../plan/walk.ts';
import { OID, sameType } from '../types/sql-type.ts';

/** What a plan from outside may refer to. */
export interface PlanScope {
  /** Columns of a table as the federation accepted them; undefined: no such table. */
  readonly table: (name: string) => readonly TableColumn[] | undefined;
  readonly inputs: ReadonlyMap<string, readonly Column[]>;
}

/**
 * An agent trusts the proxy as little as it can: every table, column, relation and constant is checked here, every function and
 * operator by the dialect's printer.
 * @returns the tables that the plan scans.
 * @throws 08P01 for a plan that no honest proxy sends.
 */
export function checkPlan(plan: Plan, scope: PlanScope): ReadonlySet<string> {
  const tables = new Set<string>();
  visitPlan(plan, (operator) => {
    if (operator.kind === 'scan') {
      checkScan(operator, scope);
      tables.add(operator.table);
    }
    if (operator.kind === 'relation') checkRelation(operator, scope);
    if (!AGENTS_RUN[operator.kind]) throw malformed(`a ${operator.kind} can't run on an agent`);
    for (const expr of expressionsOf(operator)) visitExpr(expr, checkExpr);
  });
  return tables;
}

/** A name that nothing defines is a file to DuckDB; the proxy computes WITH queries itself, so their names don't come here. */
const AGENTS_RUN: Readonly<Record<Plan['kind'], boolean>> = {
  scan: true,
  relation: true,
  values: true,
  unnest: true,
  filter: true,
  project: true,
  aggregate: true,
  distinct: true,
  join: true,
  sort: true,
  limit: true,
  'set-operation': true,
  window: true,
  with: false,
  'cte-ref': false,
  recursive: false,
  gather: false,
  broadcast: false,
  stored: false,
};

function checkScan(scan: ScanPlan, scope: PlanScope): void {
  const columns = scope.table(scan.table);
  if (columns === undefined) throw malformed(`the table "${scan.table}" is not exposed`);
  for (const { source, type } of scan.columns) {
    if (source.kind === 'label') continue;
    const column = columns.find(({ name }) => name === source.name);
    if (column === undefined)
      throw malformed(`the column "${source.name}" of "${scan.table}" is not exposed`);
    if (!sameType(column.type, type)) {
      throw malformed(`the column "${source.name}" of "${scan.table}" has another type`);
    }
  }
}

function checkRelation(relation: RelationPlan, scope: PlanScope): void {
  const columns = scope.inputs.get(relation.name);
  if (columns === undefined) throw malformed(`the relation "${relation.name}" was not sent`);
  const same =
    columns.length === relation.columns.length &&
    relation.columns.every(({ id, type }, i) => {
      const column = columns[i];
      return column !== undefined && column.id === id && sameType(column.type, type);
    });
  if (!same) throw malformed(`the relation "${relation.name}" has other columns`);
}

function checkExpr(expr: Expr): void {
  if (expr.kind === 'const') checkConstant(expr);
  if (expr.kind === 'param' || expr.kind === 'session') throw malformed('a value was not bound');
}

const INTEGERS: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8, OID.oid]);

/** The printer writes these without quotes. */
function checkConstant({ type, value }: ConstExpr): void {
  if (value === null) return;
  const valid =
    (type.oid !== OID.bool || value === 'true' || value === 'false') &&
    (!INTEGERS.has(type.oid) || /^-?\d{1,20}$/.test(value)) &&
    (type.oid !== OID.bytea || /^\\x([0-9a-fA-F]{2})*$/.test(value));
  if (!valid) throw malformed('a constant is not of its type');
}

function malformed(reason: string): SkeinError {
  return new SkeinError('protocolViolation', `refused by the agent: ${reason}`);
}
