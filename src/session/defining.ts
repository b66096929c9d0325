import type { Defined } from '../analysis/engine.ts';
import { quoteIdentifier } from '../analysis/pg-quote.ts';
import { readTree } from '../analysis/read-tree.ts';
import { refuse, SkeinError } from '../base/errors.ts';
import type { OwnedRelations } from '../catalog/owned.ts';
import { findTable } from '../catalog/snapshot.ts';
import { fromTree } from '../planner/from-tree/from-tree.ts';
import type { RawNode } from '../sql/raw-tree.ts';
import { scannedTable, undefinable } from '../sql/undefinable.ts';
import type { Client } from './client.ts';
import { reasonOf } from './refused.ts';

/** What a definition is run again for: another transaction's came between. */
const MAX_ATTEMPTS = 100;

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
  const refused = undefinable(text.tree);
  if (refused !== undefined) throw refuse(refused.what, { hint: refused.hint });
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    await client.server.catalog.current();
    const version = engine.ownedVersion;
    const defined = await runDefinition(client, text);
    if (locks.holds(client.storage, defined.touches)) return defined;
    const timeoutMs = client.settings.number('lock_timeout');
    await locks.acquire(client.storage, defined.touches, { timeoutMs, signal });
    if (engine.ownedVersion === version) return defined;
  }
  throw new SkeinError('serializationFailure', 'what this statement refers to changes all the time');
}

async function runDefinition(client: Client, { sql, tree, command }: DefinitionText): Promise<Defined> {
  const { engine } = client.server;
  try {
    return await engine.define(sql, client.analysis, { emptied: emptied(client, tree) });
  } catch (error) {
    throw ofFederatedTable(client, command, error);
  }
}

/** The quoted name of the table that PostgreSQL would scan. */
function emptied(client: Client, tree: RawNode): string | undefined {
  const wanted = scannedTable(tree);
  if (wanted === undefined) return undefined;
  const path = wanted.schema === undefined ? ['pg_temp', ...client.searchPath] : [wanted.schema];
  const tables = [...client.storage.relations.values()].filter(({ kind }) => kind === 'table');
  for (const part of path) {
    const schema = part === '$user' ? client.identity.user : part;
    const found = tables.find((table) => table.schema === schema && table.name === wanted.name);
    if (found !== undefined) return `${quoteIdentifier(found.schema)}.${quoteIdentifier(found.name)}`;
  }
  return undefined;
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
export async function checkViews(client: Client, before: OwnedRelations): Promise<void> {
  const { storage, server } = client;
  const { relations } = storage;
  const views = [...relations.values()].filter((relation) => relation.kind === 'view');
  const changed = views.filter((view) => {
    const old = before.get(view.oid);
    return old?.kind !== 'view' || old.tree !== view.tree;
  });
  if (changed.length === 0) return;
  const { snapshot, shadow } = await server.catalog.current();
  const context = { system: server.engine.system, shadow, snapshot, owned: relations };
  for (const view of changed) fromTree(readTree(view.tree), context);
}
