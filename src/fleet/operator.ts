import type { AgentState } from '../catalog/snapshot.ts';
import type { Registry } from './registry.ts';

/** A row of `skein agent list`. */
export interface AgentListing {
  readonly id: string;
  /** `invited`: it has a token and never connected. */
  readonly state: AgentState | 'invited';
  readonly shard: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly tokens: number;
  readonly tables: readonly { readonly name: string; readonly outOfService: string | undefined }[];
  readonly lastSeen: string | undefined;
  readonly reason: string | undefined;
}

export function listAgents(registry: Registry): AgentListing[] {
  const { shards, tables, refused = [] } = registry.snapshot();
  const registered = shards.flatMap((shard) =>
    shard.agents.map(({ id, state, lastSeen, reason }) => ({
      id,
      state,
      shard: shard.id,
      labels: shard.labels,
      tokens: registry.tokenCount(id),
      tables: tables.flatMap(({ name, pieces }) => {
        const piece = pieces.find((candidate) => candidate.shard === shard.id);
        if (piece === undefined) return [];
        const own = piece.outOfServiceOn?.find(({ agent }) => agent === id)?.reason;
        return [{ name, outOfService: piece.outOfService ?? own }];
      }),
      lastSeen,
      reason,
    })),
  );
  const strangers = refused.map(({ id, state, shard, labels, lastSeen, reason }) => {
    return { id, state, shard, labels, tokens: registry.tokenCount(id), tables: [], lastSeen, reason };
  });
  const known = new Set([...registered, ...strangers].map(({ id }) => id));
  const invited = registry.tokenHolders().filter((id) => !known.has(id));
  return [
    ...registered,
    ...strangers,
    ...invited.map((id) => ({
      id,
      state: 'invited' as const,
      shard: id,
      labels: {},
      tokens: registry.tokenCount(id),
      tables: [],
      lastSeen: undefined,
      reason: undefined,
    })),
  ];
}

/** What an operator may do, on a running proxy or on its state directory. */
export interface Operator {
  list(): Promise<readonly AgentListing[]>;
  /** @returns a new join token; it is shown once. */
  token(agentId: string): Promise<string>;
  /** @returns how many tokens there were. */
  revoke(agentId: string): Promise<number>;
  /** The agent's shard leaves with its last agent. @returns whether the agent was known. */
  remove(agentId: string): Promise<boolean>;
  /** Gives up a table that the agent no longer announces. @returns whether the agent had it. */
  removeTable(agentId: string, table: string): Promise<boolean>;
  close(): Promise<void>;
}

export function registryOperator(registry: Registry, close: () => Promise<void>): Operator {
  return {
    list: async () => listAgents(registry),
    token: (agentId) => registry.createToken(agentId),
    revoke: (agentId) => registry.revokeTokens(agentId),
    remove: (agentId) => registry.remove(agentId),
    removeTable: (agentId, table) => registry.removeTable(agentId, table),
    close,
  };
}
