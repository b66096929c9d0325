import { refuse, SkeinError } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { constantText } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { quoteString } from '../quote.ts';

/**
 * A pattern's text where it is constant, also through `like_escape`; undefined where it isn't (yet).
 * @throws 22025 for an escape of more than one character.
 */
function constantPattern(expr: Expr | undefined): string | null | undefined {
  if (expr?.kind !== 'call' || expr.fn !== 'like_escape(text,text)') return constantText(expr);
  const pattern = constantText(expr.args[0]);
  const escapeWith = constantText(expr.args[1]);
  if (pattern === null || escapeWith === null) return null;
  return pattern === undefined || escapeWith === undefined ? undefined : likeEscape(pattern, escapeWith);
}

/** PostgreSQL's do_like_escape: the pattern with backslash as its escape. */
function likeEscape(pattern: string, escapeWith: string): string {
  if (escapeWith === '') return pattern.replaceAll('\\', '\\\\');
  if ([...escapeWith].length > 1) {
    throw new SkeinError('invalidEscape', 'invalid escape string', {
      hint: 'Escape string must be empty or one character.',
    });
  }
  if (escapeWith === '\\') return pattern;
  let escaped = false;
  let result = '';
  for (const character of pattern) {
    if (character === escapeWith && !escaped) {
      result += '\\';
      escaped = true;
    } else {
      result += character === '\\' && !escaped ? '\\\\' : character;
      escaped = false;
    }
  }
  return result;
}

/** DuckDB optimises LIKE without ESCAPE to prefix, suffix and contains. */
function printLike(text: string, pattern: string, constant: string | null | undefined): string {
  return typeof constant === 'string' && !constant.includes('\\')
    ? `(${text} LIKE ${quoteString(constant)})`
    : `(${text} LIKE ${pattern} ESCAPE '\\')`;
}

const like = (signature: string, fold: boolean, negated: boolean): ScalarEntry => ({
  signature,
  print: ([text, pattern], _types, _result, exprs) => {
    const fold1 = (sql: string): string => (fold ? `skein_lower(${sql})` : sql);
    const constant = fold ? undefined : constantPattern(exprs[1]);
    const matches = printLike(fold1(text ?? ''), fold1(pattern ?? ''), constant);
    return negated ? `(NOT ${matches})` : matches;
  },
});

const likes = [
  like('text ~~ text', false, false),
  like('text !~~ text', false, true),
  like('text ~~* text', true, false),
  like('text !~~* text', true, true),
];

function admitLikeEscape(exprs: readonly Expr[]): void {
  for (const expr of exprs) {
    if (expr.kind !== 'const' && expr.kind !== 'param') {
      throw refuse('LIKE with an ESCAPE where the pattern is not constant');
    }
  }
}

const likeEscapeEntry: ScalarEntry = {
  signature: 'like_escape(text,text)',
  admit: admitLikeEscape,
  print: (_args, _types, _result, exprs) => {
    admitLikeEscape(exprs);
    const pattern = constantText(exprs[0]);
    const escapeWith = constantText(exprs[1]);
    return typeof pattern === 'string' && typeof escapeWith === 'string'
      ? quoteString(likeEscape(pattern, escapeWith))
      : 'NULL::VARCHAR';
  },
};

export const patternEntries: readonly ScalarEntry[] = [...likes, likeEscapeEntry];
