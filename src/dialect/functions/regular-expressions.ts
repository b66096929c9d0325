import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { carrierOf } from '../../types/carrier.ts';
import { constantText, isPending } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import { quoteString } from '../quote.ts';
import { isNullable, matchesOneWay } from '../regex/deterministic.ts';
import { dissectionOf } from '../regex/dissection.ts';
import { capturingGroups } from '../regex/groups.ts';
import { markedPosix } from '../regex/marked.ts';
import { parseRegex } from '../regex/parse.ts';
import { printRegex } from '../regex/print.ts';
import type { Regex } from '../regex/regex.ts';
import { constantPattern } from './pattern-constants.ts';

interface Arguments {
  readonly pattern: string;
  readonly flags: string;
}

/** The constant pattern and flags; null where one is NULL, undefined where one has no value yet. @throws 0A000 */
function constants(exprs: readonly Expr[], flagsAt: number | undefined): Arguments | null | undefined {
  const texts = [exprs[1], flagsAt === undefined ? undefined : exprs[flagsAt]].map((expr) =>
    expr === undefined ? '' : isPendingPattern(expr) ? 'pending' : (constantPattern(expr) ?? missing(expr)),
  );
  const [pattern, flags] = texts;
  if (exprs.some((expr, index) => (index === 1 || index === flagsAt) && isPendingPattern(expr)))
    return undefined;
  return pattern === null || flags === null ? null : { pattern: pattern ?? '', flags: flags ?? '' };
}

const isPendingPattern = (expr: Expr): boolean =>
  isPending(expr) || (expr.kind === 'call' && expr.args.some(isPending));

function missing(expr: Expr): null {
  if (constantPattern(expr) === null) return null;
  throw refuse('a regular expression that is not constant');
}

/** How an entry uses its pattern. */
export interface Use {
  readonly flagsAt?: number;
  /** Flags that the entry takes; `i` ignores case. */
  readonly flags?: string;
  readonly ignoreCase?: boolean;
  /** Checks what the entry needs of the pattern besides that it's read alike. */
  readonly check?: (regex: Regex, exprs: readonly Expr[]) => void;
  readonly print: (text: string, pattern: string, regex: Regex, args: Printed) => string;
}

export interface Printed {
  /** All arguments' SQL. */
  readonly args: readonly string[];
  readonly flags: string;
  readonly exprs: readonly Expr[];
  /** The pattern for Skein's own engine, where DuckDB's would find other matches. */
  readonly posix: string | undefined;
}

function compiled(use: Use, { pattern, flags }: Arguments): Regex {
  if (![...flags].every((flag) => (use.flags ?? '').includes(flag))) {
    throw refuse(`the regular expression flags "${flags}"`);
  }
  return parseRegex(pattern, use.ignoreCase === true || flags.includes('i'));
}

const posixPattern = ({ pattern, flags }: Arguments, use: Use): string =>
  markedPosix(pattern, use.ignoreCase === true || flags.includes('i'));

export function regexEntry(signature: string, use: Use): ScalarEntry {
  const read = (exprs: readonly Expr[]): Arguments | null | undefined => constants(exprs, use.flagsAt);
  return {
    signature,
    admit: (exprs) => {
      const given = read(exprs);
      if (given === null || given === undefined) return;
      const regex = compiled(use, given);
      printRegex(regex);
      use.check?.(regex, exprs);
    },
    print: (args, _types, result, exprs) => {
      const [text = ''] = args;
      const given = read(exprs);
      if (given === undefined) throw refuse('a regular expression that is not constant');
      if (given === null) return `NULL::${carrierOf(result).duckdb}`;
      const regex = compiled(use, given);
      use.check?.(regex, exprs);
      const posix = matchesOneWay(regex) ? undefined : quoteString(posixPattern(given, use));
      return use.print(text, quoteString(printRegex(regex)), regex, {
        args,
        flags: given.flags,
        exprs,
        posix,
      });
    },
  };
}

function requireMatch(regex: Regex): void {
  if (matchesOneWay(regex) || dissectionOf(regex) !== undefined) return;
  throw refuse('a regular expression with optional or repeated groups, where its match is wanted,');
}

/** Empty matches are found at other places by the two engines. */
export function requireMatchNotEmpty(regex: Regex): void {
  requireMatch(regex);
  if (isNullable(regex))
    throw refuse('a regular expression that matches the empty text, where its matches are wanted,');
}

const matches = (negated: boolean, ignoreCase: boolean): Use => ({
  ignoreCase,
  print: (text, pattern) => `${negated ? '(NOT ' : '('}regexp_matches(${text}, ${pattern}))`,
});

