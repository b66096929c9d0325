import type { Expr } from '../plan/expr.ts';

/** Strict calls whose value is known as soon as their arguments' are: drivers cast their parameters, SQLAlchemy adds a % to them. */
const KNOWN: ReadonlyMap<string, (...texts: readonly string[]) => string> = new Map([
  ['cast int2 -> int4', (integer = '') => integer],
  ['cast varchar -> text', (text = '') => text],
  ['cast text -> varchar', (text = '') => text],
  ['text || text', (...texts) => texts.join('')],
]);

/** The text of a constant argument: null for NULL, undefined where the argument is no constant (yet). */
export function constantText(expr: Expr | undefined): string | null | undefined {
  if (expr?.kind === 'const') return expr.value;
  const known = expr?.kind === 'call' ? KNOWN.get(expr.fn) : undefined;
  if (expr?.kind !== 'call' || known === undefined) return undefined;
  const texts: string[] = [];
  let isNull = false;
  for (const text of expr.args.map(constantText)) {
    if (text === undefined) return undefined;
    if (text === null) isNull = true;
    else texts.push(text);
  }
  return isNull ? null : known(...texts);
}

/** Whether {@link constantText} has a value once the parameters have theirs. */
export function isPending(expr: Expr | undefined): boolean {
  if (expr?.kind !== 'call') return expr?.kind === 'param';
  return (
    KNOWN.has(expr.fn) &&
    expr.args.some(isPending) &&
    expr.args.every((arg) => isPending(arg) || constantText(arg) !== undefined)
  );
}

/** The value of a constant integer argument; undefined for NULL and for anything else. */
export function constantInteger(expr: Expr | undefined): number | undefined {
  const text = constantText(expr);
  return text === undefined || text === null ? undefined : Number(text);
}
