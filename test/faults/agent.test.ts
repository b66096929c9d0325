import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { parseAgentConfig } from '../../src/agent/config.ts';
import { AgentConnection } from '../../src/agent/connection.ts';
import { AgentRuntime } from '../../src/agent/runtime.ts';
import type { Plan } from '../../src/plan/logical.ts';
import { decodeAgentMessage, encodeMessage } from '../../src/protocol/codec.ts';
import { decodeFrame, encodeFrame, type Frame } from '../../src/protocol/frames.ts';
import {
  type AgentMessage,
  type Hello,
  INITIAL_CREDIT,
  type ProxyMessage,
  type TaskMessage,
} from '../../src/protocol/messages.ts';
import { OID, sqlType } from '../../src/types/sql-type.ts';

const int8 = sqlType(OID.int8);

/** A bare WebSocket server in the proxy's place, to say what no honest proxy says. */
class BareProxy {
  readonly #server: WebSocketServer;
  readonly sockets: WebSocket[] = [];
  readonly messages: AgentMessage[] = [];
  readonly frames: Frame[] = [];
  silent = false;
  readonly #heart = setInterval(() => {
    if (!this.silent) this.send({ type: 'ping', sentAt: 0 });
  }, 100);

  constructor(port = 0) {
    this.#server = new WebSocketServer({ port, host: '127.0.0.1' });
    this.#server.on('connection', (socket) => {
      this.sockets.push(socket);
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) this.frames.push(decodeFrame(data));
        else this.messages.push(decodeAgentMessage(data.toString()));
      });
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  listening(): Promise<unknown> {
    return once(this.#server, 'listening');
  }

  send(message: ProxyMessage): void {
    this.sockets.at(-1)?.send(encodeMessage(message));
  }

  of<T extends AgentMessage['type']>(type: T): Extract<AgentMessage, { type: T }>[] {
    return this.messages.filter(
      (message): message is Extract<AgentMessage, { type: T }> => message.type === type,
    );
  }

  /** Welcomes the agent with its own tables. */
  async welcome(): Promise<Hello> {
    const before = this.of('hello').length;
    await expect.poll(() => this.of('hello').length).toBeGreaterThanOrEqual(Math.max(1, before));
    const hello = this.of('hello').at(-1)!;
    this.send({ type: 'welcome', proxyId: 'bare', labels: [] });
    const tables = hello.inventory.tables.map(({ name, columns }) => ({
      name,
      columns: columns.map((column) => ({ name: column.name, type: column.type })),
      outOfService: undefined,
    }));
    this.send({ type: 'accepted', tables });
    return hello;
  }

  async close(): Promise<void> {
    clearInterval(this.#heart);
    for (const socket of this.sockets) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let directory: string;
let proxy: BareProxy;
let runtime: AgentRuntime;
let connection: AgentConnection;
let journal: string[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'skein-agent-'));
  mkdirSync(join(directory, 'data'));
  writeFileSync(join(directory, 'data', 't.csv'), 'a\n1\n2\n');
  proxy = new BareProxy();
  await proxy.listening();
  journal = [];
  const note = (_: object, message: string): void => {
    journal.push(message);
  };
  const log = { info: note, warn: note, error: note };
  const config = parseAgentConfig({
    proxies: [`ws://127.0.0.1:${proxy.port}`],
    id: 'a1',
    token: 'secret',
    labels: { region: 'EU' },
    allowedDirectories: [join(directory, 'data')],
    stateDirectory: join(directory, 'state'),
    tables: [
      { name: 't', path: join(directory, 'data', 't.csv') },
      { name: 'many', query: 'SELECT i AS a FROM range(3000000) r(i)' },
    ],
    heartbeatMs: 300,
    threads: 2,
  });
  runtime = await AgentRuntime.open(config, log);
  connection = new AgentConnection(runtime, config.proxies[0]!, log);
  connection.start();
});

afterEach(async () => {
  connection.close();
  await runtime.close();
  await proxy.close();
  rmSync(directory, { recursive: true, force: true });
});

let tasks = 0;

function task(table: string, more: Partial<TaskMessage> = {}): TaskMessage {
  const columns = [{ id: 1, name: 'a', type: int8, source: { kind: 'physical', name: 'a' } as const }];
  const plan: Plan = { kind: 'scan', table, tableKind: 'federated', columns, shards: undefined };
  const columnsOut = [{ id: 1, name: 'a', type: int8 }];
  return {
    type: 'task',
    queryId: 'q',
    taskId: `task${tasks++}`,
    plan,
    columns: columnsOut,
    inputs: [],
    maxRows: undefined,
    ...more,
  };
}

/** Rows that never end before they are cancelled. */
function endless(): TaskMessage {
  const cross = (depth: number): Plan => {
    const scan = task('many').plan;
    const renamed: Plan = {
      kind: 'project',
      input: scan,
      items: [
        { column: { id: 100 + depth, name: 'a', type: int8 }, expr: { kind: 'column', id: 1, type: int8 } },
      ],
    };
    return renamed;
  };
  const plan: Plan = {
    kind: 'aggregate',
    input: {
      kind: 'join',
      type: 'inner',
      left: cross(1),
      right: cross(2),
      condition: { kind: 'const', type: sqlType(OID.bool), value: 'true' },
      lateral: false,
    },
    groups: [],
    aggregates: [
      {
        column: { id: 1, name: 'n', type: int8 },
        call: { fn: 'count(*)', args: [], distinct: false, orderBy: [], filter: undefined, type: int8 },
      },
    ],
  };
  return task('many', { plan });
}

const waitFor = { timeout: 10_000, interval: 10 };

