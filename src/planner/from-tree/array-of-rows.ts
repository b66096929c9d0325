import { refuse } from '../../base/errors.ts';
import type { Expr, SortKey } from '../../plan/expr.ts';
import type { Plan } from '../../plan/logical.ts';
import { arrayOid, type SqlType, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { type Conversion, type ConvertedQuery, newColumn } from './conversion.ts';

const ARRAY_AGG = 'array_agg(anynonarray)';

/** ARRAY(SELECT …): the rows' values in the subquery's order, and an empty array of none. */
export function arrayOfRows(conversion: Conversion, { plan, outputs }: ConvertedQuery): Expr {
  const [output] = outputs;
  const oid = output && arrayOid(output.type.oid);
  if (output === undefined || oid === undefined) throw refuse('ARRAY(SELECT …) of this type');
  const type: SqlType = sqlType(oid);
  const ordered = inOrder(plan, reference(output));
  const column = newColumn(conversion, 'array', type);
  const call = { fn: ARRAY_AGG, distinct: false, filter: undefined, type };
  const aggregate: Plan = {
    kind: 'aggregate',
    input: ordered.input,
    groups: [],
    aggregates: [{ column, call: { ...call, args: [ordered.value], orderBy: ordered.keys } }],
  };
  const rows: Expr = { kind: 'scalar-subquery', plan: aggregate, type };
  return { kind: 'coalesce', args: [rows, { kind: 'array', elements: [], type }], type };
}

interface Ordered {
  readonly input: Plan;
  readonly value: Expr;
  readonly keys: readonly SortKey[];
}

/** The order of a sort, also below the projection that drops its keys, becomes that of the aggregate. */
function inOrder(plan: Plan, value: Expr): Ordered {
  switch (plan.kind) {
    case 'sort':
      return { input: plan.input, value, keys: plan.keys };
    case 'limit':
      return plan.input.kind === 'sort'
        ? { input: plan, value, keys: plan.input.keys }
        : { input: plan, value, keys: [] };
    case 'project': {
      const [item, ...others] = plan.items;
      if (item === undefined || others.length > 0 || item.expr.kind !== 'column') break;
      return inOrder(plan.input, item.expr);
    }
  }
  return { input: plan, value, keys: [] };
}
