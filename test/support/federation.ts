import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { parseAgentConfig } from '../../src/agent/config.ts';
import { AgentPeer } from '../../src/agent/peer.ts';
import { AgentRuntime } from '../../src/agent/runtime.ts';
import { silentLog } from '../../src/cli/log.ts';
import { openCore } from '../../src/cli/proxy.ts';
import { parseProxyConfig } from '../../src/cli/proxy-config.ts';
import { declarationsOf, openRegistry } from '../../src/cli/registry.ts';
import { PRELUDE } from '../../src/dialect/prelude.ts';
import { duckdbVersion, preludeVersion } from '../../src/engine/duckdb.ts';
import { AgentFleet } from '../../src/fleet/agent-fleet.ts';
import { connectInMemory } from '../../src/fleet/memory.ts';
import { PgServer } from '../../src/pgwire/server.ts';
import type { Planner } from '../../src/planner/plan-query.ts';
import { type Dataset, TEST_LABELS, type TestShard } from './dataset.ts';
import { lendPostgresTemplate } from './postgres-template.ts';
import { declaredColumns, writeTables } from './write-table.ts';

export interface Federation {
  readonly port: number;
  connect(): Promise<pg.Client>;
  close(): Promise<void>;
}

/**
 * A whole proxy and its agents in this process: real files, the real protocol through the in-memory transport, and a real
 * port for PostgreSQL clients.
 */
export async function startFederation(dataset: Dataset, planner?: Planner): Promise<Federation> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-federation-'));
  const config = parseProxyConfig({
    stateDirectory: join(directory, 'proxy'),
    tokens: 'open',
    labels: Object.fromEntries(TEST_LABELS.map(({ name, type }) => [name, type])),
    threads: 2,
    colocation: dataset.colocation ?? {},
  });
  await mkdir(config.stateDirectory, { recursive: true });
  await lendPostgresTemplate(config.stateDirectory, config.database);
  const registry = await openRegistry(config, declarationsOf(config), silentLog);
  const versions = { prelude: preludeVersion(PRELUDE), duckdb: duckdbVersion() };
  const fleet = new AgentFleet(registry, { ...versions, log: silentLog });
  const runtimes: AgentRuntime[] = [];
  for (const shard of dataset.shards) runtimes.push(await startAgent(directory, dataset, shard, fleet));
  await connected(fleet, dataset.shards.length);
  const core = await openCore(config, fleet, silentLog, planner);
  // So that a query's plan doesn't depend on who was faster.
  await core.check();
  const bugs: unknown[] = [];
  const server = new PgServer({ sessions: core.sessions, reportBug: (error) => bugs.push(error) });
  const { port } = await server.listen(0, '127.0.0.1');
  return {
    port,
    async connect() {
      const client = new pg.Client({ host: '127.0.0.1', port, user: 'tester', database: config.database });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
    async close() {
      await server.close();
      await fleet.close();
      await core.close();
      for (const runtime of runtimes) await runtime.close();
      await registry.settled();
      await rm(directory, { recursive: true, force: true });
      if (bugs.length > 0) throw new AggregateError(bugs, 'the proxy reported bugs');
    },
  };
}

async function connected(fleet: AgentFleet, agents: number): Promise<void> {
  const isConnected = () =>
    fleet
      .snapshot()
      .shards.flatMap((shard) => shard.agents)
      .filter((agent) => agent.state === 'connected').length === agents;
  for (let waited = 0; !isConnected(); waited += 10) {
    if (waited > 10_000)
      throw new Error(`agents did not connect: ${JSON.stringify(fleet.snapshot().shards)}`);
    await new Promise((next) => setTimeout(next, 10));
  }
}

async function startAgent(
  directory: string,
  dataset: Dataset,
  shard: TestShard,
  fleet: AgentFleet,
): Promise<AgentRuntime> {
  const data = join(directory, shard.id);
  await mkdir(data, { recursive: true });
  await writeTables(data, dataset.tables, shard);
  const config = parseAgentConfig({
    id: shard.id,
    proxies: ['ws://in-memory/agent'],
    labels: shard.labels,
    allowedDirectories: [data],
    stateDirectory: join(directory, `${shard.id}-state`),
    store: join(directory, `${shard.id}-pieces`),
    threads: 1,
    memory: '256MB',
    tables: dataset.tables.map(({ name, replicated, columns }) => ({
      name,
      replicated,
      columns: declaredColumns(columns),
      path: join(data, `${name}.parquet`),
    })),
  });
  const runtime = await AgentRuntime.open(config, silentLog);
  connectInMemory(
    fleet,
    (channel) =>
      new AgentPeer(runtime, channel, {
        welcomed: () => undefined,
        refused: (reason) => {
          throw new Error(`agent ${shard.id} was refused: ${reason}`);
        },
      }),
  );
  return runtime;
}
