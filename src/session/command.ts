import { refuse, SkeinError } from '../base/errors.ts';
import { type ExplainOptions, explainOptions } from './explain-options.ts';
import { children, fieldsOf, flagOf, numberOf, type RawFields, type RawNode, textOf } from './raw-tree.ts';
import { type SettingCommand, settingCommand } from './settings/set-statement.ts';
import { closingBracket, tokens } from './tokens.ts';
import { type TransactionCommand, transactionCommand } from './transaction-command.ts';
import { unsupportedStatement } from './unsupported.ts';

/** What a statement asks of the session. */
export type Command =
  | { readonly kind: 'empty' }
  /** SELECT, VALUES, TABLE: rows of tables, of the catalog or of nothing. */
  | { readonly kind: 'query' }
  | TransactionCommand
  | SettingCommand
  | {
      readonly kind: 'prepare';
      readonly name: string;
      readonly typeNames: readonly string[];
      readonly query: Part;
    }
  | { readonly kind: 'execute'; readonly name: string; readonly argumentsText: string | undefined }
  /** Without a name: all. */
  | { readonly kind: 'deallocate'; readonly name: string | undefined }
  | { readonly kind: 'declare'; readonly name: string; readonly holdable: boolean; readonly query: Part }
  | FetchCommand
  | { readonly kind: 'close'; readonly name: string | undefined }
  | { readonly kind: 'explain'; readonly options: ExplainOptions; readonly query: Part }
  | { readonly kind: 'discard'; readonly target: 'ALL' | 'PLANS' | 'SEQUENCES' | 'TEMP' }
  /** Accepted because doing nothing is what it means here. */
  | { readonly kind: 'nothing'; readonly tag: string };

/** A statement within a statement. `start`: where it begins in the text of the whole. */
export interface Part {
  readonly sql: string;
  readonly start: number;
  readonly node: RawNode;
}

export interface FetchCommand {
  readonly kind: 'fetch';
  readonly name: string;
  readonly move: boolean;
  readonly direction: 'forward' | 'absolute' | 'relative';
  readonly count: number;
}

/** @throws SkeinError for a statement that Skein refuses, by name. */
export function commandOf(sql: string, node: RawNode | undefined): Command {
  if (node === undefined) return { kind: 'empty' };
  const { fields } = node;
  switch (node.tag) {
    case 'SelectStmt':
      return selectCommand(fields);
    case 'TransactionStmt':
      return transactionCommand(fields);
    case 'VariableSetStmt':
    case 'VariableShowStmt':
      return settingCommand(node);
    case 'PrepareStmt':
      return {
        kind: 'prepare',
        name: textOf(fields, 'name') ?? '',
        typeNames: prepareTypes(sql),
        query: part(sql, afterWord(sql, 'as'), fields),
      };
    case 'ExecuteStmt':
      return { kind: 'execute', name: textOf(fields, 'name') ?? '', argumentsText: executeArguments(sql) };
    case 'DeallocateStmt':
      return {
        kind: 'deallocate',
        name: flagOf(fields, 'isall') ? undefined : (textOf(fields, 'name') ?? ''),
      };
    case 'DeclareCursorStmt':
      return declareCommand(sql, fields);
    case 'FetchStmt':
      return fetchCommand(fields);
    case 'ClosePortalStmt':
      return { kind: 'close', name: textOf(fields, 'portalname') };
    case 'ExplainStmt':
      return {
        kind: 'explain',
        options: explainOptions(fields),
        query: part(sql, afterExplain(sql, fields), fields),
      };
    case 'DiscardStmt':
      return { kind: 'discard', target: discardTarget(fields) };
    case 'UnlistenStmt':
      return { kind: 'nothing', tag: 'UNLISTEN' };
    case 'ConstraintsSetStmt':
      return { kind: 'nothing', tag: 'SET CONSTRAINTS' };
    default:
      throw unsupportedStatement(node);
  }
}

function selectCommand(fields: RawFields): Command {
  if (fields['intoClause'] !== undefined) throw refuse('SELECT INTO', { hint: 'Skein only reads.' });
  const written = children(fieldsOf(fields['withClause']), 'ctes').find((cte) => {
    const query =
      cte.tag === 'CommonTableExpr' ? Object.keys(fieldsOf(cte.fields['ctequery']))[0] : undefined;
    return query !== undefined && query !== 'SelectStmt';
  });
  if (written !== undefined)
    throw refuse('a data-modifying statement in WITH', { hint: 'Skein only reads.' });
  return { kind: 'query' };
}

const CURSOR_BINARY = 0x01;
const CURSOR_SCROLL = 0x02;
const CURSOR_HOLD = 0x20;

