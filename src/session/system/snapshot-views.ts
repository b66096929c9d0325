import type { OwnedRelation, OwnedRelations } from '../../catalog/owned.ts';
import { findTable, type Piece, type Shard, type Snapshot, type Table } from '../../catalog/snapshot.ts';
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

interface TableRow {
  readonly schema: string;
  readonly name: string;
  readonly kind: Table['kind'] | 'in place' | 'warehouse';
  /** Undefined: the proxy has it. */
  readonly agent?: string;
  readonly rows: number | undefined;
  readonly reason?: string | undefined;
}

/** skein.tables: a row for each table and each agent that owns a piece of it, and one for each table of the warehouse. */
export function tableRows(
  snapshot: Snapshot,
  owned: OwnedRelations,
  rowsOf: (oid: number) => number | undefined,
): readonly SystemColumn[] {
  const taken = namesTaken(owned);
  const federated = snapshot.tables.flatMap((table) => {
    if (table.piece === true) return [];
    const rows = pieceRows(snapshot, table, { schema: 'public', name: table.name, kind: table.kind });
    return taken.has(table.name) ? rows.map((row) => ({ ...row, reason: row.reason ?? TAKEN })) : rows;
  });
  const rows = [
    ...federated,
    ...[...owned.values()].flatMap((relation) => ownedRows(snapshot, relation, rowsOf(relation.oid))),
  ];
  return [
    texts(rows.map(({ schema }) => schema)),
    texts(rows.map(({ name }) => name)),
    texts(rows.map(({ kind }) => kind)),
    texts(rows.map(({ agent }) => agent)),
    { kind: 'int8', values: rows.map((row) => (row.rows === undefined ? null : BigInt(row.rows))) },
    texts(rows.map(({ reason }) => reason)),
  ];
}

const TAKEN = 'what was made here has its name: rename one of them';

function namesTaken(owned: OwnedRelations): ReadonlySet<string> {
  const isPublic = ({ schema, temporary }: OwnedRelation) => schema === 'public' && !temporary;
  return new Set([...owned.values()].filter(isPublic).map(({ name }) => name));
}

function pieceRows(
  snapshot: Snapshot,
  { pieces }: Table,
  table: Pick<TableRow, 'schema' | 'name' | 'kind'>,
): readonly TableRow[] {
  return pieces.flatMap((piece) =>
    agentsOf(snapshot, piece).map((agent) => {
      const outage = piece.outOfServiceOn?.find((entry) => entry.agent === agent)?.reason;
      return {
        ...table,
        agent,
        rows: outage === undefined || piece.outOfService !== undefined ? piece.rowEstimate : undefined,
        reason: outage ?? piece.outOfService ?? noteOf(piece, agent),
      };
    }),
  );
}

function ownedRows(
  snapshot: Snapshot,
  relation: OwnedRelation,
  rows: number | undefined,
): readonly TableRow[] {
  if (relation.kind !== 'table') return [];
  const { schema, name, piece } = relation;
  if (piece === undefined) return [{ schema, name, kind: 'warehouse', rows }];
  const kept = findTable(snapshot, piece.name);
  return kept === undefined ? [] : pieceRows(snapshot, kept, { schema, name, kind: 'in place' });
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
