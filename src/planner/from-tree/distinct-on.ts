import { refuse } from '../../base/errors.ts';
import { findScalar, findWindow } from '../../dialect/table.ts';
import type { Expr, SortKey } from '../../plan/expr.ts';
import type { Column, Plan } from '../../plan/logical.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { type Conversion, newColumn } from './conversion.ts';

const ROW_NUMBER = 'row_number()';
const EQUALS = 'int8 = int8';
const INT8 = sqlType(OID.int8);

/** DISTINCT ON: the first row, in the order of the query, of those that are equal in `keys`. */
export function firstOfEach(
  conversion: Conversion,
  input: Plan,
  keys: readonly Expr[],
  order: readonly SortKey[],
): Plan {
  if (findWindow(ROW_NUMBER) === undefined || findScalar(EQUALS) === undefined) throw refuse('DISTINCT ON');
  return firstNumbered(newColumn(conversion, 'row_number', INT8), input, keys, order);
}

/** @param number a new column. */
export function firstNumbered(
  number: Column,
  input: Plan,
  keys: readonly Expr[],
  order: readonly SortKey[],
): Plan {
  const ids = new Set(keys.flatMap((key) => (key.kind === 'column' ? [key.id] : [])));
  const window: Plan = {
    kind: 'window',
    input,
    partitionBy: keys,
    orderBy: order.filter(({ expr }) => expr.kind !== 'column' || !ids.has(expr.id)),
    items: [
      {
        column: number,
        call: { fn: ROW_NUMBER, args: [], distinct: false, orderBy: [], filter: undefined, type: INT8 },
        frame: {
          mode: 'range',
          start: { kind: 'unbounded-preceding' },
          end: { kind: 'current-row' },
          exclude: 'none',
        },
      },
    ],
  };
  const one: Expr = { kind: 'const', type: INT8, value: '1' };
  return {
    kind: 'filter',
    input: window,
    predicate: { kind: 'call', fn: EQUALS, args: [reference(number), one], type: sqlType(OID.bool) },
  };
}
