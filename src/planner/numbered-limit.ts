import { refuse } from '../base/errors.ts';
import { outputColumns } from '../plan/columns.ts';
import type { Expr } from '../plan/expr.ts';
import type { Column, LimitPlan, Plan, WindowItem } from '../plan/logical.ts';
import { OID, sqlType } from '../types/sql-type.ts';
import { conjunction, type FreshIds, isVolatilePlan, reference } from './exprs.ts';
import { rowNumber } from './place/sequences.ts';

const INT8 = sqlType(OID.int8);
const BOOLEAN = sqlType(OID.bool);
const ONE: Expr = { kind: 'const', type: INT8, value: '1' };

/**
 * A LIMIT and OFFSET that DuckDB doesn't take, as they differ from one row of an outer query to the next, or have ties: the rows are numbered
 * and filtered. The counts are rows of VALUES, so that a negative one is an error where there is nothing to number.
 * @throws 0A000 over volatile rows.
 */
export function numberedLimit({ input, limit, offset, withTies }: LimitPlan, ids: FreshIds): Plan {
  if (input.kind === 'project' && isVolatilePlan(input)) throw refuse('a computed LIMIT over volatile rows');
  const column = (name: string): Column => ({ id: ids.next(), name, type: INT8 });
  const [first, count] = [column('offset'), column('limit')];
  const [number, rank] = [column('row_number'), column('rank')];
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
    items: withTies ? [rowNumber(number), ranked(rank)] : [rowNumber(number)],
  };
  const past = (place: Column) => int8('int8 - int8', reference(place), reference(first));
  const isPast = compared('int8 >= int8', past(number), ONE);
  const isWithin = withTies
    ? conjunction([
        compared('int8 <= int8', past(rank), reference(count)),
        compared('int8 >= int8', reference(count), ONE),
      ])
    : compared('int8 <= int8', past(number), reference(count));
  const isAll: Expr = { kind: 'is-null', arg: reference(count), negated: false };
  const bounds = conjunction([isPast, { kind: 'or', args: [isAll, isWithin] }]);
  const kept: Plan = { kind: 'filter', input: numbered, predicate: bounds };
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

/** A row's peers have its rank. */
function ranked(column: Column): WindowItem {
  const { call, ...item } = rowNumber(column);
  return { ...item, call: { ...call, fn: 'rank()' } };
}
