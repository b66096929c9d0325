import { findShard, findTable, type Shard, type Snapshot } from '../catalog/snapshot.ts';
import type { DistributedPlan, Fragment } from '../plan/distributed.ts';
import type { ScanPlan } from '../plan/logical.ts';
import { visitPlan } from '../plan/walk.ts';
import type { MissingShard } from './execution.ts';
import { NOT_CONNECTED } from './missing.ts';

/** One fragment on one shard, and the agents that can answer for it: the first is asked, the others take over. */
export interface Assignment {
  readonly fragment: Fragment;
  readonly shard: string;
  readonly agents: readonly string[];
  /** What it gives, another agent of the shard gives too. */
  readonly isCopy?: true;
}

export interface Assigned {
  readonly assignments: readonly Assignment[];
  /** Shards that no agent can answer for. */
  readonly missing: readonly MissingShard[];
  /** Fragments over replicated tables that no agent at all can answer: nothing partial can be had of them. */
  readonly unanswerable: readonly MissingShard[];
}

/**
 * Who answers what (Contract 2). `plan` and its shards are those of the statement's snapshot; `now` says who is there.
 * @param turn rotates among replicas; the same for the whole statement, so that one agent of a shard is asked.
 */
export function assign(plan: DistributedPlan, now: Snapshot, turn: number): Assigned {
  const each = plan.fragments.filter((fragment) => fragment.target.kind === 'each');
  const missing = missingShards(each, now);
  const absent = new Set(missing.map((shard) => shard.shard));
  const assignments: Assignment[] = each.flatMap((fragment) =>
    fragment.target.shards
      .filter((shard) => !absent.has(shard))
      .flatMap((shard) => assignmentsOf(fragment, shard, capable(needsOf(each, shard), shard, now), turn)),
  );
  const asked = new Set(assignments.map(({ agents }) => agents[0]));
  const unanswerable: MissingShard[] = [];
  for (const fragment of plan.fragments.filter(({ target }) => target.kind === 'any')) {
    const found = anyOf(fragment, now, turn, asked);
    if (found === undefined) unanswerable.push(...missingAll(fragment, now));
    else assignments.push(found);
  }
  return { assignments, missing, unanswerable };
}

/** One of a shard's agents answers. What is kept, each of them keeps; those that are away don't have it afterwards. */
function assignmentsOf(
  fragment: Fragment,
  shard: string,
  agents: readonly string[],
  turn: number,
): readonly Assignment[] {
  if (fragment.keep === undefined) return [{ fragment, shard, agents: rotate(agents, turn) }];
  return agents.map((agent, index) => ({
    fragment,
    shard,
    agents: [agent],
    ...(index > 0 && { isCopy: true as const }),
  }));
}

/** A shard is missed wholly: it answers all fragments that need it, or none. */
function missingShards(fragments: readonly Fragment[], now: Snapshot): MissingShard[] {
  const shards = new Set(fragments.flatMap((fragment) => fragment.target.shards));
  return [...shards].flatMap((shard) => {
    const needs = needsOf(fragments, shard);
    return capable(needs, shard, now).length > 0 ? [] : [missingShard(shard, needs, now)];
  });
}

/** Tables that the fragments read on the shard, with what people call them. */
function needsOf(fragments: readonly Fragment[], shard: string): ReadonlyMap<string, string> {
  const tables = new Map<string, string>();
  for (const { plan, target } of fragments) {
    if (!target.shards.includes(shard)) continue;
    visitPlan(plan, (operator) => {
      if (operator.kind === 'scan' && readsOn(operator, shard))
        tables.set(operator.table, operator.pieceOf ?? operator.table);
    });
  }
  return tables;
}

function readsOn(scan: ScanPlan, shard: string): boolean {
  return scan.shards === undefined || scan.shards.includes(shard);
}

function capable(tables: ReadonlyMap<string, string>, shard: string, now: Snapshot): string[] {
  const agents = findShard(now, shard)?.agents ?? [];
  return agents
    .filter((agent) => agent.state === 'connected')
    .map((agent) => agent.id)
    .filter((agent) => outOfService(tables, shard, agent, now) === undefined);
}

interface Outage {
  readonly table: string;
  readonly reason: string;
}

function outOfService(
  tables: ReadonlyMap<string, string>,
  shard: string,
  agent: string,
  now: Snapshot,
): Outage | undefined {
  for (const [name, table] of tables) {
    const piece = findTable(now, name)?.pieces.find((candidate) => candidate.shard === shard);
    const own = piece?.outOfServiceOn?.find((outage) => outage.agent === agent)?.reason;
    const reason = piece?.outOfService ?? own;
    if (reason !== undefined) return { table, reason };
  }
  return undefined;
}

function anyOf(
  fragment: Fragment,
  now: Snapshot,
  turn: number,
  asked: ReadonlySet<string | undefined>,
): Assignment | undefined {
  const { shards } = fragment.target;
  const found = shards.flatMap((shard) =>
    capable(needsOf([fragment], shard), shard, now).map((agent) => ({ shard, agent })),
  );
  const [first, ...others] = rotate(found, turn).sort((a, b) => rank(a.agent) - rank(b.agent));
  function rank(agent: string): number {
    return asked.has(agent) ? 0 : 1;
  }
  if (first === undefined) return undefined;
  return { fragment, shard: first.shard, agents: [first, ...others].map(({ agent }) => agent) };
}

function missingAll(fragment: Fragment, now: Snapshot): MissingShard[] {
  return fragment.target.shards.map((shard) => missingShard(shard, needsOf([fragment], shard), now));
}

function missingShard(id: string, tables: ReadonlyMap<string, string>, now: Snapshot): MissingShard {
  const shard: Shard = findShard(now, id) ?? { id, labels: {}, agents: [] };
  const agents = shard.agents.map((agent) => agent.id);
  const base = { shard: id, labels: shard.labels, agents: agents.length === 0 ? [id] : agents };
  if (agents.length === 0) return { ...base, problem: 'is not registered', reason: 'it was removed' };
  const connected = shard.agents.find((agent) => agent.state === 'connected');
  const outage = connected && outOfService(tables, id, connected.id, now);
  if (outage !== undefined) {
    return { ...base, problem: `has table "${outage.table}" out of service`, reason: outage.reason };
  }
  const [away] = shard.agents;
  const seen = away?.lastSeen === undefined ? '' : `; last seen ${away.lastSeen}`;
  return { ...base, problem: NOT_CONNECTED, reason: `${away?.reason ?? 'it is away'}${seen}` };
}

function rotate<T>(items: readonly T[], turn: number): T[] {
  if (items.length === 0) return [];
  const at = turn % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
