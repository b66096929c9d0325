import type { Expr } from '../../plan/expr.ts';
import { constantText } from '../constants.ts';
import { likeEscape, similarEscape } from '../escapes.ts';

/** SIMILAR TO's escape where the pattern has no ESCAPE. */
export const DEFAULT_ESCAPE = '\\';

/** Functions of PostgreSQL's parser that rewrite a pattern, computed here where their arguments are constant. */
const REWRITES: ReadonlyMap<string, (pattern: string, escapeWith: string) => string> = new Map([
  ['like_escape(text,text)', likeEscape],
  ['similar_to_escape(text)', similarEscape],
  ['similar_to_escape(text,text)', similarEscape],
]);

export const PATTERN_REWRITES: readonly string[] = [...REWRITES.keys()];

/**
 * A pattern's text where it is constant: null for NULL, undefined where it isn't constant (yet).
 * @throws 22025 for an escape of more than one character.
 */
export function constantPattern(expr: Expr | undefined): string | null | undefined {
  const rewritten = expr?.kind === 'call' ? rewrittenPattern(expr.fn, expr.args) : undefined;
  return rewritten === undefined ? constantText(expr) : rewritten;
}

export function rewrittenPattern(fn: string, args: readonly Expr[]): string | null | undefined {
  const rewrite = REWRITES.get(fn);
  if (rewrite === undefined) return undefined;
  const pattern = constantText(args[0]);
  const escapeWith = args.length > 1 ? constantText(args[1]) : DEFAULT_ESCAPE;
  if (pattern === null || escapeWith === null) return null;
  return pattern === undefined || escapeWith === undefined ? undefined : rewrite(pattern, escapeWith);
}
