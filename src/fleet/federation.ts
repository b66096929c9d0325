import type { ColocationVerdict } from '../catalog/colocation.ts';
import { labelsOf } from '../catalog/label-values.ts';
import type { Label, Snapshot } from '../catalog/snapshot.ts';
import { type Reuse, type United, unite } from '../catalog/unite.ts';
import type { AcceptedTable } from '../protocol/messages.ts';
import { changedTables, sameTables } from './changes.ts';
import { Colocations } from './colocations.ts';
import type { Roster } from './roster.ts';
import type { AgentRecord, CatalogRecord, Declarations, RegistryState } from './state.ts';

/**
 * The known agents, the labels of their shards and the tables that they make together. What changes the version returns true:
 * the catalog has to be saved before anyone hears of it.
 */
export class Federation {
  readonly #agents: Map<string, AgentRecord>;
  readonly #shardLabels: Map<string, Readonly<Record<string, string>>>;
  readonly #declarations: Declarations;
  readonly #colocations: Colocations;
  readonly #accepted = new Map<string, readonly AcceptedTable[]>();
  #united: United;
  #version: number;
  #shape: string;
  #judged: string;

  constructor({ agents, catalog }: RegistryState, declarations: Declarations) {
    this.#agents = new Map(agents.map((agent) => [agent.id, agent]));
    this.#shardLabels = new Map((catalog?.shards ?? []).map(({ id, labels }) => [id, labels]));
    this.#declarations = declarations;
    this.#colocations = new Colocations(declarations.colocation ?? new Map());
    this.#forgetEmptyShards();
    this.#united = this.#unite(catalog?.remembered ?? []);
    // Config may have changed while the proxy was down: a start is always a new version.
    this.#version = (catalog?.version ?? 0) + 1;
    this.#shape = this.#shapeNow();
    this.#judged = this.#judgedNow();
  }

  /** In the order of first acceptance. */
  get agents(): readonly AgentRecord[] {
    return [...this.#agents.values()].sort((a, b) => a.order - b.order);
  }

  agent(id: string): AgentRecord | undefined {
    return this.#agents.get(id);
  }

  ofShard(shard: string): readonly AgentRecord[] {
    return this.agents.filter((agent) => agent.shard === shard);
  }

  labelsOfShard(shard: string): Readonly<Record<string, string>> | undefined {
    return this.#shardLabels.get(shard);
  }

  /** Counts with the version as soon as an agent of the shard is put. */
  labelShard(shard: string, labels: Readonly<Record<string, string>>): void {
    this.#shardLabels.set(shard, labels);
  }

  nextOrder(): number {
    return Math.max(-1, ...[...this.#agents.values()].map((agent) => agent.order)) + 1;
  }

  put(record: AgentRecord): boolean {
    const before = this.#agents.get(record.id);
    this.#agents.set(record.id, record);
    const changed = changedTables(before?.tables ?? [], record.tables);
    const isNew = before === undefined || changed.size > 0 || this.#shapeNow() !== this.#shape;
    return isNew && this.#reunite(changed);
  }

  remove({ id, tables }: AgentRecord): boolean {
    this.#agents.delete(id);
    this.#forgetEmptyShards();
    return this.#reunite(changedTables(tables, []));
  }

  /** What comparing the keys of a declared group found. */
  judge(group: string, verdict: ColocationVerdict): boolean {
    this.#colocations.judge(group, verdict);
    const judged = this.#judgedNow();
    if (judged === this.#judged) return false;
    this.#judged = judged;
    this.#version++;
    return true;
  }

  /** What the agent is to expose, and which of it is out of service. The same array as long as nothing changed. */
  acceptedTables(id: string): readonly AcceptedTable[] {
    const known = this.#accepted.get(id);
    if (known !== undefined) return known;
    const verdicts = this.#united.verdicts.get(id);
    const names = new Set((this.#agents.get(id)?.tables ?? []).map((table) => table.name));
    const accepted = this.#united.tables
      .filter((table) => names.has(table.name))
      .map(({ name, columns }) => ({ name, columns, outOfService: verdicts?.get(name) }));
    this.#accepted.set(id, accepted);
    return accepted;
  }

  snapshot(roster: Roster): Snapshot {
    const { tables } = this.#united;
    return {
      ...roster.snapshot(this.#version, this.#labels(), this.agents, this.#shardLabels, tables),
      colocations: this.#colocations.over(tables),
    };
  }

  /** What {@link RegistryState} needs to begin where this is, the agents apart. */
  record(proxyId: string): CatalogRecord {
    return {
      format: 1,
      proxyId,
      version: this.#version,
      shards: [...this.#shardLabels].map(([id, labels]) => ({ id, labels })),
      remembered: this.#united.remembered,
      declarations: this.#declarations,
    };
  }

  #forgetEmptyShards(): void {
    const owned = new Set([...this.#agents.values()].map((agent) => agent.shard));
    for (const shard of this.#shardLabels.keys()) if (!owned.has(shard)) this.#shardLabels.delete(shard);
  }

  /** @param changed tables that some agent says otherwise than before. */
  #reunite(changed: ReadonlySet<string>): boolean {
    const before = this.#united;
    const shape = this.#shapeNow();
    // With the labels, every table may have come into conflict with one.
    const relabelled = shape !== this.#shape;
    this.#united = this.#unite(before.remembered, relabelled ? undefined : { united: before, changed });
    const judged = this.#judgedNow();
    const isJudgedAlike = judged === this.#judged;
    if (!relabelled && isJudgedAlike && sameTables(before.tables, this.#united.tables)) return false;
    this.#shape = shape;
    this.#judged = judged;
    this.#version++;
    return true;
  }

  #unite(remembered: United['remembered'], reuse?: Reuse): United {
    this.#accepted.clear();
    const input = {
      claims: this.agents.map(({ id, shard, tables }) => ({
        agent: id,
        shard,
        labels: this.#shardLabels.get(shard) ?? {},
        tables,
      })),
      labels: this.#labels(),
      declared: this.#declarations.columns,
      remembered,
    };
    return unite(input, reuse);
  }

  #labels(): Label[] {
    const used = this.agents.map((agent) => this.#shardLabels.get(agent.shard) ?? {});
    return labelsOf(this.#declarations.labels, used);
  }

  /** What the version stands for, besides the tables. */
  #shapeNow(): string {
    const agents = this.agents.map(({ id, shard }) => [id, shard, this.#shardLabels.get(shard)]);
    return JSON.stringify([this.#labels(), agents]);
  }

  #judgedNow(): string {
    return JSON.stringify(this.#colocations.over(this.#united.tables));
  }
}
