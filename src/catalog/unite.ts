import { SkeinError } from '../base/errors.ts';
import { carrierOf } from '../types/carrier.ts';
import { OID, type SqlType } from '../types/sql-type.ts';
import type { Claim, ClaimedTable, Entry } from './claims.ts';
import { anchors, ColumnTypes, inOrder } from './column-types.ts';
import type { Label, Piece, Table, TableColumn } from './snapshot.ts';

/** What was accepted of a table so far: keeps its kind, its column order, and the types of columns that are now all NULL. */
export interface RememberedTable {
  readonly name: string;
  readonly kind: Table['kind'];
  readonly columns: readonly TableColumn[];
}

export interface UniteInput {
  /** In the order in which the agents were first accepted: of two in conflict, the earlier stays. */
  readonly claims: readonly Claim[];
  readonly labels: readonly Label[];
  /** Types that the proxy's config declares: table -> column -> type. They win. */
  readonly declared: ReadonlyMap<string, ReadonlyMap<string, SqlType>>;
  readonly remembered: readonly RememberedTable[];
}

/** agent -> table -> why the agent's table is out of service. A table that is served has no entry. */
export type Verdicts = ReadonlyMap<string, ReadonlyMap<string, string>>;

export interface United {
  readonly tables: readonly Table[];
  readonly remembered: readonly RememberedTable[];
  readonly verdicts: Verdicts;
}

/** An earlier result of which all tables still hold but the `changed` ones. */
export interface Reuse {
  readonly united: United;
  readonly changed: ReadonlySet<string>;
}

/** Inventories of all agents -> the federation's tables. Pure, and the same for the same input. */
export function unite(input: UniteInput, reuse?: Reuse): United {
  const entriesByName = entriesOf(input.claims);
  const memories = new Map(input.remembered.map((table) => [table.name, table]));
  const before = new Map(reuse?.united.tables.map((table) => [table.name, table]));
  const tables: Table[] = [];
  const remembered: RememberedTable[] = [];
  const verdicts = new Map<string, Map<string, string>>(input.claims.map(({ agent }) => [agent, new Map()]));
  for (const name of new Set([...memories.keys(), ...entriesByName.keys()])) {
    const entries = entriesByName.get(name);
    if (entries === undefined) continue;
    const memory = memories.get(name);
    const kept = reuse?.changed.has(name) === true ? undefined : before.get(name);
    if (kept !== undefined && memory !== undefined) {
      for (const entry of entries) entry.reason = reuse?.united.verdicts.get(entry.agent)?.get(name);
      tables.push(kept);
      remembered.push(memory);
    } else {
      const { table, order } = uniteTable(name, entries, memory, input);
      tables.push(table);
      remembered.push({ name, kind: table.kind, columns: order });
    }
    for (const { agent, reason } of entries) if (reason !== undefined) verdicts.get(agent)?.set(name, reason);
  }
  return { tables, remembered, verdicts };
}

function entriesOf(claims: readonly Claim[]): ReadonlyMap<string, readonly Entry[]> {
  const entries = new Map<string, Entry[]>();
  for (const { agent, shard, labels = {}, tables } of claims) {
    const own = new Map<string, Entry>();
    for (const table of tables) {
      const twice = own.get(table.name);
      if (twice !== undefined) twice.reason = `agent "${agent}" announces the table more than once`;
      else own.set(table.name, { agent, shard, labels, table, reason: table.outOfService });
    }
    for (const [name, entry] of own) {
      const known = entries.get(name);
      if (known === undefined) entries.set(name, [entry]);
      else known.push(entry);
    }
  }
  return entries;
}

