import { SkeinError } from '../base/errors.ts';
import type { TableColumn } from '../catalog/snapshot.ts';
import { printPlan } from '../dialect/print.ts';
import { printScan } from '../dialect/print-scan.ts';
import { quoteIdentifier } from '../dialect/quote.ts';
import type { EngineConnection } from '../engine/connection.ts';
import type { Engine } from '../engine/duckdb.ts';
import type { Column, Plan, ScanPlan } from '../plan/logical.ts';
import type { AcceptedTable, TaskMessage } from '../protocol/messages.ts';
import type { Batch } from '../types/batch.ts';
import { carrierOf } from '../types/carrier.ts';
import { exposedQuery } from './exposed.ts';
import { TableProblem } from './files.ts';
import { checkPlan } from './plan-check.ts';
import { sourceProblem } from './source-problem.ts';
import { dataVersion, type ServedTable, type Sources } from './sources.ts';

/** Statements whose file sets are kept; the proxy ends each, so more than that were lost. */
const MAX_STATEMENTS = 10_000;

interface Exposed {
  readonly accepted: AcceptedTable;
  /** Name of its view. */
  readonly view: string;
  /** What the view reads; undefined: not yet made. */
  source: ServedTable['source'] | undefined;
}

export interface TaskInputRows {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly batches: Iterable<Batch> | AsyncIterable<Batch>;
}

/** What runs, and the files it must still read when it has run. */
export interface PreparedTask {
  readonly sql: string;
  readonly fileSets: ReadonlyMap<string, string>;
}

interface CheckedPlan {
  readonly tables: ReadonlySet<string>;
  readonly sql: string;
}

let sessions = 0;

/** One proxy's view of the agent: the tables that this proxy accepted, and the file sets of its statements. */
export class ProxySession {
  readonly #engine: Engine;
  readonly #sources: Sources;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #prefix: string;
  readonly #exposed = new Map<string, Exposed>();
  /** queryId -> table -> fingerprint of its files at the statement's first task. */
  readonly #statements = new Map<string, Map<string, string>>();
  /** What follows from a plan and the accepted tables: begun anew when these change. */
  #printed = new WeakMap<Plan, CheckedPlan>();
  #views = 0;
  /** Views are made one after the other: DuckDB refuses two writers of one entry. */
  #making: Promise<void> = Promise.resolve();

  constructor(engine: Engine, sources: Sources, labels: Readonly<Record<string, string>>) {
    this.#engine = engine;
    this.#sources = sources;
    this.#labels = labels;
    this.#prefix = `t${++sessions}`;
  }

  /** From here on tasks see these tables and columns. */
  accept(tables: readonly AcceptedTable[]): void {
    const old = new Map(this.#exposed);
    this.#exposed.clear();
    this.#printed = new WeakMap();
    for (const accepted of tables) {
      const before = old.get(accepted.name);
      const same = before !== undefined && sameColumns(before.accepted.columns, accepted.columns);
      this.#exposed.set(
        accepted.name,
        same
          ? { ...before, accepted }
          : { accepted, view: `${this.#prefix}_${++this.#views}`, source: undefined },
      );
    }
  }

