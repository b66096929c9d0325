import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { agentConfigSchema } from '../../src/agent/config.ts';
import { AgentConnection } from '../../src/agent/connection.ts';
import { AgentRuntime } from '../../src/agent/runtime.ts';
import type { Snapshot } from '../../src/catalog/snapshot.ts';
import { PRELUDE } from '../../src/dialect/prelude.ts';
import { duckdbVersion, openEngine, preludeVersion } from '../../src/engine/duckdb.ts';
import type { Execution, ExecutionContext, ExecutionSettings } from '../../src/execution/execution.ts';
import { runPlan } from '../../src/execution/run-plan.ts';
import { AgentFleet, type FleetOptions } from '../../src/fleet/agent-fleet.ts';
import type { Log } from '../../src/fleet/log.ts';
import { Registry, type RegistryOptions } from '../../src/fleet/registry.ts';
import { fileStore } from '../../src/fleet/store.ts';
import { serveAgents } from '../../src/fleet/websocket.ts';
import { outputColumns } from '../../src/plan/columns.ts';
import type { DistributedPlan, Fragment } from '../../src/plan/distributed.ts';
import type { Column, Plan, ScanColumn } from '../../src/plan/logical.ts';
import { decodeProxyMessage, encodeMessage } from '../../src/protocol/codec.ts';
import { encodeFrame } from '../../src/protocol/frames.ts';
import {
  type AgentMessage,
  type Hello,
  PROTOCOL_VERSION,
  type ProxyMessage,
  type TaskMessage,
  type WireReport,
} from '../../src/protocol/messages.ts';
import type { Batch, Vector } from '../../src/types/batch.ts';
import { OID, type SqlType, sqlType } from '../../src/types/sql-type.ts';

export const int8 = sqlType(OID.int8);
export const text = sqlType(OID.text);

/** What the components said; a failing test shows it. */
class Journal implements Log {
  readonly lines: string[] = [];
  info = (fields: object, message: string): void => this.#note(message, fields);
  warn = (fields: object, message: string): void => this.#note(message, fields);
  error = (fields: object, message: string): void => this.#note(message, fields);
  #note(message: string, fields: object): void {
    this.lines.push(`${message} ${JSON.stringify(fields)}`);
  }
}

/** Everything that a test started, ended in reverse order. */
export class World {
  readonly journal = new Journal();
  readonly #cleanups: (() => Promise<unknown> | unknown)[] = [];
  #directory: string | undefined;

  async directory(name: string): Promise<string> {
    if (this.#directory === undefined) {
      const made = await mkdtemp(path.join(tmpdir(), 'skein-fleet-'));
      this.#directory = made;
      this.#cleanups.unshift(() => rm(made, { recursive: true }));
    }
    const directory = path.join(this.#directory, name);
    await mkdir(directory, { recursive: true });
    return directory;
  }

  onEnd(cleanup: () => Promise<unknown> | unknown): void {
    this.#cleanups.push(cleanup);
  }

  async end(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
    this.#directory = undefined;
  }
}

export interface TestProxy {
  readonly registry: Registry;
  readonly fleet: AgentFleet;
  readonly context: ExecutionContext;
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface ProxyOptions extends Partial<Omit<RegistryOptions, 'store' | 'log'>> {
  readonly port?: number;
  readonly fleet?: Partial<FleetOptions>;
  readonly maxTasks?: number;
}

export async function startProxy(world: World, options: ProxyOptions = {}): Promise<TestProxy> {
  const state = await world.directory('proxy');
  const log = world.journal;
  const registry = await Registry.open({
    store: fileStore(path.join(state, 'registry')),
    declarations: options.declarations ?? { labels: new Map(), columns: new Map() },
    tokens: options.tokens ?? 'open',
    log,
  });
  const fleet = new AgentFleet(registry, {
    prelude: preludeVersion(PRELUDE),
    duckdb: duckdbVersion(),
    log,
    heartbeatMs: 200,
    missedHeartbeats: 3,
    probeMs: 100,
    ...options.fleet,
  });
  const server = createServer();
  const agents = serveAgents(fleet, server);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const engine = await openEngine({
    threads: 1,
    memoryLimit: '300MB',
    tempDirectory: path.join(state, 'spill'),
    allowedDirectories: [],
    prelude: PRELUDE,
    maxConnections: 4,
  });
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await fleet.close();
    await agents.close();
    await new Promise((resolve) => server.close(resolve));
    await engine.close();
  };
  world.onEnd(close);
  const context = { fleet, engine, maxTasks: options.maxTasks ?? 64 };
  return { registry, fleet, context, port, url: `ws://127.0.0.1:${port}/agent`, close };
}

export interface Agent {
  readonly runtime: AgentRuntime;
  readonly connection: AgentConnection;
  readonly directory: string;
  close(): Promise<void>;
}

export interface AgentOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly shard?: string;
  readonly token?: string;
  /** File name -> content; each CSV file is a table of its name, replicated if that begins with `dim`. */
  readonly files?: Readonly<Record<string, string>>;
}

