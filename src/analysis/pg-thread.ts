import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { SkeinError } from '../base/errors.ts';
import type { WorkerReply, WorkerRequest, WorkerStart } from './worker-messages.ts';

export interface RequestLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** PostgreSQL's clock stands at this instant, in µs since 1970. undefined: it goes. */
  readonly now?: bigint | undefined;
  /**
   * Whether the answer is whole. PGlite swallows a trap of WebAssembly (its stack is exhausted): what is missing from the
   * answer is the only sign of it, and PostgreSQL's state is unknown from there on.
   */
  readonly isWhole: (answer: Uint8Array) => boolean;
}

interface Job extends RequestLimits {
  readonly message: Uint8Array;
  readonly resolve: (answer: Uint8Array) => void;
  readonly reject: (error: SkeinError) => void;
  readonly onAbort: () => void;
}

const MAX_QUEUED = 1000;
const RETRY_MS = 1000;

/**
 * One PostgreSQL in a thread, one request at a time. A request that is aborted or exceeds its limits ends the thread
 * and fails; a new thread takes its place on the same directory (PostgreSQL recovers what was committed), and the others go on.
 */
export class PgThread {
  readonly #start: WorkerTask;
  readonly #queue: Job[] = [];
  #worker: Worker | undefined;
  #running: { readonly job: Job; readonly id: number; readonly timer: NodeJS.Timeout } | undefined;
  #restarting: Promise<void> | undefined;
  #broken: SkeinError | undefined;
  #closed = false;
  #nextId = 1;

  private constructor(start: WorkerTask) {
    this.#start = start;
  }

  /** @param directory is made, as a copy of the template. */
  static async open(directory: string, database: string, template: string): Promise<PgThread> {
    const start: WorkerTask = { task: 'serve', directory, database };
    const thread = new PgThread(start);
    await thread.#spawn({ ...start, copyOf: template });
    return thread;
  }

  /** A request would start now or after those that wait, not after a restart. */
  get isReady(): boolean {
    return this.#worker !== undefined && this.#restarting === undefined;
  }

  /** @param message a whole exchange that ends with ReadyForQuery and leaves no transaction open. */
  request(message: Uint8Array, limits: RequestLimits): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(new SkeinError('adminShutdown', 'the catalog engine is closed'));
    if (limits.signal?.aborted) return Promise.reject(canceled());
    if (this.#queue.length >= MAX_QUEUED) {
      return Promise.reject(new SkeinError('limitExceeded', 'too many statements wait for analysis'));
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => this.#cancel(job, canceled());
      const job: Job = { ...limits, message, resolve, reject, onAbort };
      limits.signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(job);
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const error = new SkeinError('adminShutdown', 'the catalog engine is closed');
    for (const job of this.#queue.splice(0)) settle(job, () => job.reject(error));
    const running = this.#finish();
    if (running !== undefined) settle(running, () => running.reject(error));
    await this.#restarting;
    await this.#worker?.terminate();
  }

  #next(): void {
    if (this.#running !== undefined || this.#restarting !== undefined) return;
    const job = this.#queue.shift();
    if (job === undefined) return;
    const broken = this.#broken;
    if (broken !== undefined || this.#worker === undefined) {
      settle(job, () => job.reject(broken ?? new SkeinError('internal', 'PostgreSQL is not running')));
      this.#next();
      return;
    }
    const id = this.#nextId++;
    const timer = setTimeout(() => this.#cancel(job, timedOut(job.timeoutMs)), job.timeoutMs);
    this.#running = { job, id, timer };
    const request: WorkerRequest = { id, message: job.message, maxBytes: job.maxBytes, now: job.now };
    this.#worker.postMessage(request);
  }

  #cancel(job: Job, error: SkeinError): void {
    const waiting = this.#queue.indexOf(job);
    if (waiting !== -1) this.#queue.splice(waiting, 1);
    else if (this.#running?.job === job) {
      this.#finish();
      this.#restart();
    } else return;
    settle(job, () => job.reject(error));
  }

  #finish(): Job | undefined {
    const running = this.#running;
    if (running === undefined) return undefined;
    clearTimeout(running.timer);
    this.#running = undefined;
    return running.job;
  }

