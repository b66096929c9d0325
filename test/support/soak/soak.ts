import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { randomNumbers } from '../../../src/cli/demo/retail.ts';
import { System } from '../processes.ts';
import { ACTORS, type Asker, LOST_MS, type Place } from './actors.ts';

/** Many clients at random, against a proxy and its agents in processes of their own. */

export interface SoakOptions {
  readonly minutes: number;
  readonly clients: number;
  readonly seed: number;
}

/** Resident memory in MB after the warm-up, and at the end. */
export interface Memory {
  readonly process: string;
  readonly warm: number;
  readonly end: number;
}

export interface SoakReport {
  /** Connections that did what they came for. */
  readonly done: number;
  /** What went wrong, each kind once. */
  readonly failures: readonly string[];
  readonly memory: readonly Memory[];
}

/** What a process may grow by between the warm-up and the end: the heap of a young process is still finding its size. */
const GROWTH = 1.3;
const SLACK_MB = 60;

/** Whose memory isn't flat. */
export function grown({ memory }: SoakReport): readonly Memory[] {
  return memory.filter(({ warm, end }) => end > warm * GROWTH + SLACK_MB);
}

const ROWS = 600;
const AGENTS = ['paris', 'berlin'];
const SAMPLE_MS = 1_000;
/** Heartbeats and looks at files take less of a second than this. */
const REST_SECONDS = 0.2;
const MAX_FAILURES = 20;

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const system = await System.start({ proxy: { maxConnections: options.clients * 2, memory: '1GB' } });
  try {
    await startAgents(system);
    const memory = new Sampler(system);
    const place = { port: system.pgPort, rows: ROWS };
    const { done, failures } = await runClients(place, options);
    await system.until('all queries to have ended', async () => (await running(system)) === 0, LOST_MS);
    await atRest(system);
    memory.stop();
    return { done, failures, memory: memory.report() };
  } finally {
    await system.close();
  }
}

/** Row i lies with agent i modulo their number. */
async function startAgents(system: System): Promise<void> {
  for (const [at, id] of AGENTS.entries()) {
    const ids = Array.from({ length: ROWS }, (_, i) => i).filter((i) => i % AGENTS.length === at);
    const lines = ids.map((i) => `${i},${i % 7},note ${i},${i % 3 === 0 ? 'a' : 'b'}`);
    const path = await system.write(`${id}.csv`, `id,qty,note,code\n${lines.join('\n')}\n`);
    await system.startAgent({ id, tables: [{ name: 'sales', path }] });
  }
}

async function running(system: System): Promise<number> {
  return (await system.rows("SELECT 1 FROM skein.queries WHERE state = 'running'")).length;
}

/** No agent works any more: a query that went on without its client would keep one busy. */
async function atRest(system: System): Promise<void> {
  const used = () => Promise.all(AGENTS.map((id) => system.agent(id).cpuSeconds()));
  await system.until(
    'agents to rest',
    async () => {
      const before = await used();
      await sleep(SAMPLE_MS);
      return (await used()).every((seconds, at) => seconds - (before[at] ?? 0) < REST_SECONDS);
    },
    LOST_MS,
  );
}

interface Outcome {
  readonly done: number;
  readonly failures: readonly string[];
}

async function runClients(place: Place, { minutes, clients, seed }: SoakOptions): Promise<Outcome> {
  const end = Date.now() + minutes * 60_000;
  const failures = new Set<string>();
  let [done, tokens] = [0, 0];
  const client = async (number: number): Promise<void> => {
    const random = randomNumbers(seed + number);
    const asker: Asker = { ...place, random, token: () => `token ${++tokens}` };
    while (Date.now() < end && failures.size < MAX_FAILURES) {
      const actor = ACTORS[random(ACTORS.length)];
      try {
        await inTime(actor?.(asker));
        done++;
      } catch (error) {
        failures.add(`${actor?.name}: ${told(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return { done, failures: [...failures] };
}

function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof pg.DatabaseError ? [error.message, error.detail].join(' ') : error.message;
}

async function inTime(act: Promise<void> | undefined): Promise<void> {
  const late = new AbortController();
  const lost = sleep(LOST_MS, undefined, { signal: late.signal }).then(
    () => Promise.reject(new Error('an answer never came')),
    () => undefined,
  );
  await Promise.race([act, lost]).finally(() => late.abort());
}

/** What each process holds, over time. */
class Sampler {
  readonly #samples = new Map<string, number[]>();
  readonly #stopped = new AbortController();

  constructor(system: System) {
    void this.#run(system);
  }

  async #run(system: System): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      for (const process of system.processes) {
        const samples = this.#samples.get(process.name) ?? [];
        samples.push((await process.memory()) / 1024 / 1024);
        this.#samples.set(process.name, samples);
      }
      await sleep(SAMPLE_MS);
    }
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** The medians of the sixth after the first half, and of the last sixth. */
  report(): readonly Memory[] {
    return [...this.#samples].map(([process, samples]) => {
      const sixth = Math.max(1, Math.floor(samples.length / 6));
      const half = Math.floor(samples.length / 2);
      return { process, warm: median(samples.slice(half, half + sixth)), end: median(samples.slice(-sixth)) };
    });
  }
}

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
}
