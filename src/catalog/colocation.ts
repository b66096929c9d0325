import { OID } from '../types/sql-type.ts';
import type { Colocation, Snapshot, Table, TableColumn } from './snapshot.ts';

/** Group -> table -> its key: rows with equal keys lie in one shard, in all tables of the group. NULL equals NULL. */
export type ColocationDeclarations = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** What comparing a group's keys found; it holds for the data that it was found in. */
export interface ColocationVerdict {
  readonly dataKey: string;
  /** Where keys lie in several shards. */
  readonly violation: string | undefined;
}

/** The declared groups, each with what is known of it now. */
export function judgeColocations(
  declared: ColocationDeclarations,
  tables: readonly Table[],
  verdicts: ReadonlyMap<string, ColocationVerdict>,
): readonly Colocation[] {
  const byName = new Map(tables.map((table) => [table.name, table]));
  return [...declared].map(([name, keys]) => {
    const members = [...keys].map(([table, column]) => ({ table, column }));
    const problem = unfit(members, byName);
    const base = { name, members };
    if (problem !== undefined) return { ...base, state: 'unfit', reason: problem };
    const verdict = verdicts.get(name);
    if (verdict?.dataKey !== dataKeyOf(members, tables)) {
      return { ...base, state: 'unverified', reason: 'its keys have not been compared since data changed' };
    }
    if (verdict.violation !== undefined) return { ...base, state: 'violated', reason: verdict.violation };
    return { ...base, state: 'verified', reason: undefined };
  });
}

/** The same text as long as every agent has the same rows of the group's tables. */
export function dataKeyOf(members: Colocation['members'], tables: readonly Table[]): string {
  const names = new Set(members.map(({ table }) => table));
  const pieces = tables
    .filter(({ name }) => names.has(name))
    .map(({ name, columns, pieces: own }) => [
      name,
      columns,
      own.map(({ shard, dataVersions = {} }) => [shard, Object.entries(dataVersions).sort()]).sort(),
    ]);
  return JSON.stringify([members, pieces]);
}

/** Types whose equality is that of their carriers. */
const KEY_TYPES: ReadonlySet<number> = new Set([
  OID.int2,
  OID.int4,
  OID.int8,
  OID.text,
  OID.varchar,
  OID.uuid,
  OID.date,
]);

function unfit(members: Colocation['members'], tables: ReadonlyMap<string, Table>): string | undefined {
  const oids = new Set<number>();
  for (const { table: name, column } of members) {
    const table = tables.get(name);
    if (table === undefined) return `there is no table "${name}"`;
    if (table.kind !== 'federated') return `table "${name}" is ${table.kind}`;
    const key = table.columns.find((candidate: TableColumn) => candidate.name === column);
    if (key === undefined) return `table "${name}" has no column "${column}"`;
    if (!KEY_TYPES.has(key.type.oid)) return `column "${column}" of "${name}" has a type that can't be a key`;
    oids.add(key.type.oid);
    for (const { shard, outOfService, dataVersions } of table.pieces) {
      if (outOfService !== undefined) return `table "${name}" is out of service on shard "${shard}"`;
      if (dataVersions === undefined) return `shard "${shard}" can't tell when table "${name}" changes`;
    }
  }
  return oids.size > 1 ? 'its keys have different types' : undefined;
}

/** The verified groups that a table's columns are keys of: column -> groups. */
export function verifiedKeys(snapshot: Snapshot, table: string): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, readonly string[]>();
  for (const { name, members, state } of snapshot.colocations ?? []) {
    if (state !== 'verified') continue;
    for (const member of members) {
      if (member.table === table) keys.set(member.column, [...(keys.get(member.column) ?? []), name]);
    }
  }
  return keys;
}
