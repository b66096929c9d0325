import type { AnalysisSession } from '../analysis/engine.ts';
import type { OwnedTable } from '../catalog/owned.ts';
import { findTable } from '../catalog/snapshot.ts';
import type { BackendIdentity } from '../pgwire/session-handler.ts';
import type { QueryRecord } from '../warehouse/history.ts';
import type { Activity } from './activity.ts';
import { HeldBytes } from './held-bytes.ts';
import { IdleTimer } from './idle-timer.ts';
import { currentMicros } from './instant.ts';
import { Interrupts } from './interrupts.ts';
import type { WantedLocks } from './locks.ts';
import { Portals } from './portals.ts';
import type { ValueStyle } from './row-source.ts';
import type { Server } from './server.ts';
import type { ValueSources } from './session-values.ts';
import { Settings } from './settings/settings.ts';
import { splitIdentifiers } from './settings/settings-catalog.ts';
import type { Prepared } from './statement.ts';
import { Statements } from './statements.ts';
import { Storage } from './storage.ts';
import { Transaction, type TransactionObserver } from './transaction.ts';

export interface ClientIdentity extends BackendIdentity {
  readonly database: string;
}

/** Schemas that exist, of which a search_path may name any. */
const SCHEMAS = new Set(['public', 'skein', 'pg_catalog', 'information_schema']);

/** Settings that change what the embedded PostgreSQL answers, besides those that it is always told. */
const PASSED_ON = [
  'bytea_output',
  'default_text_search_config',
  'extra_float_digits',
  'quote_all_identifiers',
  'xmlbinary',
  'xmloption',
];

/** One client's state: everything that a connection has and no other sees. */
export class Client {
  readonly server: Server;
  readonly identity: ClientIdentity;
  readonly settings: Settings;
  readonly transaction: Transaction;
  readonly heldBytes: HeldBytes;
  readonly portals: Portals;
  readonly storage: Storage;
  readonly statements: Statements<Prepared>;
  readonly interrupts = new Interrupts();
  /** What LISTEN named. Nothing is ever notified. */
  readonly channels = new Set<string>();
  /** What each open result of the transaction reads, by OID. */
  readonly openReads = new Set<ReadonlySet<number>>();
  /** What skein.last_query tells of: the last query over tables. */
  lastQuery: QueryRecord | undefined;
  /** When the statement that runs began, µs since 1970. */
  statementStart = currentMicros();
  readonly #beforeCommit: (client: Client) => Promise<void>;
  readonly #idle: IdleTimer;
  readonly #startedAt = currentMicros();
  #query = '';
  #active = false;
  #stateChangedAt = currentMicros();