/** An agent with a table `t (a bigint, b text)` unless other files are given. */
export async function startAgent(
  world: World,
  proxy: Pick<TestProxy, 'url'>,
  id: string,
  options: AgentOptions = {},
): Promise<Agent> {
  const directory = await world.directory(`agent-${id}`);
  const files = options.files ?? { 't.csv': csv(id, 3) };
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(directory, name), content);
  const config = agentConfigSchema.parse({
    proxies: [proxy.url],
    token: options.token,
    id,
    labels: options.labels ?? {},
    shard: options.shard,
    allowedDirectories: [directory],
    stateDirectory: path.join(directory, 'state'),
    tables: Object.keys(files).map((file) => ({
      name: path.parse(file).name,
      path: path.join(directory, file),
      replicated: file.startsWith('dim'),
    })),
    threads: 1,
    memory: '300MB',
    pollIntervalMs: 100,
    heartbeatMs: 500,
  });
  const runtime = await AgentRuntime.open(config, world.journal);
  const connection = new AgentConnection(runtime, proxy.url, world.journal);
  connection.start();
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    connection.close();
    await runtime.close();
  };
  world.onEnd(close);
  return { runtime, connection, directory, close };
}

/** `rows` rows whose b names the agent. */
export function csv(id: string, rows: number): string {
  return `a,b\n${Array.from({ length: rows }, (_, i) => `${i + 1},${id}`).join('\n')}\n`;
}

