import { SkeinError, toSkeinError } from '../base/errors.ts';
import type { TransactionStatus } from '../pgwire/session-handler.ts';
import { TRANSACTION_SETTINGS } from './settings/definition.ts';
import type { Settings, SettingsMark } from './settings/settings.ts';

/** Who must know when a transaction, or a part of it, ends. */
export interface TransactionObserver {
  /** Identifies what is created from now on, in rising order. */
  serial(): number;
  /** Makes durable what the transaction changed. If it rejects, the transaction is aborted. */
  commit(): Promise<void>;
  /** The transaction ended: cursors WITH HOLD survive a commit, nothing survives an abort. */
  ended(committed: boolean): Promise<void>;
  /** What was created after `serial` is undone. @returns why it can't be: nothing but the transaction's end is left. */
  undone(serial: number): Promise<SkeinError | undefined>;
  /** The savepoint of this serial, and those after it, are no more; what was done since stays. */
  released(serial: number): Promise<void>;
}

interface Savepoint {
  readonly name: string;
  readonly settings: SettingsMark;
  readonly serial: number;
}

/** One that BEGIN didn't start lasts to the end of a simple Query, or to Sync. */
type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'implicit' | 'block' | 'failed'; readonly start: SettingsMark; readonly serial: number };

export interface TransactionEnd {
  readonly tag: 'COMMIT' | 'ROLLBACK';
  readonly notice: SkeinError | undefined;
}

/** The wishes of BEGIN, as settings: `transaction_isolation` and its like. */
export type TransactionModes = readonly (readonly [string, string])[];

/** A session's transaction: its time, settings and cursors. What it changes, its observer has. */
export class Transaction {
  readonly #settings: Settings;
  readonly #observer: TransactionObserver;
  readonly #clock: () => bigint;
  #state: State = { kind: 'idle' };
  #savepoints: Savepoint[] = [];
  #startedAt = 0n;
  #queried = false;
  #shared = false;
  #pipelined = false;

  /** @param clock µs since 1970. */
  constructor(settings: Settings, observer: TransactionObserver, clock: () => bigint) {
    this.#settings = settings;
    this.#observer = observer;
    this.#clock = clock;
  }

