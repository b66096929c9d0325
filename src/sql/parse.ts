import { SkeinError } from '../base/errors.ts';
import { duckdbHint } from './duckdb-syntax.ts';
import { parseGrammar } from './grammar.ts';
import { characters, tokens } from './lexical.ts';
import { shortenLists } from './long-lists.ts';
import { shortenInsert } from './long-values.ts';
import { type RawNode, rawFields, rawList, rawNode, rawNumber } from './raw-tree.ts';
import { assertParsable } from './size.ts';

export interface Statement {
  /** From its first token up to its semicolon. */
  readonly text: string;
  /** Characters of the whole text before it: what to add to a position within `text`. */
  readonly offset: number;
  /** Bytes of the whole text before it: what a location in the tree counts too. */
  readonly start: number;
  /** Of an `IN (…)` of very many literals, it has only a few; of very many rows of VALUES, too. */
  readonly tree: RawNode;
  /** Comments that stand before it, up to its first token. */
  readonly comments?: string;
}

/** With the comments before it. */
export function sentText({ comments = '', text }: Statement): string {
  return comments + text;
}

/** Where a location of its tree lies in the statement's text: 1-based, in characters. */
export function positionOf({ text, start }: Statement, location: number): number {
  return characters(Buffer.from(text).toString('utf8', 0, location - start)) + 1;
}

/**
 * Splits a text into its statements, by PostgreSQL's own grammar. No statements: the text is empty or only comments.
 * @throws 42601, as PostgreSQL words it, with the position in the whole text; 54001.
 */
export function splitStatements(sql: string): readonly Statement[] {
  if (sql.includes('\0')) {
    throw new SkeinError('invalidEncoding', 'invalid byte sequence for encoding "UTF8": 0x00');
  }
  if (sql.trim() === '') return [];
  const shortened = shortenLists(shortenInsert(sql).sql);
  assertParsable(shortened.sql);
  const slice = textSlicer(sql);
  let before = 0;
  return rawList(rawFields(parse(shortened.sql))['stmts']).map((entry) => {
    const fields = rawFields(entry);
    const tree = rawNode(fields['stmt']);
    if (tree === undefined) throw new SkeinError('internal', 'the parser gave a statement without a tree');
    const start = rawNumber(fields['stmt_location']);
    const length = rawNumber(fields['stmt_len']);
    const between = start > before ? slice(before, start).text : '';
    before = start + length;
    const comments = withoutTokens(between);
    const statement = { ...slice(start, length === 0 ? undefined : start + length), start, tree };
    return comments === '' ? statement : { ...statement, comments };
  });
}

/** What stands after the semicolon of the statement before. */
function withoutTokens(between: string): string {
  if (between === '') return '';
  const last = [...tokens(between)].at(-1);
  return between.slice(last?.end ?? 0).trimStart();
}

/** Cuts by byte offsets of the UTF-8 text, which PostgreSQL counts in. */
function textSlicer(sql: string): (from: number, to: number | undefined) => { text: string; offset: number } {
  const bytes = Buffer.from(sql);
  if (bytes.length === sql.length) return (from, to) => ({ text: sql.slice(from, to), offset: from });
  return (from, to) => ({
    text: bytes.toString('utf8', from, to),
    offset: characters(bytes.toString('utf8', 0, from)),
  });
}

function parse(sql: string): unknown {
  const parsed = parseGrammar(sql);
  if ('tree' in parsed) return parsed.tree;
  throw syntaxError(sql, parsed.error.message, parsed.error.cursor);
}

/** @param cursor 0-based, in characters. */
function syntaxError(sql: string, message: string, cursor: number): SkeinError {
  const complex = message.startsWith('memory exhausted');
  return new SkeinError(complex ? { sqlstate: '54001' } : sqlstateOf(message), message, {
    position: cursor + 1,
    hint: duckdbHint(sql, cursor),
  });
}

/** libpg-query gives no SQLSTATE: everything that scan.l and gram.y report is 42601, but for these. */
function sqlstateOf(message: string): 'syntaxError' | 'notSupported' | { readonly sqlstate: string } {
  if (message.startsWith('invalid Unicode escape')) return { sqlstate: '22025' };
  if (/ (?:is|are) not (?:yet )?(?:supported|implemented)/.test(message)) return 'notSupported';
  return 'syntaxError';
}
