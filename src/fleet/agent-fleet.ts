import type { SkeinError } from '../base/errors.ts';
import type { Shard, Snapshot } from '../catalog/snapshot.ts';
import type { Fleet, Task, TaskRun } from '../execution/fleet.ts';
import { missingAgentError, NOT_CONNECTED, nameAgent } from '../execution/missing.ts';
import { type Hello, type Inventory, PROTOCOL_VERSION, piecePrefix } from '../protocol/messages.ts';
import { AgentLink, type LinkOwner } from './agent-link.ts';
import type { Channel } from './channel.ts';
import type { Log } from './log.ts';
import { lostTask } from './lost-task.ts';
import type { Registry } from './registry.ts';

export interface FleetOptions {
  /** Versions that an agent must have, too. */
  readonly prelude: string;
  readonly duckdb: string;
  readonly log: Log;
  readonly heartbeatMs?: number;
  /** An agent that was silent for this many heartbeats is absent. */
  readonly missedHeartbeats?: number;
  /** How long an agent may take to say hello, and to prove that it is alive when its id connects again. */
  readonly helloTimeoutMs?: number;
  readonly probeMs?: number;
  /** How long a cancelled task may take to end before its agent is cut off. */
  readonly cancelGraceMs?: number;
}

/** Agents over whatever transport {@link AgentFleet.attach}es: hello and registry, heartbeats, tasks. */
export class AgentFleet implements Fleet, LinkOwner {
  readonly registry: Registry;
  readonly #options: Required<FleetOptions>;
  readonly #links = new Map<string, AgentLink>();
  readonly #greeting = new Set<AgentLink>();
  readonly #heart: NodeJS.Timeout;
  readonly #unsubscribe: () => void;
  #lastBeat = performance.now();
  #closed = false;