describe('an agent', () => {
  test('says hello with its token, answers pings and runs a task', async () => {
    const hello = await proxy.welcome();
    expect(hello).toMatchObject({ agentId: 'a1', token: 'secret', labels: { region: 'EU' } });
    proxy.send({ type: 'ping', sentAt: 7 });
    proxy.send(task('t'));
    await expect.poll(() => proxy.of('task-done'), waitFor).toHaveLength(1);
    expect(proxy.of('pong')).toContainEqual({ type: 'pong', sentAt: 7 });
    expect(proxy.of('task-done')[0]).toMatchObject({ report: { rows: 2 } });
    expect(proxy.frames[0]).toMatchObject({ kind: 'result', sequence: 0, batch: { rowCount: 2 } });
    expect(connection.state).toBe('connected');
  });

  test('sends no more frames than it has credit for', async () => {
    await proxy.welcome();
    const { taskId, ...rest } = task('many');
    proxy.send({ ...rest, taskId });
    await expect.poll(() => proxy.frames.length, waitFor).toBe(INITIAL_CREDIT);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(proxy.frames).toHaveLength(INITIAL_CREDIT);
    proxy.send({ type: 'credit', taskId, frames: 3 });
    await expect.poll(() => proxy.frames.length, waitFor).toBe(INITIAL_CREDIT + 3);
    proxy.send({ type: 'credit', taskId, frames: 100_000 });
    await expect.poll(() => proxy.of('task-done'), waitFor).toHaveLength(1);
    const rows = proxy.frames.reduce((sum, { batch }) => sum + batch.rowCount, 0);
    expect(rows).toBe(3_000_000);
  });

  test('ends a cancelled task at once, whether it computes or waits for credit', async () => {
    await proxy.welcome();
    for (const message of [endless(), task('many')]) {
      const failed = proxy.of('task-failed').length;
      proxy.send(message);
      await new Promise((resolve) => setTimeout(resolve, 150));
      proxy.send({ type: 'cancel', taskId: message.taskId });
      await expect
        .poll(() => proxy.of('task-failed').length, { timeout: 2000, interval: 2 })
        .toBe(failed + 1);
      expect(proxy.of('task-failed').at(-1)).toMatchObject({
        taskId: message.taskId,
        error: { code: '57014' },
      });
      await expect.poll(() => runtime.busy, waitFor).toBe(0);
    }
  });

  test('takes the frames of its inputs, and refuses those that nobody announced', async () => {
    await proxy.welcome();
    const columns = [{ id: 1, name: 'n', type: int8 }];
    const message = task('t', {
      plan: { kind: 'relation', name: 'b1', columns },
      inputs: [{ name: 'b1', columns, frames: 2 }],
    });
    proxy.send(message);
    for (const sequence of [0, 1]) {
      const data = new Uint8Array(new BigInt64Array([BigInt(sequence)]).buffer);
      const batch = {
        rowCount: 1,
        columns: [{ kind: 'fixed', layout: 'int64', validity: undefined, data } as const],
      };
      const { taskId } = message;
      proxy.sockets.at(-1)?.send(encodeFrame({ kind: 'input', taskId, sequence, input: 0, batch }));
    }
    await expect.poll(() => proxy.of('task-done'), waitFor).toHaveLength(1);
    expect(proxy.of('task-done')[0]).toMatchObject({ report: { rows: 2 } });
  });

  test('dials again when the proxy vanishes, and leaves nothing running', async () => {
    await proxy.welcome();
    proxy.send(endless());
    await expect.poll(() => runtime.busy, waitFor).toBe(1);
    const { port } = proxy;
    await proxy.close();
    await expect.poll(() => runtime.busy, waitFor).toBe(0);
    expect(connection.state).toBe('connecting');
    proxy = new BareProxy(port);
    await proxy.welcome();
    await expect.poll(() => connection.state, waitFor).toBe('connected');
  });

  test('dials again when the proxy falls silent', async () => {
    await proxy.welcome();
    proxy.silent = true;
    await expect.poll(() => proxy.of('hello').length, waitFor).toBe(2);
    expect(journal).toContain('the proxy is silent');
  });

  test.each([
    ['garbage', '\u0000garbage'],
    ['an unknown message', '{"type":"run-sql","sql":"SELECT 1"}'],
    ['a task before its welcome', encodeMessage(task('t'))],
  ])('hangs up on %s, and dials again', async (_, text) => {
    await expect.poll(() => proxy.of('hello').length, waitFor).toBe(1);
    proxy.sockets[0]?.send(text);
    await expect.poll(() => proxy.of('hello').length, waitFor).toBe(2);
    expect(proxy.of('task-done')).toHaveLength(0);
  });

  test('fails a task whose plan it can not take, and stays', async () => {
    await proxy.welcome();
    const tooMany = { ...task('t'), columns: Array.from({ length: 100_001 }, () => null) };
    proxy.sockets[0]?.send(JSON.stringify(tooMany));
    await expect
      .poll(() => proxy.of('task-failed').map(({ error }) => error.code), waitFor)
      .toEqual(['54001']);
    expect(proxy.of('hello')).toHaveLength(1);
  });

  test('hangs up on a malformed frame', async () => {
    await proxy.welcome();
    proxy.sockets[0]?.send(new Uint8Array([1, 2, 3]));
    await expect.poll(() => proxy.of('hello').length, waitFor).toBe(2);
  });

  test('that is refused says why in its log, and does not hurry back', async () => {
    await expect.poll(() => proxy.of('hello').length, waitFor).toBe(1);
    proxy.send({ type: 'refused', reason: 'wrong token' });
    await expect.poll(() => connection.state, waitFor).toBe('refused');
    expect(journal).toContain('the proxy refused this agent');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(proxy.of('hello')).toHaveLength(1);
  });
});
