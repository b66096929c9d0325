import { randomUUID } from 'node:crypto';
import type { ColocationVerdict } from '../catalog/colocation.ts';
import { labelsOf } from '../catalog/label-values.ts';
import type { Label, Snapshot } from '../catalog/snapshot.ts';
import { type Reuse, type United, unite } from '../catalog/unite.ts';
import type { AcceptedTable, Hello, Inventory } from '../protocol/messages.ts';
import { changedTables, sameTables } from './changes.ts';
import { Colocations } from './colocations.ts';
import { equalLabels, joinProblem, shardOf } from './joining.ts';
import type { Log } from './log.ts';
import { replicaProblem, withMissing } from './replicas.ts';
import { type Introduction, now, Roster } from './roster.ts';
import {
  type AgentRecord,
  agentDocument,
  CATALOG,
  catalogDocument,
  type Declarations,
  decodeState,
  type KnownTable,
  type RegistryState,
} from './state.ts';
import type { DocumentStore } from './store.ts';
import { TokenBook } from './tokens.ts';

export interface RegistryOptions {
  readonly store: DocumentStore;
  /** What the proxy's config declares; undefined: what it declared when the proxy ran last. */
  readonly declarations: Declarations | undefined;
  /** Without tokens any agent may join: only for a proxy that listens on loopback. */
  readonly tokens: 'required' | 'open';
  readonly log: Log;
}

/** How old `lastSeen` of a connected agent may be in a snapshot. */
const SEEN_RESOLUTION_MS = 1000;

