import { refuse, type SkeinError } from '../base/errors.ts';
import { type RawNode, textOf } from './raw-tree.ts';

const NAMES: ReadonlyMap<string, string> = new Map([
  ['InsertStmt', 'INSERT'],
  ['UpdateStmt', 'UPDATE'],
  ['DeleteStmt', 'DELETE'],
  ['MergeStmt', 'MERGE'],
  ['CopyStmt', 'COPY'],
  ['CreateStmt', 'CREATE TABLE'],
  ['CreateTableAsStmt', 'CREATE TABLE AS'],
  ['ViewStmt', 'CREATE VIEW'],
  ['CreateSchemaStmt', 'CREATE SCHEMA'],
  ['IndexStmt', 'CREATE INDEX'],
  ['CreateSeqStmt', 'CREATE SEQUENCE'],
  ['CreateFunctionStmt', 'CREATE FUNCTION'],
  ['CreateTrigStmt', 'CREATE TRIGGER'],
  ['CreateExtensionStmt', 'CREATE EXTENSION'],
  ['CreatedbStmt', 'CREATE DATABASE'],
  ['CreateRoleStmt', 'CREATE ROLE'],
  ['DropStmt', 'DROP'],
  ['DropdbStmt', 'DROP DATABASE'],
  ['DropRoleStmt', 'DROP ROLE'],
  ['TruncateStmt', 'TRUNCATE'],
  ['AlterTableStmt', 'ALTER TABLE'],
  ['RenameStmt', 'ALTER … RENAME'],
  ['CommentStmt', 'COMMENT'],
  ['GrantStmt', 'GRANT'],
  ['GrantRoleStmt', 'GRANT'],
  ['VacuumStmt', 'VACUUM'],
  ['LockStmt', 'LOCK TABLE'],
  ['DoStmt', 'DO'],
  ['CallStmt', 'CALL'],
  ['ListenStmt', 'LISTEN'],
  ['NotifyStmt', 'NOTIFY'],
  ['CheckPointStmt', 'CHECKPOINT'],
  ['RefreshMatViewStmt', 'REFRESH MATERIALIZED VIEW'],
  ['AlterSystemStmt', 'ALTER SYSTEM'],
]);

/** A statement's name, as its command tag begins. */
export function statementName(node: RawNode): string {
  const known = NAMES.get(node.tag);
  if (node.tag === 'DropStmt') {
    const type = textOf(node.fields, 'removeType') ?? '';
    return `DROP ${type
      .replace(/^OBJECT_/, '')
      .replaceAll('_', ' ')
      .replace('MATVIEW', 'MATERIALIZED VIEW')}`.trim();
  }
  if (node.tag === 'VacuumStmt' && node.fields['is_vacuumcmd'] !== true) return 'ANALYZE';
  return (
    known ??
    node.tag
      .replace(/Stmt$/, '')
      .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
      .toUpperCase()
  );
}

export function unsupportedStatement(node: RawNode): SkeinError {
  return refuse(statementName(node), {
    hint: 'Skein reads the tables that its agents expose; it does not change anything.',
  });
}