function declareCommand(sql: string, fields: RawFields): Command {
  const options = numberOf(fields, 'options');
  if ((options & CURSOR_SCROLL) !== 0) {
    throw refuse('a SCROLL cursor', { hint: 'Declare it without SCROLL: rows are read forward only.' });
  }
  if ((options & CURSOR_BINARY) !== 0) throw refuse('a BINARY cursor');
  return {
    kind: 'declare',
    name: textOf(fields, 'portalname') ?? '',
    holdable: (options & CURSOR_HOLD) !== 0,
    query: part(sql, afterWord(sql, 'for'), fields),
  };
}

/** FETCH ALL counts to this. */
const FETCH_ALL = 2147483647;

function fetchCommand(fields: RawFields): FetchCommand {
  const count = numberOf(fields, 'howMany');
  const base = {
    kind: 'fetch',
    name: textOf(fields, 'portalname') ?? '',
    move: flagOf(fields, 'ismove'),
    count: count === FETCH_ALL ? Number.POSITIVE_INFINITY : count,
  } as const;
  switch (textOf(fields, 'direction') ?? 'FETCH_FORWARD') {
    case 'FETCH_FORWARD':
      return { ...base, direction: 'forward' };
    case 'FETCH_ABSOLUTE':
      return { ...base, direction: 'absolute' };
    case 'FETCH_RELATIVE':
      return { ...base, direction: 'relative' };
    default:
      throw forwardOnly();
  }
}

export function forwardOnly(): SkeinError {
  return new SkeinError('objectNotInState', 'cursor can only scan forward', {
    hint: 'Declare it with SCROLL option to enable backward scan.',
  });
}

function discardTarget(fields: RawFields): 'ALL' | 'PLANS' | 'SEQUENCES' | 'TEMP' {
  switch (textOf(fields, 'target') ?? 'DISCARD_ALL') {
    case 'DISCARD_PLANS':
      return 'PLANS';
    case 'DISCARD_SEQUENCES':
      return 'SEQUENCES';
    case 'DISCARD_TEMP':
      return 'TEMP';
    default:
      return 'ALL';
  }
}

function part(sql: string, start: number, fields: RawFields): Part {
  const [entry] = Object.entries(fieldsOf(fields['query']));
  const node = { tag: entry?.[0] ?? '', fields: fieldsOf(entry?.[1]) };
  return { sql: sql.slice(start), start, node };
}

/** The position after the first such word outside brackets. */
function afterWord(sql: string, word: string): number {
  let depth = 0;
  for (const token of tokens(sql)) {
    if (token.kind === 'symbol' && token.text === '(') depth += 1;
    if (token.kind === 'symbol' && token.text === ')') depth -= 1;
    if (depth === 0 && token.kind === 'word' && token.text === word) return token.end;
  }
  return sql.length;
}

function firstBracket(sql: string): number | undefined {
  for (const token of tokens(sql)) if (token.kind === 'symbol' && token.text === '(') return token.start;
  return undefined;
}

/** The type names of `PREPARE p (int, text) AS`, as written. */
function prepareTypes(sql: string): readonly string[] {
  const open = firstBracket(sql);
  if (open === undefined || open > afterWord(sql, 'as')) return [];
  const close = closingBracket(sql, open) - 1;
  const names: string[] = [];
  let start = open + 1;
  let depth = 0;
  for (const token of tokens(sql, open)) {
    if (token.start >= close) break;
    if (token.kind !== 'symbol') continue;
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    if (token.text === ',' && depth === 1) {
      names.push(sql.slice(start, token.start).trim());
      start = token.end;
    }
  }
  return [...names, sql.slice(start, close).trim()];
}

function executeArguments(sql: string): string | undefined {
  const open = firstBracket(sql);
  return open === undefined ? undefined : sql.slice(open + 1, closingBracket(sql, open) - 1);
}

/** After EXPLAIN and its options, in brackets or as words. */
function afterExplain(sql: string, fields: RawFields): number {
  const [explain, next] = tokens(sql);
  if (explain === undefined || next === undefined) return sql.length;
  const bracketed = next.text === '(' && children(fields, 'options').length > 0;
  if (bracketed) return closingBracket(sql, next.start);
  let end = explain.end;
  for (const token of tokens(sql, explain.end)) {
    if (token.kind !== 'word' || !EXPLAIN_WORDS.has(token.text)) break;
    end = token.end;
  }
  return end;
}

const EXPLAIN_WORDS = new Set(['analyze', 'analyse', 'verbose']);

/** `pg_catalog.lower`: schema and name of a function, relation or type. */
export function qualified(parts: readonly string[]): {
  readonly schema: string | undefined;
  readonly name: string;
} {
  return { schema: parts.at(-2), name: parts.at(-1) ?? '' };
}
