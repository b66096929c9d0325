import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type AgentConfigInput, parseAgentConfig } from '../../src/agent/config.ts';
import { AgentPeer } from '../../src/agent/peer.ts';
import { AgentRuntime } from '../../src/agent/runtime.ts';
import { silentLog } from '../../src/cli/log.ts';
import { openCore, type ProxyCore } from '../../src/cli/proxy.ts';
import { parseProxyConfig } from '../../src/cli/proxy-config.ts';
import { declarationsOf, openRegistry } from '../../src/cli/registry.ts';
import { PRELUDE } from '../../src/dialect/prelude.ts';
import { duckdbVersion, preludeVersion } from '../../src/engine/duckdb.ts';
import { AgentFleet } from '../../src/fleet/agent-fleet.ts';
import { connectInMemory } from '../../src/fleet/memory.ts';
import { PgServer } from '../../src/pgwire/server.ts';
import { lendPostgresTemplate } from './postgres-template.ts';

/** One agent of a small federation: its files by name, and its tables over them. */
export interface SmallAgent {
  readonly id: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly shard?: string;
  readonly files: Readonly<Record<string, string>>;
  /** `path` is a file's name. */
  readonly tables: AgentConfigInput['tables'];
}

/** A proxy and agents over CSV texts, whose files a test may change. */
export interface SmallFederation {
  readonly fleet: AgentFleet;
  readonly core: ProxyCore;
  readonly client: pg.Client;
  /** Of everything on disk: the proxy's state is in `proxy`. */
  readonly directory: string;
  /** The path of an agent's file. */
  file(agent: string, name: string): string;
  /** Replaces a file, and lets the agent look at once unless told otherwise. */
  write(agent: string, name: string, text: string, look?: boolean): Promise<void>;
  /** The lines of the agent's own record. */
  audit(agent: string): string;
  close(): Promise<void>;
}

export async function startSmallFederation(
  agents: readonly SmallAgent[],
  proxy: Readonly<Record<string, unknown>> = {},
): Promise<SmallFederation> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-small-'));
  const config = parseProxyConfig({
    stateDirectory: join(directory, 'proxy'),
    tokens: 'open',
    threads: 2,
    ...proxy,
  });
  await mkdir(config.stateDirectory, { recursive: true });
  await lendPostgresTemplate(config.stateDirectory, config.database);
  const registry = await openRegistry(config, declarationsOf(config), silentLog);
  const versions = { prelude: preludeVersion(PRELUDE), duckdb: duckdbVersion() };
  const fleet = new AgentFleet(registry, { ...versions, log: silentLog });
  const runtimes = new Map<string, AgentRuntime>();
  for (const agent of agents) runtimes.set(agent.id, await startAgent(directory, agent, fleet));
  const core = await openCore(config, fleet, silentLog);
  const server = new PgServer({ sessions: core.sessions, reportBug: () => undefined });
  const { port } = await server.listen(0, '127.0.0.1');
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'tester', database: config.database });
  await client.connect();
  const file = (agent: string, name: string) => join(directory, agent, name);
  return {
    fleet,
    core,
    client,
    directory,
    file,
    async write(agent, name, text, look = true) {
      await writeFile(file(agent, name), text);
      if (look) await runtimes.get(agent)?.refresh();
      await new Promise((next) => setImmediate(next));
      await registry.settled();
    },
    audit: (agent) => join(directory, `${agent}-state`, 'audit', 'tasks.jsonl'),
    async close() {
      await client.end();
      await server.close();
      await fleet.close();
      await core.close();
      for (const runtime of runtimes.values()) await runtime.close();
      await registry.settled();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startAgent(directory: string, agent: SmallAgent, fleet: AgentFleet): Promise<AgentRuntime> {
  const data = join(directory, agent.id);
  await mkdir(data, { recursive: true });
  for (const [name, text] of Object.entries(agent.files)) await writeFile(join(data, name), text);
  const config = parseAgentConfig({
    id: agent.id,
    proxies: ['ws://in-memory/agent'],
    labels: agent.labels ?? {},
    ...(agent.shard === undefined ? {} : { shard: agent.shard }),
    allowedDirectories: [data],
    stateDirectory: join(directory, `${agent.id}-state`),
    threads: 1,
    memory: '256MB',
    pollIntervalMs: 3_600_000,
    tables: (agent.tables ?? []).map((table) => ({
      ...table,
      ...(table.path === undefined ? {} : { path: join(data, table.path) }),
    })),
  });
  const runtime = await AgentRuntime.open(config, silentLog);
  await new Promise<void>((resolve, reject) => {
    const refused = (reason: string) => reject(new Error(`agent ${agent.id} was refused: ${reason}`));
    const events = { welcomed: () => resolve(), refused };
    connectInMemory(fleet, (channel) => new AgentPeer(runtime, channel, events));
  });
  return runtime;
}
