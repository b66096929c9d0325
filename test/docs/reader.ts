import { exec } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { SKEIN } from '../../examples/support/processes.ts';
import { ask } from '../support/compare.ts';
import { freePort } from '../support/free-port.ts';
import { SkeinProcess } from '../support/processes.ts';
import { psqlTable } from '../support/psql-table.ts';

const run = promisify(exec);

/**
 * Somebody who does what a page says, in a directory of their own, on ports that are free: what the page calls 5433 and 5480.
 * Commands that stay are in the background from when they are ready.
 */
export class Reader {
  readonly directory: string;
  readonly ports: { readonly pg: number; readonly http: number };
  readonly #background = new Map<string, SkeinProcess>();
  readonly #environment: Record<string, string> = {};
  #client: pg.Client | undefined;

  static async start(): Promise<Reader> {
    const directory = await mkdtemp(join(tmpdir(), 'skein-reader-'));
    return new Reader(directory, { pg: await freePort(), http: await freePort() });
  }

  private constructor(directory: string, ports: Reader['ports']) {
    this.directory = directory;
    this.ports = ports;
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.directory, name), `${this.#withPorts(text)}\n`);
  }

  /** What the command prints; nothing for one that stays. */
  async command(line: string): Promise<string> {
    const command = this.#withPorts(line);
    const exported = /^export (\w+)=(.*)$/.exec(command);
    if (exported?.[1] !== undefined) {
      this.#environment[exported[1]] = exported[2] ?? '';
      return '';
    }
    const stays = /^npx skein (proxy|agent) (--.*)$/.exec(command);
    if (stays !== null) {
      await this.#stay(stays[1] ?? '', stays[2] ?? '');
      return '';
    }
    const removed = /^npx skein agent remove (\S+)/.exec(command);
    if (removed !== null) await this.#background.get(removed[1] ?? '')?.stop();
    const { stdout } = await run(command.replace(/^npx skein/, `"${process.execPath}" "${SKEIN}"`), {
      cwd: this.directory,
      env: { ...process.env, ...this.#environment },
    });
    return stdout.trimEnd();
  }

  /** Starts what stays and waits until it is of use. */
  async #stay(kind: string, flags: string): Promise<void> {
    const args = flags.split(' ');
    const ports = ['--port', String(this.ports.pg), '--http-port', String(this.ports.http)];
    const child = new SkeinProcess(kind, [kind, ...args, ...(kind === 'proxy' ? ports : [])], this.directory);
    const id = kind === 'proxy' ? 'the proxy' : await this.#agentId(args);
    this.#background.set(id, child);
    if (kind === 'proxy') await child.line('the proxy is ready');
    else await this.#connected(id);
  }

  async #agentId(args: readonly string[]): Promise<string> {
    const after = (flag: string) => args[args.indexOf(flag) + 1] ?? '';
    if (args.includes('--id')) return after('--id');
    const config = await readFile(join(this.directory, after('--config')), 'utf8');
    return /^id: (\S+)$/m.exec(config)?.[1] ?? '';
  }

  async #connected(agent: string): Promise<void> {
    const client = await this.client();
    for (let waited = 0; ; waited += 100) {
      const { rows } = await client.query('SELECT state FROM skein.agents WHERE agent = $1', [agent]);
      if (rows[0]?.state === 'connected') return;
      if (waited > 30_000) throw new Error(`agent ${agent} is not connected`);
      await new Promise((next) => setTimeout(next, 100));
    }
  }

  /** What psql would show. @throws what the server says. */
  async statement(sql: string): Promise<string> {
    const answer = await ask(await this.client(), sql);
    if (answer.sqlstate !== undefined) throw new Error(`${sql}: ${answer.sqlstate} ${answer.message}`);
    return answer.columns.length === 0 ? '' : psqlTable(answer);
  }

  /** One session, as a reader has it. */
  async client(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client;
    const client = new pg.Client({ host: '127.0.0.1', port: this.ports.pg, user: 'demo', database: 'skein' });
    client.on('error', () => undefined);
    await client.connect();
    this.#client = client;
    return client;
  }

  /** Ends the session and all that stays. */
  async stop(): Promise<void> {
    await this.#client?.end();
    this.#client = undefined;
    await Promise.all([...this.#background.values()].map((child) => child.stop()));
    this.#background.clear();
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  #withPorts(text: string): string {
    return text.replaceAll(/5433|5480/g, (port) => String(this.ports[port === '5433' ? 'pg' : 'http']));
  }
}
