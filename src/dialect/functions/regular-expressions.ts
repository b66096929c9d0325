import { SkeinError, SQLSTATE } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { markOf, optionsAsked } from '../are/asked.ts';
import { parsePattern } from '../are/parse.ts';
import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import { quoteString } from '../quote.ts';
import { commonRegex } from '../regex/common.ts';
import { isNullable, matchesOneWay } from '../regex/deterministic.ts';
import { capturingGroups } from '../regex/groups.ts';
import type { Regex } from '../regex/regex.ts';
import { constantPattern } from './pattern-constants.ts';

/** A constant pattern that DuckDB's engine reads as PostgreSQL's does. */
interface Common {
  readonly regex: Regex;
  /** SQL of the pattern. */
  readonly pattern: string;
  readonly flags: string;
  readonly exprs: readonly Expr[];
}

/** How an entry uses its pattern, which is its second argument. */
export interface Use {
  readonly flagsAt?: number;
  readonly ignoreCase?: true;
  /** The function that doesn't take the flag `g`. */
  readonly notGlobal?: string;
  /** DuckDB's expression, where that finds the same. */
  readonly duckdb?: (text: string, common: Common) => string | undefined;
  /** Skein's own engine's. @param pattern the pattern with its flags */
  readonly host: (args: readonly string[], pattern: string) => string;
}

export function regexEntry(signature: string, use: Use): ScalarEntry {
  return {
    signature,
    admit: (exprs) => {
      const { pattern, flags } = constants(use, exprs);
      if (typeof pattern === 'string' && typeof flags === 'string') checkRefused(pattern, flags);
    },
    print: (args, _types, _result, exprs) => {
      const common = commonOf(use, exprs);
      const duckdb = common === undefined ? undefined : use.duckdb?.(args[0] ?? '', common);
      return duckdb ?? use.host(args, marked(use, args, exprs));
    },
  };
}

type Constant = string | null | undefined;

function constants(
  { flagsAt, ignoreCase }: Use,
  exprs: readonly Expr[],
): { readonly pattern: Constant; readonly flags: Constant } {
  const flags = flagsAt === undefined ? (ignoreCase ? 'i' : '') : constantPattern(exprs[flagsAt]);
  return { pattern: constantPattern(exprs[1]), flags };
}

/** A wrong pattern is an error where a row needs it. @throws 0A000 */
function checkRefused(pattern: string, flags: string): void {
  try {
    parsePattern(pattern, optionsAsked({ pattern, flags, by: '' }));
  } catch (error) {
    if (!(error instanceof SkeinError) || error.code === SQLSTATE.notSupported) throw error;
  }
}

function commonOf(use: Use, exprs: readonly Expr[]): Common | undefined {
  const { pattern, flags } = constants(use, exprs);
  const known = use.notGlobal === undefined ? /^[gi]*$/ : /^i*$/;
  if (typeof pattern !== 'string' || typeof flags !== 'string' || !known.test(flags)) return undefined;
  const common = commonRegex(pattern, flags.includes('i'));
  return common && { regex: common.regex, pattern: quoteString(common.re2), flags, exprs };
}

/** SQL of the pattern with its flags, as the host functions take it. */
function marked(use: Use, args: readonly string[], exprs: readonly Expr[]): string {
  const by = use.notGlobal ?? '';
  const [, patternSql = ''] = args;
  const { pattern, flags } = constants(use, exprs);
  if (typeof flags === 'string') {
    const mark = markOf(flags, by);
    return typeof pattern === 'string'
      ? quoteString(`${mark}${pattern}`)
      : `(${quoteString(mark)} || ${patternSql})`;
  }
  const given = args[use.flagsAt ?? 0] ?? '';
  return once([given], ([x]) => `(${quoteString(`${by}:`)} || length(${x}) || ':' || ${x} || ${patternSql})`);
}

const matches = (negated: boolean, ignoreCase?: true): Use => {
  const printed = (sql: string): string => (negated ? `(NOT ${sql})` : sql);
  return {
    ...(ignoreCase && { ignoreCase }),
    notGlobal: 'regexp_like',
    duckdb: (text, { pattern }) => printed(`regexp_matches(${text}, ${pattern})`),
    host: ([text], pattern) => printed(`host_regexp_like(${text}, ${pattern})`),
  };
};

const operators = ['text', 'name', 'bpchar'].flatMap((type) => [
  regexEntry(`${type} ~ text`, matches(false)),
  regexEntry(`${type} !~ text`, matches(true)),
  regexEntry(`${type} ~* text`, matches(false, true)),
  regexEntry(`${type} !~* text`, matches(true, true)),
]);