  status(): TransactionStatus {
    if (this.#state.kind === 'block') return 'T';
    return this.#state.kind === 'failed' ? 'E' : 'I';
  }

  /** now(): µs since 1970. */
  get startedAt(): bigint {
    return this.#state.kind === 'idle' ? this.#clock() : this.#startedAt;
  }

  /** It runs, and an error has not ended all of it: a savepoint is still there to go back to. */
  get isAlive(): boolean {
    const { kind } = this.#state;
    return kind !== 'idle' && (kind !== 'failed' || this.#savepoints.length > 0);
  }

  get isBlock(): boolean {
    return this.#state.kind === 'block' || this.#state.kind === 'failed';
  }

  /**
   * Before any statement: begins an implicit transaction if none runs.
   * @param shared other statements belong to it too: those of one simple Query.
   */
  ensureStarted(shared = false): void {
    if (this.#state.kind === 'idle') this.#start('implicit');
    this.#shared = shared;
  }

  /** An implicit transaction of several statements: cursors may live in it. */
  get isShared(): boolean {
    return this.#state.kind === 'implicit' && (this.#shared || this.#pipelined);
  }

  /** A statement of the extended protocol has run: up to Sync, others belong to its transaction. */
  noteExecuted(): void {
    this.#pipelined = this.#state.kind === 'implicit';
  }

  checkUsable(): void {
    if (this.#state.kind !== 'failed') return;
    throw new SkeinError(
      'inFailedTransaction',
      'current transaction is aborted, commands ignored until end of transaction block',
    );
  }

  requireBlock(what: string): void {
    if (this.isBlock) return;
    throw new SkeinError('noActiveTransaction', `${what} can only be used in transaction blocks`);
  }

  /** A query has read data: the isolation level is settled. */
  noteQuery(): void {
    this.#queried = true;
  }

  get queried(): boolean {
    return this.#queried;
  }

  /** @returns the warning of a BEGIN within a block. */
  begin(modes: TransactionModes): SkeinError | undefined {
    const nested = this.isBlock;
    if (this.#state.kind === 'idle') this.#start('block');
    else if (this.#state.kind === 'implicit') this.#state = { ...this.#state, kind: 'block' };
    this.#setModes(modes);
    return nested
      ? new SkeinError('activeTransaction', 'there is already a transaction in progress')
      : undefined;
  }

  async commit(chain: boolean): Promise<TransactionEnd> {
    return this.#endBlock('COMMIT', chain);
  }

  async rollback(chain: boolean): Promise<TransactionEnd> {
    return this.#endBlock('ROLLBACK', chain);
  }

  /** A statement failed: the block, or its part since the last savepoint, is lost. */
  async fail(): Promise<void> {
    const state = this.#state;
    if (state.kind === 'idle' || state.kind === 'failed') return;
    if (state.kind === 'implicit') {
      await this.#finish(false);
      return;
    }
    this.#state = { ...state, kind: 'failed' };
    this.#settings.restore(this.#savepoints.at(-1)?.settings ?? state.start);
    await this.#observer.undone(this.#savepoints.at(-1)?.serial ?? state.serial);
  }

  /** The end of a simple Query, or Sync. */
  async endImplicit(): Promise<void> {
    if (this.#state.kind === 'implicit') await this.#finish(true);
  }

  savepoint(name: string): void {
    this.requireBlock('SAVEPOINT');
    this.#savepoints.push({ name, settings: this.#settings.mark(), serial: this.#observer.serial() });
  }

  async release(name: string): Promise<void> {
    this.requireBlock('RELEASE SAVEPOINT');
    const index = this.#savepointIndex(name);
    const found = this.#savepoints[index];
    this.#savepoints = this.#savepoints.slice(0, index);
    if (found !== undefined) await this.#observer.released(found.serial);
  }

  async rollbackTo(name: string): Promise<void> {
    this.requireBlock('ROLLBACK TO SAVEPOINT');
    const index = this.#savepointIndex(name);
    const found = this.#savepoints[index];
    if (found === undefined || this.#state.kind === 'idle') return;
    this.#savepoints = this.#savepoints.slice(0, index + 1);
    this.#settings.restore(found.settings);
    const failure = await this.#observer.undone(found.serial);
    if (failure !== undefined) throw failure;
    this.#state = { ...this.#state, kind: 'block' };
  }

  #savepointIndex(name: string): number {
    const index = this.#savepoints.findLastIndex((savepoint) => savepoint.name === name);
    if (index >= 0) return index;
    throw new SkeinError({ sqlstate: '3B001' }, `savepoint "${name}" does not exist`);
  }

  #start(kind: 'implicit' | 'block'): void {
    this.#state = { kind, start: this.#settings.mark(), serial: this.#observer.serial() };
    this.#startedAt = this.#clock();
    this.#savepoints = [];
    this.#queried = false;
    this.#pipelined = false;
  }

  #modes(): TransactionModes {
    return [...TRANSACTION_SETTINGS.keys()].map((name) => [name, this.#settings.get(name)] as const);
  }

  #setModes(modes: TransactionModes): void {
    for (const [name, value] of modes) this.#settings.set(name, value, true);
  }

  async #endBlock(wish: 'COMMIT' | 'ROLLBACK', chain: boolean): Promise<TransactionEnd> {
    if (!this.isBlock) return this.#endNoBlock(wish, chain);
    const tag = this.#state.kind === 'failed' ? 'ROLLBACK' : wish;
    const modes = chain ? this.#modes() : [];
    await this.#finish(tag === 'COMMIT');
    if (chain) {
      this.#start('block');
      this.#setModes(modes);
    }
    return { tag, notice: undefined };
  }

  async #endNoBlock(wish: 'COMMIT' | 'ROLLBACK', chain: boolean): Promise<TransactionEnd> {
    if (chain) this.requireBlock(`${wish} AND CHAIN`);
    if (this.#state.kind === 'implicit') await this.#finish(wish === 'COMMIT');
    return {
      tag: wish,
      notice: new SkeinError('noActiveTransaction', 'there is no transaction in progress'),
    };
  }

  async #finish(committed: boolean): Promise<void> {
    const state = this.#state;
    if (state.kind === 'idle') return;
    const failure = committed ? await this.#commit() : undefined;
    const survives = committed && failure === undefined;
    this.#state = { kind: 'idle' };
    this.#savepoints = [];
    if (survives) this.#settings.dropLocal();
    else this.#settings.restore(state.start);
    await this.#observer.ended(survives);
    if (failure !== undefined) throw failure;
  }

  async #commit(): Promise<SkeinError | undefined> {
    try {
      await this.#observer.commit();
      return undefined;
    } catch (error) {
      return toSkeinError(error);
    }
  }
}
