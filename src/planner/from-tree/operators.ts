import type { NodeReader } from '../../analysis/tree.ts';
import type { OperatorSignature } from '../../analysis/tree-context.ts';
import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { findScalar } from '../../dialect/table.ts';
import type { Expr } from '../../plan/expr.ts';
import { OID, sqlType } from '../../types/sql-type.ts';

import { requireCaseOfDefault, requireCollation } from './collation.ts';
import type { Conversion, FromTreeContext, Scope } from './conversion.ts';
import { call, cast } from './dialect-call.ts';

/** Operators to which the collations "C" and C.UTF-8 are the same: they look at bytes or whole characters only. */
const CASE_BLIND: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=', '||', '~~', '!~~', '^@']);

export function findOperator(context: FromTreeContext, oid: number): OperatorSignature {
  const operator = context.system.operators.get(oid);
  if (operator === undefined) throw refuse(`the operator with OID ${oid}`);
  return operator;
}

/**
 * The signature, which the dialect table has.
 * @param form how the operator is used. Only a call takes more arguments; operands `asInstants` need none.
 */
export function admittedOperator(
  context: FromTreeContext,
  node: NodeReader,
  form: 'call' | 'comparison' | 'asInstants',
): string {
  const operator = findOperator(context, node.int('opno'));
  const what = `operator "${operator.signature}"`;
  const collation = node.int('inputcollid');
  if (CASE_BLIND.has(operator.name)) requireCollation(collation, what);
  else requireCaseOfDefault(collation, what);
  const entry = findScalar(operator.signature);
  if (entry === undefined) throw refuse(what);
  if (form === 'comparison' && entry.usesTimeZone === true) {
    throw refuse(`${what}, which depends on the time zone, in a comparison with many values`);
  }
  return operator.signature;
}

const WALL_CLOCK = /^(?:date|timestamp|timestamptz) (?<operator>\S+) (?:date|timestamp|timestamptz)$/;

/** Operands of a comparison with many values, of which a call of the operator would see but one. */
interface Compared {
  readonly op: string;
  readonly left: Expr;
  readonly right: Expr;
}

/** A wall clock beside an instant becomes the instant that it is in the session's zone, where the operator itself would see to it. */
export function asInstants(context: FromTreeContext, compared: Compared): Compared {
  const { op, left, right } = compared;
  if (findScalar(op)?.usesTimeZone !== true) return compared;
  const operator = defined(WALL_CLOCK.exec(op)?.groups?.['operator'], 'operator between clocks');
  const instant = (value: Expr): Expr => cast(context, value, sqlType(OID.timestamptz));
  return { op: `timestamptz ${operator} timestamptz`, left: instant(left), right: instant(right) };
}

/** The operator's function follows from the operator; the result's collation bears on nothing that isn't checked where it is used. */
export function ignoreOperatorFunction(node: NodeReader): void {
  node.ignore('opfuncid', 'location');
}

function operands(conversion: Conversion, node: NodeReader, scope: Scope): readonly Expr[] {
  return node.nodes('args').map((arg) => conversion.expr(arg, scope));
}

function bothOperands(conversion: Conversion, node: NodeReader, scope: Scope): { left: Expr; right: Expr } {
  const [left, right] = operands(conversion, node, scope);
  return { left: defined(left, 'left operand'), right: defined(right, 'right operand') };
}

export function convertOperator(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  ignoreOperatorFunction(node);
  const op = admittedOperator(conversion.context, node, 'call');
  requireCollation(node.int('opcollid'), `operator "${op}"`);
  node.absent('opretset', `the set-returning operator "${op}"`);
  const type = sqlType(node.int('opresulttype'));
  return call(`operator "${op}"`, op, operands(conversion, node, scope), type);
}

/** `opno` is the equality that IS DISTINCT FROM negates. */
export function convertDistinct(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  ignoreOperatorFunction(node);
  const op = admittedOperator(conversion.context, node, 'asInstants');
  node.ignore('opresulttype', 'opcollid').absent('opretset', 'a set-returning operator');
  const compared = { op, ...bothOperands(conversion, node, scope) };
  return { kind: 'is-distinct', ...asInstants(conversion.context, compared), negated: false };
}

export function convertNullIf(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  ignoreOperatorFunction(node);
  const op = admittedOperator(conversion.context, node, 'comparison');
  requireCollation(node.int('opcollid'), 'NULLIF');
  node.absent('opretset', 'a set-returning operator');
  const type = sqlType(node.int('opresulttype'));
  const { left, right } = bothOperands(conversion, node, scope);
  return { kind: 'nullif', op, left, right, type };
}

export function convertArrayComparison(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  ignoreOperatorFunction(node);
  // Set by the planner, never by the analyser.
  node.absent('hashfuncid', 'a hashed array comparison').absent('negfuncid', 'a hashed array comparison');
  const op = admittedOperator(conversion.context, node, 'comparison');
  const quantifier = node.bool('useOr') ? 'any' : 'all';
  const { left, right } = bothOperands(conversion, node, scope);
  if (right.kind === 'const' && right.value === null) {
    return { kind: 'const', type: sqlType(OID.bool), value: null };
  }
  return { kind: 'array-compare', op, quantifier, left, array: right };
}
