import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { parseAgentConfig } from '../../src/agent/config.ts';
import { AgentPeer } from '../../src/agent/peer.ts';
import { AgentRuntime } from '../../src/agent/runtime.ts';
import type { CatalogEngine } from '../../src/analysis/engine.ts';
import { createCatalogEngine } from '../../src/analysis/pglite-engine.ts';
import { PRELUDE } from '../../src/dialect/prelude.ts';
import { duckdbVersion, openEngine, preludeVersion } from '../../src/engine/duckdb.ts';
import { AgentFleet } from '../../src/fleet/agent-fleet.ts';
import { connectInMemory, type MemoryConnection } from '../../src/fleet/memory.ts';
import { Registry } from '../../src/fleet/registry.ts';
import { memoryStore } from '../../src/fleet/store.ts';
import { PgServer } from '../../src/pgwire/server.ts';
import { createSessionFactory } from '../../src/session/factory.ts';
import { Pieces } from '../../src/session/pieces.ts';
import { sqlType } from '../../src/types/sql-type.ts';
import { History } from '../../src/warehouse/history.ts';
import { Warehouse } from '../../src/warehouse/warehouse.ts';
import { lendPostgresTemplate } from '../support/postgres-template.ts';

export interface TestAgent {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  /** File name -> content; a table for each. */
  readonly files: Readonly<Record<string, string>>;
  readonly replicated?: readonly string[];
}

export interface TestProxy {
  readonly port: number;
  readonly catalog: CatalogEngine;
  /** What the server reported as bugs. */
  readonly bugs: unknown[];
  client(options?: pg.ClientConfig): Promise<pg.Client>;
  disconnect(agent: string): void;
  connect(agent: string): Promise<void>;
  /** One more agent; it has been accepted when this resolves. */
  join(agent: TestAgent): Promise<void>;
  close(): Promise<void>;
}

const quiet = () => undefined;
const LOG = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** A whole proxy in this process: agents over real files, the real wire. */
export async function startProxy(agents: readonly TestAgent[]): Promise<TestProxy> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-session-'));
  const registry = await Registry.open({
    store: memoryStore(),
    declarations: { labels: new Map([['storeid', sqlType(23)]]), columns: new Map() },
    tokens: 'open',
    log: LOG,
  });
  const fleet = new AgentFleet(registry, {
    prelude: preludeVersion(PRELUDE),
    duckdb: duckdbVersion(),
    log: LOG,
  });
  const engine = await openEngine({
    threads: 1,
    memoryLimit: '500MB',
    tempDirectory: join(directory, 'tmp'),
    allowedDirectories: [],
    prelude: PRELUDE,
    maxConnections: 4,
  });
  const history = await History.open({ directory: join(directory, 'history'), log: LOG });
  const runtimes = new Map<string, AgentRuntime>();
  for (const agent of agents) runtimes.set(agent.id, await openAgent(directory, agent));
  const connections = new Map<string, MemoryConnection>();
  const connect = (id: string) =>
    new Promise<void>((resolve, reject) => {
      const connection = connectInMemory(
        fleet,
        (channel) =>
          new AgentPeer(runtimes.get(id)!, channel, {
            welcomed: () => resolve(),
            refused: (reason) => reject(new Error(reason)),
          }),
      );
      connections.set(id, connection);
    });
  for (const id of runtimes.keys()) await connect(id);
  const bugs: unknown[] = [];
  await lendPostgresTemplate(join(directory, 'pg'), 'skein');
  const catalog = await createCatalogEngine({ stateDirectory: join(directory, 'pg'), database: 'skein' });
  const pieces = new Pieces(
    fleet,
    () => catalog.ownedRelations(undefined),
    60_000,
    (error) => bugs.push(error),
  );
  const sessions = await createSessionFactory({
    engine: catalog,
    execution: { fleet, engine, maxTasks: 16 },
    history,
    warehouse: await Warehouse.open(engine, join(directory, 'warehouse.duckdb'), (error) => bugs.push(error)),
    pieces,
    config: { database: 'skein' },
  });
  const server = new PgServer({ sessions, reportBug: (error) => bugs.push(error) });
  const { port } = await server.listen(0, '127.0.0.1');
  const clients: pg.Client[] = [];
  return {
    port,
    catalog,
    bugs,
    async client(options) {
      const client = new pg.Client({ host: '127.0.0.1', port, user: 'ann', database: 'skein', ...options });
      // A test that failed leaves it open: what then ends it is not the failure.
      client.on('error', () => undefined);
      clients.push(client);
      await client.connect();
      return client;
    },
    disconnect: (id) => connections.get(id)?.close(),
    connect,
    async join(agent) {
      runtimes.set(agent.id, await openAgent(directory, agent));
      await connect(agent.id);
    },
    async close() {
      await Promise.allSettled(clients.map((client) => client.end()));
      pieces.close();
      await server.close();
      for (const connection of connections.values()) connection.close();
      for (const runtime of runtimes.values()) await runtime.close();
      await fleet.close();
      await catalog.close();
      await history.close();
      await engine.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function openAgent(directory: string, agent: TestAgent): Promise<AgentRuntime> {
  const home = join(directory, agent.id);
  await mkdir(home, { recursive: true });
  for (const [name, content] of Object.entries(agent.files)) await writeFile(join(home, name), content);
  const config = parseAgentConfig({
    proxies: ['ws://127.0.0.1:1'],
    id: agent.id,
    labels: agent.labels,
    allowedDirectories: [home],
    stateDirectory: join(directory, `${agent.id}.state`),
    threads: 1,
    memory: '300MB',
    tables: Object.keys(agent.files).map((file) => {
      const name = file.replace(/\..*$/, '');
      return { name, path: join(home, file), replicated: agent.replicated?.includes(name) ?? false };
    }),
  });
  return AgentRuntime.open(config, LOG);
}
