import { SkeinError } from '../base/errors.ts';
import { characters, type Token, tokens } from './lexical.ts';
import type { Statement } from './parse.ts';
import { type RawNode, rawFields, rawList, rawNode, rawText } from './raw-tree.ts';

/** A table that is made of a query. */
export interface CreateAs {
  readonly inner: Statement;
  /** The statement that makes the same table without rows. */
  readonly sql: string;
  /** WITH NO DATA was not said. */
  readonly withData: boolean;
  /** WITH (materialize = …): what the session's setting would say otherwise. */
  readonly materialize?: string | undefined;
}

/** Statements that change what PostgreSQL's catalogs say of users' objects. */
const DEFINING: ReadonlySet<string> = new Set([
  'AlterObjectSchemaStmt',
  'AlterOwnerStmt',
  'AlterSeqStmt',
  'AlterTableStmt',
  'CommentStmt',
  'CreateSchemaStmt',
  'CreateSeqStmt',
  'CreateStmt',
  'DropStmt',
  'GrantStmt',
  'IndexStmt',
  'RenameStmt',
  'ViewStmt',
]);

export function isDefinition({ tree }: Statement): boolean {
  return DEFINING.has(tree.tag);
}

/** SELECT … INTO a table: the same with the clause left out, blank so that positions stay. */
export function selectInto(statement: Statement): CreateAs | undefined {
  const { text, tree } = statement;
  const { intoClause, ...rest } = tree.fields;
  const all = [...tokens(text)];
  const first = topLevel(all, 'into');
  if (tree.tag !== 'SelectStmt' || intoClause === undefined || first === -1) return undefined;
  let at = first + 1;
  while (INTO_WORDS.has(all[at]?.text.toLowerCase() ?? '') && all[at + 1]?.text !== '.') at += 1;
  while (all[at + 1]?.text === '.') at += 2;
  const [from, to] = [all[first]?.start ?? 0, all[at]?.end ?? text.length];
  const words = all.slice(first + 1, at + 1).map((token) => token.text);
  const name = words.filter((word) => word.toLowerCase() !== 'table').join(' ');
  const kind = /^(temporary|temp|unlogged) /i.exec(name)?.[0] ?? '';
  const query = `${text.slice(0, from)}${' '.repeat(to - from)}${text.slice(to)}`;
  return {
    inner: { ...statement, text: query, tree: { tag: tree.tag, fields: rest } },
    sql: `CREATE ${kind}TABLE ${name.slice(kind.length)} AS ${query} WITH NO DATA`,
    withData: true,
  };
}

const INTO_WORDS: ReadonlySet<string> = new Set([
  'temporary',
  'temp',
  'unlogged',
  'local',
  'global',
  'table',
]);

/** What becomes of the table that a statement makes, or of its rows, when a transaction commits. */
export function onCommit({ fields }: RawNode): 'drop' | 'delete' | undefined {
  switch (fields['oncommit'] ?? rawFields(fields['into'])['onCommit']) {
    case 'ONCOMMIT_DROP':
      return 'drop';
    case 'ONCOMMIT_DELETE_ROWS':
      return 'delete';
    default:
      return undefined;
  }
}

/** CREATE TABLE AS a query; undefined: not that, a materialized view, or AS EXECUTE. */
export function createAs(statement: Statement): CreateAs | undefined {
  const { tag, fields } = statement.tree;
  if (tag !== 'CreateTableAsStmt' || fields['is_select_into'] === true) return undefined;
  if (rawText(fields['objtype']) !== 'OBJECT_TABLE') return undefined;
  const tree = rawNode(fields['query']);
  const all = [...tokens(statement.text)];
  const as = topLevel(all, 'as');
  const start = all[as + 1]?.start;
  if (tree?.tag !== 'SelectStmt' || as === -1 || start === undefined) return undefined;
  const last = all.length - dataWords(all);
  const end = all[last - 1]?.end;
  const text = statement.text.slice(start, end);
  const inner = {
    text,
    offset: statement.offset + characters(statement.text.slice(0, start)),
    start: statement.start + Buffer.byteLength(statement.text.slice(0, start)),
    tree,
  };
  const { skipData, options } = rawFields(fields['into']);
  const materialize = materializeOption(options);
  const head = materialize === undefined ? statement.text : withoutOption(statement.text, all.slice(0, as));
  const sql = `${head.slice(0, end)} WITH NO DATA`;
  return { inner, sql, withData: skipData !== true, materialize };
}

const MATERIALIZE = 'materialize';
const PLACES: readonly string[] = ['warehouse', 'agents'];

/** @throws 22023 for a value that it can't have. */
function materializeOption(options: RawNode['fields'][string]): string | undefined {
  const given = rawList(options)
    .map((option) => rawFields(rawFields(option)['DefElem']))
    .find(({ defname }) => rawText(defname) === MATERIALIZE);
  if (given === undefined) return undefined;
  const arg = rawFields(given['arg']);
  const value = rawText(rawFields(arg['String'])['sval'] ?? lastName(arg['TypeName'])).toLowerCase();
  if (PLACES.includes(value)) return value;
  throw new SkeinError('invalidParameterValue', `invalid value for parameter "${MATERIALIZE}": "${value}"`, {
    hint: `Available values: ${PLACES.join(', ')}.`,
  });
}

/** A bare word is a type's name to the grammar. */
function lastName(type: RawNode['fields'][string]): RawNode['fields'][string] {
  return rawFields(rawFields(rawList(rawFields(type)['names']).at(-1))['String'])['sval'];
}

/** The text with the option blank, and with it WITH where it has no other: PostgreSQL doesn't know it. @param head up to AS. */
function withoutOption(text: string, head: readonly Token[]): string {
  const first = topLevel(head, 'with') + 1;
  const list = head.slice(first);
  const at = list.findIndex((token) => token.text.toLowerCase().replaceAll('"', '') === MATERIALIZE);
  const after = list.findIndex((token, index) => index > at && (token.text === ',' || token.text === ')'));
  const isOnly = list[at - 1]?.text === '(' && list[after]?.text === ')';
  const isLast = list[after]?.text === ')';
  const from = isOnly ? head[first - 1] : isLast ? list[at - 1] : list[at];
  const to = isOnly || !isLast ? list[after] : list[after - 1];
  const [start, end] = [from?.start ?? 0, to?.end ?? 0];
  return `${text.slice(0, start)}${' '.repeat(end - start)}${text.slice(end)}`;
}

/** How many tokens at the end say WITH [NO] DATA. */
function dataWords(all: readonly Token[]): number {
  const words = all.slice(-3).map(({ text }) => text.toLowerCase());
  if (words.at(-1) !== 'data') return 0;
  if (words.at(-2) === 'with') return 2;
  return words.at(-2) === 'no' && words.at(-3) === 'with' ? 3 : 0;
}

/** The first token that is this word outside of all brackets. */
function topLevel(all: readonly Token[], word: string): number {
  let depth = 0;
  return all.findIndex(({ kind, text }) => {
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    return depth === 0 && kind === 'word' && text.toLowerCase() === word;
  });
}
