import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { constantText, isPending } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { quoteString } from '../quote.ts';
import { constantPattern, PATTERN_REWRITES, rewrittenPattern } from './pattern-constants.ts';
import { regexEntries } from './regular-expressions.ts';

/** DuckDB optimises LIKE without ESCAPE to prefix, suffix and contains. */
function printLike(text: string, pattern: string, constant: string | null | undefined): string {
  return typeof constant === 'string' && !constant.includes('\\')
    ? `(${text} LIKE ${quoteString(constant)})`
    : `(${text} LIKE ${pattern} ESCAPE '\\')`;
}

function like(signature: string, fold: boolean, negated: boolean): ScalarEntry {
  const folded = (sql = ''): string => (fold ? `skein_lower(${sql})` : sql);
  return {
    signature,
    print: ([text, pattern], _types, _result, exprs) => {
      const constant = fold ? undefined : constantPattern(exprs[1]);
      const matches = printLike(folded(text), folded(pattern), constant);
      return negated ? `(NOT ${matches})` : matches;
    },
  };
}

const likes = ['text', 'name', 'bpchar'].flatMap((type) => [
  like(`${type} ~~ text`, false, false),
  like(`${type} !~~ text`, false, true),
  like(`${type} ~~* text`, true, false),
  like(`${type} !~~* text`, true, true),
]);

function rewriteEntry(signature: string): ScalarEntry {
  const admit = (exprs: readonly Expr[]): void => {
    if (exprs.some((expr) => !isPending(expr) && constantText(expr) === undefined)) {
      throw refuse('a pattern with an escape or SIMILAR TO that is not constant');
    }
    rewrittenPattern(signature, exprs);
  };
  return {
    signature,
    admit,
    print: (_args, _types, _result, exprs) => {
      admit(exprs);
      const pattern = rewrittenPattern(signature, exprs);
      return typeof pattern === 'string' ? `${quoteString(pattern)}::VARCHAR` : 'NULL::VARCHAR';
    },
  };
}

export const patternEntries: readonly ScalarEntry[] = [
  ...likes,
  ...PATTERN_REWRITES.map(rewriteEntry),
  ...regexEntries,
];
