import { setMaxListeners } from 'node:events';
import { assert, defined } from '../base/assert.ts';
import { toSkeinError } from '../base/errors.ts';
import { printPlan } from '../dialect/print.ts';
import { canceled } from '../engine/errors.ts';
import { outputColumns } from '../plan/columns.ts';
import type { Broadcast, Fragment } from '../plan/distributed.ts';
import type { Column, Plan, RelationPlan } from '../plan/logical.ts';
import { visitPlan } from '../plan/walk.ts';
import { batchBytes } from '../protocol/frames.ts';
import type { Batch } from '../types/batch.ts';
import { GatherBudget } from './budget.ts';
import type { Assignment } from './completeness.ts';
import type { ExecutionContext, ExecutionRequest, MissingShard, WriteSql } from './execution.ts';
import type { TaskInput } from './fleet.ts';
import { Gather, GatherBuffer } from './gather.ts';
import { merge } from './merge.ts';
import { missingAgentError } from './missing.ts';
import { isAgentFailure, lostShard, namesAgent, StatementTasks } from './tasks.ts';
import { Workspace } from './workspace.ts';

/** One statement while it runs: each fragment, broadcast and relation is computed once, when it is first needed. */
export class Statement {
  readonly tasks: StatementTasks;
  readonly missing: MissingShard[];
  readonly #request: ExecutionRequest;
  readonly #assignments: readonly Assignment[];
  readonly #workspace: Workspace;
  readonly #budget: GatherBudget;
  readonly #buffer = new GatherBuffer();
  readonly #signal: AbortSignal;
  readonly #abort: (reason: unknown) => void;
  readonly #onAbort = (): void => this.#abort(this.#request.signal.reason);
  readonly #gathered = new Map<number, Promise<string>>();
  readonly #broadcasts = new Map<number, Promise<TaskInput>>();
  readonly #relations = new Map<string, Promise<string>>();
  #combineSql: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    context: ExecutionContext,
    request: ExecutionRequest,
    assignments: readonly Assignment[],
    missing: readonly MissingShard[],
  ) {
    const controller = new AbortController();
    // Every task listens: as many as there are, and no leak.
    setMaxListeners(0, controller.signal);
    this.#signal = controller.signal;
    this.#abort = (reason) => controller.abort(reason);
    this.#request = request;
    this.#assignments = assignments;
    this.missing = [...missing];
    this.#workspace = new Workspace(context.engine, this.#signal, request.lease);
    this.#budget = new GatherBudget(request.settings.gatherLimit);
    this.tasks = new StatementTasks(
      context.fleet,
      request.queryId,
      request.snapshot,
      this.#signal,
      context.maxTasks,
    );
    if (request.signal.aborted) this.#onAbort();
    else request.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get combineSql(): string | undefined {
    return this.#combineSql;
  }

  async *rows(): AsyncGenerator<Batch> {
    try {
      if (this.#signal.aborted) throw canceled(this.#signal);
      yield* this.#request.plan.passThrough === undefined
        ? this.#combined()
        : this.#streamed(this.#request.plan.passThrough);
    } catch (error) {
      throw this.#signal.aborted ? canceled(this.#signal) : error;
    } finally {
      void this.close();
    }
  }

  /** Ends all work. Resolves once nothing runs on an agent or in DuckDB. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#request.signal.removeEventListener('abort', this.#onAbort);
    if (!this.#signal.aborted) this.#abort(undefined);
    await Promise.allSettled([this.tasks.ended(), this.#workspace.dispose()]);
  }

  async *#streamed(id: number): AsyncGenerator<Batch> {
    const fragment = this.#fragment(id);
    const inputs = await this.#inputsOf(fragment);
    const pick = picker(
      fragment.columns,
      this.#request.plan.output.map(({ column }) => column),
    );
    const sources = this.#assignedTo(fragment).map((assignment) => this.#streamTask(assignment, inputs));
    for await (const batch of merge(sources)) yield pick(batch);
  }

  /** Rows go straight on, so an agent may be replaced only while none of its rows have left. */
  async *#streamTask(assignment: Assignment, inputs: readonly TaskInput[]): AsyncGenerator<Batch> {
    for (const [attempt, agent] of assignment.agents.entries()) {
      let forwarded = false;
      try {
        for await (const batch of this.#counted(assignment, agent, inputs)) {
          forwarded = true;
          yield batch;
        }
        return;
      } catch (error) {
        if (forwarded || !this.#mayGoOn(assignment, attempt, error)) throw error;
      }
    }
  }

  async *#combined(): AsyncGenerator<Batch> {
    const { combine, output } = this.#request.plan;
    const sql = await this.#print(combine);
    this.#combineSql = sql;
    const columns = outputColumns(combine);
    const pick = picker(
      columns,
      output.map(({ column }) => column),
    );
    for await (const batch of this.#workspace.stream(sql, columns)) yield pick(batch);
  }

  /**
   * The whole result goes where a statement of DuckDB's puts it, and not through JavaScript.
   * @param sqlOf makes that statement of the SELECT.
   * @returns the rows that it made or changed.
   */
  async write(sqlOf: WriteSql): Promise<number> {
    const { combine, output } = this.#request.plan;
    const sql = await this.#print(combine);
    this.#combineSql = sql;
    return this.#workspace.change(
      sqlOf(
        sql,
        output.map(({ column }) => column),
      ),
    );
  }

  /** Computes the relations that the plan reads, all at once, then prints it over them. */
  async #print(plan: Plan): Promise<string> {
    const leaves: RelationPlan[] = [];
    visitPlan(plan, (operator) => {
      if (operator.kind === 'relation') leaves.push(operator);
    });
    const entries = leaves.map(async (leaf) => [leaf.name, await this.#relation(leaf)] as const);
    const sources = new Map(await this.#all(entries));
    return printPlan(plan, {
      scan: ({ table }) => {
        throw new Error(`a scan of ${table} was left to the proxy`);
      },
      relation: (name) => defined(sources.get(name), `relation ${name}`),
    });
  }

  /** A FROM item with the relation's rows. */
  #relation(leaf: RelationPlan): Promise<string> {
    const match = /^([gb])(\d+)$/.exec(leaf.name);
    if (match?.[1] === 'g') return this.#gather(Number(match[2]));
    const known = this.#relations.get(leaf.name);
    if (known !== undefined) return known;
    const made =
      match === null ? this.#sessionRelation(leaf) : this.#broadcastRelation(leaf, Number(match[2]));
    this.#relations.set(leaf.name, made);
    return made;
  }

  async #sessionRelation({ name, columns }: RelationPlan): Promise<string> {
    const relation = defined(this.#request.relations?.get(name), `relation ${name}`);
    await this.#workspace.create(name, columns);
    await this.#workspace.append(name, columns, relation.batches);
    return this.#workspace.from(name);
  }

  async #broadcastRelation({ name }: RelationPlan, id: number): Promise<string> {
    const { columns, batches } = await this.#broadcast(id);
    await this.#workspace.create(name, columns);
    await this.#workspace.append(name, columns, batches);
    return this.#workspace.from(name);
  }

  #gather(id: number): Promise<string> {
    const known = this.#gathered.get(id);
    if (known !== undefined) return known;
    const made = this.#gatherNow(this.#fragment(id));
    this.#gathered.set(id, made);
    return made;
  }

  async #gatherNow(fragment: Fragment): Promise<string> {
    const inputs = await this.#inputsOf(fragment);
    const gather = new Gather(
      `g${fragment.id}`,
      fragment.columns,
      this.#workspace,
      this.#budget,
      this.#buffer,
    );
    await this.#all(this.#assignedTo(fragment).map((each) => this.#gatherTask(gather, each, inputs)));
    return gather.finish();
  }

  async #gatherTask(gather: Gather, assignment: Assignment, inputs: readonly TaskInput[]): Promise<void> {
    for (const [attempt, agent] of assignment.agents.entries()) {
      try {
        await gather.collect(assignment, this.#counted(assignment, agent, inputs));
        return;
      } catch (error) {
        if (!this.#mayGoOn(assignment, attempt, error)) throw error;
      }
    }
  }

  async *#counted(
    assignment: Assignment,
    agent: string,
    inputs: readonly TaskInput[],
  ): AsyncGenerator<Batch> {
    for await (const batch of this.tasks.run(assignment, agent, inputs))
      if (assignment.isCopy !== true) yield batch;
  }

  /** Whether the statement survives the failure: another agent takes over, or the client wants a partial answer. */
  #mayGoOn(assignment: Assignment, attempt: number, error: unknown): boolean {
    if (this.#signal.aborted || !isAgentFailure(error)) return false;
    if (attempt + 1 < assignment.agents.length) return true;
    const { plan, settings, snapshot } = this.#request;
    const labels = snapshot.shards.find(({ id }) => id === assignment.shard)?.labels ?? {};
    const lost = lostShard(assignment, labels, error);
    // Another fragment may have counted the shard's rows already: then they would count in part.
    const uses = plan.fragments.filter(({ target }) => target.shards.includes(assignment.shard));
    const dispensable = assignment.fragment.target.kind === 'each' && uses.length === 1;
    if (settings.onMissingAgent === 'partial' && dispensable) {
      this.missing.push(lost);
      return true;
    }
    if (assignment.agents.length > 1 || !namesAgent(error)) throw missingAgentError([lost]);
    return false;
  }

  #inputsOf(fragment: Fragment): Promise<TaskInput[]> {
    return this.#all(fragment.inputs.map((id) => this.#broadcast(id)));
  }

  #broadcast(id: number): Promise<TaskInput> {
    const known = this.#broadcasts.get(id);
    if (known !== undefined) return known;
    const broadcast = this.#request.plan.broadcasts.find((candidate) => candidate.id === id);
    const made = this.#broadcastNow(defined(broadcast, `broadcast ${id}`));
    this.#broadcasts.set(id, made);
    return made;
  }

  async #broadcastNow({ id, plan, columns }: Broadcast): Promise<TaskInput> {
    const sql = await this.#print(plan);
    const batches: Batch[] = [];
    for await (const batch of this.#workspace.stream(sql, columns)) {
      this.#budget.take({ bytes: batchBytes(batch), rows: batch.rowCount }, undefined);
      batches.push(batch);
    }
    return { name: `b${id}`, columns, batches };
  }

  /** As Promise.all, but the first failure stops all work of the statement, so that none is left behind. */
  async #all<T>(work: readonly Promise<T>[]): Promise<T[]> {
    try {
      return await Promise.all(work);
    } catch (error) {
      if (!this.#signal.aborted) this.#abort(toSkeinError(error));
      await Promise.allSettled(work);
      throw error;
    }
  }

  #fragment(id: number): Fragment {
    return defined(
      this.#request.plan.fragments.find((fragment) => fragment.id === id),
      `fragment ${id}`,
    );
  }

  #assignedTo(fragment: Fragment): readonly Assignment[] {
    return this.#assignments.filter((assignment) => assignment.fragment === fragment);
  }
}

/** Takes the columns in another order. */
function picker(from: readonly Column[], to: readonly Column[]): (batch: Batch) => Batch {
  const places = to.map(({ id }) => from.findIndex((column) => column.id === id));
  assert(!places.includes(-1), 'every output column is computed');
  const same = places.length === from.length && places.every((place, i) => place === i);
  if (same) return (batch) => batch;
  return ({ rowCount, columns }) => ({
    rowCount,
    columns: places.map((place) => defined(columns[place], `column ${place}`)),
  });
}
