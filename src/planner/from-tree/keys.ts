import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { findAggregate } from '../../dialect/table.ts';
import type { Expr } from '../../plan/expr.ts';
import type { AggregateItem, Column, Plan, ProjectItem } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import { OID, type SqlType, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { constant } from '../types.ts';
import { requireGroupable } from './collation.ts';
import { type Conversion, type FromTreeContext, newColumn } from './conversion.ts';
import { call, cast } from './dialect-call.ts';
import { requireRepeatable } from './repeatable.ts';

/** Values that are equal in PostgreSQL and differ in DuckDB: 1 and 1.0 in jsonb, blanks at the end of bpchar. */
export function hasKey(type: SqlType): boolean {
  return type.oid === OID.jsonb || (type.oid === OID.bpchar && type.typmod < 0);
}

/** What is sorted by in place of the value. */
export function orderKey(context: FromTreeContext, expr: Expr): Expr {
  const { oid } = exprType(expr);
  if (oid === OID.bpchar) return cast(context, expr, sqlType(OID.text));
  if (oid === OID.jsonb) {
    return call('the order of jsonb', 'skein.jsonb_key(jsonb)', [expr], sqlType(OID.bytea));
  }
  return expr;
}

/** What is compared for equality in place of the value. @throws 0A000 for a type without such. */
export function equalityKey(context: FromTreeContext, expr: Expr, what: string): Expr {
  const type = exprType(expr);
  if (hasKey(type)) return orderKey(context, expr);
  requireGroupable(context, type, what);
  return expr;
}

/** Groups, and the aggregates that keep a value of each group that is grouped by a key. */
export interface KeyedGroups {
  readonly groups: readonly ProjectItem[];
  readonly kept: readonly AggregateItem[];
  /** The columns that have the values, in the order of `items`. */
  readonly values: readonly Column[];
}

const KEEP = 'any_value(anyelement)';

export function groupsBy(conversion: Conversion, items: readonly ProjectItem[], what: string): KeyedGroups {
  const { context } = conversion;
  const kept: AggregateItem[] = [];
  const groups = items.map(({ column, expr }): ProjectItem => {
    const by = equalityKey(context, expr, what);
    if (by === expr) return { column, expr };
    if (findAggregate(KEEP) === undefined) throw refuse(what);
    requireRepeatable(expr, 'a group by its key');
    const type = exprType(expr);
    kept.push({
      column,
      call: { fn: KEEP, args: [expr], distinct: false, orderBy: [], filter: undefined, type },
    });
    return { column: newColumn(conversion, `${column.name} key`, exprType(by)), expr: by };
  });
  return { groups, kept, values: items.map(({ column }) => column) };
}

/** Values of groups that a grouping set may lack: then the key is NULL, as it is for NULL alone. */
export function ofSets(
  conversion: Conversion,
  { groups, kept, values }: KeyedGroups,
): { readonly kept: readonly AggregateItem[]; readonly masked: readonly ProjectItem[] } {
  const items = kept.map((item) => {
    const { name, type } = item.column;
    const inner = newColumn(conversion, name, type);
    const key = defined(groups[values.indexOf(item.column)], 'the key of a value').column;
    const when: Expr = { kind: 'is-null', arg: reference(key), negated: true };
    const then: Expr = {
      kind: 'case',
      branches: [{ when, then: reference(inner) }],
      otherwise: constant(type, null),
      type,
    };
    return { inner: { ...item, column: inner }, shown: { column: item.column, expr: then } };
  });
  return { kept: items.map(({ inner }) => inner), masked: items.map(({ shown }) => shown) };
}

/** The rows of a projection, each once. */
export function distinctRows(conversion: Conversion, input: Plan, items: readonly ProjectItem[]): Plan {
  if (!items.some(({ expr }) => hasKey(exprType(expr)))) {
    return { kind: 'distinct', input: { kind: 'project', input, items } };
  }
  const copies = items.map(({ column: { name, type }, expr }) => ({
    column: newColumn(conversion, name, type),
    expr,
  }));
  const references = copies.map(({ column }) => ({
    column: newColumn(conversion, column.name, column.type),
    expr: reference(column),
  }));
  const { groups, kept, values } = groupsBy(conversion, references, 'DISTINCT of a value');
  return {
    kind: 'project',
    input: {
      kind: 'aggregate',
      input: { kind: 'project', input, items: copies },
      groups,
      aggregates: kept,
    },
    items: items.flatMap(({ column }, index) => {
      const value = values[index];
      return value === undefined ? [] : [{ column, expr: reference(value) }];
    }),
  };
}