/** The group, 0 for all of the match; NULL where nothing matches. */
function extract(text: string, pattern: string, group: number): string {
  return once(
    [text],
    ([x]) => `CASE WHEN regexp_matches(${x}, ${pattern}) THEN regexp_extract(${x}, ${pattern}, ${group}) END`,
  );
}

const substring: Use = {
  duckdb: (text, { regex, pattern }) => {
    const [first] = capturingGroups(regex);
    if (!matchesOneWay(regex) || first === false) return undefined;
    return extract(text, pattern, first === undefined ? 0 : 1);
  },
  host: ([text], pattern) => `host_regexp_substring(${text}, ${pattern})`,
};

const substr: Use = {
  duckdb: (text, { regex, pattern }) => (matchesOneWay(regex) ? extract(text, pattern, 0) : undefined),
  host: ([text], pattern) => `host_regexp_substr(${text}, ${pattern}, 1, 1, 0)`,
};

/** PostgreSQL's replacement text as RE2's; undefined where RE2 has none that always means the same. */
function replacement({ exprs, regex }: Common): string | undefined {
  const text = constantPattern(exprs[2]);
  if (typeof text !== 'string') return undefined;
  const groups = capturingGroups(regex);
  const escapes = text.match(/\\[\s\S]?/g) ?? [];
  const known = escapes.every(
    (escaped) =>
      /^\\[&\\]$/.test(escaped) || (/^\\[1-9]$/.test(escaped) && groups[Number(escaped[1]) - 1] === true),
  );
  return known ? text.replace(/\\&|\\\\/g, (escaped) => (escaped === '\\&' ? '\\0' : escaped)) : undefined;
}

const replace: Use = {
  duckdb: (text, common) => {
    const written = replacement(common);
    if (written === undefined || !matchesOneWay(common.regex) || isNullable(common.regex)) return undefined;
    const options = common.flags.includes('g') ? `, 'g'` : '';
    return `regexp_replace(${text}, ${common.pattern}, ${quoteString(written)}${options})`;
  },
  host: ([text, , written, flags = "''"], pattern) =>
    `host_regexp_replace(${text}, ${pattern}, ${written}, 1, (CASE WHEN contains(${flags}, 'g') THEN 0 ELSE 1 END)::INTEGER)`,
};

/** All groups, or the match where there are none. */
const match: Use = {
  notGlobal: 'regexp_match',
  duckdb: (text, { regex, pattern }) => {
    const groups = capturingGroups(regex);
    if (!matchesOneWay(regex) || groups.includes(false)) return undefined;
    return once([text], ([x]) => {
      const items = (groups.length === 0 ? [0] : groups.map((_, index) => index + 1)).map(
        (at) => `regexp_extract(${x}, ${pattern}, ${at})`,
      );
      return `CASE WHEN regexp_matches(${x}, ${pattern}) THEN [${items.join(', ')}] END`;
    });
  },
  host: ([text], pattern) => `host_texts(host_regexp_matches(${text}, ${pattern})[1])`,
};

const count: Use = {
  notGlobal: 'regexp_count',
  duckdb: (text, { regex, pattern }) =>
    matchesOneWay(regex) && !isNullable(regex)
      ? `CAST(len(regexp_extract_all(${text}, ${pattern})) AS INTEGER)`
      : undefined,
  host: ([text], pattern) => `host_regexp_count(${text}, ${pattern}, 1)`,
};

export const regexEntries: readonly ScalarEntry[] = [
  ...operators,
  regexEntry('substring(text,text)', substring),
  {
    signature: 'substring(text,text,text)',
    print: ([text = '', pattern, escapeWith]) =>
      once(
        [text],
        ([x]) =>
          `CASE WHEN ${x} IS NOT NULL THEN host_regexp_substring(${x}, ${quoteString(markOf('', ''))} || host_similar_escape(${pattern}, ${escapeWith})) END`,
      ),
  },
  regexEntry('regexp_substr(text,text)', substr),
  regexEntry('regexp_match(text,text)', match),
  regexEntry('regexp_match(text,text,text)', { ...match, flagsAt: 2 }),
  regexEntry('regexp_like(text,text)', matches(false)),
  regexEntry('regexp_like(text,text,text)', { ...matches(false), flagsAt: 2 }),
  regexEntry('regexp_count(text,text)', count),
  regexEntry('regexp_replace(text,text,text)', replace),
  regexEntry('regexp_replace(text,text,text,text)', { ...replace, flagsAt: 3 }),
];
