import { refuse } from '../base/errors.ts';
import { outputColumns } from '../plan/columns.ts';
import type { Expr } from '../plan/expr.ts';
import type { Column, LimitPlan, Plan } from '../plan/logical.ts';
import { OID, sqlType } from '../types/sql-type.ts';
import { conjunction, type FreshIds, isVolatilePlan, reference } from './exprs.ts';
import { rowNumber } from './place/sequences.ts';

const INT8 = sqlType(OID.int8);
const BOOLEAN = sqlType(OID.bool);

/**
 * A LIMIT and OFFSET that differ from one row of an outer query to the next: the rows are numbered and filtered. The counts are rows of
 * VALUES, so that a negative one is an error where there is nothing to number.
 * @throws 0A000 WITH TIES.
 */
export function numberedLimit({ input, limit, offset, withTies }: LimitPlan, ids: FreshIds): Plan {
  if (withTies) throw refuse('a computed row count of WITH TIES in a subquery that refers to an outer query');
  if (input.kind === 'project' && isVolatilePlan(input))
    throw refuse('a computed LIMIT of volatile rows in a subquery that refers to an outer query');
  const column = (name: string): Column => ({ id: ids.next(), name, type: INT8 });
  const [first, count, number] = [column('offset'), column('limit'), column('row_number')];
  const counts: Plan = {
    kind: 'values',
    columns: [first, count],
    rows: [[checked('offset', offset), checked('limit', limit)]],
  };
  const counted: Plan = {
    kind: 'join',
    type: 'inner',
    left: counts,
    right: input.kind === 'sort' ? input.input : input,
    condition: { kind: 'const', type: BOOLEAN, value: 'true' },
    lateral: false,
  };
  const numbered: Plan = {
    kind: 'window',
    input: counted,
    partitionBy: [],
    orderBy: input.kind === 'sort' ? input.keys : [],
    items: [rowNumber(number)],
  };
  const past = int8('int8 - int8', reference(number), reference(first));
  const isPast = compared('int8 >= int8', past, { kind: 'const', type: INT8, value: '1' });
  const isWithin: Expr = {
    kind: 'or',
    args: [
      { kind: 'is-null', arg: reference(count), negated: false },
      compared('int8 <= int8', past, reference(count)),
    ],
  };
  const kept: Plan = { kind: 'filter', input: numbered, predicate: conjunction([isPast, isWithin]) };
  return {
    kind: 'project',
    input: {
      kind: 'sort',
      input: kept,
      keys: [{ expr: reference(number), descending: false, nullsFirst: false }],
    },
    items: outputColumns(input).map((output) => ({ column: output, expr: reference(output) })),
  };
}

function checked(clause: 'limit' | 'offset', count: Expr | undefined): Expr {
  return int8(`skein.row_${clause}(int8)`, count ?? { kind: 'const', type: INT8, value: null });
}

function int8(fn: string, ...args: readonly Expr[]): Expr {
  return { kind: 'call', fn, args, type: INT8 };
}

function compared(fn: string, ...args: readonly Expr[]): Expr {
  return { kind: 'call', fn, args, type: BOOLEAN };
}
