import { randomUUID } from 'node:crypto';
import type { Defined, GivenSequence } from '../analysis/engine.ts';
import { quoteIdentifier } from '../analysis/pg-quote.ts';
import { readTree } from '../analysis/read-tree.ts';
import { refuse, SkeinError } from '../base/errors.ts';
import { settled } from '../base/settled.ts';
import type {
  CatalogChange,
  CatalogRow,
  OwnedRelation,
  OwnedRelations,
  OwnedSequence,
  RowId,
} from '../catalog/owned.ts';
import { findTable } from '../catalog/snapshot.ts';
import { fromTree } from '../planner/from-tree/from-tree.ts';
import type { RawNode } from '../sql/raw-tree.ts';
import { alteredSequence, scannedTable, undefinable } from '../sql/undefinable.ts';
import type { Client } from './client.ts';
import { locksOfChange } from './read-locks.ts';
import { reasonOf } from './refused.ts';

export interface DefinitionText {
  /** What PostgreSQL runs. */
  readonly sql: string;
  readonly tree: RawNode;
  readonly command: string;
}

/**
 * Has PostgreSQL run a definition, and holds the locks of all that it touches to the end of the transaction. Who else had
 * them is waited for, and then the definition is run on what came of that.
 */
export async function settledDefinition(
  client: Client,
  text: DefinitionText,
  signal: AbortSignal,
): Promise<Defined> {
  const { engine, locks } = client.server;
  return settled(async () => {
    await client.server.catalog.current();
    const version = engine.ownedVersion;
    const before = client.storage.relations;
    const defined = await triedDefinition(client, text);
    const after = engine.ownedRelations({ id: 0, change: defined.overlay });
    const wanted = new Map([...defined.touches, ...locksOfChange(client, defined.touches, before, after)]);
    if (locks.holds(client.storage, wanted)) return defined;
    await client.lock(wanted, signal);
    return engine.ownedVersion === version ? defined : undefined;
  });
}

/** What a definition would do: PostgreSQL runs it, and undoes it. */
export async function triedDefinition(
  client: Client,
  { sql, tree, command }: DefinitionText,
): Promise<Defined> {
  const { engine } = client.server;
  const refused = undefinable(tree);
  if (refused !== undefined) throw refuse(refused.what, { hint: refused.hint });
  try {
    return await engine.define(sql, client.analysis, {
      emptied: emptied(client, tree),
      sequence: givenSequence(client, tree),
    });
  } catch (error) {
    throw ofFederatedTable(client, command, error);
  }
}

/** The quoted name of the table that PostgreSQL would scan. */
function emptied(client: Client, tree: RawNode): string | undefined {
  const wanted = scannedTable(tree);
  const found = wanted && findOwned(client, wanted, 'table');
  return found && quotedName(found);
}

export function quotedName({ schema, name }: OwnedRelation): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

interface WantedName {
  readonly schema: string | undefined;
  readonly name: string;
}

/** As PostgreSQL finds it by the search path. */
export function findOwned<K extends OwnedRelation['kind']>(
  client: Client,
  wanted: WantedName,
  kind: K,
): Extract<OwnedRelation, { readonly kind: K }> | undefined {
  const path = wanted.schema === undefined ? ['pg_temp', ...client.searchPath] : [wanted.schema];
  const isKind = (relation: OwnedRelation): relation is Extract<OwnedRelation, { readonly kind: K }> =>
    relation.kind === kind;
  const all = [...client.storage.relations.values()].filter(isKind);
  for (const part of path) {
    const schema = part === '$user' ? client.identity.user : part;
    const found = all.find((relation) => relation.schema === schema && relation.name === wanted.name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function givenSequence(client: Client, tree: RawNode): GivenSequence | undefined {
  const wanted = alteredSequence(tree);
  const found = wanted && findOwned(client, wanted, 'sequence');
  if (found === undefined) return undefined;
  const { last, called } = client.server.warehouse.sequences.state(found);
  return { name: quotedName(found), last, called, temporary: found.temporary };
}

/** What ALTER SEQUENCE … RESTART does beside the catalogs. @param after the relations with what it altered. */
export function restartRows(client: Client, tree: RawNode, after: OwnedRelations): readonly CatalogRow[] {
  const wanted = alteredSequence(tree);
  if (wanted?.restart === undefined) return [];
  const found = findOwned(client, wanted, 'sequence');
  const altered = found && after.get(found.oid);
  if (altered?.kind !== 'sequence') return [];
  const { value } = wanted.restart;
  return [restartRow(altered, value === undefined ? altered.start : BigInt(value))];
}

export function restartRow({ oid }: OwnedSequence, first: bigint): CatalogRow {
  return { catalog: 'skein_restart', key: String(oid), values: [randomUUID(), String(first)] };
}

const NOT_OWNED = /^(?:must be owner of|permission denied for) (?:relation|table|view|index) (.+)$/;

/** Nobody owns a federated table: PostgreSQL's refusal becomes one with the reason. */
function ofFederatedTable(client: Client, command: string, error: unknown): unknown {
  if (!(error instanceof SkeinError) || error.code !== '42501') return error;
  const name = NOT_OWNED.exec(error.message)?.[1];
  const table = name === undefined ? undefined : findTable(client.server.execution.fleet.snapshot(), name);
  return table === undefined ? error : refuse(`${command} of "${table.name}"`, { detail: reasonOf(table) });
}

/** A view that can't be answered isn't made: what is in its way is told now. */
export async function checkViews(
  { server }: Client,
  before: OwnedRelations,
  after: OwnedRelations,
): Promise<void> {
  const views = [...after.values()].filter((relation) => relation.kind === 'view');
  const changed = views.filter((view) => {
    const old = before.get(view.oid);
    return old?.kind !== 'view' || old.tree !== view.tree;
  });
  if (changed.length === 0) return;
  const { snapshot, shadow } = await server.catalog.current();
  const context = { system: server.engine.system, shadow, snapshot, owned: after };
  for (const view of changed) fromTree(readTree(view.tree), context);
}

/** With rows of catalogs that are Skein's own. */
export function withRows(change: CatalogChange, rows: readonly CatalogRow[]): CatalogChange {
  const put = new Map<RowId, CatalogRow>(change.put);
  for (const row of rows) put.set(`${row.catalog} ${row.key}`, row);
  return { ...change, put };
}
