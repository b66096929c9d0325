import { relationsRead } from '../analysis/owned/access.ts';
import { readTree } from '../analysis/read-tree.ts';
import { type Deed, type Lineage, NOTHING_KNOWN, type Parent, shortened } from '../catalog/lineage.ts';
import type { OwnedRelation, OwnedRelations } from '../catalog/owned.ts';
import type { Client } from './client.ts';

/** What a statement did to a table. */
export interface TableDeed {
  readonly statement: string;
  /** OIDs of what it read. */
  readonly reads: readonly number[];
  /** Those that it asked. */
  readonly agents: readonly string[];
  readonly rows: number;
}

/** It made a table. */
export async function noteMade(client: Client, oid: number, deed: TableDeed): Promise<void> {
  const made = deedOf(client, deed.statement, deed.rows);
  client.storage.noteLineage(oid, { ...(await origin(client, oid, deed)), made, anew: true });
}

/** It changed rows of a table. What their rows were made of before stays among the parents. */
export async function noteWritten(client: Client, oid: number, deed: TableDeed): Promise<void> {
  const changed = deedOf(client, deed.statement, deed.rows);
  client.storage.noteLineage(oid, { ...(await origin(client, oid, deed)), changed });
}

/** It left no row. */
export function noteEmptied(client: Client, oid: number, statement: string): void {
  const changed = deedOf(client, statement, 0);
  client.storage.noteLineage(oid, { ...NOTHING_KNOWN, changed, anew: true });
}

/** A definition made what is in the one state and not in the other: tables without rows, views. */
export async function noteDefined(
  client: Client,
  before: OwnedRelations,
  after: OwnedRelations,
  statement: string,
): Promise<void> {
  for (const relation of after.values()) {
    if (!isMade(before.get(relation.oid), relation)) continue;
    if (relation.kind === 'table') {
      await noteMade(client, relation.oid, { statement, reads: [], agents: [], rows: 0 });
    } else if (relation.kind === 'view') {
      const made = deedOf(client, statement, undefined);
      const reads = relationsRead(readTree(relation.tree));
      const parents = await parentsOf(client, relation.oid, reads);
      client.storage.noteLineage(relation.oid, { ...NOTHING_KNOWN, made, anew: true, parents });
    }
  }
}

function isMade(before: OwnedRelation | undefined, after: OwnedRelation): boolean {
  if (before === undefined) return true;
  return before.kind === 'view' && after.kind === 'view' && before.tree !== after.tree;
}

function deedOf({ identity }: Client, statement: string, rows: number | undefined): Deed {
  return { statement: shortened(statement), user: identity.user, at: new Date().toISOString(), rows };
}

async function origin(client: Client, oid: number, { reads, agents }: TableDeed): Promise<Lineage> {
  const parents = await parentsOf(client, oid, reads);
  return { ...NOTHING_KNOWN, parents, agents: [...new Set(agents)] };
}

/** No relation is its own parent. */
async function parentsOf(
  { server, storage }: Client,
  child: number,
  reads: readonly number[],
): Promise<readonly Parent[]> {
  const others = reads.filter((oid) => oid !== child);
  if (others.length === 0) return [];
  const { shadow } = await server.catalog.current();
  const { relations } = storage;
  return others.flatMap((oid) => {
    const named = relations.get(oid) ?? shadow.relations.get(oid) ?? server.engine.system.relations.get(oid);
    return named === undefined ? [] : [{ oid, schema: named.schema, name: named.name }];
  });
}