export type Admission =
  | { readonly kind: 'accepted'; readonly tables: readonly AcceptedTable[] }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * What the proxy knows of its agents, connected or not: shards, labels, inventories and tokens (Contract 2). Every change
 * is on disk before anyone hears of it. Changes run one after the other.
 */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #agents = new Map<string, AgentRecord>();
  readonly #shardLabels = new Map<string, Readonly<Record<string, string>>>();
  readonly #roster = new Roster();
  readonly #tokens: TokenBook;
  readonly #declarations: Declarations;
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  readonly #colocations: Colocations;
  readonly #accepted = new Map<string, readonly AcceptedTable[]>();
  #united: United;
  readonly #proxyId: string;
  #version: number;
  #shape: string;
  #judged: string;
  #snapshot: Snapshot;
  #snapshotAge = 0;
  #queue: Promise<unknown> = Promise.resolve();

  static async open(options: RegistryOptions): Promise<Registry> {
    const registry = new Registry(options, decodeState(await options.store.load()));
    await registry.#saveCatalog();
    return registry;
  }

  private constructor(options: RegistryOptions, state: RegistryState) {
    this.#options = options;
    this.#declarations = options.declarations ??
      state.catalog?.declarations ?? { labels: new Map(), columns: new Map() };
    this.#colocations = new Colocations(this.#declarations.colocation ?? new Map());
    this.#tokens = new TokenBook(options.store, state.tokens);
    for (const agent of state.agents) this.#agents.set(agent.id, agent);
    for (const { id, labels } of state.catalog?.shards ?? []) this.#shardLabels.set(id, labels);
    this.#forgetEmptyShards();
    this.#proxyId = state.catalog?.proxyId ?? randomUUID();
    this.#united = this.#unite(state.catalog?.remembered ?? []);
    // Config may have changed while the proxy was down: a start is always a new version.
    this.#version = (state.catalog?.version ?? 0) + 1;
    this.#shape = this.#shapeNow();
    this.#judged = this.#judgedNow();
    this.#snapshot = this.#build();
  }

  get proxyId(): string {
    return this.#proxyId;
  }

  get labels(): readonly Label[] {
    return this.#snapshot.labels;
  }

  snapshot(): Snapshot {
    if (performance.now() - this.#snapshotAge > SEEN_RESOLUTION_MS) this.#snapshot = this.#build();
    return this.#snapshot;
  }

  onChange(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Judges a hello; once it resolves to `accepted`, the agent counts as connected. */
  admit(hello: Hello): Promise<Admission> {
    return this.#inTurn(async () => {
      const { agentId: id } = hello;
      const shard = shardOf(hello);
      const before = this.#agents.get(id);
      const problem =
        this.#tokenProblem(hello) ??
        joinProblem(hello, {
          before,
          declared: this.#declarations.labels,
          replicas: this.#connectedReplicas(id, shard),
          shardLabels: this.#shardLabels.get(shard),
        });
      if (problem !== undefined) return this.#refuse(hello, problem);
      await this.#acceptLabels(hello, shard);
      await this.#accept({
        id,
        shard,
        order: before?.order ?? this.#nextOrder(),
        duckdb: hello.duckdb,
        lastSeen: now(),
        tables: withMissing(id, hello.inventory.tables, this.#known(id, shard)),
      });
      this.#roster.connect(id);
      this.#publish();
      return { kind: 'accepted', tables: this.acceptedTables(id) };
    });
  }

  /** A connected agent announces a changed inventory. */
  update(id: string, inventory: Inventory): Promise<Admission> {
    return this.#inTurn(async () => {
      const record = this.#agents.get(id);
      if (record === undefined) return { kind: 'refused', reason: 'the agent was removed' };
      const problem = replicaProblem(inventory.tables, this.#connectedReplicas(id, record.shard));
      if (problem !== undefined) {
        this.#setAway(id, 'refused', problem);
        return { kind: 'refused', reason: problem };
      }
      const tables = withMissing(id, inventory.tables, this.#known(id, record.shard));
      await this.#accept({ ...record, lastSeen: now(), tables });
      this.#publish();
      return { kind: 'accepted', tables: this.acceptedTables(id) };
    });
  }

  /** Something came from the agent. */
  seen(id: string): void {
    this.#roster.seen(id);
  }

  /** The agent's connection ended. */
  left(id: string, reason: string): Promise<void> {
    return this.#inTurn(async () => {
      const record = this.#agents.get(id);
      if (record === undefined || !this.#roster.isConnected(id)) return;
      this.#setAway(id, 'absent', reason);
      const kept = { ...record, lastSeen: this.#roster.lastSeen(id) ?? record.lastSeen };
      this.#agents.set(id, kept);
      await this.#options.store.write(agentDocument(id), kept);
    });
  }

  /** A hello that was refused before it came to the registry: another protocol, prelude or DuckDB. */
  refused(hello: Introduction, reason: string): void {
    // Without the token anyone could make a known agent look refused.
    this.#refuse(hello, this.#tokenProblem(hello) ?? reason);
  }

  /** What a connected agent is to expose, and which of it is out of service. The same array as long as nothing changed. */
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

  /** @returns the token, which is shown once: only its hash is kept. */
  createToken(agentId: string): Promise<string> {
    return this.#inTurn(() => this.#tokens.create(agentId));
  }

  /** The agent is refused from now on, also where it is connected. @returns how many tokens of it there were. */
  revokeTokens(agentId: string): Promise<number> {
    return this.#inTurn(async () => {
      const revoked = await this.#tokens.revoke(agentId);
      const isHeld = revoked > 0 && this.#options.tokens === 'required';
      if (isHeld && this.#roster.isConnected(agentId)) {
        this.#setAway(agentId, 'refused', 'its join token was revoked');
      }
      return revoked;
    });
  }

  /** What comparing the keys of a declared group found. */
  judgeColocation(name: string, verdict: ColocationVerdict): Promise<void> {
    return this.#inTurn(async () => {
      this.#colocations.judge(name, verdict);
      const judged = this.#judgedNow();
      if (judged === this.#judged) return;
      this.#judged = judged;
      this.#version++;
      await this.#saveCatalog();
      this.#publish();
    });
  }

  tokenCount(agentId: string): number {
    return this.#tokens.count(agentId);
  }

  /** Agents that have a token, registered or not. */
  tokenHolders(): readonly string[] {
    return this.#tokens.holders();
  }

  /** Forgets the agent, its tokens and, if no replica is left, its shard. @returns whether it was known. */
  remove(id: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const record = this.#agents.get(id);
      this.#agents.delete(id);
      const revoked = await this.#tokens.revoke(id);
      const refused = this.#roster.forget(id);
      if (record !== undefined) {
        this.#forgetEmptyShards();
        await this.#options.store.remove(agentDocument(id));
        await this.#reunite(changedTables(record.tables, []));
        this.#options.log.info({ agent: id }, 'agent removed');
      }
      this.#publish();
      return record !== undefined || refused || revoked > 0;
    });
  }

  /** Forgets one table that its agent no longer announces. @returns whether there was such a table. */
  removeTable(id: string, table: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const record = this.#agents.get(id);
      const isGivenUp = ({ name, missing }: KnownTable): boolean => name === table && missing;
      if (record === undefined || !record.tables.some(isGivenUp)) return false;
      await this.#accept({ ...record, tables: record.tables.filter((known) => !isGivenUp(known)) });
      this.#options.log.info({ agent: id, table }, 'table removed');
      this.#publish();
      return true;
    });
  }

  /** Forgets pieces that no table has any more. @returns those of each agent. */
  forgetPieces(isKept: (piece: string) => boolean): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.#inTurn(async () => {
      const forgotten = new Map<string, readonly string[]>();
      for (const record of this.#inOrder()) {
        const isGone = ({ name, piece }: KnownTable): boolean => piece === true && !isKept(name);
        const gone = record.tables.filter(isGone).map(({ name }) => name);
        if (gone.length === 0) continue;
        forgotten.set(record.id, gone);
        await this.#accept({ ...record, tables: record.tables.filter((table) => !isGone(table)) });
      }
      if (forgotten.size > 0) this.#publish();
      return forgotten;
    });
  }

  /** Resolves once every change so far is on disk. */
  async settled(): Promise<void> {
    await this.#queue;
  }

  #tokenProblem(hello: Introduction): string | undefined {
    if (this.#options.tokens === 'open') return undefined;
    return this.#tokens.problem(hello.agentId, hello.token);
  }

  #connectedReplicas(id: string, shard: string): AgentRecord[] {
    return this.#inOrder().filter(
      (agent) => agent.shard === shard && agent.id !== id && this.#roster.isConnected(agent.id),
    );
  }

  /** Tables that the agent is known to own: those of its shard, and what it keeps itself of tables in place. */
  #known(id: string, shard: string): KnownTable[] {
    return this.#inOrder()
      .filter((agent) => agent.shard === shard)
      .flatMap((agent) => agent.tables.filter(({ piece }) => piece !== true || agent.id === id));
  }

  #refuse(hello: Introduction, reason: string): Admission {
    const { agentId: id } = hello;
    this.#options.log.warn({ agent: id, reason }, 'agent refused');
    if (!this.#agents.has(id)) {
      this.#roster.refuse(hello, reason);
      this.#publish();
    } else if (!this.#roster.isConnected(id)) {
      // Whoever uses the id of a connected agent must not be able to push it out.
      this.#setAway(id, 'refused', reason);
    }
    return { kind: 'refused', reason };
  }

  #setAway(id: string, state: 'absent' | 'refused', reason: string): void {
    this.#roster.setAway(id, state, reason);
    this.#publish();
  }

  async #acceptLabels({ agentId, labels }: Hello, shard: string): Promise<void> {
    const before = this.#shardLabels.get(shard);
    if (before !== undefined && equalLabels(before, labels)) return;
    const fields = { agent: agentId, shard, labels };
    if (before === undefined) this.#options.log.info(fields, 'new shard');
    else this.#options.log.warn({ ...fields, before }, 'agent changed its labels');
    this.#shardLabels.set(shard, labels);
    // Before the agent's own document: a shard must never be on disk without its labels.
    await this.#saveCatalog();
  }

  #nextOrder(): number {
    return Math.max(-1, ...[...this.#agents.values()].map((agent) => agent.order)) + 1;
  }

  async #accept(record: AgentRecord): Promise<void> {
    const before = this.#agents.get(record.id);
    await this.#options.store.write(agentDocument(record.id), record);
    this.#agents.set(record.id, record);
    const changed = changedTables(before?.tables ?? [], record.tables);
    if (before === undefined || changed.size > 0 || this.#shapeNow() !== this.#shape)
      await this.#reunite(changed);
  }

  #forgetEmptyShards(): void {
    const owned = new Set([...this.#agents.values()].map((agent) => agent.shard));
    for (const shard of this.#shardLabels.keys()) if (!owned.has(shard)) this.#shardLabels.delete(shard);
  }

  /** @param changed tables that some agent says otherwise than before. */
  async #reunite(changed: ReadonlySet<string>): Promise<void> {
    const before = this.#united;
    const shape = this.#shapeNow();
    // With the labels, every table may have come into conflict with one.
    const relabelled = shape !== this.#shape;
    this.#united = this.#unite(before.remembered, relabelled ? undefined : { united: before, changed });
    const judged = this.#judgedNow();
    const isJudgedAlike = judged === this.#judged;
    if (!relabelled && isJudgedAlike && sameTables(before.tables, this.#united.tables)) return;
    this.#shape = shape;
    this.#judged = judged;
    this.#version++;
    await this.#saveCatalog();
  }

  #unite(remembered: United['remembered'], reuse?: Reuse): United {
    this.#accepted.clear();
    const input = {
      claims: this.#inOrder().map(({ id, shard, tables }) => ({
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

  #inOrder(): AgentRecord[] {
    return [...this.#agents.values()].sort((a, b) => a.order - b.order);
  }

  #labels(): Label[] {
    const used = this.#inOrder().map((agent) => this.#shardLabels.get(agent.shard) ?? {});
    return labelsOf(this.#declarations.labels, used);
  }

  /** What the version stands for, besides the tables. */
  #shapeNow(): string {
    const agents = this.#inOrder().map(({ id, shard }) => [id, shard, this.#shardLabels.get(shard)]);
    return JSON.stringify([this.#labels(), agents]);
  }

  #judgedNow(): string {
    return JSON.stringify(this.#colocations.over(this.#united.tables));
  }

  #build(): Snapshot {
    this.#snapshotAge = performance.now();
    const { tables } = this.#united;
    const agents = this.#inOrder();
    return {
      ...this.#roster.snapshot(this.#version, this.#labels(), agents, this.#shardLabels, tables),
      colocations: this.#colocations.over(tables),
    };
  }

  #publish(): void {
    this.#snapshot = this.#build();
    for (const listener of [...this.#listeners]) listener(this.#snapshot);
  }

  async #saveCatalog(): Promise<void> {
    const document = catalogDocument({
      format: 1,
      proxyId: this.#proxyId,
      version: this.#version,
      shards: [...this.#shardLabels].map(([id, labels]) => ({ id, labels })),
      remembered: this.#united.remembered,
      declarations: this.#declarations,
    });
    await this.#options.store.write(CATALOG, document);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
