import type { AgentEntry, Label, RefusedAgent, Snapshot, Table } from '../catalog/snapshot.ts';
import type { Hello } from '../protocol/messages.ts';
import type { AgentRecord } from './state.ts';

interface Presence {
  readonly state: AgentEntry['state'];
  readonly reason: string | undefined;
  lastSeen: string | undefined;
}

export type Introduction = Pick<Hello, 'agentId' | 'labels' | 'shard' | 'duckdb' | 'token'>;

const REFUSED_KEPT = 100;

/** Who is connected, absent or refused, as long as the proxy runs. */
export class Roster {
  readonly #presence = new Map<string, Presence>();
  readonly #refused = new Map<string, RefusedAgent>();

  isConnected(id: string): boolean {
    return this.#presence.get(id)?.state === 'connected';
  }

  lastSeen(id: string): string | undefined {
    return this.#presence.get(id)?.lastSeen;
  }

  connect(id: string): void {
    this.#refused.delete(id);
    this.#presence.set(id, { state: 'connected', reason: undefined, lastSeen: now() });
  }

  seen(id: string): void {
    const presence = this.#presence.get(id);
    if (presence?.state === 'connected') presence.lastSeen = now();
  }

  setAway(id: string, state: 'absent' | 'refused', reason: string): void {
    this.#presence.set(id, { state, reason, lastSeen: this.lastSeen(id) });
  }

  /** Remembers an agent that was refused and owns no shard: only the newest of them. */
  refuse({ agentId: id, duckdb, labels, shard }: Introduction, reason: string): void {
    this.#refused.delete(id);
    const entry = { id, state: 'refused', duckdbVersion: duckdb, lastSeen: now(), reason } as const;
    this.#refused.set(id, { ...entry, labels, shard: shard ?? id });
    for (const oldest of this.#refused.keys()) {
      if (this.#refused.size <= REFUSED_KEPT) break;
      this.#refused.delete(oldest);
    }
  }

  /** @returns whether the agent was among the refused ones. */
  forget(id: string): boolean {
    this.#presence.delete(id);
    return this.#refused.delete(id);
  }

  snapshot(
    version: number,
    labels: readonly Label[],
    agents: readonly AgentRecord[],
    shardLabels: ReadonlyMap<string, Readonly<Record<string, string>>>,
    tables: readonly Table[],
  ): Snapshot {
    const shards = new Map<string, AgentEntry[]>();
    for (const agent of agents) {
      const entries = shards.get(agent.shard) ?? [];
      entries.push(this.#entry(agent));
      shards.set(agent.shard, entries);
    }
    return {
      version,
      labels,
      shards: [...shards].map(([id, entries]) => ({
        id,
        labels: shardLabels.get(id) ?? {},
        agents: entries,
      })),
      tables,
      refused: [...this.#refused.values()],
    };
  }

  #entry({ id, duckdb, lastSeen }: AgentRecord): AgentEntry {
    const presence = this.#presence.get(id);
    return {
      id,
      state: presence?.state ?? 'absent',
      duckdbVersion: duckdb,
      lastSeen: presence?.lastSeen ?? lastSeen,
      reason: presence === undefined ? 'it has not connected since the proxy started' : presence.reason,
    };
  }
}

export function now(): string {
  return new Date().toISOString();
}
