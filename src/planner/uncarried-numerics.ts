import { refuse } from '../base/errors.ts';
import type { ConstExpr, Expr } from '../plan/expr.ts';
import {
  decimalShape,
  MAX_DECIMAL_PRECISION,
  numericType,
  OID,
  type SqlType,
  sqlType,
} from '../types/sql-type.ts';

const BOOLEAN = sqlType(OID.bool);

/** Of a comparison of numerics, of a value with one or with some. */
const COMPARISON = /^numeric (=|<>|<|<=|>|>=) numeric$/;

/**
 * Digits of a numeric as PostgreSQL writes it: `-12.50` is DECIMAL(4,2).
 * undefined: NaN, an infinity or what DECIMAL(38) can't hold.
 */
export function writtenShape(text: string): SqlType | undefined {
  const match = /^[+-]?(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const integer = (match[1] ?? '').replace(/^0+/, '');
  const scale = (match[2] ?? '').length;
  const precision = Math.max(1, integer.length + scale);
  return precision > MAX_DECIMAL_PRECISION ? undefined : numericType(precision, scale);
}

/** @throws 0A000 for NaN, infinities and what DECIMAL(38) can't hold. */
export function numericTypeOf(text: string): SqlType {
  const shape = writtenShape(text);
  if (shape !== undefined) return shape;
  if (/^[+-]?\d/.test(text))
    throw refuse('a numeric value of more than 38 digits', { detail: `The value is ${text}.` });
  throw refuse(`the numeric value ${text}`, {
    hint: 'Write it as double precision, which carries NaN and infinities.',
  });
}

/** A numeric that no DECIMAL holds. It may be compared with, and nothing else. */
export function isUncarried(expr: Expr): expr is ConstExpr & { readonly value: string } {
  return (
    expr.kind === 'const' &&
    expr.type.oid === OID.numeric &&
    expr.value !== null &&
    decimalShape(expr.type) === undefined
  );
}

/** @throws 0A000 for a constant that is none of the carried numerics. */
export function refuseUncarried(expr: Expr): void {
  if (isUncarried(expr)) numericTypeOf(expr.value);
}

/**
 * Where an uncarried numeric lies among those that are carried; PostgreSQL's order ends in Infinity and NaN. undefined: between two.
 */
function rankOf({ value }: ConstExpr): number | undefined {
  if (value === 'NaN') return 3;
  if (value === 'Infinity') return 2;
  if (value === '-Infinity') return -2;
  const [, sign, digits = ''] = /^(-?)0*(\d*)/.exec(value ?? '') ?? [];
  if (digits.length <= MAX_DECIMAL_PRECISION) return undefined;
  return sign === '-' ? -1 : 1;
}

const HOLDS: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** Is it so for every carried `left` that isn't NULL? undefined: it depends, or both are uncarried. */
function decided(op: string, left: Expr, right: Expr): boolean | undefined {
  const holds = HOLDS[COMPARISON.exec(op)?.[1] ?? ''];
  const ranks = [left, right].map((side) => (isUncarried(side) ? rankOf(side) : 0));
  const [first, second] = ranks;
  if (holds === undefined || first === undefined || second === undefined) return undefined;
  if (isUncarried(left) && isUncarried(right) && Math.abs(first) === 1 && first === second) return undefined;
  return isUncarried(left) || isUncarried(right) ? holds(first - second) : undefined;
}

/** Does the expression compare numerics? Then its operands are to be known before {@link decideUncarried}. */
export function comparesNumerics(expr: Expr): boolean {
  return COMPARISON.test(expr.kind === 'call' ? expr.fn : 'op' in expr ? expr.op : '');
}

/** A comparison with a numeric that is beyond all that are carried is decided: it asks only for NULL. */
export function decideUncarried(expr: Expr): Expr {
  switch (expr.kind) {
    case 'call': {
      const [left, right] = expr.args;
      const truth = left && right && decided(expr.fn, left, right);
      return truth === undefined ? expr : unlessNull(expr.args, truth);
    }
    case 'is-distinct': {
      const equal = decided(expr.op, expr.left, expr.right);
      return equal === undefined ? expr : boolean(equal === expr.negated);
    }
    case 'nullif':
      return decided(expr.op, expr.left, expr.right) === false && !isUncarried(expr.left) ? expr.left : expr;
    case 'array-compare':
      return decidedArray(expr);
    default:
      return expr;
  }
}

function decidedArray(expr: Extract<Expr, { kind: 'array-compare' }>): Expr {
  const { array, left, quantifier } = expr;
  if (array.kind !== 'array' || !array.elements.some(isUncarried)) return expr;
  const deciding = quantifier === 'any';
  const open: Expr[] = [];
  for (const element of array.elements) {
    const truth = isUncarried(element) ? decided(expr.op, left, element) : undefined;
    if (truth === deciding) return unlessNull([left], deciding);
    if (truth === undefined) open.push(element);
  }
  if (open.length === 0) return unlessNull([left], !deciding);
  return { ...expr, array: { ...array, elements: open } };
}

function boolean(value: boolean): Expr {
  return { kind: 'const', type: BOOLEAN, value: String(value) };
}

function unlessNull(operands: readonly Expr[], truth: boolean): Expr {
  const tests = operands
    .filter((operand) => !isUncarried(operand))
    .map((arg): Expr => ({ kind: 'is-null', arg, negated: false }));
  const [when] = tests;
  if (when === undefined) return boolean(truth);
  const otherwise = boolean(truth);
  return {
    kind: 'case',
    branches: [{ when, then: { kind: 'const', type: BOOLEAN, value: null } }],
    otherwise,
    type: BOOLEAN,
  };
}
