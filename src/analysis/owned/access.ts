import { SkeinError } from '../../base/errors.ts';
import type { Access, OwnedRelation, OwnedRelations } from '../../catalog/owned.ts';
import { readTree } from '../read-tree.ts';
import type { TreeNode, TreeValue } from '../tree.ts';

/** Bits of requiredPerms (parsenodes.h), and the letters of the same privileges in an ACL (acl.h). */
const PRIVILEGES: readonly (readonly [bit: number, letter: string])[] = [
  [1, 'a'],
  [2, 'r'],
  [4, 'w'],
  [8, 'd'],
  [16, 'D'],
];

/** What a view reads, its owner must be allowed to read. @throws 42501 */
export function checkAccess(tree: TreeNode, owned: OwnedRelations, user: string): void {
  visit({ kind: 'node', node: tree }, (relid, required) => {
    const relation = owned.get(relid);
    if (relation === undefined) return;
    requirePrivileges(relation, required, user);
    if (relation.kind === 'view' && relation.access !== undefined) {
      checkAccess(readTree(relation.tree), owned, relation.access.owner);
    }
  });
}

const SELECT = 2;

/** The OIDs of the relations whose rows a statement reads. What a view reads is the view's matter. */
export function relationsRead(tree: TreeNode): readonly number[] {
  const read = new Set<number>();
  visit({ kind: 'node', node: tree }, (relid, required) => {
    if ((required & SELECT) !== 0) read.add(relid);
  });
  return [...read];
}

/** @param required bits. */
function requirePrivileges({ kind, name, access }: OwnedRelation, required: number, user: string): void {
  if (access === undefined) return;
  const may = PRIVILEGES.every(([bit, letter]) => (required & bit) === 0 || allows(access, user, letter));
  if (!may) throw new SkeinError('insufficientPrivilege', `permission denied for ${kind} ${name}`);
}

function allows({ owner, grants }: Access, user: string, letter: string): boolean {
  if (grants === undefined) return user === owner;
  return [user, ''].some((role) => grants.get(role)?.includes(letter) === true);
}

function visit(value: TreeValue, look: (relid: number, required: number) => void): void {
  if (value.kind === 'list') for (const item of value.items) visit(item, look);
  if (value.kind !== 'node') return;
  const { tag, fields } = value.node;
  if (tag === 'RTEPERMISSIONINFO') look(numberOf(fields.get('relid')), numberOf(fields.get('requiredPerms')));
  else for (const field of fields.values()) visit(field, look);
}

function numberOf(value: TreeValue | undefined): number {
  return value?.kind === 'token' ? Number(value.text) : 0;
}

/** `{ann=arwdDxtm/ann,=r/ann,"\"a b\"=r/ann"}`; the empty name is everybody. */
export function readGrants(acl: string): ReadonlyMap<string, string> {
  const grants = new Map<string, string>();
  for (const [, quoted, plain] of acl.matchAll(/"((?:[^"\\]|\\.)*)"|([^{},"]+)/g)) {
    const item = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
    const [, name = '', letters = ''] = /^("(?:[^"]|"")*"|[^=]*)=([^/]*)\//.exec(item) ?? [];
    const role = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
    grants.set(role, `${grants.get(role) ?? ''}${letters}`);
  }
  return grants;
}
