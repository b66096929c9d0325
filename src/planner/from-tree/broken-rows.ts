import type { OwnedTable } from '../../catalog/owned.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { Plan } from '../../plan/logical.ts';
import { deriveTypes } from '../types.ts';
import type { FromTreeContext, LogicalQuery } from './conversion.ts';
import { newConversion, sessionValues } from './from-tree.ts';
import { LongLists } from './long-lists.ts';
import { rowChecks } from './write-rows.ts';
import { targetRows } from './write-target.ts';

/** The rows of a table of the warehouse for which one of its CHECK constraints doesn't hold. */
export function brokenRows(table: OwnedTable, constraint: string, context: FromTreeContext): LogicalQuery {
  const conversion = newConversion(context, new LongLists(new Map()));
  const target = targetRows(conversion, table, table.name);
  const found = rowChecks(conversion, table, target.columns).find(({ name }) => name === constraint);
  if (found === undefined) throw new Error(`no constraint ${constraint}`);
  const plan: Plan = { kind: 'filter', input: target.plan, predicate: { kind: 'not', arg: found.holds } };
  const typed = deriveTypes(plan);
  return { plan: typed, outputs: outputColumns(typed), usesSession: sessionValues(typed) };
}