function uniteTable(
  name: string,
  entries: readonly Entry[],
  memory: RememberedTable | undefined,
  input: UniteInput,
): { readonly table: Table; readonly order: readonly TableColumn[] } {
  const kind = memory?.kind ?? (entries[0]?.table.replicated === true ? 'replicated' : 'federated');
  const labels = new Set(kind === 'federated' ? input.labels.map((label) => label.name) : []);
  for (const entry of entries) entry.reason ??= unfit(entry, kind, labels);
  if (kind === 'replicated') judgeCopies(name, entries);
  const isPiece = entries.some(({ table }) => table.piece === true);
  if (isPiece) judgePieces(entries);
  const types = new ColumnTypes(input.declared.get(name) ?? new Map(), anchors(entries));
  for (const entry of entries) entry.reason ??= types.admit(entry);
  const served = entries.some((entry) => entry.reason === undefined);
  // Last known columns of a table that its agent can't serve now still count, as far as they fit.
  for (const entry of entries) {
    const known = entry.table.outOfService !== undefined && unfit(entry, kind, labels) === undefined;
    if (known && !(served && kind === 'replicated')) types.admit(entry);
  }
  const old = (memory?.columns ?? []).filter((column) => !labels.has(column.name));
  const now = types.columns(old).filter((column) => !labels.has(column.name));
  const gone = old.filter((column) => !now.some(({ name }) => name === column.name));
  const columns = served ? now : inOrder([...now, ...gone], old);
  return {
    table: {
      name,
      kind,
      columns,
      pieces: piecesOf(entries, columns).map((piece) =>
        isPiece ? withoutCopies(piece, entries, input.claims) : piece,
      ),
      comment: commentOf(entries),
      ...(isPiece && { piece: true }),
    },
    order: inOrder([...now, ...gone], old),
  };
}

const MAX_COLUMNS = 1500;
const MAX_NAME_BYTES = 63;
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

/** Why the agent's table can't be a table of PostgreSQL with the labels beside it. */
function unfit(entry: Entry, kind: Table['kind'], labels: ReadonlySet<string>): string | undefined {
  const { table, agent } = entry;
  if (!fitName(table.name)) return `the table's name is empty or longer than ${MAX_NAME_BYTES} bytes`;
  if (table.replicated !== (kind === 'replicated')) {
    return `agent "${agent}" announces a ${table.replicated ? 'replicated' : 'federated'} table, but it is ${kind} elsewhere; change \`replicated\` in the agent's config`;
  }
  if (table.columns.length > MAX_COLUMNS) return `the table has more than ${MAX_COLUMNS} columns`;
  const seen = new Set<string>();
  for (const { name, type } of table.columns) {
    if (!fitName(name)) return `a column's name is empty or longer than ${MAX_NAME_BYTES} bytes: "${name}"`;
    if (seen.has(name)) return `two columns are named "${name}"`;
    if (SYSTEM_COLUMNS.has(name)) return `column "${name}" has the name of a system column of PostgreSQL`;
    if (labels.has(name)) {
      const clash = labelClash(name, entry);
      if (clash !== undefined) return clash;
    }
    const uncarried = carrierProblem(name, type);
    if (uncarried !== undefined) return uncarried;
    seen.add(name);
  }
  return undefined;
}

/** A column that is declared constant with the label's own value is the label. */
function labelClash(name: string, { agent, table, labels }: Entry): string | undefined {
  const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
  const constant = table.constants?.[name];
  if (constant !== undefined && constant === value) return undefined;
  if (constant !== undefined) {
    const told = value === undefined ? 'the agent does not have that label' : `the label is "${value}"`;
    return `column "${name}" has the name of a label and is constant "${constant}", but ${told}`;
  }
  if (table.contradiction !== undefined) {
    return `column "${name}" has the name of a label; ${table.contradiction}`;
  }
  return `column "${name}" has the name of a label; rename it, or declare it constant in the config of agent "${agent}" if every row holds the label's value`;
}

function fitName(name: string): boolean {
  const bytes = new TextEncoder().encode(name).length;
  return bytes > 0 && bytes <= MAX_NAME_BYTES && !name.includes('\0');
}

function carrierProblem(name: string, type: SqlType): string | undefined {
  if (type.oid === OID.numeric && type.typmod < 4) return `column "${name}" is a numeric without precision`;
  try {
    carrierOf(type);
    return undefined;
  } catch (error) {
    if (error instanceof SkeinError) return `column "${name}": ${error.message}`;
    throw error;
  }
}

/** Copies of a replicated table must be equal: the content that most agents hold stays, of equally many the earliest's. */
function judgeCopies(name: string, entries: readonly Entry[]): void {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (entry.reason !== undefined) continue;
    const content = contentOf(entry.table);
    groups.set(content, [...(groups.get(content) ?? []), entry]);
  }
  const [kept, ...others] = [...groups.values()].sort((a, b) => b.length - a.length);
  const reference = kept?.[0];
  if (reference === undefined) return;
  for (const entry of others.flat()) {
    const what = columnsOf(entry.table) === columnsOf(reference.table) ? 'rows' : 'columns';
    entry.reason = `the ${what} of replicated table "${name}" differ from those of agent "${reference.agent}"`;
  }
}

