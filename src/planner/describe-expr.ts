import { assertNever } from '../base/assert.ts';
import { outputColumns } from '../plan/columns.ts';
import type { AggregateCall, ColumnId, Expr } from '../plan/expr.ts';
import type { Plan } from '../plan/logical.ts';
import { OID } from '../types/sql-type.ts';

type Names = ReadonlyMap<ColumnId, string>;

export function namesOf(plan: Plan): Names {
  return new Map(outputColumns(plan).map(({ id, name }) => [id, name]));
}

/** An expression over named columns in words that a reader of EXPLAIN knows. Only for people: nothing runs it. */
export function describeExpr(expr: Expr, names: Names): string {
  const show = (inner: Expr): string => describeExpr(inner, names);
  const nested = (inner: Expr): string => (isInfix(inner) ? `(${show(inner)})` : show(inner));
  switch (expr.kind) {
    case 'column':
      return names.get(expr.id) ?? `c${expr.id}`;
    case 'const':
      return expr.type.oid === OID.bool ? (expr.value ?? 'NULL') : showConstant(expr.value);
    case 'param':
      return `$${expr.index}`;
    case 'session':
      return expr.name;
    case 'call':
      return describeCall(expr.fn, expr.args.map(nested));
    case 'and':
      return expr.args.map(nested).join(' AND ');
    case 'or':
      return expr.args.map(nested).join(' OR ');
    case 'not':
      return `NOT ${nested(expr.arg)}`;
    case 'is-null':
      return `${nested(expr.arg)} IS ${expr.negated ? 'NOT ' : ''}NULL`;
    case 'bool-test':
      return `${nested(expr.arg)} IS ${expr.negated ? 'NOT ' : ''}${expr.test.toUpperCase()}`;
    case 'is-distinct':
      return `${nested(expr.left)} IS ${expr.negated ? 'NOT ' : ''}DISTINCT FROM ${nested(expr.right)}`;
    case 'case':
      return `CASE${expr.branches.map((b) => ` WHEN ${show(b.when)} THEN ${show(b.then)}`).join('')} ELSE ${show(expr.otherwise)} END`;
    case 'coalesce':
    case 'greatest':
    case 'least':
      return `${expr.kind}(${expr.args.map(show).join(', ')})`;
    case 'nullif':
      return `nullif(${show(expr.left)}, ${show(expr.right)})`;
    case 'array':
      return `{${expr.elements.map(show).join(', ')}}`;
    case 'constants':
      return `{${expr.values.slice(0, SHOWN_VALUES).map(showConstant).join(', ')}, … ${expr.values.length} values}`;
    case 'array-compare':
      return `${nested(expr.left)} ${operatorIn(expr.op)} ${expr.quantifier.toUpperCase()} ${show(expr.array)}`;
    case 'scalar-subquery':
    case 'exists':
    case 'subquery-compare':
      return '(subquery)';
    default:
      return assertNever(expr);
  }
}

const MAX_NAME_LENGTH = 60;

/** Of a column that holds what the expression gives. */
export function exprName(expr: Expr, names: Names): string {
  return shortened(describeExpr(expr, names));
}

export function aggregateName(call: AggregateCall, names: Names): string {
  return shortened(describeAggregate(call, names));
}

function shortened(text: string): string {
  return text.length <= MAX_NAME_LENGTH ? text : `${text.slice(0, MAX_NAME_LENGTH - 1)}…`;
}

function describeAggregate({ fn, args, distinct, filter }: AggregateCall, names: Names): string {
  const list = args.map((arg) => describeExpr(arg, names)).join(', ') || '*';
  const call = `${functionName(fn)}(${distinct ? 'DISTINCT ' : ''}${list})`;
  return filter === undefined ? call : `${call} FILTER (WHERE ${describeExpr(filter, names)})`;
}

function isInfix(expr: Expr): boolean {
  if (expr.kind === 'call' && expr.fn.startsWith('cast ') && expr.args[0]) return isInfix(expr.args[0]);
  return (
    expr.kind === 'and' ||
    expr.kind === 'or' ||
    (expr.kind === 'call' && expr.args.length === 2 && !expr.fn.includes('('))
  );
}

/** Of a long list. */
const SHOWN_VALUES = 3;

function showConstant(value: string | null): string {
  if (value === null) return 'NULL';
  return /^-?\d+(\.\d+)?$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`;
}

function describeCall(fn: string, args: readonly string[]): string {
  const [first, second] = args;
  if (fn.startsWith('cast ') && first !== undefined) return first;
  if (!fn.includes('(') && first !== undefined) {
    return second === undefined ? `${fn.split(' ')[0]} ${first}` : `${first} ${operatorIn(fn)} ${second}`;
  }
  return `${functionName(fn)}(${args.join(', ')})`;
}

/** `int4 = int4` -> `=`. */
function operatorIn(signature: string): string {
  return signature.split(' ')[1] ?? signature;
}

/** `skein.sum(int4)` -> `sum`. */
function functionName(signature: string): string {
  return signature.replace(/^skein\./, '').replace(/\(.*$/, '');
}
