import type { AggregateCall, Expr } from '../plan/expr.ts';
import type { SqlType } from '../types/sql-type.ts';

/**
 * One admitted function, operator or cast: how it is said in DuckDB so that it means what PostgreSQL means.
 * Each entry is admitted by a differential test over edge values (test/oracle/dialect).
 */
export interface ScalarEntry {
  /** The key: PostgreSQL's signature (`lower(text)`, `int4 + int4`, `cast int4 -> numeric`). */
  readonly signature: string;
  /**
   * DuckDB SQL. `args` are already printed and parenthesised where needed; `types` are the arguments' types; `exprs` the
   * arguments themselves, for entries that need a constant (a format, a pattern, a field). The zone of `usesTimeZone`
   * is the last of each.
   * @throws 0A000 where such a constant is outside the subset that is carried exactly, or is no constant.
   */
  readonly print: (
    args: readonly string[],
    types: readonly SqlType[],
    result: SqlType,
    exprs: readonly Expr[],
  ) => string;
  /**
   * Called while planning, so that a statement is refused before anything runs; parameters may still be unbound.
   * @throws 0A000 where a constant argument is outside the subset that is carried exactly.
   */
  readonly admit?: (exprs: readonly Expr[]) => void;
  /**
   * Only where the result is numeric: precision and scale of the carrier from the arguments.
   * @throws 0A000 where no carrier holds the result exactly.
   */
  readonly numericResult?: (types: readonly SqlType[], args: readonly Expr[]) => SqlType;
  /** The entry takes the session's TimeZone as one more, last argument (with these arguments, where it is a function of them). */
  readonly usesTimeZone?: true | ((args: readonly Expr[]) => boolean);
  /** Arguments of any type count as their text: what prints a timestamptz as text with the session's TimeZone is a cast of it. */
  readonly takesText?: true;
  /** Not pushed over replicated inputs, never duplicated or moved. */
  readonly volatile?: true;
}

/** One admitted aggregate. Split is undefined (split.ts) where only whole groups can be computed. */
export interface AggregateEntry {
  readonly signature: string;
  readonly print: (
    args: readonly string[],
    types: readonly SqlType[],
    result: SqlType,
    context: AggregateContext,
  ) => string;
  readonly numericResult?: (types: readonly SqlType[]) => SqlType;
  /** Called while planning. @throws 0A000 for what of its calls isn't carried exactly. */
  readonly admit?: (call: AggregateCall) => void;
  /** The result is an array of one dimension more than the argument. */
  readonly nests?: true;
  /** The result does not depend on duplicates (min, max, bool_and): DISTINCT may be dropped. */
  readonly duplicateInsensitive?: true;
  /** ORDER BY (WITHIN GROUP) belongs to the aggregate itself: `print` says it, by `context.descending`. */
  readonly orderedSet?: true;
}

/** How an aggregate's entry says DuckDB aggregates: everything else that the call carries is added for it. */
export interface AggregateContext {
  /** `fn(args)` with the call's DISTINCT, ORDER BY, FILTER and OVER. */
  readonly call: (fn: string, args: readonly string[]) => string;
  /** The same without ORDER BY, which of DISTINCT values has to be one of the arguments of DuckDB's aggregate. */
  readonly unordered: (fn: string, args: readonly string[]) => string;
  /** DISTINCT of the call: it is about its arguments, so a DuckDB aggregate over something else of them must not take it. */
  readonly distinct: boolean;
  /** Of the first sort key, for ordered-set aggregates. */
  readonly descending: boolean;
}

/** Whether the call takes the session's TimeZone. */
export function usesTimeZone({ usesTimeZone: uses }: ScalarEntry, args: readonly Expr[]): boolean {
  return typeof uses === 'function' ? uses(args) : uses === true;
}