/** What agents of one shard keep of a table must be equal: of those that differ, the earliest's counts. */
function judgePieces(entries: readonly Entry[]): void {
  const first = new Map<string, Entry>();
  for (const entry of entries) {
    if (entry.reason !== undefined) continue;
    const known = first.get(entry.shard);
    if (known === undefined) first.set(entry.shard, entry);
    else if (contentOf(known.table) !== contentOf(entry.table) || entry.table.contentHash === undefined)
      entry.reason = `what it keeps of the table differs from what agent "${known.agent}" keeps`;
  }
}

const AWAY =
  'it was away when the rows of the table were made, and keeps none; it will have some when the table is made anew';

/** Agents of the shard that keep nothing of the table are not asked for it. */
function withoutCopies(piece: Piece, entries: readonly Entry[], claims: readonly Claim[]): Piece {
  const keeping = new Set(entries.map(({ agent }) => agent));
  const without = claims
    .filter(({ agent, shard }) => shard === piece.shard && !keeping.has(agent))
    .map(({ agent }) => ({ agent, reason: AWAY }));
  if (without.length === 0) return piece;
  return { ...piece, outOfServiceOn: [...(piece.outOfServiceOn ?? []), ...without] };
}

function columnsOf(table: ClaimedTable): string {
  return JSON.stringify(table.columns.map(({ name, type }) => [name, type.oid, type.typmod]));
}

function contentOf(table: ClaimedTable): string {
  return `${table.contentHash ?? ''} ${columnsOf(table)}`;
}

/** One piece a shard. It is out of service where every one of the shard's agents has it so. */
function piecesOf(entries: readonly Entry[], columns: readonly TableColumn[]): Piece[] {
  const shards = new Map<string, Entry[]>();
  for (const entry of entries) shards.set(entry.shard, [...(shards.get(entry.shard) ?? []), entry]);
  return [...shards].map(([shard, replicas]) => {
    const broken = replicas.flatMap(({ agent, reason }) => (reason === undefined ? [] : [{ agent, reason }]));
    const source = replicas.find((entry) => entry.reason === undefined) ?? replicas[0];
    return {
      shard,
      rowEstimate: source?.table.rowEstimate,
      byteEstimate: source?.table.byteEstimate,
      outOfService: broken.length === replicas.length ? broken[0]?.reason : undefined,
      ...(broken.length > 0 && { outOfServiceOn: broken }),
      ...declaredOf(replicas, columns),
    };
  });
}

/** What the shard's agents declare and found true. Replicas hold the same rows, so a column that one finds constant is. */
function declaredOf(replicas: readonly Entry[], columns: readonly TableColumn[]): Partial<Piece> {
  const served = replicas.filter(({ reason }) => reason === undefined);
  const contradictions = replicas.flatMap(({ agent, table: { contradiction: reason } }) =>
    reason === undefined ? [] : [{ agent, reason }],
  );
  const versions = replicas.flatMap(({ agent, table: { dataVersion } }) =>
    dataVersion === undefined ? [] : [[agent, dataVersion] as const],
  );
  const constants = columns.flatMap(({ name, type }) => {
    const values = new Set(served.map(({ table }) => constantOf(table, name, type)));
    const [value] = values;
    return values.size === 1 && value !== undefined ? [[name, value] as const] : [];
  });
  return {
    ...(constants.length > 0 && { constants: Object.fromEntries(constants) }),
    ...(contradictions.length > 0 && { contradictions }),
    ...(versions.length > 0 && { dataVersions: Object.fromEntries(versions) }),
  };
}

const INTEGERS: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8]);
const TEXTS: ReadonlySet<number> = new Set([OID.text, OID.varchar]);

/** Its text, where it means the same in the type that the federation gave the column. */
function constantOf(table: ClaimedTable, name: string, type: SqlType): string | undefined {
  const own = table.columns.find((column) => column.name === name)?.type.oid;
  if (own === undefined) return undefined;
  const alike = [INTEGERS, TEXTS].some((family) => family.has(own) && family.has(type.oid));
  return alike || own === type.oid ? table.constants?.[name] : undefined;
}

function commentOf(entries: readonly Entry[]): string | undefined {
  return entries.find((entry) => entry.table.comment !== undefined)?.table.comment;
}
