import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentConfigInput, parseAgentConfig } from '../../src/agent/config.ts';
import { AgentRuntime, type ProxyPort } from '../../src/agent/runtime.ts';
import type { ClaimedTable } from '../../src/catalog/claims.ts';
import type { Plan, ScanColumn } from '../../src/plan/logical.ts';
import type { TaskMessage } from '../../src/protocol/messages.ts';
import { type Batch, isNull } from '../../src/types/batch.ts';
import { OID, type SqlType, sqlType } from '../../src/types/sql-type.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
export const text = sqlType(OID.text);
export const int8 = sqlType(OID.int8);

/** Directories and runtimes of one test. */
export class AgentWorld {
  readonly directory = mkdtempSync(join(tmpdir(), 'skein-agent-'));
  readonly #runtimes: AgentRuntime[] = [];

  constructor() {
    mkdirSync(join(this.directory, 'data'));
  }

  /** Path in the directory that the agent may read. */
  path(name: string): string {
    return join(this.directory, 'data', name);
  }

  file(name: string, content: string): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  async open(
    tables: AgentConfigInput['tables'],
    more: Partial<AgentConfigInput> = {},
  ): Promise<AgentRuntime> {
    const config = parseAgentConfig({
      proxies: ['ws://localhost:1'],
      id: 'a1',
      labels: { region: 'EU', storeid: 7 },
      allowedDirectories: [join(this.directory, 'data')],
      stateDirectory: join(this.directory, 'state'),
      tables,
      threads: 2,
      ...more,
    });
    const runtime = await AgentRuntime.open(config, log);
    this.#runtimes.push(runtime);
    return runtime;
  }

  /** Ends the agents, but keeps their files. */
  async stop(): Promise<void> {
    for (const runtime of this.#runtimes.splice(0)) await runtime.close();
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function tableOf(runtime: AgentRuntime, name = 't'): ClaimedTable {
  const table = runtime.inventory().tables.find((candidate) => candidate.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return table;
}

/** A port over the inventory as it is, with the types of `retyped` instead. */
export function accept(runtime: AgentRuntime, retyped: Readonly<Record<string, SqlType>> = {}): ProxyPort {
  const port = runtime.openPort('test');
  port.accept(
    runtime.inventory().tables.map(({ name, columns }) => ({
      name,
      columns: columns.map((column) => ({ name: column.name, type: retyped[column.name] ?? column.type })),
      outOfService: undefined,
    })),
  );
  return port;
}

let tasks = 0;

export function scanTask(
  table: string,
  columns: readonly (readonly [string, SqlType, 'label'?])[],
  queryId = `q${tasks}`,
): TaskMessage {
  const scanColumns: ScanColumn[] = columns.map(([name, type, kind = 'physical'], id) => ({
    id,
    name,
    type,
    source: { kind, name } as ScanColumn['source'],
  }));
  const plan: Plan = { kind: 'scan', table, tableKind: 'federated', columns: scanColumns, shards: undefined };
  return {
    type: 'task',
    queryId,
    taskId: `task${tasks++}`,
    plan,
    columns: scanColumns,
    inputs: [],
    maxRows: undefined,
  };
}

export async function rowsOf(port: ProxyPort, task: TaskMessage): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const batch of port.runTask(task, [], new AbortController().signal).batches) {
    for (let row = 0; row < batch.rowCount; row++)
      rows.push(batch.columns.map((_, i) => cell(batch, i, row)));
  }
  return rows;
}

export function cell(batch: Batch, column: number, row: number): string {
  const vector = batch.columns[column]!;
  if (isNull(vector, row)) return 'NULL';
  if (vector.kind === 'bytes') {
    return new TextDecoder().decode(vector.data.subarray(vector.offsets[row], vector.offsets[row + 1]));
  }
  if (vector.kind === 'list') return 'list';
  const view = new DataView(vector.data.buffer, vector.data.byteOffset);
  if (vector.layout === 'int64' || vector.layout === 'timestamp')
    return String(view.getBigInt64(row * 8, true));
  if (vector.layout === 'float64') return String(view.getFloat64(row * 8, true));
  if (vector.layout === 'int32' || vector.layout === 'date') return String(view.getInt32(row * 4, true));
  return vector.layout;
}