  /** @param beforeCommit what a transaction still changes when it is about to commit. */
  constructor(
    server: Server,
    identity: ClientIdentity,
    defaults: ReadonlyMap<string, string>,
    beforeCommit: (client: Client) => Promise<void>,
  ) {
    this.server = server;
    this.#beforeCommit = beforeCommit;
    this.identity = identity;
    this.settings = new Settings(server.settings, defaults);
    this.heldBytes = new HeldBytes(server.limits.maxHeldBytes);
    this.portals = new Portals(server.limits.maxPortals, this.heldBytes);
    this.statements = new Statements(server.limits.maxPreparedStatements, this.heldBytes);
    const followsCommits = () => this.settings.get('transaction_isolation').startsWith('read');
    this.storage = new Storage(server.engine, server.warehouse, server.pieces, followsCommits);
    this.transaction = new Transaction(this.settings, this.#observer(), () => this.statementStart);
    this.#idle = new IdleTimer((reason) => identity.terminate(reason));
    server.warehouse.sequences.enter(identity.processId, {
      user: identity.user,
      relations: () => this.storage.relations,
      readOnly: () => this.settings.get('transaction_read_only') === 'on',
    });
  }

  get timeZone(): string {
    return this.settings.get('TimeZone');
  }

  get analysis(): AnalysisSession {
    return {
      searchPath: this.settings.get('search_path'),
      timeZone: this.timeZone,
      dateStyle: this.settings.get('DateStyle'),
      intervalStyle: this.settings.get('IntervalStyle'),
      user: this.identity.user,
      now: this.transaction.startedAt,
      settings: this.settings.changedOf(PASSED_ON),
      overlay: this.storage.overlay,
      rowsOf: (table) => this.#rowsOf(table),
    };
  }

  get searchPath(): readonly string[] {
    return splitIdentifiers(this.settings.get('search_path'));
  }

  get style(): ValueStyle {
    return {
      timeZone: this.timeZone,
      dateStyle: this.settings.get('DateStyle'),
      intervalStyle: this.settings.get('IntervalStyle'),
      byteaOutput: this.settings.get('bytea_output') === 'escape' ? 'escape' : 'hex',
      extraFloatDigits: this.settings.number('extra_float_digits'),
    };
  }

  get valueSources(): ValueSources {
    return {
      transactionStart: this.transaction.startedAt,
      statementStart: this.statementStart,
      timeZone: this.timeZone,
      engineTimeZone: () => this.server.settings.timeZones.engineName(this.timeZone),
      user: this.identity.user,
      sessionUser: this.identity.user,
      database: this.identity.database,
      currentSchema: this.#currentSchema(),
      version: this.server.version,
      processId: this.identity.processId,
    };
  }

  /**
   * Holds these to the end of the transaction. @returns whether it had to wait: what it saw before may have changed.
   * @throws 40P01, 55P03, 57014.
   */
  lock(wanted: WantedLocks, signal: AbortSignal): Promise<boolean> {
    const timeoutMs = this.settings.number('lock_timeout');
    return this.server.locks.acquire(this.storage, wanted, { timeoutMs, signal });
  }

  /** For pg_stat_activity. */
  noteActive(query: string): void {
    this.#idle.stop();
    this.#query = query;
    this.#active = true;
    this.statementStart = currentMicros();
    this.#stateChangedAt = this.statementStart;
  }

  noteIdle(): void {
    this.#active = false;
    this.#stateChangedAt = currentMicros();
    this.#idle.start(this.settings, this.transaction.status() !== 'I');
  }

  /** Releases everything; nothing is asked of it afterwards. */
  async close(): Promise<void> {
    this.#idle.stop();
    this.interrupts.end();
    await this.portals.closeAll();
    await this.storage.rollback();
    this.server.locks.release(this.storage);
    await this.storage.dropTemporary(new AbortController().signal);
    this.server.warehouse.sequences.leave(this.identity.processId);
  }

  #currentSchema(): string | null {
    const made = this.server.engine.ownedSchemas(this.storage.overlay);
    const path = this.searchPath.map((name) => (name === '$user' ? this.identity.user : name));
    return path.find((name) => SCHEMAS.has(name) || made.has(name)) ?? null;
  }

  #rowsOf({ oid, piece }: OwnedTable): number | undefined {
    const { execution, warehouse } = this.server;
    if (piece === undefined) return warehouse.rowsOf(oid);
    const rows = findTable(execution.fleet.snapshot(), piece.name)?.pieces.map(
      ({ rowEstimate }) => rowEstimate,
    );
    return rows?.reduce<number | undefined>(
      (sum, own) => (own === undefined || sum === undefined ? undefined : sum + own),
      0,
    );
  }

  #observer(): TransactionObserver {
    const { portals, storage, server, openReads } = this;
    const isAlive = () => this.transaction.isAlive;
    return {
      serial() {
        const serial = portals.serial();
        storage.mark(serial);
        return serial;
      },
      commit: async () => {
        await this.#beforeCommit(this);
        await storage.commit();
      },
      async ended(committed) {
        await portals.ended(committed);
        if (!committed) await storage.rollback();
        openReads.clear();
        server.locks.release(storage);
      },
      async undone(serial) {
        await portals.undone(serial);
        const undone = await storage.undo(serial);
        // PostgreSQL's aborted transaction keeps nobody waiting.
        if (!isAlive()) server.locks.release(storage);
        return undone;
      },
      released: (serial) => storage.released(serial),
    };
  }

  activity(): Activity {
    return {
      processId: this.identity.processId,
      user: this.identity.user,
      database: this.identity.database,
      remoteAddress: this.identity.remoteAddress,
      remotePort: this.identity.remotePort,
      encryption: this.identity.encryption,
      startedAt: this.#startedAt,
      applicationName: this.settings.get('application_name'),
      state: this.#state(),
      query: this.#query,
      transactionStartedAt: this.transaction.isAlive ? this.transaction.startedAt : undefined,
      queryStartedAt: this.#query === '' ? undefined : this.statementStart,
      stateChangedAt: this.#stateChangedAt,
    };
  }

  #state(): Activity['state'] {
    if (this.#active) return 'active';
    const status = this.transaction.status();
    if (status === 'I') return 'idle';
    return status === 'T' ? 'idle in transaction' : 'idle in transaction (aborted)';
  }
}
