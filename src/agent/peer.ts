import { assertNever } from '../base/assert.ts';
import { SkeinError, tooComplex, toSkeinError } from '../base/errors.ts';
import { canceled } from '../engine/errors.ts';
import { decodeProxyMessage, encodeMessage, taskIdOf } from '../protocol/codec.ts';
import { decodeFrame, encodeFrame } from '../protocol/frames.ts';
import {
  type AgentMessage,
  INITIAL_CREDIT,
  type ProxyMessage,
  type TaskMessage,
  type WireError,
  type WireReport,
} from '../protocol/messages.ts';
import { IncomingInputs } from './inputs.ts';
import type { AgentRuntime, ProxyPort } from './runtime.ts';

/** One connection to a proxy, of whatever transport. Messages and frames keep their order. */
export interface PeerChannel {
  sendMessage(text: string): void;
  /** Resolves when the transport has room for more. */
  sendFrame(bytes: Uint8Array): Promise<void>;
  close(reason: string): void;
}

/** What the connection's owner hears. */
export interface PeerEvents {
  readonly welcomed: (proxyId: string) => void;
  readonly refused: (reason: string) => void;
}

interface RunningTask {
  readonly abort: AbortController;
  readonly inputs: IncomingInputs;
  credit: number;
  wake: () => void;
}

const NOTHING_RAN: WireReport = { sql: '', rows: 0, bytesOut: 0, queueMs: 0, runMs: 0 };

/** Tasks that a proxy may have sent and that have not ended: more is no honest proxy's need. */
const MAX_TASKS = 10_000;

/** The agent's end of one connection: the protocol's states, without a transport. Feed it what the channel receives. */
export class AgentPeer {
  readonly #runtime: AgentRuntime;
  readonly #channel: PeerChannel;
  readonly #events: PeerEvents;
  readonly #tasks = new Map<string, RunningTask>();
  readonly #unsubscribe: () => void;
  #port: ProxyPort | undefined;
  #closed = false;

