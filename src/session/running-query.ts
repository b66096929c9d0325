import { assert } from '../base/assert.ts';
import { SkeinError } from '../base/errors.ts';
import { LEAST_QUOTIENT_SCALE } from '../dialect/host/quotient.ts';
import type {
  Execution,
  ExecutionRequest,
  GatherLimit,
  MissingShard,
  SessionRelation,
  TaskRecord,
  WriteSql,
} from '../execution/execution.ts';
import type { Lease } from '../execution/lease.ts';
import { describeMissing } from '../execution/missing.ts';
import { runInto, runPlan } from '../execution/run-plan.ts';
import type { ColumnCarrier, RowShape, RowSink } from '../pgwire/session-handler.ts';
import type { Batch } from '../types/batch.ts';
import type { PgColumn } from '../types/pg-column.ts';
import { decimalShape, type SqlType, scalarType } from '../types/sql-type.ts';
import type { Client } from './client.ts';
import type { PlannedQuery } from './planned-query.ts';
import { QueryRecord } from './query-record.ts';
import { tablesUsed } from './read-locks.ts';
import { BatchSource, type RowReading, type RowSource } from './row-source.ts';
import type { Settings } from './settings/settings.ts';
import { readsWarehouse, storedIn } from './stored-tables.ts';
import { systemRelations, systemViewsIn } from './system/system-relations.ts';
import { type SystemTables, systemTables } from './system/system-rows.ts';
import { warn } from './warn.ts';

