import { relationsRead } from '../analysis/owned/access.ts';
import type { Touches } from '../analysis/owned/touches.ts';
import { readTree } from '../analysis/read-tree.ts';
import { SkeinError } from '../base/errors.ts';
import { settled } from '../base/settled.ts';
import type { OwnedRelation, OwnedRelations, OwnedTable, OwnedView } from '../catalog/owned.ts';
import type { Client } from './client.ts';
import type { LockMode } from './locks.ts';

/*
 * What a statement reads or writes stays what it is to the end of its transaction, as in PostgreSQL: who drops, alters or truncates
 * it waits. These locks are apart from those among definitions, which wait for each other in more cases.
 */

const PG_CLASS = '1259';

const lockOf = (oid: number) => `use ${oid}`;

/** A statement after its analysis, and after nobody can change any more what it refers to. */
export async function analyzedInUse<T extends object>(
  client: Client,
  analyze: () => Promise<T>,
  usedBy: (analyzed: T) => readonly number[],
  signal: AbortSignal,
): Promise<T> {
  const { engine, locks } = client.server;
  return settled(async () => {
    const version = engine.ownedVersion;
    const analyzed = await analyze();
    const used = relationsUsed(client.storage.relations, usedBy(analyzed));
    const wanted = new Map([...used].map((oid) => [lockOf(oid), 'shared'] as const));
    if (locks.holds(client.storage, wanted)) return analyzed;
    await client.lock(wanted, signal);
    return engine.ownedVersion === version ? analyzed : undefined;
  });
}

/** What was made through Skein, and what its views are made of. */
function relationsUsed(relations: OwnedRelations, oids: readonly number[]): ReadonlySet<number> {
  const used = new Set<number>();
  const add = (oid: number) => {
    const relation = relations.get(oid);
    if (relation === undefined || used.has(oid)) return;
    used.add(oid);
    if (relation.kind === 'view') for (const inner of readsOf(relation)) add(inner);
  };
  for (const oid of oids) add(oid);
  return used;
}

/** A view is nothing any more once its query runs. */
export function tablesUsed(relations: OwnedRelations, oids: readonly number[]): ReadonlySet<number> {
  const used = [...relationsUsed(relations, oids)];
  return new Set(used.filter((oid) => relations.get(oid)?.kind === 'table'));
}

const viewReads = new WeakMap<OwnedView, readonly number[]>();

function readsOf(view: OwnedView): readonly number[] {
  const known = viewReads.get(view);
  if (known !== undefined) return known;
  const reads = relationsRead(readTree(view.tree));
  viewReads.set(view, reads);
  return reads;
}

/**
 * What a definition takes away from who uses it.
 * @throws 55006 where that is a cursor of the same session.
 */
export function locksOfChange(
  client: Client,
  touches: Touches,
  before: OwnedRelations,
  after: OwnedRelations,
): ReadonlyMap<string, LockMode> {
  const locks = new Map<string, LockMode>();
  const open = new Set([...client.openReads].flatMap((used) => [...used]));
  for (const [oid, old] of before) {
    const fresh = after.get(oid);
    if (fresh === old || !(open.has(oid) || touches.has(`${PG_CLASS} ${oid}`))) continue;
    if (fresh !== undefined && shapeOf(fresh, true) === shapeOf(old, true)) continue;
    const command = checkedCommand(old, fresh);
    if (command !== undefined) checkNotInUse(client, oid, old.name, command);
    locks.set(lockOf(oid), 'exclusive');
  }
  return locks;
}

/** TRUNCATE of tables. @throws 55006 */
export async function lockEmptied(
  client: Client,
  tables: readonly { readonly oid: number; readonly name: string }[],
  signal: AbortSignal,
): Promise<void> {
  for (const { oid, name } of tables) checkNotInUse(client, oid, name, 'TRUNCATE');
  await client.lock(new Map(tables.map(({ oid }) => [lockOf(oid), 'exclusive'] as const)), signal);
}

/** A statement that changes rows has to alter the table before. @returns whether others may have changed it meanwhile. */
export async function lockAltered(
  client: Client,
  { oid, name }: OwnedTable,
  signal: AbortSignal,
): Promise<boolean> {
  checkNotInUse(client, oid, name, 'ALTER TABLE');
  const wanted = new Map([
    [lockOf(oid), 'exclusive'],
    [`${PG_CLASS} ${oid}`, 'exclusive'],
  ] as const);
  return client.lock(wanted, signal);
}

/** As PostgreSQL's CheckTableNotInUse calls it; undefined where it doesn't look: renaming disturbs no cursor. */
function checkedCommand(old: OwnedRelation, fresh: OwnedRelation | undefined): string | undefined {
  if (fresh === undefined) return 'DROP TABLE';
  return shapeOf(fresh, false) === shapeOf(old, false) ? undefined : 'ALTER TABLE';
}

function checkNotInUse({ openReads }: Client, oid: number, name: string, command: string): void {
  if (![...openReads].some((used) => used.has(oid))) return;
  throw new SkeinError(
    { sqlstate: '55006' },
    `cannot ${command} "${name}" because it is being used by active queries in this session`,
  );
}

/** What a reader depends on; with names, also what only a writer does. */
function shapeOf(relation: OwnedRelation, names: boolean): string {
  if (relation.kind === 'sequence') return '';
  const { schema, name, kind } = relation;
  const columns = relation.columns.map((column) => (names ? column : { ...column, name: '' }));
  const rows = relation.kind === 'view' ? relation.tree : '';
  const rules = relation.kind === 'table' ? relation.constraints : [];
  return JSON.stringify([kind, columns, rows, ...(names ? [schema, name, rules] : [])]);
}
