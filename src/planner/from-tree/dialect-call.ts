import { refuse } from '../../base/errors.ts';
import { findScalar } from '../../dialect/table.ts';
import type { CallExpr, Expr } from '../../plan/expr.ts';
import { exprType } from '../../plan/type-of.ts';
import { OID, type SqlType, sqlType } from '../../types/sql-type.ts';
import { numericTypeOf } from '../types.ts';
import { type FromTreeContext, typeName } from './conversion.ts';

/**
 * A call of the dialect table.
 * @param what names it in a refusal: `function lower(text)`.
 * @throws 0A000 if the table doesn't have the signature, or refuses these arguments.
 */
export function call(what: string, fn: string, args: readonly Expr[], type: SqlType): CallExpr {
  const entry = findScalar(fn);
  if (entry === undefined) throw refuse(what);
  const zone: Expr = { kind: 'session', name: 'timezone', type: sqlType(OID.text) };
  const all = entry.usesTimeZone === true ? [...args, zone] : args;
  entry.admit?.(all);
  return { kind: 'call', fn, args: all, type };
}

/** `value` as the type, as PostgreSQL's cast between the two types does it. */
export function cast(context: FromTreeContext, value: Expr, target: SqlType): Expr {
  const source = exprType(value);
  if (source.oid === target.oid) return value;
  if (value.kind === 'const' && value.value === null) return { ...value, type: target };
  const folded = foldInteger(value, target);
  if (folded !== undefined) return folded;
  const [from, to] = [typeName(context, source.oid), typeName(context, target.oid)];
  return call(`cast from ${from} to ${to}`, `cast ${from} -> ${to}`, [value], target);
}

const INTEGERS: readonly number[] = [OID.int2, OID.int4, OID.int8];

/** An integer constant as a wider integer or as a numeric is the same digits: a shorter plan and a narrower DECIMAL. */
function foldInteger(value: Expr, target: SqlType): Expr | undefined {
  if (value.kind !== 'const' || value.value === null) return undefined;
  const from = INTEGERS.indexOf(value.type.oid);
  if (from < 0) return undefined;
  if (target.oid === OID.numeric) return { ...value, type: numericTypeOf(value.value) };
  return INTEGERS.indexOf(target.oid) > from ? { ...value, type: target } : undefined;
}

/** PostgreSQL's length coercion: an explicit one to varchar or bpchar truncates where an implicit one raises 22001. */
export function castLength(context: FromTreeContext, value: Expr, typmod: Expr, explicit: boolean): Expr {
  const { oid } = exprType(value);
  const name = typeName(context, oid);
  if (typmod.kind !== 'const' || typmod.value === null)
    throw refuse(`a cast to ${name} with a computed length`);
  const fn = explicit ? `typmod ${name} explicit` : `typmod ${name}`;
  return call(`a length or precision of ${name}`, fn, [value, typmod], sqlType(oid, Number(typmod.value)));
}
