import { SkeinError } from '../../base/errors.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { ConstExpr, Expr, SessionValue } from '../../plan/expr.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { constant, deriveTypes } from '../types.ts';
import type { LogicalQuery } from './conversion.ts';

export { constant, type NestedTexts, nestedArray } from '../types.ts';

/** What a statement's parameters and session values are when it runs. */
export interface BoundValues {
  /** $1 first; of the parameter's type, as `constant` or `constantArray` makes it. */
  readonly parameters: readonly Expr[];
  /** Each of `usesSession`, as a ConstExpr's canonical text. */
  readonly session: ReadonlyMap<SessionValue, string | null>;
}

/**
 * The query with constants for its parameters and session values, and all types that follow from them.
 * @throws 0A000 where no DECIMAL holds a result exactly; 42P02 for a parameter without a value.
 */
export function bindParameters(query: LogicalQuery, values: BoundValues): LogicalQuery {
  const plan = deriveTypes(query.plan, (leaf) => {
    if (leaf.kind === 'session') return sessionConstant(values, leaf.name, leaf.type);
    const value = values.parameters[leaf.index - 1];
    if (value === undefined)
      throw new SkeinError('undefinedParameter', `there is no parameter $${leaf.index}`);
    return value;
  });
  return { plan, outputs: outputColumns(plan), usesSession: [] };
}

function sessionConstant(values: BoundValues, name: SessionValue, type: SqlType): ConstExpr {
  const value = values.session.get(name);
  if (value === undefined) throw new SkeinError('internal', `the session value ${name} is not bound`);
  return constant(type, value);
}
