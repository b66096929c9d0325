import type { CatalogRow, OwnedTable } from '../catalog/owned.ts';
import { storedTable } from '../dialect/print-stored.ts';
import { onCommit } from '../sql/define-statement.ts';
import type { RawNode } from '../sql/raw-tree.ts';
import type { Client } from './client.ts';
import { quotedName, triedDefinition } from './defining.ts';

const CATALOG = 'skein_on_commit';

/** What ON COMMIT says of a table that is made. @param tree of the statement that makes it. */
export function onCommitRows({ oid }: OwnedTable, tree: RawNode): readonly CatalogRow[] {
  const action = onCommit(tree);
  return action === undefined ? [] : [{ catalog: CATALOG, key: String(oid), values: [action] }];
}

/** Before a transaction that wrote something commits: what ON COMMIT says of the session's temporary tables. */
export async function endTemporary(client: Client): Promise<void> {
  const { storage } = client;
  if (!storage.wrote || ![...storage.change.put.values()].some(({ catalog }) => catalog === CATALOG)) return;
  const tables = [...storage.relations.values()].filter((relation) => relation.kind === 'table');
  await emptyTables(
    client,
    tables.filter((table) => table.onCommit === 'delete'),
  );
  await dropTables(
    client,
    tables.filter((table) => table.onCommit === 'drop'),
  );
}

async function emptyTables({ storage }: Client, tables: readonly OwnedTable[]): Promise<void> {
  const { signal } = new AbortController();
  const transaction = await storage.begin(signal);
  for (const { oid } of tables) {
    await transaction.lease.use((connection) => connection.run(`DELETE FROM ${storedTable(oid)}`, signal));
  }
}

/** Nobody else sees them, so nobody is waited for. */
async function dropTables(client: Client, tables: readonly OwnedTable[]): Promise<void> {
  if (tables.length === 0) return;
  const { storage } = client;
  const { signal } = new AbortController();
  const sql = `DROP TABLE ${tables.map(quotedName).join(', ')} CASCADE`;
  const { overlay } = await triedDefinition(client, {
    sql,
    tree: { tag: 'DropStmt', fields: {} },
    command: 'DROP TABLE',
  });
  const transaction = await storage.begin(signal);
  const before = storage.relations;
  storage.defined(overlay);
  await transaction.define(before, storage.relations, signal);
}