const operators = ['text', 'name', 'bpchar'].flatMap((type) => [
  regexEntry(`${type} ~ text`, matches(false, false)),
  regexEntry(`${type} !~ text`, matches(true, false)),
  regexEntry(`${type} ~* text`, matches(false, true)),
  regexEntry(`${type} !~* text`, matches(true, true)),
]);

/** The first group, or all of it; NULL where nothing matches. */
function printExtract(group: 0 | 1): Use['print'] {
  return (text, pattern, _regex, { posix }) =>
    posix !== undefined
      ? `host_regexp_substr(${text}, ${posix}, 1, 1, ${group})`
      : once(
          [text],
          ([x]) =>
            `CASE WHEN regexp_matches(${x}, ${pattern}) THEN regexp_extract(${x}, ${pattern}, ${group}) END`,
        );
}

function checkSubstring(regex: Regex): void {
  requireMatch(regex);
  if (capturingGroups(regex)[0] === false) {
    throw refuse('a regular expression whose first group does not take part in every match');
  }
}

const substring: Use = {
  check: checkSubstring,
  print: (text, pattern, regex, args) =>
    printExtract(capturingGroups(regex).length > 0 ? 1 : 0)(text, pattern, regex, args),
};

/** PostgreSQL's replacement text as RE2's: `\&` is all of the match. @throws 0A000 */
export function replacement(exprs: readonly Expr[], regex: Regex): string {
  const text = constantPattern(exprs[2]);
  if (typeof text !== 'string') throw refuse('a replacement text that is not constant');
  const groups = capturingGroups(regex);
  return text.replace(/\\([\s\S]?)/g, (whole, next: string) => {
    if (next === '&') return '\\0';
    if (next === '\\') return '\\\\';
    if (/^[1-9]$/.test(next) && groups[Number(next) - 1] === true) return whole;
    throw refuse(`the replacement text "${text}"`);
  });
}

export function checkReplace(regex: Regex, exprs: readonly Expr[]): void {
  requireMatchNotEmpty(regex);
  if (constantText(exprs[2]) === null) return;
  if (!isPending(exprs[2])) replacement(exprs, regex);
}

const replace: Use = {
  check: checkReplace,
  print: (text, pattern, regex, { flags, exprs, posix }) => {
    if (constantPattern(exprs[2]) === null) return 'NULL::VARCHAR';
    if (posix !== undefined) {
      const written = quoteString(replacement(exprs, regex));
      return `host_regexp_replace(${text}, ${posix}, ${written}, 1, ${flags.includes('g') ? 0 : 1})`;
    }
    const options = flags.includes('g') ? `, 'g'` : '';
    return `regexp_replace(${text}, ${pattern}, ${quoteString(replacement(exprs, regex))}${options})`;
  },
};

export function checkGroups(regex: Regex): void {
  requireMatch(regex);
  if (capturingGroups(regex).includes(false)) {
    throw refuse('a regular expression with a group that does not take part in every match');
  }
}

/** All groups, or the match where there are none. */
const match: Use = {
  flags: 'i',
  check: checkGroups,
  print: (text, pattern, regex, { posix }) =>
    once([text], ([x]) => {
      if (posix !== undefined) return `host_texts(host_regexp_matches(${x}, ${posix}, false)[1])`;
      const groups = capturingGroups(regex).map((_, index) => index + 1);
      const items = (groups.length === 0 ? [0] : groups).map(
        (at) => `regexp_extract(${x}, ${pattern}, ${at})`,
      );
      return `CASE WHEN regexp_matches(${x}, ${pattern}) THEN [${items.join(', ')}] END`;
    }),
};

const likes: Use = { flags: 'i', print: matches(false, false).print };

const counts: Use = {
  flags: 'i',
  check: requireMatchNotEmpty,
  print: (text, pattern, _regex, { posix }) =>
    posix === undefined
      ? `CAST(len(regexp_extract_all(${text}, ${pattern})) AS INTEGER)`
      : `host_regexp_count(${text}, ${posix}, 1)`,
};

export const regexEntries: readonly ScalarEntry[] = [
  ...operators,
  regexEntry('substring(text,text)', substring),
  regexEntry('regexp_substr(text,text)', { check: requireMatch, print: printExtract(0) }),
  regexEntry('regexp_match(text,text)', match),
  regexEntry('regexp_match(text,text,text)', { ...match, flagsAt: 2 }),
  regexEntry('regexp_like(text,text)', likes),
  regexEntry('regexp_like(text,text,text)', { ...likes, flagsAt: 2 }),
  regexEntry('regexp_count(text,text)', counts),
  regexEntry('regexp_replace(text,text,text)', replace),
  regexEntry('regexp_replace(text,text,text,text)', { ...replace, flagsAt: 3, flags: 'gi' }),
];
