import { SYSTEM_VIEWS } from '../../analysis/system-schema.ts';
import { assert } from '../../base/assert.ts';
import { SkeinError } from '../../base/errors.ts';
import type { QueryRecord, QueryTaskRecord } from '../../warehouse/history.ts';
import type { Client } from '../client.ts';
import type { SystemColumn } from './batch-builder.ts';
import { catalogRows } from './catalog-rows.ts';
import { lineageRows } from './lineage-rows.ts';
import { agentRows, isoMicros, tableRows } from './snapshot-views.ts';
import { isOwnView, type SystemColumns, type SystemRows } from './system-relations.ts';

/** The rows of views, by view. */
export type SystemTables = ReadonlyMap<string, SystemRows>;

/** By its OID. */
const SEQUENCE = /^sequence_(\d+)$/;

/** What the views hold now. */
export async function systemTables(
  client: Client,
  views: ReadonlyMap<string, SystemColumns>,
  signal: AbortSignal,
): Promise<SystemTables> {
  const tables = [...views].map(async ([view, columns]) => {
    if (isOwnView(view)) return [view, named(view, await columnsOf(client, view, signal))] as const;
    const [, sequence] = SEQUENCE.exec(view) ?? [];
    if (sequence !== undefined) return [view, sequenceRow(client, Number(sequence))] as const;
    return [view, await catalogRows(client, view, columns, signal)] as const;
  });
  return new Map(await Promise.all(tables));
}

async function columnsOf(
  client: Client,
  view: string,
  signal: AbortSignal,
): Promise<readonly SystemColumn[]> {
  const { history, execution, warehouse } = client.server;
  switch (view) {
    case 'agents':
      return agentRows(execution.fleet.snapshot());
    case 'tables':
      return tableRows(execution.fleet.snapshot(), client.storage.relations, (oid) => warehouse.rowsOf(oid));
    case 'queries':
      return queryColumns(await history.queries());
    case 'query_tasks':
      return taskColumns(await history.tasks());
    case 'lineage':
      return lineageRows(client.storage.relations, await client.storage.lineages(signal));
    case 'last_query':
      return queryColumns(client.lastQuery === undefined ? [] : [client.lastQuery]);
    default:
      throw new Error(`no rows for skein.${view}`);
  }
}

/** Values are logged ahead of those that are given, but the log's count is nothing that a reader relies on. */
function sequenceRow({ storage, server }: Client, oid: number): SystemRows {
  const sequence = storage.relations.get(oid);
  if (sequence?.kind !== 'sequence') throw new SkeinError('undefinedTable', `no sequence with OID ${oid}`);
  const { last, called } = server.warehouse.sequences.state(sequence);
  return new Map<string, SystemColumn>([
    ['last_value', { kind: 'int8', values: [last] }],
    ['log_cnt', { kind: 'int8', values: [0n] }],
    ['is_called', { kind: 'bool', values: [called] }],
  ]);
}

function named(view: string, columns: readonly SystemColumn[]): SystemRows {
  const names = Object.keys(SYSTEM_VIEWS[view] ?? {});
  assert(names.length === columns.length, `skein.${view} has ${names.length} columns`);
  return new Map(columns.map((column, index) => [names[index] ?? '', column]));
}

const text = (values: readonly (string | undefined)[]): SystemColumn => ({
  kind: 'text',
  values: values.map((value) => value ?? null),
});
const int8 = (values: readonly number[]): SystemColumn => ({
  kind: 'int8',
  values: values.map((value) => BigInt(Math.round(value))),
});
const float8 = (values: readonly (number | undefined)[]): SystemColumn => ({
  kind: 'float8',
  values: values.map((value) => value ?? null),
});

/** In the order of SYSTEM_VIEWS. */
function queryColumns(queries: readonly QueryRecord[]): readonly SystemColumn[] {
  return [
    text(queries.map((query) => query.queryId)),
    text(queries.map((query) => query.userName)),
    text(queries.map((query) => query.sql)),
    text(queries.map((query) => query.state)),
    { kind: 'timestamp', values: queries.map((query) => isoMicros(query.startedAt)) },
    float8(queries.map((query) => query.durationMs)),
    int8(queries.map((query) => query.rows)),
    int8(queries.map((query) => query.bytes)),
    { kind: 'text[]', values: queries.map((query) => query.missingAgents) },
    text(queries.map((query) => query.error)),
  ];
}

function taskColumns(tasks: readonly QueryTaskRecord[]): readonly SystemColumn[] {
  return [
    text(tasks.map((task) => task.queryId)),
    text(tasks.map((task) => task.agent)),
    text(tasks.map((task) => task.sql)),
    { kind: 'text[]', values: tasks.map((task) => task.columns) },
    text(tasks.map((task) => task.state)),
    int8(tasks.map((task) => task.rows)),
    int8(tasks.map((task) => task.bytesIn)),
    int8(tasks.map((task) => task.bytesOut)),
    float8(tasks.map((task) => task.queueMs)),
    float8(tasks.map((task) => task.runMs)),
    float8(tasks.map((task) => task.transferMs)),
    text(tasks.map((task) => task.error)),
  ];
}
