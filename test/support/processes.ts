import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { stringify } from 'yaml';
import { freePort } from './free-port.ts';
import { lendPostgresTemplate } from './postgres-template.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/skein.cjs', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 25;
const MAX_LOG_LINES = 400;

/** One `skein` process that stays. What it logs is kept for tests that fail. */
export class SkeinProcess {
  readonly name: string;
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(line: string) => void>();

  constructor(name: string, args: readonly string[], directory: string = process.cwd()) {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run \`npm run build\` first`);
    this.name = name;
    // The channel ends with this process, and the child with the channel.
    this.#child = spawn(process.execPath, [MAIN, ...args], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#note(line));
    }
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.name} did not start`);
    return pid;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves with the first line, past or coming, that has the text. Rejects if the process ends before. */
  line(text: string): Promise<string> {
    const known = this.lines.find((line) => line.includes(text));
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#listeners.delete(onLine);
        this.#child.off('close', onExit);
        act();
      };
      const onLine = (line: string): void => {
        if (line.includes(text)) settle(() => resolve(line));
      };
      const fail = (why: string): void =>
        settle(() => reject(new Error(`${this.name} ${why} before it said "${text}":\n${this.log()}`)));
      const onExit = (): void => fail('ended');
      const timer = setTimeout(() => fail('took too long'), START_TIMEOUT_MS);
      this.#listeners.add(onLine);
      this.#child.once('close', onExit);
    });
  }

  log(): string {
    return this.lines.map((line) => `[${this.name}] ${line}`).join('\n');
  }

  /** Resident memory, in bytes. */
  async memory(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  }

  /** Processor time used so far. */
  async cpuSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** The first thread's, and how many of the others come after it. */
  async priorities(): Promise<{ readonly ofProcess: number; readonly below: number }> {
    const threads = (await readdir(`/proc/${this.pid}/task`)).map(Number);
    const ofProcess = getPriority(this.pid);
    return { ofProcess, below: threads.filter((thread) => getPriority(thread) > ofProcess).length };
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** As by `kill -9`. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#end('SIGTERM');
    clearTimeout(late);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }

  #note(line: string): void {
    this.lines.push(line);
    if (this.lines.length > MAX_LOG_LINES) this.lines.shift();
    for (const listener of [...this.#listeners]) listener(line);
  }
}

/** What an agent's config file says, besides what the test's system adds. */
export interface AgentSpec {
  readonly id: string;
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly tables?: readonly Readonly<Record<string, unknown>>[];
  readonly [key: string]: unknown;
}

export interface SystemOptions {
  readonly agents?: readonly AgentSpec[];
  /** Keys of the proxy's config file. */
  readonly proxy?: Readonly<Record<string, unknown>>;
}

/** A proxy and agents as users run them: processes from `dist`, config files, WebSockets, a port for clients. */
export class System {
  readonly directory: string;
  readonly #agents = new Map<string, SkeinProcess>();
  readonly #ended: SkeinProcess[] = [];
  readonly #proxyConfig: Readonly<Record<string, unknown>>;
  readonly #clients: pg.Client[] = [];
  #proxy: SkeinProcess | undefined;
  #pgPort = 0;
  #httpPort = 0;

  static async start(options: SystemOptions = {}): Promise<System> {
    const system = new System(await mkdtemp(join(tmpdir(), 'skein-system-')), options.proxy ?? {});
    try {
      await mkdir(system.data, { recursive: true });
      await mkdir(system.proxyState, { recursive: true });
      await lendPostgresTemplate(system.proxyState, system.#database);
      await system.startProxy();
      for (const spec of options.agents ?? []) await system.launchAgent(spec);
      await system.connected((options.agents ?? []).map(({ id }) => id));
      return system;
    } catch (error) {
      await system.close();
      throw new Error(`the system did not start\n${system.log()}`, { cause: error });
    }
  }

  private constructor(directory: string, proxyConfig: Readonly<Record<string, unknown>>) {
    this.directory = directory;
    this.#proxyConfig = proxyConfig;
  }

  get #database(): string {
    const { database } = this.#proxyConfig;
    return typeof database === 'string' ? database : 'skein';
  }

  /** Files that agents may read. */
  get data(): string {
    return join(this.directory, 'data');
  }

  get proxyState(): string {
    return join(this.directory, 'proxy');
  }

  agentState(id: string): string {
    return join(this.directory, `agent-${id}`);
  }

  get pgPort(): number {
    return this.#pgPort;
  }

  get httpPort(): number {
    return this.#httpPort;
  }

  get proxy(): SkeinProcess {
    if (this.#proxy === undefined) throw new Error('the proxy was not started');
    return this.#proxy;
  }

  agent(id: string): SkeinProcess {
    const agent = this.#agents.get(id);
    if (agent === undefined) throw new Error(`agent ${id} was not started`);
    return agent;
  }

  isRunning(id: string): boolean {
    return this.#agents.get(id)?.isRunning === true;
  }

  get processes(): readonly SkeinProcess[] {
    return [this.proxy, ...this.#agents.values()];
  }

  /** Also a second time, after it was killed: with the same ports and state. */
  async startProxy(): Promise<void> {
    if (this.#proxy !== undefined) this.#ended.push(this.#proxy);
    this.#pgPort = this.#pgPort === 0 ? await freePort() : this.#pgPort;
    this.#httpPort = this.#httpPort === 0 ? await freePort() : this.#httpPort;
    const file = await this.#config('proxy', {
      port: this.#pgPort,
      httpPort: this.#httpPort,
      stateDirectory: this.proxyState,
      tokens: 'open',
      threads: 2,
      ...this.#proxyConfig,
    });
    this.#proxy = new SkeinProcess('proxy', ['proxy', '--config', file]);
    await this.#proxy.line('the proxy is ready');
  }

  /** Starts the process, without waiting for the proxy to accept it. The same id again replaces one that ended. */
  async launchAgent({ id, ...spec }: AgentSpec): Promise<SkeinProcess> {
    const before = this.#agents.get(id);
    if (before?.isRunning === true) throw new Error(`agent ${id} is running`);
    if (before !== undefined) this.#ended.push(before);
    const file = await this.#config(`agent-${id}`, {
      id,
      proxies: [`ws://127.0.0.1:${this.#httpPort}/agent`],
      allowedDirectories: [this.data],
      stateDirectory: this.agentState(id),
      threads: 1,
      memory: '400MB',
      pollIntervalMs: 200,
      ...spec,
    });
    const agent = new SkeinProcess(`agent ${id}`, ['agent', '--config', file]);
    this.#agents.set(id, agent);
    return agent;
  }

  async startAgent(spec: AgentSpec): Promise<SkeinProcess> {
    const agent = await this.launchAgent(spec);
    await this.connected([spec.id]);
    return agent;
  }

  /** Waits until the proxy counts the agents as connected. */
  async connected(ids: readonly string[]): Promise<void> {
    await this.agentsAre('connected', ids);
  }

  async agentsAre(state: 'connected' | 'absent' | 'refused', ids: readonly string[]): Promise<void> {
    await this.until(`agents ${ids.join(', ')} to be ${state}`, async () => {
      const known = await this.rows<{ agent: string }>('SELECT agent FROM skein.agents WHERE state = $1', [
        state,
      ]);
      return ids.every((id) => known.some(({ agent }) => agent === id));
    });
  }

  async until(what: string, condition: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error(`waited in vain for ${what}\n${this.log()}`);
      await new Promise((next) => setTimeout(next, POLL_MS));
    }
  }

  /** A connected client, ended with the system. */
  async connect(config: pg.ClientConfig = {}): Promise<pg.Client> {
    const client = this.client(config);
    await client.connect();
    return client;
  }

  client(config: pg.ClientConfig = {}): pg.Client {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: this.#pgPort,
      user: 'tester',
      database: this.#database,
      ...config,
    });
    // What ends with its server is no test's failure by itself.
    client.on('error', () => undefined);
    this.#clients.push(client);
    return client;
  }

  /** Rows of a statement on a connection of its own. */
  async rows<T extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<T[]> {
    const client = this.client();
    await client.connect();
    try {
      return (await client.query<T>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** What an agent itself recorded of its tasks. */
  async audit(id: string): Promise<AuditLine[]> {
    const file = join(this.agentState(id), 'audit', 'tasks.jsonl');
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as AuditLine);
  }

  /** No query runs and no agent works for one. */
  async idle(): Promise<void> {
    await this.until('all queries to have ended', async () => {
      const [row] = await this.rows<{ n: string }>(
        "SELECT count(*) AS n FROM skein.queries WHERE state = 'running'",
      );
      return row?.n === '0';
    });
  }

  async write(name: string, content: string): Promise<string> {
    const file = join(this.data, name);
    await writeFile(file, content);
    return file;
  }

  log(): string {
    const running = this.#proxy === undefined ? [] : [this.#proxy];
    return [...this.#ended, ...running, ...this.#agents.values()].map((each) => each.log()).join('\n');
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#clients.map((client) => client.end()));
    for (const agent of this.#agents.values()) agent.resume();
    await Promise.all([...this.#agents.values()].map((agent) => agent.kill()));
    await this.#proxy?.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #config(name: string, config: object): Promise<string> {
    const file = join(this.directory, `${name}.yaml`);
    await writeFile(file, stringify(config));
    return file;
  }
}

/** A line of an agent's audit record. */
export interface AuditLine {
  readonly queryId: string;
  readonly taskId: string;
  readonly sql: string;
  readonly columns: readonly string[];
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly rows: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly error?: string;
}

/** What a command prints. @throws with its standard error, if it fails. */
export async function runSkein(...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`skein ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}
