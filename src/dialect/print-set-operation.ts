import { defined } from '../base/assert.ts';
import type { Column, Plan, RecursivePlan, SetOperationPlan } from '../plan/logical.ts';
import { carrierOf } from '../types/carrier.ts';
import { type Block, blockOver, columnName, cteName, idsOf } from './print-block.ts';

/**
 * DuckDB moves every condition from above INTERSECT and EXCEPT into both inputs, where it may fail for rows that the operation
 * drops. It moves none past OFFSET.
 * @param branch see {@link printBranch}.
 */
export function printSetOperation(plan: SetOperationPlan, branch: (input: Plan) => string): Block {
  const word = `${plan.op.toUpperCase()}${plan.all ? ' ALL' : ''}`;
  const end = plan.op === 'union' ? '' : ' OFFSET 0';
  return blockOver(`(${plan.inputs.map(branch).join(` ${word} `)}${end})`, idsOf(plan));
}

/** @param branch see {@link printBranch}. */
export function printRecursive(plan: RecursivePlan, branch: (input: Plan) => string): Block {
  const name = cteName(plan.name);
  const list = idsOf(plan).map(columnName).join(', ');
  const query = [plan.base, plan.step].map(branch).join(plan.all ? ' UNION ALL ' : ' UNION ');
  return blockOver(
    `(WITH RECURSIVE ${name}(${list}) AS (${query}) SELECT ${list} FROM ${name})`,
    idsOf(plan),
  );
}

/** One input: its columns in the carriers and under the names of the result. @param from the input as a FROM item. */
export function printBranch(own: readonly Column[], columns: readonly Column[], from: string): string {
  const list = columns.map(({ id, type }, index) => {
    const column = defined(own[index], 'column of the set operation');
    const carrier = carrierOf(type).duckdb;
    const name = columnName(column.id);
    const sql = carrierOf(column.type).duckdb === carrier ? name : `CAST(${name} AS ${carrier})`;
    return `${sql} AS ${columnName(id)}`;
  });
  return `(SELECT ${list.length === 0 ? 'true AS "none"' : list.join(', ')} FROM ${from})`;
}
