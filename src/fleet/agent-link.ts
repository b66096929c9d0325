import { assertNever } from '../base/assert.ts';
import { type SkeinError, tooComplex, toSkeinError } from '../base/errors.ts';
import { canceled } from '../engine/errors.ts';
import type { Task, TaskInput, TaskRun } from '../execution/fleet.ts';
import { decodeAgentMessage, encodeMessage, sizeProblem } from '../protocol/codec.ts';
import { decodeFrame, encodeFrame } from '../protocol/frames.ts';
import type { AcceptedTable, AgentMessage, Hello, Inventory, ProxyMessage } from '../protocol/messages.ts';
import type { Channel, ChannelEvents } from './channel.ts';
import { RemoteTask, type TaskPort } from './remote-task.ts';

export interface LinkOwner {
  /** Judges the hello and, if it accepts, calls {@link AgentLink.welcome}. */
  hello(link: AgentLink, hello: Hello): Promise<void>;
  inventory(link: AgentLink, inventory: Inventory): Promise<void>;
  heard(link: AgentLink): void;
  closed(link: AgentLink, reason: string): void;
  /** `agent "x" is not connected`, with its labels and the reason. */
  unavailable(agentId: string, reason: string): SkeinError;
  agentName(agentId: string): string;
}

/** The proxy's end of one agent's connection: the protocol's states, without a transport. */
export class AgentLink implements ChannelEvents {
  readonly #channel: Channel;
  readonly #owner: LinkOwner;
  readonly #cancelGraceMs: number;
  readonly #tasks = new Map<string, RemoteTask>();
  readonly #statements = new Set<string>();
  #agentId: string | undefined;
  #state: 'greeting' | 'judged' | 'open' | 'closed' = 'greeting';
  #lastHeard = performance.now();
  #told: readonly AcceptedTable[] = [];
  #toldText = '';

  constructor(channel: Channel, owner: LinkOwner, cancelGraceMs: number) {
    this.#channel = channel;
    this.#owner = owner;
    this.#cancelGraceMs = cancelGraceMs;
  }

  /** Once it said hello. */
  get agentId(): string | undefined {
    return this.#agentId;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  get silentMs(): number {
    return performance.now() - this.#lastHeard;
  }

  heardSince(moment: number): boolean {
    return this.#lastHeard > moment;
  }

  get taskCount(): number {
    return this.#tasks.size;
  }

