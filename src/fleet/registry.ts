import { randomUUID } from 'node:crypto';
import type { ColocationVerdict } from '../catalog/colocation.ts';
import type { Label, Snapshot } from '../catalog/snapshot.ts';
import type { AcceptedTable, Hello, Inventory } from '../protocol/messages.ts';
import { Federation } from './federation.ts';
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
  readonly #federation: Federation;
  readonly #roster = new Roster();
  readonly #tokens: TokenBook;
  readonly #declarations: Declarations;
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  readonly #proxyId: string;
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
    this.#tokens = new TokenBook(options.store, state.tokens);
    this.#proxyId = state.catalog?.proxyId ?? randomUUID();
    this.#federation = new Federation(state, this.#declarations);
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
      const before = this.#federation.agent(id);
      const problem =
        this.#tokenProblem(hello) ??
        joinProblem(hello, {
          before,
          declared: this.#declarations.labels,
          replicas: this.#connectedReplicas(id, shard),
          shardLabels: this.#federation.labelsOfShard(shard),
        });
      if (problem !== undefined) return this.#refuse(hello, problem);
      await this.#acceptLabels(hello, shard);
      await this.#accept({
        id,
        shard,
        order: before?.order ?? this.#federation.nextOrder(),
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
      const record = this.#federation.agent(id);
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
      const record = this.#federation.agent(id);
      if (record === undefined || !this.#roster.isConnected(id)) return;
      this.#setAway(id, 'absent', reason);
      const kept = { ...record, lastSeen: this.#roster.lastSeen(id) ?? record.lastSeen };
      await this.#accept(kept);
    });
  }

  /** A hello that was refused before it came to the registry: another protocol, prelude or DuckDB. */
  refused(hello: Introduction, reason: string): void {
    // Without the token anyone could make a known agent look refused.
    this.#refuse(hello, this.#tokenProblem(hello) ?? reason);
  }

  /** What a connected agent is to expose, and which of it is out of service. The same array as long as nothing changed. */
  acceptedTables(id: string): readonly AcceptedTable[] {
    return this.#federation.acceptedTables(id);
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
      if (!this.#federation.judge(name, verdict)) return;
      await this.#saveCatalog();
      this.#publish();
    });
  }

  /** Agents that have a token, registered or not. */
  tokenHolders(): readonly string[] {
    return this.#tokens.holders();
  }

  /** Forgets the agent, its tokens and, if no replica is left, its shard. @returns whether it was known. */
  remove(id: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const record = this.#federation.agent(id);
      const revoked = await this.#tokens.revoke(id);
      const refused = this.#roster.forget(id);
      if (record !== undefined) {
        await this.#options.store.remove(agentDocument(id));
        if (this.#federation.remove(record)) await this.#saveCatalog();
        this.#options.log.info({ agent: id }, 'agent removed');
      }
      this.#publish();
      return record !== undefined || refused || revoked > 0;
    });
  }

  /** Forgets one table that its agent no longer announces. @returns whether there was such a table. */
  removeTable(id: string, table: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const record = this.#federation.agent(id);
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
      for (const record of this.#federation.agents) {
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
    return this.#federation
      .ofShard(shard)
      .filter((agent) => agent.id !== id && this.#roster.isConnected(agent.id));
  }

  /** Tables that the agent is known to own: those of its shard, and what it keeps itself of tables in place. */
  #known(id: string, shard: string): KnownTable[] {
    return this.#federation
      .ofShard(shard)
      .flatMap((agent) => agent.tables.filter(({ piece }) => piece !== true || agent.id === id));
  }

  #refuse(hello: Introduction, reason: string): Admission {
    const { agentId: id } = hello;
    this.#options.log.warn({ agent: id, reason }, 'agent refused');
    if (this.#federation.agent(id) === undefined) {
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
    const before = this.#federation.labelsOfShard(shard);
    if (before !== undefined && equalLabels(before, labels)) return;
    const fields = { agent: agentId, shard, labels };
    if (before === undefined) this.#options.log.info(fields, 'new shard');
    else this.#options.log.warn({ ...fields, before }, 'agent changed its labels');
    this.#federation.labelShard(shard, labels);
    // Before the agent's own document: a shard must never be on disk without its labels.
    await this.#saveCatalog();
  }

  async #accept(record: AgentRecord): Promise<void> {
    await this.#options.store.write(agentDocument(record.id), record);
    if (this.#federation.put(record)) await this.#saveCatalog();
  }

  #build(): Snapshot {
    this.#snapshotAge = performance.now();
    return this.#federation.snapshot(this.#roster);
  }

  #publish(): void {
    this.#snapshot = this.#build();
    for (const listener of [...this.#listeners]) listener(this.#snapshot);
  }

  async #saveCatalog(): Promise<void> {
    await this.#options.store.write(CATALOG, catalogDocument(this.#federation.record(this.#proxyId)));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
