import { randomUUID } from 'node:crypto';
import { toSkeinError } from '../base/errors.ts';
import { type ColocationVerdict, dataKeyOf } from '../catalog/colocation.ts';
import type { Colocation, Snapshot } from '../catalog/snapshot.ts';
import type { ExecutionContext } from '../execution/execution.ts';
import { runPlan } from '../execution/run-plan.ts';
import { compareKeys, compareRanges, type KeyComparison } from '../planner/compare-keys.ts';
import type { Batch, Vector } from '../types/batch.ts';
import type { History } from '../warehouse/history.ts';

export interface ColocationVerifierOptions {
  readonly execution: ExecutionContext;
  readonly history: Pick<History, 'begin' | 'end'>;
  /** Told what the keys of a group were found to be. */
  readonly judge: (group: string, verdict: ColocationVerdict) => Promise<void>;
  readonly log: { warn(fields: object, message: string): void };
}

/** As the default of skein.gather_limit. */
const GATHER_LIMIT = { bytes: 1024 * 1024 * 1024, rows: 50_000_000 };

/**
 * Compares the keys of declared colocation groups as often as their data change: first the shards' ranges, then the keys of
 * those shards whose ranges overlap. Until then a group is not used.
 */
export class ColocationVerifier {
  readonly #options: ColocationVerifierOptions;
  readonly #unsubscribe: () => void;
  readonly #stopped = new AbortController();
  /** Group -> the data in which comparing its keys failed: it is tried again when they change, or on demand. */
  readonly #failures = new Map<string, { readonly dataKey: string; readonly reason: string }>();
  #turn: Promise<void> = Promise.resolve();
  #waiting = false;

  constructor(options: ColocationVerifierOptions) {
    this.#options = options;
    this.#unsubscribe = options.execution.fleet.onChange(() => this.#look());
    this.#look();
  }

  /** Compares the keys of all groups anew. @returns the groups as they are then, with the failures as reasons. */
  async verifyAll(): Promise<readonly Colocation[]> {
    this.#failures.clear();
    await this.#inTurn(true);
    return (this.#snapshot().colocations ?? []).map((group) => {
      const failure = this.#failures.get(group.name);
      return failure === undefined || group.state !== 'unverified'
        ? group
        : { ...group, reason: failure.reason };
    });
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#stopped.abort();
    await this.#turn;
  }

  #snapshot(): Snapshot {
    return this.#options.execution.fleet.snapshot();
  }

  /** One look waits at most: what changes meanwhile is seen by it. */
  #look(): void {
    if (this.#waiting || this.#stopped.signal.aborted || !this.#hasWork()) return;
    this.#waiting = true;
    void this.#inTurn(false);
  }

  #hasWork(): boolean {
    const snapshot = this.#snapshot();
    return (snapshot.colocations ?? []).some((group) => isVerifiable(group, snapshot));
  }

  #inTurn(all: boolean): Promise<void> {
    const next = this.#turn.then(async () => {
      this.#waiting = false;
      for (const { name } of this.#snapshot().colocations ?? []) await this.#verify(name, all);
    });
    this.#turn = next;
    return next;
  }

  /** Never rejects: an agent that can't answer leaves the group unverified. */
  async #verify(name: string, again: boolean): Promise<void> {
    const snapshot = this.#snapshot();
    const group = snapshot.colocations?.find((candidate) => candidate.name === name);
    if (group === undefined || group.state === 'unfit') return;
    if (!again && !isVerifiable(group, snapshot)) return;
    const dataKey = dataKeyOf(group.members, snapshot.tables);
    if (!again && this.#failures.get(name)?.dataKey === dataKey) return;
    try {
      const violation = await this.#violation(group, snapshot);
      this.#failures.delete(name);
      await this.#options.judge(name, { dataKey, violation });
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      const reason = `its keys could not be compared: ${toSkeinError(error).message}`;
      this.#failures.set(name, { dataKey, reason });
      this.#options.log.warn({ group: name, reason }, 'a colocation group is not verified');
    }
  }

  async #violation(group: Colocation, snapshot: Snapshot): Promise<string | undefined> {
    const hasData = snapshot.tables.some(
      ({ name, pieces }) => pieces.length > 0 && group.members.some(({ table }) => table === name),
    );
    if (!hasData) return undefined;
    const ranges = await this.#ask(group, 'ranges', compareRanges(group, snapshot), snapshot);
    const shards = new Set(ranges.flat().filter((shard) => shard !== null));
    if (shards.size === 0) return undefined;
    const keys = await this.#ask(group, 'keys', compareKeys(group, shards, snapshot), snapshot);
    if (keys.length === 0) return undefined;
    return keys
      .map(([key, one, other]) => `key ${key ?? 'NULL'} lies in shards "${one}" and "${other}"`)
      .join('; ');
  }

  /** Recorded as any query: nothing leaves an agent unseen (Contract 3). */
  async #ask(
    { name }: Colocation,
    what: string,
    { plan, columns }: KeyComparison,
    snapshot: Snapshot,
  ): Promise<readonly (readonly (string | null)[])[]> {
    const { execution, history } = this.#options;
    const queryId = randomUUID();
    const started = performance.now();
    const sql = `-- skein compares the ${what} of colocation group ${JSON.stringify(name)}`;
    history.begin({ queryId, userName: 'skein', sql, startedAt: new Date().toISOString() });
    const { signal } = this.#stopped;
    const settings = { onMissingAgent: 'fail', missingAgentTimeoutMs: 0, gatherLimit: GATHER_LIMIT } as const;
    const rows: (string | null)[][] = [];
    const end = (error: string | undefined, tasks: Parameters<History['end']>[1]['tasks']) => {
      const state = error === undefined ? 'done' : 'failed';
      const durationMs = performance.now() - started;
      history.end(queryId, { state, durationMs, rows: rows.length, missingAgents: [], error, tasks });
    };
    const running = await runPlan(execution, { queryId, plan, snapshot, settings, signal }).catch(
      (error: unknown) => {
        end(toSkeinError(error).message, []);
        throw error;
      },
    );
    try {
      for await (const batch of running.batches) rows.push(...textRows(batch, columns.length));
      await running.close();
      end(undefined, running.tasks());
      return rows;
    } catch (error) {
      await running.close();
      end(toSkeinError(error).message, running.tasks());
      throw error;
    }
  }
}

/** Unverified, and every shard that owns a piece is there to be asked. */
function isVerifiable({ state, members }: Colocation, snapshot: Snapshot): boolean {
  if (state !== 'unverified') return false;
  const names = new Set(members.map(({ table }) => table));
  const shards = snapshot.tables.flatMap(({ name, pieces }) =>
    names.has(name) ? pieces.map((piece) => piece.shard) : [],
  );
  const connected = new Set(
    snapshot.shards
      .filter(({ agents }) => agents.some((agent) => agent.state === 'connected'))
      .map(({ id }) => id),
  );
  return shards.every((shard) => connected.has(shard));
}

function textRows({ rowCount, columns }: Batch, width: number): (string | null)[][] {
  return Array.from({ length: rowCount }, (_, row) =>
    columns.slice(0, width).map((vector) => textAt(vector, row)),
  );
}

function textAt(vector: Vector, row: number): string | null {
  if (vector.kind !== 'bytes') throw new Error('keys come as text');
  const { validity, offsets, data } = vector;
  if (validity !== undefined && ((validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0) return null;
  return Buffer.from(data.subarray(offsets[row], offsets[row + 1])).toString('utf8');
}
