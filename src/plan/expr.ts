import type { SqlType } from '../types/sql-type.ts';
import type { Plan } from './logical.ts';

/** Identifies a column within one statement's whole plan. Printed as `c<id>`; the user's names never reach DuckDB. */
export type ColumnId = number;

/**
 * A scalar expression. Plain JSON data: it travels to agents.
 *
 * `fn` and `op` are the keys of the dialect table, PostgreSQL signatures: `lower(text)`, `int4 + int4`,
 * `cast int4 -> numeric`. A plan holds only signatures that the dialect table knows.
 */
export type Expr =
  | ColumnExpr
  | ConstExpr
  | ParamExpr
  | SessionExpr
  | CallExpr
  | { readonly kind: 'and' | 'or'; readonly args: readonly Expr[] }
  | { readonly kind: 'not'; readonly arg: Expr }
  | { readonly kind: 'is-null'; readonly arg: Expr; readonly negated: boolean }
  | {
      readonly kind: 'bool-test';
      readonly arg: Expr;
      readonly test: 'true' | 'false' | 'unknown';
      readonly negated: boolean;
    }
  | {
      readonly kind: 'is-distinct';
      readonly op: string;
      readonly left: Expr;
      readonly right: Expr;
      readonly negated: boolean;
    }
  | {
      readonly kind: 'case';
      readonly branches: readonly CaseBranch[];
      readonly otherwise: Expr;
      readonly type: SqlType;
    }
  | {
      readonly kind: 'coalesce' | 'greatest' | 'least';
      readonly args: readonly Expr[];
      readonly type: SqlType;
    }
  | {
      readonly kind: 'nullif';
      readonly op: string;
      readonly left: Expr;
      readonly right: Expr;
      readonly type: SqlType;
    }
  | ArrayExpr
  | ConstantsExpr
  /** `left op ANY|ALL (array)`. */
  | {
      readonly kind: 'array-compare';
      readonly op: string;
      readonly quantifier: 'any' | 'all';
      readonly left: Expr;
      readonly array: Expr;
    }
  | { readonly kind: 'scalar-subquery'; readonly plan: Plan; readonly type: SqlType }
  | { readonly kind: 'exists'; readonly plan: Plan }
  /** `left op ANY|ALL (SELECT …)`; IN is `= ANY`, NOT IN is a `not` around it. `plan` has one column. */
  | {
      readonly kind: 'subquery-compare';
      readonly op: string;
      readonly quantifier: 'any' | 'all';
      readonly left: Expr;
      readonly plan: Plan;
    };

export interface ColumnExpr {
  readonly kind: 'column';
  readonly id: ColumnId;
  readonly type: SqlType;
}

/**
 * `value` is PostgreSQL's text of the value in a canonical form, or null:
 * bool `true|false`; numbers as PostgreSQL prints them (`NaN`, `Infinity`); date/time in ISO, timestamptz in UTC
 * (`2024-01-05 00:00:00+00`), `infinity`, BC as PostgreSQL prints it; interval `<months> <days> <µs>`; bytea `\x…`;
 * uuid, json, text verbatim. Arrays are `array` expressions of constants, or `constants` where they are long.
 */
export interface ConstExpr {
  readonly kind: 'const';
  readonly type: SqlType;
  readonly value: string | null;
}

export interface ArrayExpr {
  readonly kind: 'array';
  readonly elements: readonly Expr[];
  readonly type: SqlType;
}

/** A long array of constants: one node however many there are. Its elements aren't numeric. */
export interface ConstantsExpr {
  readonly kind: 'constants';
  /** As in ConstExpr. */
  readonly values: readonly (string | null)[];
  readonly type: SqlType;
}

/** $index, replaced by a constant at bind. */
export interface ParamExpr {
  readonly kind: 'param';
  readonly index: number;
  readonly type: SqlType;
}

/** A value that is constant within a statement or transaction, replaced by a constant before planning. */
export type SessionValue =
  | 'now' // transaction start, timestamptz
  | 'statement_timestamp'
  | 'current_date'
  | 'current_time'
  | 'localtime'
  | 'localtimestamp'
  | 'timezone' // the session's TimeZone, text: an explicit argument of every signature that depends on it
  | 'current_user'
  | 'session_user'
  | 'current_database'
  | 'current_schema'
  /** Which session it is, int4: whose values of sequences are meant. */
  | 'session'
  | 'version';

export interface SessionExpr {
  readonly kind: 'session';
  readonly name: SessionValue;
  readonly type: SqlType;
}

/** A function, operator or cast of the dialect table. */
export interface CallExpr {
  readonly kind: 'call';
  readonly fn: string;
  readonly args: readonly Expr[];
  readonly type: SqlType;
}

export interface CaseBranch {
  readonly when: Expr;
  readonly then: Expr;
}

export interface SortKey {
  readonly expr: Expr;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** An aggregate of the dialect table. It stands only in an Aggregate operator. */
export interface AggregateCall {
  readonly fn: string;
  readonly args: readonly Expr[];
  readonly distinct: boolean;
  readonly orderBy: readonly SortKey[];
  readonly filter: Expr | undefined;
  readonly type: SqlType;
}
