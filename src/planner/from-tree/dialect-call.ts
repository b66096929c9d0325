import { refuse } from '../../base/errors.ts';
import { usesTimeZone } from '../../dialect/entries.ts';
import { findScalar } from '../../dialect/table.ts';
import type { CallExpr, Expr } from '../../plan/expr.ts';
import { exprType } from '../../plan/type-of.ts';
import { OID, type SqlType, sqlType } from '../../types/sql-type.ts';
import { constant } from '../types.ts';
import { isUncarried } from '../uncarried-numerics.ts';
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
  const given = entry.takesText === true ? args.map(zonedAsText) : args;
  const all = usesTimeZone(entry, given) ? [...given, zone] : given;
  entry.admit?.(all);
  return { kind: 'call', fn, args: all, type };
}

/** The one type whose text depends on the session. */
function zonedAsText(value: Expr): Expr {
  if (exprType(value).oid !== OID.timestamptz) return value;
  return call('the text of a timestamptz', 'cast timestamptz -> text', [value], sqlType(OID.text));
}

/** `value` as the type, as PostgreSQL's cast between the two types does it. */
export function cast(context: FromTreeContext, value: Expr, target: SqlType): Expr {
  const source = exprType(value);
  if (source.oid === target.oid) return value;
  const folded = foldConstant(value, target);
  if (folded !== undefined) return folded;
  const [from, to] = [typeName(context, source.oid), typeName(context, target.oid)];
  return call(`cast from ${from} to ${to}`, `cast ${from} -> ${to}`, [value], target);
}

const INTEGERS: readonly number[] = [OID.int2, OID.int4, OID.int8];
const STRINGS: readonly number[] = [OID.text, OID.varchar];

/**
 * Casts of constants that keep the text of the value: NULL, strings, and an integer as a wider one or as a numeric, which
 * makes for a narrower DECIMAL than the integer's type would.
 */
function foldConstant(value: Expr, target: SqlType): Expr | undefined {
  if (value.kind !== 'const') return undefined;
  if (target.oid === OID.float8 && isUncarried(value)) return asFloat(target, value.value);
  const from = INTEGERS.indexOf(value.type.oid);
  const keepsText =
    value.value === null ||
    ([...STRINGS, OID.regtype].includes(value.type.oid) && STRINGS.includes(target.oid)) ||
    (from >= 0 && (target.oid === OID.numeric || INTEGERS.indexOf(target.oid) > from));
  return keepsText ? constant(target, value.value) : undefined;
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

/** A numeric of too many digits, or NaN, as a float has it; undefined: it has none. */
function asFloat(target: SqlType, value: string): Expr | undefined {
  const number = Number(value);
  const isKept = Number.isFinite(number) || /Infinity$/.test(value);
  return isKept || value === 'NaN' ? constant(target, String(number)) : undefined;
}