  #receive(reply: WorkerReply): void {
    if (reply.kind === 'ready' || this.#running?.id !== reply.id) return;
    const job = this.#finish();
    if (job === undefined) return;
    if (reply.kind === 'answer' && job.isWhole(reply.bytes)) {
      settle(job, () => job.resolve(reply.bytes));
    } else if (reply.kind === 'answer') {
      settle(job, () => job.reject(new SkeinError({ sqlstate: '54001' }, 'stack depth limit exceeded')));
      this.#restart();
    } else if (reply.reason === 'too-large') {
      settle(job, () => job.reject(tooLarge(job.maxBytes)));
    } else {
      settle(job, () => job.reject(new SkeinError('internal', `PostgreSQL failed: ${reply.message}`)));
      this.#restart();
    }
    this.#next();
  }

  /** The thread ended by itself. */
  #lost(worker: Worker, reason: string): void {
    if (this.#worker !== worker || this.#closed) return;
    const job = this.#finish();
    if (job !== undefined) {
      settle(job, () => job.reject(new SkeinError('internal', `PostgreSQL ended: ${reason}`)));
    }
    this.#restart();
  }

  #restart(): void {
    if (this.#restarting !== undefined || this.#closed) return;
    const old = this.#worker;
    this.#worker = undefined;
    this.#restarting = this.#replace(old).finally(() => {
      this.#restarting = undefined;
      this.#next();
    });
  }

  /** Where it can't, requests fail until a later attempt succeeds. */
  async #replace(old: Worker | undefined): Promise<void> {
    try {
      await old?.terminate();
      if (!this.#closed) await this.#spawn();
      this.#broken = undefined;
    } catch (error) {
      this.#broken = new SkeinError('internal', `PostgreSQL can't be restarted: ${String(error)}`, {}, error);
      setTimeout(() => this.#restart(), RETRY_MS).unref();
    }
  }

  async #spawn(start = this.#start): Promise<void> {
    const worker = await startWorker(start);
    await ready(worker);
    worker.on('message', (reply: WorkerReply) => this.#receive(reply));
    worker.on('error', (error) => this.#lost(worker, String(error)));
    worker.on('exit', (code) => this.#lost(worker, `exit code ${code}`));
    worker.unref();
    this.#worker = worker;
  }
}

/** Runs a worker's `create` task to its end. */
export async function createDirectory(directory: string, database: string): Promise<void> {
  const worker = await startWorker({ task: 'create', directory, database });
  await ready(worker);
  await worker.terminate();
}

type WorkerTask = Omit<WorkerStart, 'code'>;

const PGLITE = createRequire(import.meta.url).resolve('@electric-sql/pglite');

/** Node's own types lack it. */
const wasm: { readonly compile: (bytes: Uint8Array) => Promise<object> } = Reflect.get(
  globalThis,
  'WebAssembly',
);
let compiled: Promise<object> | undefined;

function postgresCode(): Promise<object> {
  compiled ??= readFile(join(dirname(PGLITE), 'pglite.wasm')).then((bytes) => wasm.compile(bytes));
  return compiled;
}

/** WebAssembly's frames lie on the thread's own stack: room for all that PostgreSQL's max_stack_depth allows. */
const STACK = { stackSizeMb: 64 };

/** Run from source, the thread first needs the loader that runs TypeScript; from dist it is plain JavaScript. */
async function startWorker(task: WorkerTask): Promise<Worker> {
  const start: WorkerStart = { ...task, code: await postgresCode() };
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./worker.js', import.meta.url), { workerData: start, resourceLimits: STACK });
  }
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json')).href;
  const loader = new URL('./dist/esm/api/index.mjs', tsx).href;
  const file = new URL('./worker.ts', import.meta.url).href;
  const script = `import('${loader}').then((api) => { api.register(); return import('${file}'); });`;
  return new Worker(script, { eval: true, workerData: start, resourceLimits: STACK });
}

function ready(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number) => reject(new Error(`the thread ended with code ${code}`));
    worker.once('error', reject);
    worker.once('exit', onExit);
    worker.once('message', () => {
      worker.off('error', reject);
      worker.off('exit', onExit);
      resolve();
    });
  });
}

function settle(job: Job, how: () => void): void {
  job.signal?.removeEventListener('abort', job.onAbort);
  how();
}

function canceled(): SkeinError {
  return new SkeinError('queryCanceled', 'canceling statement due to user request');
}

function timedOut(ms: number): SkeinError {
  return new SkeinError('queryCanceled', 'canceling statement due to the time limit of catalog queries', {
    detail: `The limit is ${ms} ms.`,
  });
}

function tooLarge(bytes: number): SkeinError {
  return new SkeinError('limitExceeded', `the answer of a catalog query exceeds ${bytes} bytes`);
}
