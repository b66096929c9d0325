import type { ScalarEntry } from '../entries.ts';
import { quoteString } from '../quote.ts';
import { constantPattern, DEFAULT_ESCAPE, PATTERN_REWRITES, rewrittenPattern } from './pattern-constants.ts';
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

/** Rewritten here where it is constant. */
function rewriteEntry(signature: string): ScalarEntry {
  const host = signature.startsWith('like_escape') ? 'host_like_escape' : 'host_similar_escape';
  return {
    signature,
    print: ([pattern, escapeWith = quoteString(DEFAULT_ESCAPE)], _types, _result, exprs) => {
      const rewritten = rewrittenPattern(signature, exprs);
      return typeof rewritten === 'string'
        ? `${quoteString(rewritten)}::VARCHAR`
        : `${host}(${pattern}, ${escapeWith})`;
    },
  };
}

export const patternEntries: readonly ScalarEntry[] = [
  ...likes,
  ...PATTERN_REWRITES.map(rewriteEntry),
  ...regexEntries,
];
