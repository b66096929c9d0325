import type { NodeReader } from '../../analysis/tree.ts';
import type { FunctionSignature } from '../../analysis/tree-context.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr, SessionValue } from '../../plan/expr.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import type { Conversion, FromTreeContext } from './conversion.ts';
import { call, cast, castLength } from './dialect-call.ts';

/** SQLValueFunctionOp of primnodes.h, in its order. A form with a precision rounds the value to it. */
const SQL_VALUES: readonly SessionValue[] = [
  'current_date',
  'current_time',
  'current_time',
  'now',
  'now',
  'localtime',
  'localtime',
  'localtimestamp',
  'localtimestamp',
  'current_user',
  'current_user',
  'current_user',
  'session_user',
  'current_database',
  'current_schema',
];

/** CURRENT_DATE, CURRENT_TIMESTAMP(3), CURRENT_USER, … */
export function convertSqlValueFunction(conversion: Conversion, node: NodeReader): Expr {
  node.ignore('location');
  const op = node.int('op');
  const name = SQL_VALUES[op];
  if (name === undefined) throw refuse(`the SQL value function ${op}`);
  const type = sqlType(node.int('type'));
  const precision = node.int('typmod');
  const value: Expr = { kind: 'session', name, type };
  if (precision < 0) return value;
  const typmod: Expr = { kind: 'const', type: sqlType(OID.int4), value: String(precision) };
  return castLength(conversion.context, value, typmod, false);
}

const FUNCTIONS: ReadonlyMap<string, { readonly name: SessionValue; readonly oid: number }> = new Map([
  ['now()', { name: 'now', oid: OID.timestamptz }],
  ['transaction_timestamp()', { name: 'now', oid: OID.timestamptz }],
  ['statement_timestamp()', { name: 'statement_timestamp', oid: OID.timestamptz }],
  ['current_database()', { name: 'current_database', oid: OID.name }],
  ['current_schema()', { name: 'current_schema', oid: OID.name }],
  ['version()', { name: 'version', oid: OID.text }],
]);

/** `age(x)` counts from today's midnight, in the session's zone where x is an instant. */
export function ageFromToday(
  context: FromTreeContext,
  { signature }: FunctionSignature,
  args: readonly Expr[],
): Expr | undefined {
  const type = /^age\((timestamp|timestamptz)\)$/.exec(signature)?.[1];
  if (type === undefined) return undefined;
  const today: Expr = { kind: 'session', name: 'current_date', type: sqlType(OID.date) };
  const midnight = cast(context, today, sqlType(type === 'timestamp' ? OID.timestamp : OID.timestamptz));
  return call(`function ${signature}`, `age(${type},${type})`, [midnight, ...args], sqlType(OID.interval));
}

/** Functions that are constant within a statement, such as now(). */
export function sessionFunction(signature: FunctionSignature): Expr | undefined {
  const value = FUNCTIONS.get(signature.signature);
  return value === undefined ? undefined : { kind: 'session', name: value.name, type: sqlType(value.oid) };
}