  message(text: string): void {
    if (this.#state === 'closed') return;
    this.#hear();
    const message = this.#decode(() => decodeAgentMessage(text));
    if (message !== undefined) this.#handle(message);
  }

  frame(bytes: Uint8Array): void {
    if (this.#state === 'closed') return;
    this.#hear();
    if (this.#state !== 'open') {
      this.close('it sent data before it was accepted');
      return;
    }
    const frame = this.#decode(() => decodeFrame(bytes));
    if (frame === undefined) return;
    const task = this.#tasks.get(frame.taskId);
    const problem =
      task === undefined ? 'it sent data for an unknown task' : task.receive(frame, bytes.length);
    if (problem !== undefined) this.close(`it broke the protocol: ${problem}`);
  }

  closed(reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const lost = [...this.#tasks.values()];
    this.#tasks.clear();
    for (const task of lost) task.lost(this.#owner.unavailable(this.#agentId ?? '', reason));
    this.#owner.closed(this, reason);
  }

  welcome(proxyId: string, labels: readonly { readonly name: string; readonly oid: number }[]): void {
    this.#state = 'open';
    this.send({ type: 'welcome', proxyId, labels });
  }

  /** Tells the agent what it is to expose, if that is news. */
  accepted(tables: readonly AcceptedTable[]): void {
    if (tables === this.#told) return;
    this.#told = tables;
    const text = JSON.stringify(tables);
    if (text === this.#toldText) return;
    this.#toldText = text;
    this.send({ type: 'accepted', tables });
  }

  refuse(reason: string): void {
    this.send({ type: 'refused', reason });
    this.close(reason);
  }

  ping(): void {
    this.send({ type: 'ping', sentAt: Date.now() });
  }

  send(message: ProxyMessage): void {
    if (this.#state !== 'closed') this.#channel.sendMessage(encodeMessage(message));
  }

  close(reason: string): void {
    this.#channel.close(reason);
    this.closed(reason);
  }

  run(task: Task, signal: AbortSignal): TaskRun {
    const remote = new RemoteTask(task, this.#port(task.agentId), signal);
    if (signal.aborted) {
      remote.lost(canceled(signal));
      return remote;
    }
    const message = encodeMessage(taskMessage(task));
    const problem = sizeProblem(message);
    // The agent would hang up, and everyone else's tasks would be lost with this one.
    if (problem !== undefined) {
      remote.lost(
        tooComplex(`The plan for ${this.#owner.agentName(task.agentId)} can't be sent: ${problem}.`),
      );
      return remote;
    }
    this.#tasks.set(task.taskId, remote);
    this.#statements.add(task.queryId);
    this.#channel.sendMessage(message);
    void this.#sendInputs(task, remote);
    return remote;
  }

  endStatement(queryId: string): void {
    if (this.#statements.delete(queryId)) this.send({ type: 'end-statement', queryId });
  }

  #port(agentId: string): TaskPort {
    return {
      agentName: this.#owner.agentName(agentId),
      credit: (taskId, frames) => this.send({ type: 'credit', taskId, frames }),
      cancel: (taskId) => {
        this.send({ type: 'cancel', taskId });
        setTimeout(() => this.#checkCancelled(taskId), this.#cancelGraceMs).unref();
      },
    };
  }

  #checkCancelled(taskId: string): void {
    if (this.#tasks.has(taskId))
      this.close(`it did not end a cancelled task within ${this.#cancelGraceMs} ms`);
  }

  async #sendInputs(task: Task, remote: RemoteTask): Promise<void> {
    for (const [input, { batches }] of task.inputs.entries()) {
      for (const [sequence, batch] of batches.entries()) {
        if (this.#state === 'closed' || remote.isOver) return;
        const bytes = encodeFrame({ kind: 'input', taskId: task.taskId, sequence, input, batch });
        remote.sent(bytes.length);
        await this.#channel.sendFrame(bytes);
      }
    }
  }

  #handle(message: AgentMessage): void {
    if (message.type === 'hello') {
      this.#greet(message);
      return;
    }
    if (this.#state !== 'open') {
      this.close('it did not say hello first');
      return;
    }
    switch (message.type) {
      case 'inventory':
        this.#attend(this.#owner.inventory(this, message.inventory));
        return;
      case 'task-done':
        this.#finish(message.taskId, (task) => task.done(message.report));
        return;
      case 'task-failed':
        this.#finish(message.taskId, (task) => task.failed(message.error, message.report));
        return;
      case 'pong':
        return;
      default:
        assertNever(message);
    }
  }

  #greet(hello: Hello): void {
    if (this.#state !== 'greeting') {
      this.close('it said hello twice');
      return;
    }
    this.#state = 'judged';
    this.#agentId = hello.agentId;
    this.#attend(this.#owner.hello(this, hello));
  }

  #finish(taskId: string, finish: (task: RemoteTask) => void): void {
    const task = this.#tasks.get(taskId);
    if (task === undefined) {
      this.close('it broke the protocol: it ended an unknown task');
      return;
    }
    this.#tasks.delete(taskId);
    finish(task);
  }

  /** The registry couldn't be written: nothing may be accepted. */
  #attend(work: Promise<void>): void {
    work.catch((error: unknown) => this.close(error instanceof Error ? error.message : String(error)));
  }

  /** Whatever an agent sends, only its own connection may suffer. */
  #decode<T>(decode: () => T): T | undefined {
    try {
      return decode();
    } catch (error) {
      this.close(`it broke the protocol: ${toSkeinError(error).message}`);
      return undefined;
    }
  }

  #hear(): void {
    this.#lastHeard = performance.now();
    if (this.#state === 'open') this.#owner.heard(this);
  }
}

function taskMessage({ inputs, agentId: _, ...task }: Task): ProxyMessage {
  const wire = ({ name, columns: own, batches }: TaskInput) => ({
    name,
    columns: own,
    frames: batches.length,
  });
  return { type: 'task', ...task, inputs: inputs.map(wire) };
}
