import { assert } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { NEXTVAL, sequenceCalls } from '../../dialect/sequences.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Column, Plan, WindowItem } from '../../plan/logical.ts';
import { expressionsOf, mapExpressions, mapOperands } from '../../plan/walk.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { type PlaceContext, type Placed, toSingle } from './placement.ts';

/** @throws 0A000 where a function of sequences stands elsewhere than in a list of values: how often it is asked would be open. */
export function requireRowwise(plan: Plan): void {
  if (plan.kind === 'project' || plan.kind === 'values') return;
  const [found] = expressionsOf(plan).flatMap(sequenceCalls);
  if (found === undefined) return;
  throw refuse(`${nameOf(found.fn)}() elsewhere than among the values of a SELECT, INSERT or UPDATE`);
}

/** Values of sequences are given on the proxy, row by row in the order of the rows. */
export function placeSequences(
  plan: Plan & { readonly kind: 'project' },
  input: Placed,
  context: PlaceContext,
): Placed | undefined {
  const calls = plan.items.flatMap(({ expr }) => sequenceCalls(expr));
  if (calls.length === 0) return undefined;
  const single = toSingle(input, context, 'values of a sequence are given by the proxy');
  const distribution = { kind: 'single' } as const;
  const projected = (below: Plan, change: (expr: Expr) => Expr = (expr) => expr): Placed => {
    const placed = mapExpressions(plan, change);
    assert(placed.kind === 'project', 'a projection stays one');
    return { plan: { ...placed, input: below }, distribution };
  };
  if (isOneRow(single)) return projected(single);
  requireIndependent(calls);
  const number: Column = { id: context.ids.next(), name: 'row', type: sqlType(OID.int8) };
  const numbered: Plan = {
    kind: 'window',
    input: single,
    partitionBy: [],
    orderBy: [],
    items: [rowNumber(number)],
  };
  const change = (expr: Expr): Expr => {
    const inner = mapOperands(expr, change, (plan) => plan);
    return inner.kind === 'call' && inner.fn === NEXTVAL
      ? { ...inner, args: [...inner.args, reference(number)] }
      : inner;
  };
  return projected(numbered, change);
}

export function rowNumber(column: Column): WindowItem {
  const { type } = column;
  return {
    column,
    call: { fn: 'row_number()', args: [], distinct: false, orderBy: [], filter: undefined, type },
    frame: {
      mode: 'range',
      start: { kind: 'unbounded-preceding' },
      end: { kind: 'current-row' },
      exclude: 'none',
    },
  };
}

function isOneRow(plan: Plan): boolean {
  return plan.kind === 'values' && plan.rows.length <= 1;
}

/** DuckDB computes a column for many rows before it computes the next one. */
function requireIndependent(calls: readonly (Expr & { readonly kind: 'call' })[]): void {
  const [first, ...others] = calls.map(({ args: [sequence] }) => sequence);
  const sequences = [first, ...others].map((arg) => (arg?.kind === 'const' ? arg.value : undefined));
  if (others.length === 0) return;
  if (sequences.includes(undefined) || new Set(sequences).size < sequences.length)
    throw refuse('several functions of one sequence among the values of several rows');
}

function nameOf(signature: string): string {
  return signature.slice(0, signature.indexOf('('));
}
