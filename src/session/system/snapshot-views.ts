import type { Piece, Shard, Snapshot, Table } from '../../catalog/snapshot.ts';
import type { SystemColumn } from './batch-builder.ts';

const texts = (values: readonly (string | undefined)[]): SystemColumn => ({
  kind: 'text',
  values: values.map((value) => value ?? null),
});

/** skein.agents: every agent that is registered, connected or not, and strangers that were refused lately. */
export function agentRows(snapshot: Snapshot): readonly SystemColumn[] {
  const registered = snapshot.shards.flatMap((shard) => shard.agents.map((agent) => ({ shard, agent })));
  const strangers = (snapshot.refused ?? []).map((agent) => ({
    shard: { id: agent.shard, labels: agent.labels },
    agent,
  }));
  const rows = [...registered, ...strangers];
  return [
    texts(rows.map(({ agent }) => agent.id)),
    texts(rows.map(({ agent }) => agent.state)),
    texts(rows.map(({ shard }) => jsonbText(shard.labels))),
    texts(rows.map(({ shard }) => shard.id)),
    texts(rows.map(({ agent }) => agent.duckdbVersion)),
    { kind: 'timestamp', values: rows.map(({ agent }) => isoMicros(agent.lastSeen)) },
    texts(rows.map(({ agent }) => agent.reason)),
  ];
}

/** skein.tables: a row for each table and each agent that owns a piece of it. */
export function tableRows(snapshot: Snapshot): readonly SystemColumn[] {
  const rows = snapshot.tables.flatMap((table) =>
    table.pieces.flatMap((piece) => agentsOf(snapshot, piece).map((agent) => ({ table, piece, agent }))),
  );
  return [
    texts(rows.map(() => 'public')),
    texts(rows.map(({ table }) => table.name)),
    texts(rows.map(({ table }: { table: Table }) => table.kind)),
    texts(rows.map(({ agent }) => agent)),
    {
      kind: 'int8',
      values: rows.map(({ piece }) => (piece.rowEstimate === undefined ? null : BigInt(piece.rowEstimate))),
    },
    texts(rows.map(({ piece, agent }) => piece.outOfService ?? noteOf(piece, agent))),
  ];
}

/** Why a table that is served is not all that its agent's config says. */
function noteOf({ contradictions = [] }: Piece, agent: string): string | undefined {
  return contradictions.find((entry) => entry.agent === agent)?.reason;
}

function agentsOf(snapshot: Snapshot, piece: Piece): readonly string[] {
  const shard: Shard | undefined = snapshot.shards.find(({ id }) => id === piece.shard);
  return shard?.agents.map(({ id }) => id) ?? [];
}

/** As jsonb prints an object: keys by length, then bytes; a blank after each colon and comma. */
function jsonbText(object: Readonly<Record<string, string>>): string {
  const bytes = (text: string) => Buffer.from(text);
  const keys = Object.keys(object).sort(
    (a, b) => bytes(a).length - bytes(b).length || Buffer.compare(bytes(a), bytes(b)),
  );
  return `{${keys.map((key) => `${JSON.stringify(key)}: ${JSON.stringify(object[key])}`).join(', ')}}`;
}

/** µs since 1970 of an ISO 8601 instant. */
export function isoMicros(iso: string | undefined): bigint | null {
  return iso === undefined ? null : BigInt(Date.parse(iso)) * 1000n;
}
