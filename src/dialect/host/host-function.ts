import { assert } from '../../base/assert.ts';
import { MAX_DECIMAL_PRECISION, numericType, OID, type SqlType, sqlType } from '../../types/sql-type.ts';

/** A value of a host function: text and json as strings, int8 and `WHOLE` as bigint, int2, int4 and floats as numbers. */
export type HostValue = string | number | bigint | boolean | Uint8Array | readonly HostValue[] | null;

/**
 * A function that DuckDB calls back: what its SQL can't say exactly is computed by Skein itself, row by row, in the process that
 * runs the query. It is pure but for `volatile` ones, and throws a SkeinError as PostgreSQL would.
 */
export interface HostFunction {
  readonly name: string;
  readonly parameters: readonly SqlType[];
  readonly result: SqlType;
  /** Its value differs from row to row. */
  readonly volatile?: true;
  /** Called once per row, also for rows with NULLs. */
  readonly evaluate: (args: readonly HostValue[]) => HostValue;
}

/** A parameter's type, and how a value of it is known. */
export interface HostType<T> {
  readonly type: SqlType;
  readonly is: (value: unknown) => value is T;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';

function listOf<T>(oid: number, is: (value: unknown) => value is T): HostType<readonly (T | null)[]> {
  return {
    type: sqlType(oid),
    is: (value): value is readonly (T | null)[] =>
      Array.isArray(value) && value.every((item: unknown) => item === null || is(item)),
  };
}

export const TEXT: HostType<string> = { type: sqlType(OID.text), is: isText };
export const INT4: HostType<number> = { type: sqlType(OID.int4), is: isNumber };
export const INT8: HostType<bigint> = {
  type: sqlType(OID.int8),
  is: (value): value is bigint => typeof value === 'bigint',
};
/** numeric(38,0): an integer of up to 38 digits. */
export const WHOLE: HostType<bigint> = {
  type: numericType(MAX_DECIMAL_PRECISION, 0),
  is: INT8.is,
};
export const FLOAT8: HostType<number> = { type: sqlType(OID.float8), is: isNumber };
export const BOOL: HostType<boolean> = {
  type: sqlType(OID.bool),
  is: (value): value is boolean => typeof value === 'boolean',
};
export const BYTES: HostType<Uint8Array> = {
  type: sqlType(OID.bytea),
  is: (value): value is Uint8Array => value instanceof Uint8Array,
};
export const TEXTS: HostType<readonly (string | null)[]> = listOf(OID.textArray, isText);
export const INT8S: HostType<readonly (bigint | null)[]> = listOf(
  OID.int8Array,
  (value: unknown): value is bigint => typeof value === 'bigint',
);

type Parameters<P extends readonly unknown[]> = { readonly [I in keyof P]: HostType<P[I]> };
type Nullable<P extends readonly unknown[]> = { readonly [I in keyof P]: P[I] | null };

/** A function that is NULL where an argument is. */
export function strict<P extends readonly unknown[], R extends HostValue>(
  name: string,
  parameters: Parameters<P>,
  result: HostType<R>,
  body: (...args: P) => R | null,
): HostFunction {
  return {
    name: `host_${name}`,
    parameters: parameters.map(({ type }) => type),
    result: result.type,
    evaluate: (args) => {
      const given: readonly unknown[] = args;
      if (hasTypes(parameters, given)) return body(...given);
      assert(args.includes(null), `arguments of ${name}`);
      return null;
    },
  };
}

/** A function that sees NULLs. */
export function lenient<P extends readonly unknown[], R extends HostValue>(
  name: string,
  parameters: Parameters<P>,
  result: HostType<R>,
  body: (...args: Nullable<P>) => R | null,
): HostFunction {
  return {
    name: `host_${name}`,
    parameters: parameters.map(({ type }) => type),
    result: result.type,
    evaluate: (args) => {
      const given: readonly unknown[] = args;
      assert(hasTypesOrNull(parameters, given), `arguments of ${name}`);
      return body(...given);
    },
  };
}

function hasTypes<P extends readonly unknown[]>(
  parameters: Parameters<P>,
  args: readonly unknown[],
): args is P {
  return parameters.every(({ is }, index) => is(args[index]));
}

function hasTypesOrNull<P extends readonly unknown[]>(
  parameters: Parameters<P>,
  args: readonly unknown[],
): args is Nullable<P> {
  return parameters.every(({ is }, index) => args[index] === null || is(args[index]));
}

/** Remembers what was derived from the last few texts: constant arguments come anew with each row. */
export function remembering<T>(derive: (text: string) => T, most = 64): (text: string) => T {
  const known = new Map<string, { readonly value: T }>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found.value;
    const value = derive(text);
    if (known.size >= most) known.clear();
    known.set(text, { value });
    return value;
  };
}
