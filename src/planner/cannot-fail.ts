import type { Expr } from '../plan/expr.ts';

/** Is it sure that evaluating the expression raises no error, whatever the values? */
export function cannotFail(expr: Expr): boolean {
  switch (expr.kind) {
    case 'column':
    case 'const':
    case 'constants':
      return true;
    case 'and':
    case 'or':
      return expr.args.every(cannotFail);
    case 'not':
    case 'is-null':
    case 'bool-test':
      return cannotFail(expr.arg);
    case 'call':
      return isTotal(expr.fn, expr.args) && expr.args.every(cannotFail);
    case 'array':
      return expr.elements.every(cannotFail);
    case 'array-compare':
      return cannotFail(expr.left) && cannotFail(expr.array);
    default:
      return false;
  }
}

const TOTAL =
  /^\w+ (=|<>|<|<=|>|>=) \w+$|^(lower|upper|btrim|ltrim|rtrim|length)\(text\)$|^cast (varchar|bpchar) -> text$/;
const PATTERN = /^text !?~~\*? text$/;

/** A pattern of LIKE fails where it ends in its escape. */
function isTotal(fn: string, args: readonly Expr[]): boolean {
  const pattern = args[1];
  if (PATTERN.test(fn)) return pattern?.kind === 'const' && !(pattern.value?.includes('\\') ?? false);
  return TOTAL.test(fn);
}
