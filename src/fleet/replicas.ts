import type { ClaimedTable } from '../catalog/claims.ts';
import { typeName } from '../catalog/type-join.ts';
import type { AgentRecord, KnownTable } from './state.ts';

/** Why an agent with these tables can't be a replica beside the connected ones; undefined: it can. */
export function replicaProblem(
  tables: readonly ClaimedTable[],
  replicas: readonly AgentRecord[],
): string | undefined {
  for (const replica of replicas) {
    const theirs = new Map(
      replica.tables
        .filter((table) => !table.missing && table.piece !== true)
        .map((table) => [table.name, table]),
    );
    const own = new Map(tables.filter((table) => table.piece !== true).map((table) => [table.name, table]));
    const missing = [...theirs.keys()].find((name) => !own.has(name));
    if (missing !== undefined) return difference(replica, `which has table "${missing}"`);
    const extra = [...own.keys()].find((name) => !theirs.has(name));
    if (extra !== undefined) return difference(replica, `which lacks table "${extra}"`);
    for (const [name, table] of own) {
      const other = theirs.get(name);
      if (other === undefined || table.outOfService !== undefined || other.outOfService !== undefined)
        continue;
      if (shape(table) !== shape(other)) {
        return difference(
          replica,
          `whose table "${name}" has (${shape(other)}) instead of (${shape(table)})`,
        );
      }
    }
  }
  return undefined;
}

function difference(replica: AgentRecord, what: string): string {
  return `its tables differ from those of agent "${replica.id}", a replica of the same shard "${replica.shard}", ${what}`;
}

function shape(table: ClaimedTable): string {
  const columns = table.columns.map(({ name, type }) => `${name} ${typeName(type)}`).join(', ');
  return table.replicated ? `${columns}; replicated` : columns;
}

/** The announced tables, and those that the shard owned before: they stay, out of service, until an operator removes them. */
export function withMissing(
  agent: string,
  announced: readonly ClaimedTable[],
  known: readonly KnownTable[],
): KnownTable[] {
  const names = new Set(announced.map((table) => table.name));
  const missing = new Map(
    known.filter((table) => !names.has(table.name)).map((table) => [table.name, table]),
  );
  const reason = (name: string): string =>
    `agent "${agent}" no longer announces it; bring it back, or give it up: skein agent remove ${agent} --table ${name}`;
  return [
    ...announced.map((table) => ({ ...table, missing: false })),
    ...[...missing.values()].map((table) => ({ ...table, missing: true, outOfService: reason(table.name) })),
  ];
}
