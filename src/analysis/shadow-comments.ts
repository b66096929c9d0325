import type { Snapshot, Table } from '../catalog/snapshot.ts';

/** Names that a comment lists before it only counts the rest. */
const MAX_NAMES = 8;

/** What a table is, where its owner said nothing of it. */
export function tableComment(table: Table): string {
  const shards = table.pieces.map(({ shard }) => shard).sort();
  const count = `${shards.length} ${shards.length === 1 ? 'shard' : 'shards'}`;
  const what =
    table.kind === 'federated' ? `federated over ${count}` : `replicated: the same rows on each of ${count}`;
  const out = table.pieces.flatMap(({ shard, outOfService }) => (outOfService === undefined ? [] : [shard]));
  const missing = out.length === 0 ? '' : `; out of service on ${listed(out.sort())}`;
  return `${what} (${listed(shards)})${missing}`;
}

/** A label's values, each with the shards of the table that carry it. */
export function labelComment(label: string, table: Table, snapshot: Snapshot): string {
  const shards = new Map(snapshot.shards.map((shard) => [shard.id, shard.labels]));
  const byValue = new Map<string, string[]>();
  for (const { shard } of table.pieces) {
    const value = shards.get(shard)?.[label];
    const shown = value === undefined ? 'NULL' : `'${value}'`;
    byValue.set(shown, [...(byValue.get(shown) ?? []), shard]);
  }
  const values = [...byValue].sort(([a], [b]) => (a < b ? -1 : 1));
  return `label: ${listed(values.map(([value, owners]) => `${value} (${listed(owners.sort())})`))}`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length <= MAX_NAMES ? shown : `${shown} and ${names.length - MAX_NAMES} more`;
}
