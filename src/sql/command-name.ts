import { tokens } from './lexical.ts';
import type { Statement } from './parse.ts';

const DML: ReadonlyMap<string, string> = new Map([
  ['InsertStmt', 'INSERT'],
  ['UpdateStmt', 'UPDATE'],
  ['DeleteStmt', 'DELETE'],
  ['MergeStmt', 'MERGE'],
  ['TruncateStmt', 'TRUNCATE TABLE'],
]);

/** Utility statements whose first word is their command tag. */
const UTILITY = new Set([
  'CallStmt',
  'CheckPointStmt',
  'ClusterStmt',
  'DoStmt',
  'LoadStmt',
  'LockStmt',
  'ReindexStmt',
]);

const FILLERS = new Set(['or', 'replace', 'unique', 'unlogged', 'local', 'global', 'recursive', 'if']);

/** How PostgreSQL would name what it ran: its command tag, near enough for a refusal. */
export function commandName(statement: Statement): {
  readonly class: 'dml' | 'ddl' | 'utility';
  readonly command: string;
} {
  const dml = DML.get(statement.tree.tag);
  if (dml !== undefined) return { class: 'dml', command: dml };
  const words: string[] = [];
  for (const token of tokens(statement.text)) {
    if (token.kind !== 'word' || words.length === 3) break;
    if (!FILLERS.has(token.text.toLowerCase())) words.push(token.text.toUpperCase());
  }
  const [first = '', second = '', third = ''] = words;
  if (statement.tree.tag === 'ConstraintsSetStmt') return { class: 'utility', command: 'SET CONSTRAINTS' };
  if (UTILITY.has(statement.tree.tag)) return { class: 'utility', command: first };
  if (!TWO_WORDS.has(first)) return { class: 'ddl', command: first };
  const object = THREE_WORDS.has(second) && third !== '' ? `${second} ${third}` : second;
  return { class: 'ddl', command: `${first} ${object}` };
}

const TWO_WORDS = new Set(['CREATE', 'ALTER', 'DROP', 'IMPORT', 'REFRESH', 'SECURITY', 'REASSIGN']);
const THREE_WORDS = new Set([
  'ACCESS',
  'DEFAULT',
  'EVENT',
  'FOREIGN',
  'MATERIALIZED',
  'TEMP',
  'TEMPORARY',
  'TEXT',
  'USER',
]);
