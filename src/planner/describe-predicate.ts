import { assertNever } from '../base/assert.ts';
import type { ColumnId, Expr } from '../plan/expr.ts';

/** A predicate over named columns in words that a reader of EXPLAIN knows. Only for people: nothing runs it. */
export function describePredicate(expr: Expr, names: ReadonlyMap<ColumnId, string>): string {
  const show = (inner: Expr): string => describePredicate(inner, names);
  const nested = (inner: Expr): string =>
    inner.kind === 'and' || inner.kind === 'or' ? `(${show(inner)})` : show(inner);
  switch (expr.kind) {
    case 'column':
      return names.get(expr.id) ?? `c${expr.id}`;
    case 'const':
      return showConstant(expr.value);
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
  return `${fn.split('(')[0]}(${args.join(', ')})`;
}

/** `int4 = int4` -> `=`. */
function operatorIn(signature: string): string {
  return signature.split(' ')[1] ?? signature;
}