  constructor(runtime: AgentRuntime, channel: PeerChannel, events: PeerEvents) {
    this.#runtime = runtime;
    this.#channel = channel;
    this.#events = events;
    this.#unsubscribe = runtime.onInventory((inventory) => {
      if (this.#port !== undefined) this.#send({ type: 'inventory', inventory });
    });
  }

  /** Once the channel is open. */
  greet(): void {
    this.#send(this.#runtime.hello());
  }

  message(text: string): void {
    if (this.#closed) return;
    let message: ProxyMessage;
    try {
      message = decodeProxyMessage(text);
    } catch (error) {
      this.#refuse(text, toSkeinError(error));
      return;
    }
    this.#handle(message);
  }

  /** A plan beyond the protocol's limits fails its own task; the others go on. */
  #refuse(text: string, error: SkeinError): void {
    const taskId = this.#port === undefined ? undefined : taskIdOf(text);
    if (taskId === undefined || this.#tasks.has(taskId)) {
      this.#fail(error.message);
      return;
    }
    const refusal = tooComplex(`The agent can't take the plan: ${error.message}.`);
    this.#send({ type: 'task-failed', taskId, error: wireError(refusal), report: NOTHING_RAN });
  }

  frame(bytes: Uint8Array): void {
    if (this.#closed) return;
    const frame = this.#decode(() => decodeFrame(bytes));
    if (frame === undefined) return;
    // A frame of a task that has ended meanwhile is no mistake of the proxy's.
    const problem = this.#tasks.get(frame.taskId)?.inputs.receive(frame);
    if (problem !== undefined) this.#fail(problem);
  }

  /** The channel is gone: what runs is cancelled. */
  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    const reason = new SkeinError('connectionFailure', 'the connection to the proxy ended');
    for (const task of this.#tasks.values()) task.abort.abort(reason);
    // The engine may be closed already, and its views with it.
    this.#port?.close().catch(() => undefined);
  }

  #handle(message: ProxyMessage): void {
    if (message.type === 'ping') {
      this.#send({ type: 'pong', sentAt: message.sentAt });
      return;
    }
    if (message.type === 'refused') {
      this.#events.refused(message.reason);
      return;
    }
    if (message.type === 'welcome') {
      this.#port = this.#runtime.openPort(message.proxyId);
      this.#events.welcomed(message.proxyId);
      return;
    }
    const port = this.#port;
    if (port === undefined) this.#fail('it did not say welcome first');
    else this.#handleOpen(port, message);
  }

  #handleOpen(
    port: ProxyPort,
    message: Exclude<ProxyMessage, { type: 'ping' | 'refused' | 'welcome' }>,
  ): void {
    switch (message.type) {
      case 'accepted':
        port.accept(message.tables);
        return;
      case 'task':
        this.#start(port, message);
        return;
      case 'credit':
        this.#credit(message.taskId, message.frames);
        return;
      case 'cancel':
        this.#tasks.get(message.taskId)?.abort.abort();
        return;
      case 'end-statement':
        port.endStatement(message.queryId);
        return;
      case 'forget':
        port.forget(message.pieces);
        return;
      default:
        assertNever(message);
    }
  }

  #start(port: ProxyPort, message: TaskMessage): void {
    if (this.#tasks.has(message.taskId)) {
      this.#fail(`it sent the task ${message.taskId} twice`);
      return;
    }
    if (this.#tasks.size >= MAX_TASKS) {
      this.#fail(`it sent more than ${MAX_TASKS} tasks at once`);
      return;
    }
    const task: RunningTask = {
      abort: new AbortController(),
      inputs: new IncomingInputs(message.inputs),
      credit: INITIAL_CREDIT,
      wake: () => undefined,
    };
    this.#tasks.set(message.taskId, task);
    void this.#run(port, message, task);
  }

  /** Never rejects: a task's failure is a message. */
  async #run(port: ProxyPort, message: TaskMessage, task: RunningTask): Promise<void> {
    const { taskId } = message;
    let failure: SkeinError | undefined;
    const run = port.runTask(message, task.inputs.relations(task.abort.signal), task.abort.signal);
    try {
      let sequence = 0;
      for await (const batch of run.batches) {
        await this.#awaitCredit(task, run.signal);
        task.credit--;
        await this.#channel.sendFrame(
          encodeFrame({ kind: 'result', taskId, sequence: sequence++, input: 0, batch }),
        );
      }
    } catch (error) {
      failure = toSkeinError(error);
    }
    const report = await run.report;
    this.#tasks.delete(taskId);
    if (failure === undefined) this.#send({ type: 'task-done', taskId, report });
    else this.#send({ type: 'task-failed', taskId, error: wireError(failure), report });
  }

  /** @param signal also of the task's timeout, which must not wait for a proxy that doesn't read. */
  async #awaitCredit(task: RunningTask, signal: AbortSignal): Promise<void> {
    while (task.credit <= 0) {
      if (signal.aborted) throw canceled(signal);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          resolve();
        };
        task.wake = wake;
        signal.addEventListener('abort', wake, { once: true });
      });
    }
  }

  #credit(taskId: string, frames: number): void {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return;
    task.credit += frames;
    task.wake();
  }

  #decode<T>(decode: () => T): T | undefined {
    try {
      return decode();
    } catch (error) {
      this.#fail(toSkeinError(error).message);
      return undefined;
    }
  }

  #fail(reason: string): void {
    this.#channel.close(`the proxy broke the protocol: ${reason}`);
    this.closed();
  }

  #send(message: AgentMessage): void {
    if (!this.#closed) this.#channel.sendMessage(encodeMessage(message));
  }
}

function wireError(error: SkeinError): WireError {
  return { code: error.code, message: error.message, detail: error.fields.detail, hint: error.fields.hint };
}