  /** Checks the plan and says it in DuckDB SQL over the files as they are now. */
  async prepare(
    queryId: string,
    plan: Plan,
    inputs: readonly TaskInputRows[],
    expects: TaskMessage['expects'] = {},
  ): Promise<PreparedTask> {
    // Accepted tables may change while files are looked at: the SQL then names views that this plan was not checked against.
    const printed = this.#printed;
    const { tables, sql } =
      (inputs.length === 0 ? printed.get(plan) : undefined) ?? this.#print(plan, inputs);
    if (inputs.length === 0) printed.set(plan, { tables, sql });
    const fileSets = new Map<string, string>();
    for (const name of tables) fileSets.set(name, await this.#ready(queryId, name, expects));
    return { sql: printed === this.#printed ? sql : this.#print(plan, inputs).sql, fileSets };
  }

  #print(plan: Plan, inputs: readonly TaskInputRows[]): CheckedPlan {
    const names = new Map(inputs.map(({ name, columns }) => [name, columns]));
    const scope = { table: (name: string) => this.#exposed.get(name)?.accepted.columns, inputs: names };
    const tables = checkPlan(plan, scope);
    const sql = printPlan(plan, { scan: (scan) => this.#printScan(scan), relation: quoteIdentifier });
    return { tables, sql };
  }

  /** @throws 40001 if a file that the task read was changed meanwhile. */
  async checkUnchanged({ fileSets }: PreparedTask): Promise<void> {
    for (const [name, before] of fileSets) {
      if ((await this.#sources.currentFiles(name)) !== before) throw changed(name);
    }
  }

  endStatement(queryId: string): void {
    this.#statements.delete(queryId);
  }

  /** @param connection one that no other task uses: the inputs become its temporary tables. */
  async load(
    connection: EngineConnection,
    inputs: readonly TaskInputRows[],
    signal: AbortSignal,
  ): Promise<void> {
    for (const { name, columns, batches } of inputs) {
      const types = columns.map(({ type }) => type);
      const list = columns.map(({ id, type }) => `c${id} ${carrierOf(type).duckdb}`).join(', ');
      await connection.run(
        `CREATE TEMP TABLE ${quoteIdentifier(name)} (${list === '' ? '"none" BOOLEAN' : list})`,
        signal,
      );
      await connection.append({ name, temporary: true }, types, batches, signal);
    }
  }

  async close(): Promise<void> {
    const views = [...this.#exposed.values()].filter(({ source }) => source !== undefined);
    this.#exposed.clear();
    this.#printed = new WeakMap();
    this.#statements.clear();
    for (const { view } of views) await this.#engine.run(`DROP VIEW IF EXISTS ${view}`);
  }

  /** Makes sure that the table's view reads the present files. @returns their fingerprint. */
  async #ready(queryId: string, name: string, expects: NonNullable<TaskMessage['expects']>): Promise<string> {
    const exposed = this.#exposed.get(name);
    const served = await this.#sources.fresh(name);
    if (exposed === undefined || served === undefined) throw outOfService(name, 'it is not exposed any more');
    const reason =
      exposed.accepted.outOfService ??
      served.source.outOfService ??
      this.#falseLabel(exposed.accepted, served);
    if (reason !== undefined) throw outOfService(name, reason);
    if (Object.hasOwn(expects, name) && expects[name] !== dataVersion(served)) throw notAsVerified(name);
    this.#pin(queryId, name, served.source.fingerprint);
    this.#making = this.#making.catch(ignore).then(() => this.#expose(exposed, served));
    await this.#making;
    return served.source.fingerprint;
  }

  /** A declared constant that the federation takes for the label: why a row says otherwise than the label. */
  #falseLabel({ columns }: AcceptedTable, { source, constants }: ServedTable): string | undefined {
    const isTrue = (name: string) =>
      Object.hasOwn(constants.values, name) && constants.values[name] === this.#labels[name];
    const isFalse = Object.keys(source.config.constants).some(
      (declared) => !columns.some(({ name }) => name === declared) && !isTrue(declared),
    );
    return isFalse ? (constants.contradiction ?? 'a column is not the label of its name') : undefined;
  }

  #pin(queryId: string, name: string, files: string): void {
    const pinned = this.#statements.get(queryId) ?? new Map<string, string>();
    const before = pinned.get(name);
    if (before !== undefined && before !== files) throw changed(name);
    pinned.set(name, files);
    this.#statements.set(queryId, pinned);
    if (this.#statements.size > MAX_STATEMENTS) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
  }

  async #expose(exposed: Exposed, { source }: ServedTable): Promise<void> {
    if (exposed.source === source) return;
    try {
      const query = exposedQuery(source, exposed.accepted.columns);
      await this.#engine.run(`CREATE OR REPLACE VIEW ${exposed.view} AS ${query}`);
      exposed.source = source;
    } catch (error) {
      if (error instanceof TableProblem) throw outOfService(source.config.name, error.message);
      throw outOfService(source.config.name, sourceProblem(error, undefined).message);
    }
  }

  #printScan(scan: ScanPlan): string {
    const exposed = this.#exposed.get(scan.table);
    if (exposed === undefined) throw outOfService(scan.table, 'it is not exposed any more');
    return printScan(scan, {
      view: exposed.view,
      columns: exposed.accepted.columns,
      labels: this.#labels,
    });
  }
}

function ignore(): void {
  // Its own task reported the failure.
}

function sameColumns(a: readonly TableColumn[], b: readonly TableColumn[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function outOfService(table: string, reason: string): SkeinError {
  return new SkeinError('agentUnavailable', `table "${table}" is out of service on this agent: ${reason}`);
}

function notAsVerified(table: string): SkeinError {
  return new SkeinError(
    'serializationFailure',
    `could not serialize access: the files of table "${table}" are not those that its declarations were verified with`,
    { hint: 'Run the statement again.' },
  );
}

function changed(table: string): SkeinError {
  return new SkeinError(
    'serializationFailure',
    `could not serialize access: the files of table "${table}" changed during the statement`,
    { hint: 'Run the statement again.' },
  );
}