  constructor(registry: Registry, options: FleetOptions) {
    this.registry = registry;
    this.#options = {
      heartbeatMs: 3000,
      missedHeartbeats: 4,
      helloTimeoutMs: 10_000,
      probeMs: 1000,
      cancelGraceMs: 10_000,
      ...options,
    };
    this.#heart = setInterval(() => this.#beat(), this.#options.heartbeatMs).unref();
    this.#unsubscribe = registry.onChange(() => this.#tellAgents());
  }

  /** A new connection. The returned link is to be fed from it. */
  attach(channel: Channel): AgentLink {
    const link = new AgentLink(channel, this, this.#options.cancelGraceMs);
    if (this.#closed) {
      link.close('the proxy is shutting down');
      return link;
    }
    this.#greeting.add(link);
    setTimeout(() => {
      if (this.#greeting.has(link)) link.close('it did not say hello');
    }, this.#options.helloTimeoutMs).unref();
    return link;
  }

  snapshot(): Snapshot {
    return this.registry.snapshot();
  }

  settled(): Promise<void> {
    return this.registry.settled();
  }

  onChange(listener: (snapshot: Snapshot) => void): () => void {
    return this.registry.onChange(listener);
  }

  run(task: Task, signal: AbortSignal): TaskRun {
    const link = this.#links.get(task.agentId);
    if (link === undefined) return lostTask(this.unavailable(task.agentId, 'it is not connected'));
    return link.run(task, signal);
  }

  endStatement(queryId: string): void {
    for (const link of this.#links.values()) link.endStatement(queryId);
  }

  get piecePrefix(): string {
    return piecePrefix(this.registry.proxyId);
  }

  async forgetPieces(isKept: (piece: string) => boolean): Promise<void> {
    const { piecePrefix: own } = this;
    const gone = await this.registry.forgetPieces((piece) => !piece.startsWith(own) || isKept(piece));
    for (const [agent, pieces] of gone) {
      this.#links.get(agent)?.send({ type: 'forget', pieces });
    }
  }

  /** Tasks that are running on agents, or were cancelled and have not yet ended there. */
  get taskCount(): number {
    return [...this.#links.values()].reduce((sum, link) => sum + link.taskCount, 0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#heart);
    for (const link of [...this.#links.values(), ...this.#greeting]) link.close('the proxy is shutting down');
    this.#unsubscribe();
    await this.registry.settled();
  }

  async hello(link: AgentLink, hello: Hello): Promise<void> {
    const unfit = this.#versionProblem(hello) ?? (await this.#twinProblem(hello));
    if (unfit !== undefined) {
      this.registry.refused(hello, unfit);
      link.refuse(unfit);
      return;
    }
    const admission = await this.registry.admit(hello);
    this.#greeting.delete(link);
    if (admission.kind === 'refused') {
      link.refuse(admission.reason);
      return;
    }
    if (link.isClosed) {
      await this.registry.left(hello.agentId, 'the connection ended');
      return;
    }
    const old = this.#links.get(hello.agentId);
    this.#links.set(hello.agentId, link);
    old?.close('the agent connected again');
    const { labels } = this.registry.snapshot();
    link.welcome(
      this.registry.proxyId,
      labels.map(({ name, type }) => ({ name, oid: type.oid })),
    );
    link.accepted(admission.tables);
    this.#options.log.info({ agent: hello.agentId, labels: hello.labels }, 'agent connected');
  }

  async inventory(link: AgentLink, inventory: Inventory): Promise<void> {
    if (link.agentId === undefined) return;
    const admission = await this.registry.update(link.agentId, inventory);
    if (admission.kind === 'refused') link.refuse(admission.reason);
    else link.accepted(admission.tables);
  }

  heard(link: AgentLink): void {
    if (link.agentId !== undefined) this.registry.seen(link.agentId);
  }

  closed(link: AgentLink, reason: string): void {
    this.#greeting.delete(link);
    const { agentId } = link;
    if (agentId === undefined || this.#links.get(agentId) !== link) return;
    this.#links.delete(agentId);
    this.#options.log.warn({ agent: agentId, reason }, 'agent disconnected');
    this.registry.left(agentId, reason).catch((error: unknown) => {
      this.#options.log.error({ agent: agentId, error: String(error) }, 'registry not written');
    });
  }

  unavailable(agentId: string, reason: string): SkeinError {
    const labels = this.#shardOf(agentId)?.labels ?? {};
    return missingAgentError([{ agents: [agentId], labels, problem: NOT_CONNECTED, reason }]);
  }

  agentName(agentId: string): string {
    return nameAgent(agentId, this.#shardOf(agentId)?.labels ?? {});
  }

  #shardOf(agentId: string): Shard | undefined {
    return this.snapshot().shards.find((shard) => shard.agents.some((agent) => agent.id === agentId));
  }

  #versionProblem({ protocol, prelude, duckdb }: Hello): string | undefined {
    const need = this.#options;
    if (protocol !== PROTOCOL_VERSION) return `it speaks protocol ${protocol}, the proxy ${PROTOCOL_VERSION}`;
    if (prelude !== need.prelude) return `it has prelude ${prelude}, the proxy ${need.prelude}`;
    if (duckdb !== need.duckdb) return `it has DuckDB ${duckdb}, the proxy ${need.duckdb}`;
    return undefined;
  }

  /** The same agent reconnects before its old connection is known to be dead; or two processes use one id. */
  async #twinProblem({ agentId }: Hello): Promise<string | undefined> {
    const link = this.#links.get(agentId);
    if (link === undefined) return undefined;
    const asked = performance.now();
    link.ping();
    await new Promise((resolve) => setTimeout(resolve, this.#options.probeMs));
    const alive = this.#links.get(agentId) === link && link.heardSince(asked);
    return alive ? 'another process is connected with the same agent id' : undefined;
  }

  #beat(): void {
    const { heartbeatMs, missedHeartbeats } = this.#options;
    const late = performance.now() - this.#lastBeat > 2 * heartbeatMs;
    this.#lastBeat = performance.now();
    for (const link of this.#links.values()) {
      // After a pause of the proxy itself, what agents sent meanwhile is still to be read.
      if (!late && link.silentMs > heartbeatMs * missedHeartbeats) {
        link.close(`nothing was heard from it for ${Math.round(link.silentMs / 1000)} s`);
      } else link.ping();
    }
  }

  #tellAgents(): void {
    for (const [id, link] of this.#links) {
      const entry = this.#shardOf(id)?.agents.find((agent) => agent.id === id);
      if (entry === undefined) link.close('the agent was removed');
      else if (entry.state === 'refused') link.refuse(entry.reason ?? 'it is refused');
      else link.accepted(this.registry.acceptedTables(id));
    }
  }
}
