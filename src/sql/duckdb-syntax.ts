import { SkeinError } from '../base/errors.ts';
import { characters, type Token, tokens } from './lexical.ts';
import { type RawNode, rawFields, rawText } from './raw-tree.ts';

/** Words of DuckDB's own syntax at which PostgreSQL's grammar fails … */
const FAILING_WORDS = new Set([
  'attach',
  'by',
  'columns',
  'describe',
  'detach',
  'install',
  'lambda',
  'macro',
  'pragma',
  'rename',
  'summarise',
  'summarize',
  'try_cast',
  'use',
]);

/** … and those that it may also have taken for an alias, to fail at what follows. */
const ALIAS_WORDS = new Set([
  'anti',
  'asof',
  'exclude',
  'pivot',
  'pivot_longer',
  'pivot_wider',
  'positional',
  'qualify',
  'replace',
  'sample',
  'semi',
  'unpivot',
]);

const HINT = "Skein speaks PostgreSQL's SQL, also where DuckDB executes it.";
const FAILING_SYMBOLS = new Set(['{', '[']);

/** @param cursor where PostgreSQL's grammar failed: 0-based, in characters. */
export function duckdbHint(sql: string, cursor: number): string | undefined {
  let before: Token | undefined;
  for (const token of tokens(sql)) {
    if (characters(sql.slice(0, token.start)) >= cursor) {
      return failsAsDuckdb(token, before) ? HINT : undefined;
    }
    before = token;
  }
  return isAliasWord(before) ? HINT : undefined;
}

/** `FROM t` without SELECT is DuckDB's too. */
function failsAsDuckdb(token: Token, before: Token | undefined): boolean {
  const word = token.text.toLowerCase();
  if (isAliasWord(token) || isAliasWord(before)) return true;
  if (token.kind === 'word') return FAILING_WORDS.has(word) || (word === 'from' && before === undefined);
  return token.kind === 'symbol' && FAILING_SYMBOLS.has(word);
}

function isAliasWord(token: Token | undefined): boolean {
  return token?.kind === 'word' && ALIAS_WORDS.has(token.text.toLowerCase());
}

const JOIN_KINDS = new Set(['asof', 'semi', 'anti', 'positional']);
const JOIN_WORDS = new Set(['inner', 'left', 'right', 'full', 'outer', 'cross', 'natural']);

/**
 * PostgreSQL reads `t SEMI JOIN u` as a join of `t` under the alias `semi`: another query than its writer meant.
 * @throws 0A000 where such a word stands, unquoted and without AS, as an alias right before JOIN.
 */
export function refuseDuckdbJoins(sql: string, tree: RawNode): void {
  if (!hasJoinAlias(tree.fields)) return;
  const all = [...tokens(sql)];
  all.forEach((token, index) => {
    const word = token.text.toLowerCase();
    if (token.kind !== 'word' || !JOIN_KINDS.has(word)) return;
    if (all[index - 1]?.text.toLowerCase() === 'as' || !isJoin(all, index + 1)) return;
    throw new SkeinError('notSupported', `${word.toUpperCase()} JOIN is not supported`, {
      position: characters(sql.slice(0, token.start)) + 1,
      hint: `${HINT} There, "${word}" would be an alias; write AS "${word}" if that is meant.`,
    });
  });
}

function isJoin(all: readonly Token[], index: number): boolean {
  const word = all[index]?.text.toLowerCase();
  if (word === 'join') return true;
  return word !== undefined && JOIN_WORDS.has(word) && isJoin(all, index + 1);
}

function hasJoinAlias(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasJoinAlias);
  return Object.entries(rawFields(value)).some(
    ([key, field]) => (key === 'aliasname' && JOIN_KINDS.has(rawText(field))) || hasJoinAlias(field),
  );
}
