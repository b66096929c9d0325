import { SkeinError } from '../base/errors.ts';
import { characters, type Token, tokens } from './lexical.ts';
import { shortenLists } from './long-lists.ts';
import type { Statement } from './parse.ts';
import { rawNode } from './raw-tree.ts';

/** The statement that another one holds. PostgreSQL's tree has no position for it: it begins where the other's own words end. */
export function innerStatement(
  outer: Statement,
  query: unknown,
  kind: 'explain' | 'prepare' | 'declare' | 'copy',
): Statement {
  const tree = rawNode(query);
  if (tree === undefined) throw new SkeinError('internal', `${kind} without a statement`);
  const all = [...tokens(shortenLists(outer.text).sql)];
  const [first, last] = bounds(all, kind);
  const start = all[first]?.start;
  if (start === undefined) throw new SkeinError('internal', `the statement of ${kind} was not found`);
  const end = last === undefined ? outer.text.length : all[last]?.end;
  return {
    text: outer.text.slice(start, end).trimEnd(),
    offset: outer.offset + characters(outer.text.slice(0, start)),
    start: outer.start + Buffer.byteLength(outer.text.slice(0, start)),
    tree,
  };
}

type Bounds = readonly [first: number, last: number | undefined];

function bounds(all: readonly Token[], kind: 'explain' | 'prepare' | 'declare' | 'copy'): Bounds {
  switch (kind) {
    case 'explain':
      return [explainStart(all), undefined];
    case 'prepare':
      return [prepareStart(all), undefined];
    case 'declare':
      return [wordAfter(all, 2, 'for') + 1, undefined];
    case 'copy':
      return [2, closing(all, 1) - 1];
  }
}

const EXPLAIN_WORDS = new Set(['analyze', 'analyse', 'verbose']);

/** `EXPLAIN [ANALYZE] [VERBOSE] stmt` or `EXPLAIN (option, …) stmt`; a parenthesis may also begin the statement. */
function explainStart(all: readonly Token[]): number {
  const next = all[2]?.text.toLowerCase() ?? '';
  if (all[1]?.text === '(' && all[2]?.kind === 'word' && !STATEMENT_WORDS.has(next))
    return closing(all, 1) + 1;
  let at = 1;
  while (EXPLAIN_WORDS.has(all[at]?.text.toLowerCase() ?? '')) at++;
  return at;
}

const STATEMENT_WORDS = new Set(['select', 'with', 'values', 'table']);

/** `PREPARE name [(types)] AS stmt`. */
function prepareStart(all: readonly Token[]): number {
  const after = all[2]?.text === '(' ? closing(all, 2) + 1 : 2;
  return after + 1;
}

function wordAfter(all: readonly Token[], from: number, word: string): number {
  const index = all.findIndex(
    (token, at) => at >= from && token.kind === 'word' && token.text.toLowerCase() === word,
  );
  return index === -1 ? all.length : index;
}

function closing(all: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < all.length; at++) {
    if (all[at]?.text === '(') depth++;
    if (all[at]?.text === ')') depth--;
    if (depth === 0) return at;
  }
  return all.length;
}