export async function until(what: string, condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function stateOf(snapshot: Snapshot, agent: string): string | undefined {
  return snapshot.shards.flatMap((shard) => shard.agents).find((entry) => entry.id === agent)?.state;
}

export async function connected(proxy: TestProxy, ...agents: readonly string[]): Promise<void> {
  await until(`${agents.join(', ')} connected`, () =>
    agents.every((agent) => stateOf(proxy.fleet.snapshot(), agent) === 'connected'),
  );
}

// Plans

let nextId = 0;
export const column = (name: string, type: SqlType): Column => ({ id: ++nextId, type, name });

export function scanOf(
  table: string,
  physical: Readonly<Record<string, SqlType>>,
  labels: readonly string[] = [],
): Extract<Plan, { kind: 'scan' }> {
  const columns: ScanColumn[] = [
    ...Object.entries(physical).map(([name, type]) => ({
      ...column(name, type),
      source: { kind: 'physical' as const, name },
    })),
    ...labels.map((name) => ({ ...column(name, text), source: { kind: 'label' as const, name } })),
  ];
  return { kind: 'scan', table, tableKind: 'federated', columns, shards: undefined };
}

export function fragmentOf(plan: Plan, columns: readonly Column[], more: Partial<Fragment>): Fragment {
  return {
    id: 1,
    plan,
    columns,
    target: { kind: 'each', shards: [] },
    inputs: [],
    reason: 'the answer',
    estimate: { rows: 0, bytes: 0 },
    ...more,
  };
}

export function planOf(
  fragments: readonly Fragment[],
  combine: Plan,
  output: readonly Column[],
  more: Partial<DistributedPlan> = {},
): DistributedPlan {
  return {
    fragments,
    broadcasts: [],
    combine,
    passThrough: undefined,
    output: output.map((each) => ({
      column: each,
      pg: {
        name: each.name,
        tableOid: 0,
        attributeNumber: 0,
        typeOid: each.type.oid,
        typeSize: -1,
        typmod: -1,
      },
    })),
    prunings: [],
    rewrites: [],
    ...more,
  };
}

/** All rows of t, with the label region, straight through. */
export function streamPlan(shards: readonly string[], labels: readonly string[] = []): DistributedPlan {
  const scan = scanOf('t', { a: int8, b: text }, labels);
  const fragment = fragmentOf(scan, outputColumns(scan), { target: { kind: 'each', shards } });
  const relation: Plan = { kind: 'relation', name: 'g1', columns: outputColumns(scan) };
  return planOf([fragment], relation, scan.columns, { passThrough: 1 });
}

/** All rows of t in a combine that sorts them. */
export function sortPlan(shards: readonly string[]): DistributedPlan {
  const scan = scanOf('t', { a: int8, b: text });
  const fragment = fragmentOf(scan, outputColumns(scan), { target: { kind: 'each', shards } });
  const keys = [...scan.columns].reverse().map((key) => ({
    expr: { kind: 'column' as const, id: key.id, type: key.type },
    descending: false,
    nullsFirst: false,
  }));
  const relation: Plan = { kind: 'relation', name: 'g1', columns: outputColumns(scan) };
  return planOf([fragment], { kind: 'sort', input: relation, keys }, scan.columns);
}

const SETTINGS: ExecutionSettings = {
  onMissingAgent: 'fail',
  missingAgentTimeoutMs: 1000,
  gatherLimit: { bytes: 1 << 30, rows: 100_000_000 },
};

let queries = 0;

export function execute(
  proxy: TestProxy,
  plan: DistributedPlan,
  settings: Partial<ExecutionSettings> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Execution> {
  return runPlan(proxy.context, {
    queryId: `q${++queries}`,
    plan,
    snapshot: proxy.fleet.snapshot(),
    settings: { ...SETTINGS, ...settings },
    signal,
  });
}

export interface Answer {
  readonly rows: readonly (readonly (string | null)[])[];
  readonly execution: Execution;
}

export async function answer(
  proxy: TestProxy,
  plan: DistributedPlan,
  settings: Partial<ExecutionSettings> = {},
): Promise<Answer> {
  const execution = await execute(proxy, plan, settings);
  const rows: (string | null)[][] = [];
  for await (const batch of execution.batches) rows.push(...rowsOf(batch));
  await execution.close();
  return { rows, execution };
}

/** int8 and text columns as text. */
function rowsOf(batch: Batch): (string | null)[][] {
  return Array.from({ length: batch.rowCount }, (_, row) =>
    batch.columns.map((vector) => {
      if (vector.validity !== undefined && ((vector.validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0)
        return null;
      if (vector.kind === 'bytes') {
        return Buffer.from(vector.data.subarray(vector.offsets[row], vector.offsets[row + 1])).toString(
          'utf8',
        );
      }
      if (vector.kind !== 'fixed') throw new Error('lists are not read here');
      return String(Buffer.from(vector.data).readBigInt64LE(row * 8));
    }),
  );
}

/** Speaks the protocol by hand, so that it can break it. */
export class RawAgent {
  readonly received: ProxyMessage[] = [];
  closeReason: string | undefined;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      if (!isBinary) this.received.push(decodeProxyMessage(data.toString()));
    });
    socket.on('close', (_, reason) => {
      this.closeReason = reason.toString();
    });
  }

  static async dial(world: World, proxy: TestProxy): Promise<RawAgent> {
    const socket = new WebSocket(proxy.url);
    world.onEnd(() => socket.terminate());
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return new RawAgent(socket);
  }

  /** Says hello with a table `t (a bigint, b text)`. */
  static async join(
    world: World,
    proxy: TestProxy,
    id: string,
    more: Partial<Hello> = {},
  ): Promise<RawAgent> {
    const agent = await RawAgent.dial(world, proxy);
    agent.send({ ...rawHello(id), ...more });
    await until('an answer to hello', () => agent.received.length > 0);
    return agent;
  }

  send(message: AgentMessage): void {
    this.#socket.send(encodeMessage(message));
  }

  sendText(message: string): void {
    this.#socket.send(message);
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  /** As a process that is stopped: the socket stays, nothing is read or written. */
  freeze(): void {
    this.#socket.pause();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  async task(): Promise<TaskMessage> {
    const find = () => this.received.find((message) => message.type === 'task');
    await until('a task', () => find() !== undefined);
    const task = find();
    if (task === undefined) throw new Error('no task');
    return task;
  }

  got(type: ProxyMessage['type']): number {
    return this.received.filter((message) => message.type === type).length;
  }

  /** Answers pings, as a living agent does. */
  stayAlive(): void {
    this.#socket.on('message', (data, isBinary) => {
      if (isBinary) return;
      const message = decodeProxyMessage(data.toString());
      if (message.type === 'ping') this.send({ type: 'pong', sentAt: message.sentAt });
    });
  }
}

export function rawHello(id: string): Hello {
  const sniffed = { declared: false, allNull: false };
  return {
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    prelude: preludeVersion(PRELUDE),
    duckdb: duckdbVersion(),
    agentId: id,
    token: undefined,
    labels: { region: 'EU' },
    shard: undefined,
    inventory: {
      version: '1',
      tables: [
        {
          name: 't',
          replicated: false,
          columns: [
            { name: 'a', type: int8, ...sniffed },
            { name: 'b', type: text, ...sniffed },
          ],
          rowEstimate: 2,
          byteEstimate: 20,
          contentHash: undefined,
          outOfService: undefined,
          comment: undefined,
        },
      ],
    },
  };
}

/** A frame of `t` with one row. */
export function rawFrame(taskId: string, sequence: number, columns = 2): Uint8Array {
  const value = new Uint8Array(8);
  value[0] = 7;
  const all: Vector[] = [
    { kind: 'fixed', layout: 'int64', validity: undefined, data: value },
    { kind: 'bytes', validity: undefined, offsets: Uint32Array.of(0, 3), data: Buffer.from('raw') },
  ];
  return encodeFrame({
    kind: 'result',
    taskId,
    sequence,
    input: 0,
    batch: { rowCount: 1, columns: all.slice(0, columns) },
  });
}

export const REPORT: WireReport = { sql: 'SELECT', rows: 1, bytesOut: 0, queueMs: 0, runMs: 0 };