/** Starts what was planned. @param signal ends it while it waits for agents; later, whoever reads passes their own. */
export async function executePlan(
  client: Client,
  planned: PlannedQuery,
  signal: AbortSignal,
): Promise<RunningQuery> {
  const running = new AbortController();
  const cancel = () => running.abort(signal.reason);
  signal.addEventListener('abort', cancel);
  const record = new QueryRecord(client, planned);
  try {
    signal.throwIfAborted();
    const system = await systemTables(client, systemViewsIn(planned.plan), running.signal);
    const execution = await runPlan(client.server.execution, {
      ...request(client, record.queryId, planned, system, running.signal),
      ...(await leaseOf(client, planned, signal)),
    });
    const reads = tablesUsed(client.storage.relations, planned.reads);
    if (reads.size > 0) client.openReads.add(reads);
    return new RunningQuery(planned.columns, execution, running, record, client.settings, () =>
      client.openReads.delete(reads),
    );
  } catch (error) {
    record.fail(error, 0, undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** What a statement that changes tables did. */
export interface Executed {
  readonly rows: number;
  /** Those that were asked. */
  readonly agents: readonly string[];
  readonly tasks: readonly TaskRecord[];
}

/**
 * Runs what was planned to its end, and writes the rows by one statement of DuckDB's on the transaction's connection. What
 * changes tables is never partial: a shard that is missing is an error, or is waited for.
 * @param record of the statement that it is a part of. @param given relations of the plan that the session has the rows of.
 * @returns the rows that the statement made, and whom it asked.
 */
export async function executeInto(
  client: Client,
  planned: PlannedQuery,
  into: { readonly lease: Lease; readonly sqlOf: WriteSql; readonly record: QueryRecord },
  signal: AbortSignal,
  given: ReadonlyMap<string, SessionRelation> = new Map(),
): Promise<Executed> {
  const { lease, sqlOf, record } = into;
  signal.throwIfAborted();
  (await client.storage.begin(signal)).checkDefinitions(storedIn(planned.plan));
  const asked = await wholeRequest(client, planned, record, given, signal);
  const ended = (tasks: readonly TaskRecord[]) => record.ran(tasks);
  const written = await runInto(client.server.execution, { ...asked, lease }, sqlOf, ended);
  return executed(written.rows, written);
}

/** Runs a plan that gives numbers of rows. Never partial. @param record as of {@link executeInto}. @returns their sum. */
export async function executeCounts(
  client: Client,
  planned: PlannedQuery,
  record: QueryRecord,
  signal: AbortSignal,
  given: ReadonlyMap<string, SessionRelation> = new Map(),
): Promise<Executed> {
  return executeWhole(client, planned, { record, given, signal }, async (execution) =>
    executed(await sumOf(execution.batches), execution),
  );
}

/** As {@link executeCounts}, of any plan. @param read all of its rows. */
export async function executeWhole<T>(
  client: Client,
  planned: PlannedQuery,
  run: {
    readonly record: QueryRecord;
    readonly given: ReadonlyMap<string, SessionRelation>;
    readonly signal: AbortSignal;
  },
  read: (execution: Execution) => Promise<T>,
): Promise<T> {
  const { record, given, signal } = run;
  const asked = await wholeRequest(client, planned, record, given, signal);
  const lease = await leaseOf(client, planned, signal);
  const execution = await runPlan(client.server.execution, { ...asked, ...lease });
  try {
    return await read(execution);
  } finally {
    await execution.close();
    record.ran(execution.tasks());
  }
}

async function sumOf(batches: AsyncIterable<Batch>): Promise<number> {
  let sum = 0n;
  for await (const { columns } of batches) {
    for (const vector of columns) {
      assert(vector.kind === 'fixed', 'a number of rows is an int8');
      const { buffer, byteOffset, byteLength } = vector.data;
      const view = new DataView(buffer, byteOffset, byteLength);
      for (let at = 0; at < byteLength; at += 8) sum += view.getBigInt64(at, true);
    }
  }
  return Number(sum);
}

/** What changes tables is never partial. */
async function wholeRequest(
  client: Client,
  planned: PlannedQuery,
  { queryId }: QueryRecord,
  given: ReadonlyMap<string, SessionRelation>,
  signal: AbortSignal,
): Promise<ExecutionRequest> {
  const system = await systemTables(client, systemViewsIn(planned.plan), signal);
  const asked = request(client, queryId, planned, system, signal);
  const { onMissingAgent } = asked.settings;
  return {
    ...asked,
    relations: new Map([...(asked.relations ?? []), ...given]),
    settings: {
      ...asked.settings,
      onMissingAgent: onMissingAgent === 'partial' ? 'fail' : onMissingAgent,
    },
  };
}

function executed(rows: number, execution: Pick<Execution, 'tasks'>): Executed {
  const tasks = execution.tasks();
  return { rows, agents: [...new Set(tasks.map(({ agent }) => agent))], tasks };
}

/** What a statement of the session may gather, whichever is reached first. */
export function gatherLimit({ settings }: Client): GatherLimit {
  return {
    bytes: settings.number('skein.gather_limit'),
    rows: settings.number('skein.gather_row_limit'),
  };
}

/** What is read of the warehouse is read in the session's transaction. */
async function leaseOf(
  client: Client,
  { plan }: PlannedQuery,
  signal: AbortSignal,
): Promise<Pick<ExecutionRequest, 'lease'>> {
  if (!readsWarehouse(plan)) return {};
  const transaction = await client.storage.begin(signal);
  transaction.checkDefinitions(storedIn(plan));
  return { lease: transaction.lease };
}

function request(
  client: Client,
  queryId: string,
  planned: PlannedQuery,
  system: SystemTables,
  signal: AbortSignal,
): ExecutionRequest {
  const { settings } = client;
  const onMissing = settings.get('skein.on_missing_agent');
  return {
    queryId,
    plan: planned.plan,
    snapshot: planned.snapshot,
    settings: {
      onMissingAgent: onMissing === 'wait' || onMissing === 'partial' ? onMissing : 'fail',
      missingAgentTimeoutMs: settings.number('skein.missing_agent_timeout'),
      gatherLimit: gatherLimit(client),
    },
    relations: systemRelations(planned.plan, system),
    signal,
  };
}

/** A query over tables while its rows are read. */
export class RunningQuery implements RowSource {
  readonly columns: readonly PgColumn[];
  readonly execution: Execution;
  readonly #rows: BatchSource;
  readonly #record: QueryRecord;
  readonly #settings: Settings;
  readonly #closed: () => void;
  #count = 0;

  constructor(
    columns: readonly PgColumn[],
    execution: Execution,
    running: AbortController,
    record: QueryRecord,
    settings: Settings,
    closed: () => void,
  ) {
    this.columns = columns;
    this.execution = execution;
    this.#record = record;
    this.#settings = settings;
    this.#closed = closed;
    const carriers = execution.columns.map(({ column }) => columnCarrier(column));
    this.#rows = new BatchSource(columns, carriers, execution.batches, running, () => execution.close());
  }

  write(limit: number, shape: RowShape, reading: RowReading): Promise<number> {
    return this.#advance(limit, reading.sink, () => this.#rows.write(limit, shape, reading));
  }

  skip(limit: number, reading: RowReading): Promise<number> {
    return this.#advance(limit, reading.sink, () => this.#rows.skip(limit, reading));
  }

  async close(): Promise<void> {
    this.#closed();
    await this.#rows.close();
    this.#record.finish(this.#count, this.execution);
  }

  async #advance(limit: number, sink: RowSink, read: () => Promise<number>): Promise<number> {
    try {
      const count = await read();
      this.#count += count;
      if (count < limit) await this.#end(sink);
      return count;
    } catch (error) {
      this.#closed();
      await this.#rows.close();
      this.#record.fail(error, this.#count, this.execution);
      throw error;
    }
  }

  async #end(sink: RowSink): Promise<void> {
    await this.close();
    const missing = this.execution.missing();
    if (missing.length > 0) warn(this.#settings, sink, partialWarning(missing));
  }
}

function partialWarning(missing: readonly MissingShard[]): SkeinError {
  const agents = missing.flatMap((shard) => shard.agents.join(' or '));
  return new SkeinError('warning', `the answer is partial: it lacks the rows of ${agents.join(', ')}`, {
    detail: missing.map(describeMissing).join('\n'),
    hint: 'skein.last_query lists them in missing_agents.',
  });
}

/** How the values of a column are read from its vector. */
export function columnCarrier({ type }: { readonly type: SqlType }): ColumnCarrier {
  // The digits of an array's elements are those of its own typmod.
  const scalar = scalarType(type);
  return {
    oid: type.oid,
    scale: decimalShape(scalar)?.scale ?? 0,
    shown: shownDigits(type.quotient, decimalShape(scalar)?.scale ?? 0),
  };
}

/** Where the carrier has room for a quotient, its scale is only that: no value was written with it. */
function shownDigits(quotient: SqlType['quotient'], scale: number): ColumnCarrier['shown'] {
  if (quotient === 'direct') return 'quotient';
  return quotient === 'derived' && scale >= LEAST_QUOTIENT_SCALE ? 'trimmed' : 'all';
}
